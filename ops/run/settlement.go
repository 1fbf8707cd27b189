package run

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/spelling"
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

// Of one act's output, this much is kept in the log.
const (
	keptLines = 1000
	keptLine  = 4 << 10
)

// keptOf is the output that the log keeps: the beginning and the end, with a word on what is left out between.
func keptOf(output []string) []string {
	if over := len(output) - keptLines; over > 0 {
		half := keptLines / 2
		gap := fmt.Sprintf("… %s left out here …", spelling.Count(over, "line", "lines"))
		output = append(append(append([]string(nil), output[:half]...), gap), output[len(output)-half:]...)
	}
	lines := make([]string, len(output))
	for i, l := range output {
		if lines[i] = l; len(l) > keptLine {
			lines[i] = strings.ToValidUTF8(l[:keptLine], "") + "…"
		}
	}
	return lines
}
