// Package ssh is the wire to hosts.
package ssh

import (
	"time"
)

// Outcome is how a remote command ended. Only Exited and Signalled are answers.
type Outcome string

// The four ways a command can end. Unknown is never taken as success.
const (
	Exited      Outcome = "exited"
	Signalled   Outcome = "signalled"
	Unknown     Outcome = "unknown"
	Unreachable Outcome = "unreachable"
)

// Command is a POSIX shell script with arguments. Script is constant text; everything that varies goes into Args ($1, $2, …), which the
// package quotes. It runs as `/bin/sh -c SCRIPT vmtui ARGS…`, so that neither the login shell's kind nor what its ~/.bashrc says matters, and no value becomes shell text.
type Command struct {
	For    string // what it is for, in an operator's words; a log shows it in place of a long script
	Script string
	Args   []string
	Stdin  []byte
	Tether bool // the script and all it started die with the connection; needs setsid on the host and takes no Stdin

	Answers []int // exit statuses beside 0 that are an answer and no failure: 1 for test, grep and pgrep

	Inside string // the container in which it runs, by docker exec; tethered
	Sudo   bool   // as root; what sudo asks is asked of the operator once, and goes to sudo alone. Only a tethered one can be ended by cancelling
	Agent  bool   // with the operator's SSH agent within its reach: only when they asked for it

	// Told is given the secret that the command was sent for, which stands in its output behind Mark to the end of the line. From then on it is hidden
	// like every other one, here as well. Not for a Stream.
	Told func(secret string) `json:"-"`
	Mark string

	Colours bool // a Stream's lines keep the colours of their letters: for a screen that shows them, and never for what is read
	Limit   int  // bytes kept of each output, 1 MiB when zero; what is beyond is drained, dropped and counted
}

// Result is what came back, cleaned of everything a terminal would obey.
type Result struct {
	Outcome Outcome
	Code    int    // exit status, when Exited
	Signal  string // signal name, when Signalled
	Stdout  string
	Stderr  string
	Dropped int // bytes beyond the limit
	Took    time.Duration
	Cause   error // why it is Unknown or Unreachable
}

// OK reports an exit status of 0.
func (r Result) OK() bool { return r.Outcome == Exited && r.Code == 0 }

// Link is the state of the one connection to a host.
type Link struct {
	State string // "idle", "connecting", "up", "down"
	Since time.Time
	RTT   time.Duration // last keepalive, when up
	Err   error         // why it is down
}
