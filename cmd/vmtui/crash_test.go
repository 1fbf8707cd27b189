package main

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/vmtui/vmtui/fixtures/doom"
	"github.com/vmtui/vmtui/ops/run"
)

// named is the points that the box's walks are killed at; the others are the made-up runbook's.
var named = map[doom.Point]bool{doom.BeforeIntent: true, doom.AfterIntent: true, doom.Unanswered: true, doom.AfterEffect: true, doom.AfterOutcome: true}

// powering is the step that acts only where a rebuild leaves the droplet off.
const powering = "power-on"

// boxCrashes are all points of all steps, as a walk that nothing disturbs shows them: one on, and one that turns back before the rebuild.
func boxCrashes(t *testing.T, undo bool) []doom.Crash {
	t.Helper()
	o := newOrdeal(t, doom.Crash{})
	steps := stepsOf(t, o.b, "worker-reimage")
	if len(steps) != len(strikes) {
		t.Fatalf("%d steps: %v", len(steps), steps)
	}
	if undo {
		o.walk(doomed{})
		id, _ := o.log()
		o.walk(doomed{ID: id, Undo: true})
	} else {
		o.walk(doomed{Confirm: "worker-2"})
	}
	id, events := o.log()
	if want := map[bool]string{false: string(run.Done), true: string(run.Undone)}[undo]; events[len(events)-1].State != want {
		t.Fatalf("not %s\n%s", want, transcript(t, o.b, id))
	}
	o.judge()
	o.settled()
	var all []doom.Crash
	if undo { // by then Sidekiq was started anew; see turned
		for _, p := range doom.Points {
			if named[p] {
				all = append(all, doom.Crash{Step: quiet, Point: p, Undo: true, N: 1})
			}
		}
	}
	for _, c := range doom.In(steps, entries(events), undo) {
		silent := c.Point == doom.Unanswered && !o.asks[c.Step] // it asks nobody: there is no answer to be missed
		if named[c.Point] && !silent && c.Step != powering {
			all = append(all, c)
		}
	}
	if !undo { // nothing was to be done there in that walk; see newOrdeal
		for _, p := range doom.Points {
			if named[p] {
				all = append(all, doom.Crash{Step: powering, Point: p, N: 1})
			}
		}
	}
	return all
}

// sample is all of them with -whole; otherwise one for each step, each at another point.
func sample(all []doom.Crash) []doom.Crash {
	if *whole {
		return all
	}
	var some []doom.Crash
	byStep := map[string][]doom.Crash{}
	var order []string
	for _, c := range all {
		if byStep[c.Step] == nil {
			order = append(order, c.Step)
		}
		byStep[c.Step] = append(byStep[c.Step], c)
	}
	for i, step := range order {
		some = append(some, byStep[step][(2*i)%len(byStep[step])])
	}
	return some
}

// A process that is killed at any point of any step leaves an unfinished run; resumed, it ends done, or says truly that it does not know whether
// the disk was rebuilt, or the droplet powered on, and waits for an operator.
func TestCrashAtEachPoint(t *testing.T) {
	mingle(t)
	for _, at := range sample(boxCrashes(t, false)) {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			o := newOrdeal(t, at)
			o.die(doomed{Confirm: "worker-2"})
			id, _ := o.log()
			_, code := o.walk(doomed{ID: id, Confirm: "worker-2"})
			if sent, once := map[string]int{"rebuild": 0, powering: 1}[at.Step]; once && at.Point == doom.AfterIntent {
				o.unsure(code, sent)
				o.decide(id)
			} else if code != 0 {
				t.Fatalf("exit %d\n%s", code, transcript(t, o.b, id))
			}
			o.judge()
			o.settled()
			if n := rebuilds(o.b, "worker-2"); n != 1 {
				t.Errorf("%d rebuilds", n)
			}
			intact(t, o.b)
			serving(t, o.b)
		})
	}
}

// unsure asserts that what is sent once, and of which only the intent is known, is not called anything but unknown; by then so many rebuilds were sent.
func (o *ordeal) unsure(code, sent int) {
	o.t.Helper()
	id, events := o.log()
	end := events[len(events)-1]
	if code != 4 || end.State != string(run.Unknown) || rebuilds(o.b, "worker-2") != sent {
		o.t.Errorf("exit %d, %s, %d rebuilds\n%s", code, end.State, rebuilds(o.b, "worker-2"), transcript(o.t, o.b, id))
	}
	o.judge()
}

// decide is the operator who has looked at the provider's panel, and lets it be sent: retry, and the name typed again.
func (o *ordeal) decide(id string) {
	o.t.Helper()
	a := inside(o.t, o.b)
	v, err := a.engine.View(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	b, err := a.desk.Book(v.Header.Runbook)
	if err != nil {
		o.t.Fatal(err)
	}
	rb, err := b.Build(o.t.Context(), v.Header.Target, v.Header.Inputs)
	if err != nil {
		o.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(o.t.Context())
	defer cancel()
	go func() {
		for ev, err := range a.engine.Store.Tail(ctx, id, v.Last) {
			var g run.Gate
			if err != nil || ev.Type != run.Gated || json.Unmarshal(ev.Data, &g) != nil {
				continue
			}
			_ = a.engine.Answer(ctx, id, run.Answer{Gate: ev.Seq, Choice: g.Choices[0], Typed: g.Confirm}) // the walk's end tells
		}
	}()
	if state, err := a.engine.Walk(ctx, id, rb, run.Mode{}); state != run.Done || err != nil {
		o.t.Fatalf("%s, %v\n%s", state, err, transcript(o.t, o.b, id))
	}
}

// quiet is the step whose way back has nothing to do once a later one was walked back.
const quiet = "hush"

// turned walks as far as there is a way back: to the gate before the rebuild, or to where the process dies that has just told Sidekiq to be quiet.
func (o *ordeal) turned() string {
	o.t.Helper()
	if o.at.Step == quiet {
		if killed, code := o.walk(doomed{At: doom.Crash{Step: quiet, Point: doom.AfterDone}}); !killed {
			o.t.Fatalf("exit %d", code)
		}
	} else if _, code := o.walk(doomed{}); code != 3 {
		o.t.Fatalf("exit %d", code)
	}
	id, _ := o.log()
	return id
}

// A walk back that is killed at any point goes on by itself when it is resumed, and the worker serves as before.
func TestCrashAtEachPointOfUndo(t *testing.T) {
	mingle(t)
	for _, at := range sample(boxCrashes(t, true)) {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			o := newOrdeal(t, at)
			id := o.turned()
			o.die(doomed{ID: id, Undo: true})
			if _, code := o.walk(doomed{ID: id}); code != 0 {
				t.Fatalf("exit %d\n%s", code, transcript(t, o.b, id))
			}
			if _, events := o.log(); events[len(events)-1].State != string(run.Undone) || rebuilds(o.b, "worker-2") != 0 {
				t.Errorf("%s, %d rebuilds", events[len(events)-1].State, rebuilds(o.b, "worker-2"))
			}
			o.judge()
			o.settled()
			intact(t, o.b)
			serving(t, o.b)
		})
	}
}
