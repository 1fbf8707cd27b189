package run

import (
	"context"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
)

// WhyNoResume says why no further leg of the run can be begun; "" when one can, once nobody walks it.
func (v *View) WhyNoResume() string {
	switch {
	case v.Header.Single():
		return singly + ", with no steps to walk"
	case !v.State.Resumable():
		return "the run has ended: it is " + string(v.State)
	}
	return ""
}

// WhyNoStop says why there is nothing to stop; "" when there is.
func (v *View) WhyNoStop() string {
	why := v.WhyNoResume()
	if why == "" && v.State.Final() {
		return "nobody walks the run any more: it is " + string(v.State)
	}
	return why
}

// WhyNoUndo says why there is nothing to take back, as far as the run's state tells. A step that was sent may be past taking back all the same.
func (v *View) WhyNoUndo() string {
	switch {
	case v.Header.Single():
		return singly + ", with no steps to take back"
	case v.State == Done:
		return "the run is done, and only another one takes its effect back"
	case v.State == Undone:
		return "the run is taken back already"
	case v.State == Refused:
		return "the run was refused before it had changed anything"
	}
	return ""
}

// onward is what can be done with the run as it stands, as a person types it. past is that there is no way back.
func (v *View) onward(past bool) string {
	switch {
	case v.Header.Single():
		return "look at it: vmtui runs show " + v.ID + "; do it again by its own command"
	case v.State == Done:
		return "start a new run; what it did is taken back by the runbook that does the reverse"
	case !v.State.Resumable():
		return "start a new run"
	case v.alive:
		return "let it go on; or stop it at its next step: vmtui runs stop " + v.ID
	}
	ways := []string{"go on with it: vmtui runs resume " + v.ID}
	if !past {
		ways = append(ways, "take it back: vmtui runs undo "+v.ID)
	}
	if !v.State.Final() {
		ways = append(ways, "leave it as it is: vmtui runs stop "+v.ID)
	}
	return strings.Join(ways, "; or ")
}

// Onward is what can be done with a run by now, as a person types it; "" while a process walks it.
func (e *Engine) Onward(ctx context.Context, id string) (string, error) {
	r, err := e.read(ctx, id)
	if err != nil || r.view.alive {
		return "", err
	}
	return r.view.onward(r.hist.pastReturn(r.view) != nil), nil
}

// orLetGo is what else can be done with a run that this vmtui does not walk on.
func (v *View) orLetGo() string {
	if v.State.Final() {
		return ", or leave it as it is"
	}
	return ", or end it: vmtui runs stop " + v.ID
}

// refusal is a request that a run in this state does not bear.
func (v *View) refusal(what, why string, past bool) error {
	return &fault.Error{What: what, On: v.ID, Why: why, Next: v.onward(past), Code: fault.Refused}
}
