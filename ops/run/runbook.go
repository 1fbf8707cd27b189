package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vmtui/vmtui/keys/fault"
)

// Header is what a run of this runbook freezes at its start.
func (rb Runbook) Header(operator string) Header {
	return Header{
		Protocol: Protocol, Runbook: rb.ID, Version: rb.Version, Hash: rb.Hash(), Title: rb.Title,
		Target: rb.Target, Operator: operator, Inputs: rb.Inputs, Steps: rb.infos(), Definition: rb.Definition,
	}
}

// Hash identifies the definition: two runbooks of one hash walk the same steps on the same target.
func (rb Runbook) Hash() string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	// A hash never fails to be written to, and these are plain values.
	_ = enc.Encode(struct {
		Runbook string
		Version int
		Target  string
		Steps   []StepInfo
	}{rb.ID, rb.Version, rb.Target, rb.infos()})
	if rb.Definition != "" { // what such steps send is made of the text and the inputs
		_ = enc.Encode([]any{rb.Definition, rb.Inputs})
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func (rb Runbook) infos() []StepInfo {
	infos := make([]StepInfo, len(rb.Steps))
	for i := range rb.Steps {
		infos[i] = rb.Steps[i].StepInfo
		infos[i].Whole = rb.Steps[i].Child != nil
	}
	return infos
}

// changes reports whether any step does more than read.
func (rb Runbook) changes() bool {
	for i := range rb.Steps {
		if rb.Steps[i].Kind != Read {
			return true
		}
	}
	return false
}

// Hands reports that a step which is still to be done brings a new password. View is nil for a run that has not begun.
func (rb Runbook) Hands(v *View) bool {
	return slices.ContainsFunc(rb.Steps, func(s Step) bool {
		return s.Hands && (v == nil || !slices.ContainsFunc(v.Steps, func(x StepView) bool {
			return x.ID == s.ID && (x.State == StepDone || x.State == Skipped)
		}))
	})
}

// check refuses a runbook that could not be walked or resumed.
func (rb Runbook) check() error {
	at := map[string]int{}
	for i := range rb.Steps {
		info := rb.Steps[i].StepInfo
		if _, twice := at[info.ID]; twice || info.ID == "" {
			return rb.wrong(fmt.Sprintf("step %d has no id of its own (%q)", i+1, info.ID))
		}
		at[info.ID] = i
	}
	for i := range rb.Steps {
		info := rb.Steps[i].StepInfo
		if j, known := at[info.Until]; info.Until != "" && (!known || j <= i) {
			return rb.wrong(fmt.Sprintf("step %s holds until %q, which is no later step", info.ID, info.Until))
		}
		switch info.Kind {
		case Read, Idempotent, Once:
		default:
			return rb.wrong(fmt.Sprintf("step %s is of no known kind (%q)", info.ID, info.Kind))
		}
	}
	return nil
}

func (rb Runbook) wrong(why string) error {
	return &fault.Error{What: "the runbook cannot be walked", On: rb.ID, Why: why, Next: "correct the runbook's definition", Code: fault.Usage}
}
