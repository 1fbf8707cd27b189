package ssh

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// Err is nil for an exit status of 0, and a fault for everything else; what says what was being done, on where. An Unknown result wraps
// remote.ErrUnknown.
func (r Result) Err(what, on string) error {
	f := &fault.Error{What: what, On: on, Code: fault.Failed}
	switch r.Outcome {
	case Exited:
		if r.Code == 0 {
			return nil
		}
		f.Why = fmt.Sprintf("exit status %d", r.Code) + r.complaint()
	case Signalled:
		f.Why = "killed by " + r.Signal + r.complaint()
	case Unreachable:
		return r.unreachable(f)
	default:
		f.Why, f.Next, f.Code = r.unknownWhy(), "look at the host before doing it again: it may have happened", fault.Unknown
		f.Err = errors.Join(remote.ErrUnknown, r.Cause)
	}
	return f
}

// unreachable keeps what the cause tells the operator to do. A host whose key is not taken is told of by that, whatever was wanted of it.
func (r Result) unreachable(f *fault.Error) error {
	f.Why = "the host was not reached"
	if r.Cause == nil {
		return f
	}
	f.Code = 0
	inner := fault.Of(r.Cause)
	f.Next, f.Why = inner.Next, inner.What
	switch {
	case f.What != "" && errors.Is(r.Cause, keys.ErrDistrusted):
		f.What, f.Why = inner.What, inner.Why+"; so this was not begun: "+f.What
	case inner.Why != "":
		f.Why += ": " + inner.Why
	}
	return f.Because(r.Cause)
}

func (r Result) unknownWhy() string {
	if r.Cause == nil {
		return "the outcome is unknown"
	}
	return "the outcome is unknown: " + r.Cause.Error()
}

// complaint is the last line that the command wrote, to stderr if it wrote there.
func (r Result) complaint() string {
	for _, text := range []string{r.Stderr, r.Stdout} {
		if text = strings.TrimSpace(text); text != "" {
			return ": " + text[strings.LastIndexByte(text, '\n')+1:]
		}
	}
	return ""
}
