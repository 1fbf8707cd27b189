package run

import (
	"errors"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
)

// settlement puts an outcome into the log's words.
func settlement(intent uint64, o act.Outcome) (state string, s Settlement) {
	s = Settlement{Intent: intent, Effect: o.Effect}
	switch {
	case o.Err == nil:
		return settledDone, s
	case errors.Is(o.Err, remote.ErrUnknown):
		state = settledUnknown
	default:
		state = settledFailed
	}
	s.Error = o.Err.Error()
	return state, s
}
