package run

import (
	"context"
	"os"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
)

// Single records single acts, those of no runbook, as runs of one step, so that history has one shape. It is an act.Journal.
type Single struct {
	Store    Store
	Local    Store    // where an act is recorded while Store is away; nil: nowhere, and it is refused
	Live     Liveness // nil: nobody is told that the act is under way
	Operator string
	Host     string
	Began    func(id string) // hears under which id an act is recorded; may be nil
}

// Single is the journal for single acts in the engine's store.
func (e *Engine) Single() *Single {
	s := &Single{Store: e.Store, Live: e.live(), Operator: e.Operator, Host: e.host()}
	if e.Stores != nil && e.Stores.Team != nil {
		s.Local = e.Stores.Local
	}
	return s
}

// singly marks the only step of a single act.
const singly = "it was a single act"

// Single reports the record of a single act: no runbook's, and with nothing to walk.
func (h Header) Single() bool { return len(h.Steps) == 1 && h.Steps[0].NoUndo == singly }

// Intend implements act.Journal: it creates the run and records the intent; the outcome ends the run as done, failed or unknown.
func (s *Single) Intend(ctx context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	step := StepInfo{ID: lastWord(a.Verb), Title: a.What, Kind: Once, NoUndo: singly}
	rb := Runbook{ID: a.Verb, Title: a.What, Target: a.Target, Steps: []Step{{StepInfo: step}}}
	id, err := create(ctx, s.Store, rb.Header(s.Operator))
	if err != nil && s.Local != nil && ctx.Err() == nil {
		id, err = create(ctx, s.Local, rb.Header(s.Operator))
	}
	if err != nil {
		return nil, err
	}
	pulse := Pulse{Release: func() {}}
	if s.Live != nil {
		if pulse, err = s.Live.Take(ctx, id, 1); err != nil {
			return nil, taken(id, err)
		}
	}
	j, intent, err := s.open(ctx, id, step.ID, pulse, a)
	if err != nil {
		pulse.Release()
		return nil, err
	}
	if s.Began != nil {
		s.Began(id)
	}
	return func(ctx context.Context, o act.Outcome) error {
		defer pulse.Release()
		return j.close(ctx, step.ID, intent, o)
	}, nil
}

// open begins the only leg and records the intent, in one write: somebody waits for it.
func (s *Single) open(ctx context.Context, id, step string, pulse Pulse, a act.Act) (*journal, uint64, error) {
	r, err := read(ctx, s.Store, id)
	if err != nil {
		return nil, 0, err
	}
	leg, err := event(LegOpen, "", "", "", Leg{Operator: s.Operator, Host: s.Host, PID: os.Getpid()})
	if err != nil {
		return nil, 0, err
	}
	intent, err := event(Intent, step, "", a.What, Intended{Verb: a.Verb, Target: a.Target, What: a.What})
	if err != nil {
		return nil, 0, err
	}
	j := hold(s.Store, &claimed{reading: r, leg: 1, pulse: pulse}, func(error) {})
	first, err := j.append(ctx, leg, Event{Type: Stepped, Step: step, State: string(Doing)}, intent)
	return j, first + 2, err
}

// close records how the only act ended, and the run with it.
func (j *journal) close(ctx context.Context, step string, intent uint64, o act.Outcome) error {
	state, s := settlement(intent, o)
	out, err := event(Settled, step, state, "", s)
	if err != nil {
		return err
	}
	stepped, result := StepDone, Done
	switch state {
	case settledFailed:
		stepped, result = StepFail, Failed
	case settledUnknown:
		stepped, result = Unsure, Unknown
	}
	var events []Event
	for _, line := range keptOf(o.Said) {
		events = append(events, Event{Type: Output, Step: step, Detail: line})
	}
	events = append(events, out,
		Event{Type: Stepped, Step: step, State: string(stepped), Detail: s.Error},
		Event{Type: Result, Step: step, State: string(result), Detail: s.Error})
	_, err = j.append(ctx, events...)
	return err
}

func lastWord(verb string) string {
	if i := strings.LastIndexByte(verb, '/'); i >= 0 && i+1 < len(verb) {
		return verb[i+1:]
	}
	if verb == "" {
		return "act"
	}
	return verb
}
