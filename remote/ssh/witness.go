package ssh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// see tells the witness of a command.
func (h *Host) see(c Command, changes bool) (ended func(remote.Ending)) {
	w := h.pool.config.Witness
	if w == nil {
		return w.See(remote.Call{})
	}
	line, err := c.line("")
	if err != nil {
		line = ""
	}
	return w(remote.Call{Wire: "ssh", On: h.name, What: c.brief(), Sent: line, Changes: changes})
}

// brief is the command in a line: what it is for, or its script and what it is given.
func (c Command) brief() string {
	if c.For != "" {
		return c.For
	}
	words := strings.Fields(c.Script)
	for i, a := range c.Args {
		words = append(words, fmt.Sprintf("$%d=%s", i+1, strings.Join(strings.Fields(a), " ")))
	}
	if n := len(c.Stdin); n > 0 {
		words = append(words, fmt.Sprintf("<%d bytes", n))
	}
	return strings.Join(words, " ")
}

// ending is what a witness is told of the result. The answers are exit statuses that are no failure.
func (r Result) ending(answers ...int) remote.Ending {
	switch r.Outcome {
	case Exited:
		if r.Code == 0 {
			return remote.Ending{Verdict: remote.OK, Says: "exit 0"}
		}
		if slices.Contains(answers, r.Code) {
			return remote.Ending{Verdict: remote.OK, Says: fmt.Sprintf("exit %d, which is an answer", r.Code)}
		}
		return remote.Ending{Verdict: remote.Failed, Says: fmt.Sprintf("exit %d", r.Code) + r.complaint()}
	case Signalled:
		return remote.Ending{Verdict: remote.Failed, Says: "killed by " + r.Signal + r.complaint()}
	case Unreachable:
		return remote.Ending{Verdict: remote.Unsent, Says: because(r.Cause, "not reached")}
	}
	return remote.Ending{Verdict: remote.Unknown, Says: because(r.Cause, "no exit status came back")}
}

// because is a cause in a line.
func because(err error, otherwise string) string {
	if err == nil {
		return otherwise
	}
	f := fault.Of(err)
	if f.Why != "" {
		return f.What + ": " + f.Why
	}
	return f.What
}
