package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// one is the runbook of one worker: out, a disk that is gone, and back. trouble, when it is not nil, is asked before it goes out.
func (w *world) one(name string, trouble func(string) error) Runbook {
	look := Step{StepInfo: StepInfo{ID: "look", Title: "look", Kind: Read}, Do: func(context.Context, *Walk) error {
		if trouble == nil {
			return nil
		}
		return trouble(name)
	}}
	out := w.step("out", Idempotent, "back")
	out.Observe, out.Do, out.Verify, out.Undo, out.Undone = w.observes(name+".out"), w.acts(name+".out", name, act.Changes), w.verifies(name+".out"), w.takesBack(name+".out", name), nil
	disk := w.step("disk", Once, "")
	disk.Confirm, disk.NoUndo, disk.Undo, disk.Undone = name, "the old disk is gone", nil, nil
	disk.Observe, disk.Do, disk.Verify = w.observes(name+".disk"), w.acts(name+".disk", name, act.Destroys), w.verifies(name+".disk")
	back := w.step("back", Idempotent, "")
	back.Observe, back.Undo, back.Undone, back.Verify = w.observes(name+".back"), nil, nil, w.verifies(name+".back")
	back.Do = func(ctx context.Context, k *Walk) error {
		w.unset(name + ".out")
		return w.acts(name+".back", name, act.Changes)(ctx, k)
	}
	return Runbook{ID: "one", Version: 1, Title: "one worker", Target: name, Steps: []Step{look, out, disk, back}}
}

// family is a runbook that walks another one for each worker, and asks once for the names of all.
func (w *world) family(trouble func(string) error, workers ...string) Runbook {
	names := strings.Join(workers, ",")
	sure := Step{StepInfo: StepInfo{ID: "sure", Title: "be sure", Kind: Read, Confirm: names, Until: "sum"}}
	rb := Runbook{ID: "family", Version: 1, Title: "all workers", Target: "all", Steps: []Step{sure}}
	for _, name := range workers {
		rb.Steps = append(rb.Steps, Step{
			StepInfo: StepInfo{ID: name, Title: name, Kind: Idempotent}, Deadline: time.Minute,
			Child: func(_ context.Context, _ *Walk, begun *Header) (Runbook, error) {
				if begun != nil && (begun.Target != name || begun.Parent == nil || begun.Parent.Step != name) {
					return Runbook{}, errors.New("that is not the run of " + name)
				}
				return w.one(name, trouble), nil
			},
			Verify: w.verifies(name + ".back"),
		})
	}
	sum := Step{StepInfo: StepInfo{ID: "sum", Title: "sum up", Kind: Read}}
	rb.Steps = append(rb.Steps, sum)
	return rb
}

// counting is a guard and a lease: it sees that only one run holds it.
type counting struct{ by []string }

func (c *counting) Held() error {
	if len(c.by) == 0 {
		return errors.New("no lease")
	}
	return nil
}

func (c *counting) Acquire(_ context.Context, run string) (func(context.Context) error, error) {
	if len(c.by) > 0 {
		return nil, &fault.Error{What: "somebody else is at work", On: c.by[0], Code: fault.Refused}
	}
	c.by = append(c.by, run)
	return func(context.Context) error { c.by = nil; return nil }, nil
}

func (c *counting) TakeFrom(ctx context.Context, run string) (func(context.Context) error, error) {
	return c.Acquire(ctx, run)
}

// children are the runs of a family, by target, oldest first.
func children(t *testing.T, e *Engine, id string) map[string][]*View {
	t.Helper()
	list, err := e.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b Summary) int { return a.Started.Compare(b.Started) })
	out := map[string][]*View{}
	for _, s := range list {
		if s.Parent != id {
			continue
		}
		v, err := e.View(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		keepsTheLaw(t, events(t, e, s.ID))
		out[v.Header.Target] = append(out[v.Header.Target], v)
	}
	keepsTheLaw(t, events(t, e, id))
	return out
}

// saidAll is how a leg of the family is walked when everything was said beforehand.
var saidAll = Mode{Unattended: true, Yes: true, Confirm: "w1,w2,w3"}

// A step's run has a log of its own, is walked under this run's lease, passes its gates by the names that were typed here, and is told here.
func TestChildRuns(t *testing.T) {
	w, lease := newWorld(t), &counting{}
	e := memEngine()
	e.Lease, e.Door = lease, act.NewDoor(false, lease)
	rb := w.family(nil, "w1", "w2", "w3")
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, saidAll); state != Done || err != nil {
		t.Fatal(state, err, told(events(t, e, id)))
	}
	kids := children(t, e, id)
	v, err := e.View(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"w1", "w2", "w3"} {
		if len(kids[name]) != 1 || kids[name][0].State != Done || w.count(name+".disk") != 1 || !w.has(name+".back") {
			t.Errorf("%s: %d runs, %d disks", name, len(kids[name]), w.count(name+".disk"))
		}
		if v.Steps[i+1].Run != kids[name][0].ID {
			t.Errorf("the step of %s is run %q", name, v.Steps[i+1].Run)
		}
	}
	var lines []string
	for _, l := range v.Lines {
		lines = append(lines, l.Mark+l.Text)
	}
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "w2 [3/4] make it disk: done") {
		t.Errorf("nothing is told of the steps below:\n%s", text)
	}
	if len(lease.by) != 0 {
		t.Errorf("the lease is left with %v", lease.by)
	}
}

// The plan shows every step of every run below, and wants each name typed once.
func TestPlanOfChildren(t *testing.T) {
	w, e := newWorld(t), memEngine()
	var ids, confirms []string
	for p, err := range e.Plan(t.Context(), w.family(nil, "w1", "w2")) {
		if err != nil || p.Err != nil {
			t.Fatal(err, p.Err)
		}
		if last := p.ID[strings.LastIndex(p.ID, "/")+1:]; p.Moved != (last == "disk" || last == "back") {
			t.Errorf("%s: moved %v; what one run changes is no other's", p.ID, p.Moved)
		}
		if ids = append(ids, p.ID); p.Confirm != "" {
			confirms = append(confirms, p.Confirm)
		}
	}
	if got := strings.Join(ids, " "); got != "sure w1 w1/look w1/out w1/disk w1/back w2 w2/look w2/out w2/disk w2/back sum" || strings.Join(confirms, " ") != "w1,w2" {
		t.Errorf("%s; typed: %v", got, confirms)
	}
}

// A failure below stops everything at a gate that says what and whose; nothing that comes later is begun. Resumed, the same run below goes on.
func TestChildFails(t *testing.T) {
	w, e := newWorld(t), memEngine()
	broken := true
	rb := w.family(func(name string) error {
		if name == "w2" && broken {
			return &fault.Error{What: "w2 is unwell", Why: "it says so", Next: "call a doctor"}
		}
		return nil
	}, "w1", "w2", "w3")
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, saidAll); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	g := lastGate(t, e, id)
	kids := children(t, e, id)
	if len(kids["w3"]) != 0 || len(kids["w2"]) != 1 || kids["w2"][0].State != AtGate {
		t.Fatalf("%v", kids)
	}
	if !strings.Contains(g.Cause, "w2: w2 is unwell: it says so") || g.Hint != "call a doctor" || g.Run != kids["w2"][0].ID || !slices.Contains(g.Choices, Retry) {
		t.Errorf("%+v", g)
	}
	if v, err := e.View(t.Context(), id); err != nil || v.State != AtGate || v.step() != "w2" {
		t.Errorf("%+v, %v", v, err)
	}
	broken = false
	if state, err := e.Walk(t.Context(), id, rb, saidAll); state != Done || err != nil {
		t.Fatal(state, err, told(events(t, e, id)))
	}
	if kids := children(t, e, id); len(kids["w2"]) != 1 || kids["w2"][0].Leg != 2 || len(kids["w1"]) != 1 || kids["w1"][0].Leg != 1 || w.count("w1.disk") != 1 {
		t.Errorf("%v", kids)
	}
}

// A run below that is refused had changed nothing: it is begun anew when the operator says retry.
func TestChildRefused(t *testing.T) {
	w, e := newWorld(t), memEngine()
	refusing := true
	rb := w.family(func(name string) error {
		if name == "w2" && refusing {
			return &fault.Error{What: "too few", Why: "w3 is out", Next: "bring w3 back", Code: fault.Refused}
		}
		return nil
	}, "w1", "w2", "w3")
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, saidAll); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	if g := lastGate(t, e, id); !strings.Contains(g.Cause, "too few: w3 is out") || !strings.Contains(g.Hint, "bring w3 back") {
		t.Errorf("%+v", g)
	}
	refusing = false
	if state, err := e.Walk(t.Context(), id, rb, saidAll); state != Done || err != nil {
		t.Fatal(state, err)
	}
	if kids := children(t, e, id); len(kids["w2"]) != 2 || kids["w2"][0].State != Refused || kids["w2"][1].State != Done {
		t.Errorf("%v", kids)
	}
}

// Where somebody sits, the gate below is open in both logs, and an answer to either closes both.
func TestChildGates(t *testing.T) {
	for _, below := range []bool{false, true} {
		t.Run(fmt.Sprint("answered below ", below), func(t *testing.T) {
			w, e := newWorld(t), memEngine()
			rb := w.family(nil, "w1")
			rb.Steps = rb.Steps[1:] // nothing is typed beforehand
			id := start(t, e, rb)
			wait := walking(t.Context(), e, id, rb, Mode{})
			gate := awaitGate(t, e, id)
			if gate.Gate.Confirm != "w1" || gate.Gate.Run == "" || !slices.Contains(gate.Gate.Choices, Undo) || len(gate.Gate.Undo) == 0 {
				t.Errorf("%+v", gate.Gate)
			}
			at := gate
			if below {
				at = awaitGate(t, e, gate.Gate.Run)
			}
			a := at.Answer(Go)
			a.Typed = "w1"
			if err := e.Answer(t.Context(), at.ID, a); err != nil {
				t.Fatal(err)
			}
			if state, err := wait(); state != Done || err != nil {
				t.Fatal(state, err)
			}
			for _, run := range []string{id, gate.Gate.Run} {
				if v, err := e.View(t.Context(), run); err != nil || v.Gate != nil || v.answered == nil || v.answered.Choice != Go || v.answered.By != "mike" {
					t.Errorf("%s: %+v %v", run, v.answered, err)
				}
			}
			children(t, e, id)
		})
	}
}

// awaitGate waits until a run shows a gate.
func awaitGate(t *testing.T, e *Engine, id string) *View {
	t.Helper()
	v := NewView(id)
	for ev, err := range e.Store.Tail(t.Context(), id, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if v.Apply(ev); v.Gate != nil {
			return v
		}
	}
	t.Fatal("no gate opened")
	return nil
}

// What is asked of the run goes down to the one that is walked: it stops there, or turns there, and what was done before is left and named.
func TestRequestsGoDown(t *testing.T) {
	for _, ask := range []string{RequestStop, RequestUndo} {
		t.Run(ask, func(t *testing.T) {
			w, e := newWorld(t), memEngine()
			rb := w.family(nil, "w1", "w2")
			id := start(t, e, rb)
			wait := walking(t.Context(), e, id, rb, Mode{Confirm: "w1"}) // the first passes, the second does not
			a := awaitGate(t, e, id).Answer(Go)
			a.Typed = "w1,w2"
			if err := e.Answer(t.Context(), id, a); err != nil {
				t.Fatal(err)
			}
			if state, err := wait(); state != Done || err != nil {
				t.Fatal(state, err)
			}

			// The same again with only the first name typed in the leg that begins.
			w, e = newWorld(t), memEngine()
			rb = w.family(nil, "w1", "w2")
			rb.Steps = rb.Steps[1:]
			id = start(t, e, rb)
			wait = walking(t.Context(), e, id, rb, Mode{Confirm: "w1"})
			if v := awaitGate(t, e, id); v.step() != "w2" {
				t.Fatal(v.step())
			}
			if err := e.Request(t.Context(), id, ask); err != nil {
				t.Fatal(err)
			}
			state, err := wait()
			kids := children(t, e, id)
			v, _ := e.View(t.Context(), id)
			switch {
			case err != nil:
				t.Fatal(err)
			case ask == RequestStop && (state != Stopped || kids["w2"][0].State != Stopped || !w.has("w2.out")):
				t.Errorf("%s, %s, %s", state, kids["w2"][0].State, v.Detail)
			case ask == RequestUndo && (state != Undone || kids["w2"][0].State != Undone || w.has("w2.out") || !strings.Contains(v.Detail, "left as it is, because its run was done: w1")):
				t.Errorf("%s, %s, %s", state, kids["w2"][0].State, v.Detail)
			}
			if kids["w1"][0].State != Done {
				t.Error(kids["w1"][0].State)
			}
		})
	}
}

// The operator lets go at a gate below: both runs end, with one answer. Walked back later, the unfinished run is; past its point of no return it is refused.
func TestChildLetGo(t *testing.T) {
	w, e := newWorld(t), memEngine()
	rb := w.family(nil, "w1")
	rb.Steps = rb.Steps[1:]
	id := start(t, e, rb)
	wait := walking(t.Context(), e, id, rb, Mode{})
	v := awaitGate(t, e, id)
	if err := e.Answer(t.Context(), id, v.Answer(Stop)); err != nil {
		t.Fatal(err)
	}
	if state, err := wait(); state != Stopped || err != nil {
		t.Fatal(state, err)
	}
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true, Undo: true}); state != Undone || err != nil {
		t.Fatal(state, err)
	}
	if kids := children(t, e, id); kids["w1"][0].State != Undone || w.has("w1.out") {
		t.Error(kids["w1"][0].State)
	}

	w, e = newWorld(t), memEngine()
	rb = w.family(nil, "w1")
	stuck := w.one("w1", nil)
	stuck.at("back").Do = func(context.Context, *Walk) error { return errors.New("it does not come back") }
	rb.at("w1").Child = func(context.Context, *Walk, *Header) (Runbook, error) { return stuck, nil }
	id = start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true, Yes: true, Confirm: "w1"}); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	before := len(events(t, e, id))
	if _, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true, Undo: true}); code(err) != fault.Refused || !strings.Contains(err.Error(), "the old disk is gone") {
		t.Errorf("%v", err)
	}
	if after := len(events(t, e, id)); after != before || slices.Contains(lastGate(t, e, id).Choices, Undo) {
		t.Errorf("%d events, then %d: a refused undo must leave no mark", before, after)
	}
	if err := e.Request(t.Context(), id, RequestStop); err != nil {
		t.Fatal(err)
	}
	if kids := children(t, e, id); kids["w1"][0].State != Stopped {
		t.Errorf("stopping the whole left the run below %s", kids["w1"][0].State)
	}
}

// Somebody may take a run below to its end by itself, or back: the whole looks at what has become of it.
func TestChildWalkedByItself(t *testing.T) {
	w, e := newWorld(t), memEngine()
	broken := true
	rb := w.family(func(string) error {
		if broken {
			return errors.New("broken")
		}
		return nil
	}, "w1", "w2")
	id := start(t, e, rb)
	m := Mode{Unattended: true, Yes: true, Confirm: "w1,w2"}
	if state, _ := e.Walk(t.Context(), id, rb, m); state != AtGate {
		t.Fatal(state)
	}
	first := children(t, e, id)["w1"][0].ID
	if state, err := e.Walk(t.Context(), first, w.one("w1", nil), Mode{Unattended: true, Yes: true, Confirm: "w1"}); state != Done || err != nil {
		t.Fatal(state, err)
	}
	if state, _ := e.Walk(t.Context(), id, rb, m); state != AtGate { // at the second
		t.Fatal(state)
	}
	second := children(t, e, id)["w2"][0].ID
	if state, err := e.Walk(t.Context(), second, w.one("w2", nil), Mode{Unattended: true, Undo: true}); state != Undone || err != nil {
		t.Fatal(state, err)
	}
	broken = false
	if state, err := e.Walk(t.Context(), id, rb, m); state != Done || err != nil {
		t.Fatal(state, err, told(events(t, e, id)))
	}
	if kids := children(t, e, id); len(kids["w1"]) != 1 || len(kids["w2"]) != 2 || w.count("w1.disk") != 1 {
		t.Errorf("%v", kids)
	}
}
