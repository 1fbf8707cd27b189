//go:build lab

package run

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	lab "github.com/vmtui/vmtui/fixtures/lab/postgres"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// outage is a way in which a database is lost, and how it comes back.
type outage struct {
	begin, end func(*testing.T, *lab.Server, *lab.Line)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var outages = map[string]outage{
	"stopped": {
		func(t *testing.T, s *lab.Server, _ *lab.Line) { must(t, s.Stop()) },
		func(t *testing.T, s *lab.Server, _ *lab.Line) { must(t, s.Start(context.WithoutCancel(t.Context()))) },
	},
	"killed": {
		func(t *testing.T, s *lab.Server, _ *lab.Line) { must(t, s.Kill()) },
		func(t *testing.T, s *lab.Server, _ *lab.Line) { must(t, s.Start(context.WithoutCancel(t.Context()))) },
	},
	"paused": {
		func(_ *testing.T, s *lab.Server, _ *lab.Line) { s.Pause() },
		func(_ *testing.T, s *lab.Server, _ *lab.Line) { s.Resume() },
	},
	"cut off": {
		func(_ *testing.T, _ *lab.Server, l *lab.Line) { l.Cut(true) },
		func(_ *testing.T, _ *lab.Server, l *lab.Line) { l.Cut(false) },
	},
}

// TestStoreIsLostInTheMiddle loses the database at a gate and in the middle of acting: it is noticed within five seconds, nothing is sent that is not
// recorded, the run goes on in the local store, and it is not walked a second time when the database is back.
func TestStoreIsLostInTheMiddle(t *testing.T) {
	for name, out := range outages {
		for _, where := range []string{"at a gate", "while acting"} {
			t.Run(name+" "+where, func(t *testing.T) { t.Parallel(); loseStore(t, out, where == "at a gate") })
		}
	}
}

func loseStore(t *testing.T, out outage, gate bool) {
	s, db := own(t)
	line, err := lab.NewLine(s.Addr())
	must(t, err)
	t.Cleanup(func() { _ = line.Close() })
	places := newNotes()
	kirk, spock := machine(t, "kirk", s.URL(line.Addr(), db), places), machine(t, "spock", s.URL(s.Addr(), db), places)
	w := newWorld(t)
	rb := w.book()
	var lost time.Time
	gone := make(chan struct{})
	lose := sync.OnceFunc(func() { out.begin(t, s, line); lost = time.Now(); close(gone) })
	mode := Mode{}
	if !gate {
		mode = unattended
		do := rb.at("removed").Do
		rb.at("removed").Do = func(ctx context.Context, k *Walk) error {
			if k.j.leg > 1 {
				return do(ctx, k)
			}
			err := do(ctx, k)
			lose()
			if err != nil {
				return err
			}
			// What comes next cannot be recorded, and so must not be sent.
			return errors.Join(k.Act(ctx, act.Act{Target: "w2", What: "set unrecorded", Danger: act.Changes}, func(ctx context.Context, p act.Permit) error {
				if err := p.Check(ctx); err != nil {
					return err
				}
				w.set("unrecorded")
				return nil
			}), errors.New("not reached"))
		}
	}
	id := start(t, kirk, rb)
	wait := walking(t.Context(), kirk, id, rb, mode)
	if gate {
		until(t, func() bool { v, err := kirk.View(t.Context(), id); return err == nil && v.State == AtGate })
		lose()
	}
	state, err := wait()
	<-gone
	if took := time.Since(lost); took > usual.dead/2 { // five seconds, and what a busy machine adds to them: long before others believe it dead
		t.Errorf("noticed after %s", took)
	} else {
		t.Logf("noticed after %s", took)
	}
	if state != Interrupted || !errors.Is(err, ErrLost) || w.has("unrecorded") {
		t.Fatalf("%s, %v, world %q", state, err, w.state())
	}
	clean(t, err)
	bridge := goOnHere(t, kirk, id, rb, err)
	if w.count("removed") != 1 || w.count("rebuilt") != 1 || w.state() != "rebuilt returned" {
		t.Errorf("world %q, removed %d times", w.state(), w.count("removed"))
	}
	out.end(t, s, line)
	notTwice(t, kirk, spock, id, bridge, rb, places)
}

// clean holds an error against what it must not show.
func clean(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(err.Error(), lab.Password) || strings.Contains(err.Error(), "ncc-1701") {
		t.Errorf("the password is shown: %v", err)
	}
}

// goOnHere takes the run along, and gives what it goes on as.
func goOnHere(t *testing.T, e *Engine, id string, rb Runbook, lost error) string {
	t.Helper()
	list, missing := e.List(t.Context())
	if missing == nil || len(list) != 1 || list[0].Store != LocalStore || list[0].State != Interrupted || !strings.Contains(fault.Of(lost).Next, list[0].ID) {
		t.Fatalf("%+v, %v after %v", list, missing, lost)
	}
	clean(t, missing)
	bridge := list[0].ID
	if _, err := e.Walk(t.Context(), id, rb, unattended); err == nil {
		t.Error("a run was walked whose store is away")
	}
	v, err := e.View(t.Context(), bridge)
	if err != nil || v.Header.Origin == nil || v.Header.Origin.Run != id || v.Header.Hash != rb.Hash() || v.Facts["seen"] != "yes" || v.Steps[2].State != StepDone && v.Steps[2].State != Doing {
		t.Fatalf("%+v, %v", v, err)
	}
	if state, err := e.Walk(t.Context(), bridge, rb, Mode{Unattended: true}); state != AtGate || err != nil {
		t.Errorf("nobody was asked: %s, %v", state, err)
	}
	if g := lastGate(t, e, bridge); !strings.Contains(g.Cause, "does not answer") {
		t.Errorf("asked %+v", g)
	}
	if state, err := e.Walk(t.Context(), bridge, rb, unattended); state != Done || err != nil {
		t.Fatalf("%s, %v\n%s", state, err, told(events(t, e, bridge)))
	}
	everyIntentSettled(t, e, bridge)
	return bridge
}

// notTwice proves that a run which went on elsewhere is not walked again from the store that came back.
func notTwice(t *testing.T, kirk, spock *Engine, id, bridge string, rb Runbook, places *notes) {
	t.Helper()
	until(t, func() bool { v, err := spock.View(t.Context(), id); return err == nil && v.State == Interrupted })
	if _, err := spock.Walk(t.Context(), id, rb, unattended); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), bridge) || !strings.Contains(err.Error(), "kirk") {
		t.Errorf("walked again: %v", err)
	}
	v, err := kirk.View(t.Context(), id)
	if err != nil || v.Moved == nil || v.Moved.Moved != bridge || v.State != Stopped {
		t.Errorf("not marked: %+v, %v", v, err)
	}
	if _, err := spock.Walk(t.Context(), id, rb, unattended); !errors.Is(err, ErrMoved) {
		t.Errorf("walked again: %v", err)
	}
	if len(places.all) != 1 {
		t.Errorf("%+v", places.all)
	}
}

// TestAShortOutageIsNoLoss restarts the server under a run that waits: nobody need know.
func TestAShortOutageIsNoLoss(t *testing.T) {
	s, db := own(t)
	kirk := machine(t, "kirk", s.URL(s.Addr(), db), newNotes())
	w := newWorld(t)
	rb := w.book()
	id := start(t, kirk, rb)
	wait := walking(t.Context(), kirk, id, rb, Mode{})
	until(t, func() bool { v, err := kirk.View(t.Context(), id); return err == nil && v.State == AtGate })
	must(t, s.Stop())
	must(t, s.Start(t.Context()))
	until(t, func() bool {
		v, err := kirk.View(t.Context(), id)
		if err != nil || v.Gate == nil {
			return false
		}
		a := v.Answer(Go)
		a.Typed = "w2"
		return kirk.Answer(t.Context(), id, a) == nil
	})
	if state, err := wait(); state != Done || err != nil {
		t.Error(state, err)
	}
}

// TestStoreIsAwayAtStart begins runs and records single acts while nothing answers.
func TestStoreIsAwayAtStart(t *testing.T) {
	s, db := own(t)
	must(t, s.Stop())
	kirk := machine(t, "kirk", s.URL(s.Addr(), db), newNotes())
	w := newWorld(t)
	rb := w.book()
	_, err := kirk.Start(t.Context(), rb)
	if !errors.Is(err, ErrAway) || !strings.Contains(err.Error(), "--store local") {
		t.Fatal(err)
	}
	clean(t, err)
	id, err := kirk.StartAway(t.Context(), rb)
	must(t, err)
	if state, err := kirk.Walk(t.Context(), id, rb, Mode{Unattended: true}); state != AtGate || err != nil || w.state() != "" {
		t.Errorf("nobody was asked: %s, %v, world %q", state, err, w.state())
	}
	if state, err := kirk.Walk(t.Context(), id, rb, unattended); state != Done || err != nil {
		t.Error(state, err)
	}
	id, err = kirk.StartHere(t.Context(), rb)
	must(t, err)
	if state, err := kirk.Walk(t.Context(), id, rb, unattended); state != Done || err != nil {
		t.Error(state, err)
	}
	settle, err := kirk.Single().Intend(t.Context(), act.Act{Verb: "hold/clear", Target: "w2", What: "clear the hold"})
	must(t, err)
	must(t, settle(t.Context(), act.Outcome{}))
	list, err := kirk.List(t.Context())
	if err == nil || len(list) != 3 || list[0].Runbook != "hold/clear" || list[0].State != Done {
		t.Errorf("%+v, %v", list, err)
	}
	must(t, s.Start(t.Context()))
	until(t, func() bool { _, err := kirk.List(t.Context()); return err == nil })
	if _, err := kirk.Start(t.Context(), rb); err != nil {
		t.Error("the store is back:", err)
	}
}
