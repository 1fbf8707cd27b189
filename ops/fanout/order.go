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
	Sudo    bool          // as root, by sudo
	Timeout time.Duration // for each node, its connection included; 0 is none
}

// The scripts of an order. What varies is in their arguments.
const (
	plainScript = `exec /bin/sh -c "$1"`
	plainWords  = `"$@"`
	sudoScript  = `exec sudo -n -- /bin/sh -c "$1"`
	sudoWords   = `exec sudo -n -- "$@"`
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
	words := o.Words
	if len(words) == 1 {
		words = append([]string{"/bin/sh", "-c"}, words...)
	}
	if o.Sudo {
		words = append([]string{"sudo", "-n", "--"}, words...)
	}
	return shellescape.QuoteCommand(words)
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
	script := map[[2]bool]string{
		{false, false}: plainWords, {false, true}: plainScript, {true, false}: sudoWords, {true, true}: sudoScript,
	}[[2]bool{o.Sudo, len(o.Words) == 1}]
	limit := min(max(kept/(2*len(o.Nodes)), keptLeast), keptMost)
	return ssh.Command{For: o.Line(), Script: script, Args: o.Words, Tether: true, Limit: limit}
}
