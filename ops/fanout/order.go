// Package fanout runs one command on many nodes at once and folds equal answers.
package fanout

import (
	"time"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/nodeset"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Order is what is to be done, and where.
type Order struct {
	Nodes   []string
	Words   []string      // one word is a shell script; several are a command and its arguments, which no shell reads again
	Sudo    bool          // as root; what sudo asks is asked of the operator
	Timeout time.Duration // for each node, its connection included; 0 is none
}

// The scripts of an order, for one word and for several. What varies is in their arguments.
const (
	oneWord = `exec /bin/sh -c "$1"`
	words   = `"$@"`
)

// kept is how many bytes of answers may be under way at once, for all nodes together; one node keeps at least a little and at most a lot.
const (
	kept      = 64 << 20
	keptLeast = 64 << 10
	keptMost  = 1 << 20
)

// Folded is the order's nodes in short.
func (o Order) Folded() string { return nodeset.Fold(o.Nodes) }

// Line is the command exactly as it reaches each node, as a person would type it there.
func (o Order) Line() string {
	var line []string
	if o.Sudo {
		line = append(line, "sudo", "--")
	}
	if len(o.Words) == 1 {
		line = append(line, "/bin/sh", "-c")
	}
	return shellescape.QuoteCommand(append(line, o.Words...))
}

// check refuses an order that says nothing.
func (o Order) check() error {
	if len(o.Nodes) == 0 || len(o.Words) == 0 || o.Words[0] == "" {
		return &fault.Error{What: "no command", On: o.Folded(), Why: "it is empty", Next: "write it behind --: vmtui exec -n 'worker-[1-3]' -- uptime", Code: fault.Usage}
	}
	return nil
}

// command is the order for one node. It dies with our connection, and with us.
func (o Order) command() ssh.Command {
	script := words
	if len(o.Words) == 1 {
		script = oneWord
	}
	limit := min(max(kept/(2*len(o.Nodes)), keptLeast), keptMost)
	return ssh.Command{For: o.Line(), Script: script, Args: o.Words, Sudo: o.Sudo, Tether: true, Limit: limit}
}
