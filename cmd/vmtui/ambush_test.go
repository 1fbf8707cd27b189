package main

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/ops/run"
)

// ambush lies in the servers of a box and waits for a walk, by its log. What is to happen in a certain step happens there however fast the walk is, and
// whatever else this machine is at: a test that reads of the step and strikes then may come too late.
type ambush struct {
	t *testing.T
	b *box.Box

	mu    sync.Mutex
	store run.Store // nil while the box starts
	traps []trap
	holds []*hold
	wrong error
}

// trap is what strikes at the first word that a server hears in a step, before it is answered.
type trap struct {
	step   string
	after  int // of the runs that there were
	faults []string
}

// hold keeps the first change that a step asks for from being carried out until it is let go.
type hold struct {
	t       *testing.T
	step    string
	after   int // of the runs that there were
	reached chan struct{}
	freed   chan struct{}
	letGo   func()
}

// holds waits until it has something to hold.
func (h *hold) holds() {
	h.t.Helper()
	select {
	case <-h.reached:
	case <-time.After(3 * time.Minute):
		h.t.Fatalf("the walk never came to what %s changes", h.step)
	}
}

// waylaid starts a box with an ambush.
func waylaid(t *testing.T, change func(*box.Options)) (*box.Box, *ambush) {
	t.Helper()
	a := &ambush{t: t}
	a.b = startBox(t, func(o *box.Options) {
		o.Heard = a.heard
		if change != nil {
			change(o)
		}
	})
	store, err := run.Open(t.Context(), a.b.Dir()+"/state", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.store = store
	a.mu.Unlock()
	t.Cleanup(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.store = nil; a.wrong != nil {
			t.Error(a.wrong)
		}
		_ = store.Close()
	})
	return a.b, a
}

// strikes has faults strike in a step. Say so before the walk begins.
func (a *ambush) strikes(step string, faults ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.traps = append(a.traps, trap{step, len(a.runs()), faults})
}

// stops has the walk stop at what a step changes, with its intent in the log, until it is let go. Its lease is kept meanwhile. Say so before the walk begins.
func (a *ambush) stops(step string) *hold {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := &hold{t: a.t, step: step, after: len(a.runs()), reached: make(chan struct{}), freed: make(chan struct{})}
	h.letGo = sync.OnceFunc(func() { close(h.freed) })
	a.t.Cleanup(h.letGo)
	a.holds = append(a.holds, h)
	return h
}

// struck waits until the walk has come to a step that it was to be struck in. A step that asks nobody is struck when it is told.
func (a *ambush) struck(l *leg, step string) {
	a.t.Helper()
	if !l.until(func(one line) bool { return one.Step == step && one.Type == "step" }) {
		a.t.Fatalf("the walk never came to %s\n%s", step, transcript(a.t, a.b, l.run()))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spring(func(x trap) bool { return x.step == step })
}

// heard is told of all that the servers are asked.
func (a *ambush) heard(r box.Request) bool {
	if !r.Done {
		if h := a.meets(!reads.MatchString(spelled(r.What))); h != nil {
			<-h.freed
		}
	}
	return true
}

// meets strikes where the walk has come to, and gives what holds it there.
func (a *ambush) meets(change bool) *hold {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.store == nil || len(a.traps) == 0 && (len(a.holds) == 0 || !change) {
		return nil
	}
	runs := a.runs()
	a.spring(func(x trap) bool {
		return a.told(runs, x.after, func(ev run.Event) bool { return ev.Type == run.Stepped && ev.Step == x.step })
	})
	if !change {
		return nil
	}
	for i, h := range a.holds {
		if a.told(runs, h.after, func(ev run.Event) bool { return ev.Type == run.Intent && ev.Step == h.step }) {
			a.holds = slices.Delete(a.holds, i, i+1)
			close(h.reached)
			return h
		}
	}
	return nil
}

// spring strikes where the walk is. The caller holds mu.
func (a *ambush) spring(at func(trap) bool) {
	a.traps = slices.DeleteFunc(a.traps, func(x trap) bool {
		if !at(x) {
			return false
		}
		for _, f := range x.faults {
			a.note(a.b.Fault(f))
		}
		return true
	})
}

// runs are all that there are, newest first. The caller holds mu.
func (a *ambush) runs() []run.Summary {
	list, err := a.store.List(context.Background())
	a.note(err)
	return list
}

// told reports whether the log of a run that came after so many tells of something. The caller holds mu.
func (a *ambush) told(runs []run.Summary, after int, of func(run.Event) bool) bool {
	for _, r := range runs[:max(0, len(runs)-after)] {
		events, err := a.store.Events(context.Background(), r.ID, 0)
		a.note(err)
		if slices.ContainsFunc(events, of) {
			return true
		}
	}
	return false
}

// note keeps the first that went wrong. The caller holds mu.
func (a *ambush) note(err error) {
	if a.wrong == nil {
		a.wrong = err
	}
}
