package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/act"
)

// world is what a made-up runbook acts on: files in a directory, so that it survives the process that changes it. A file is a fact, and its
// lines count how often it was made so.
type world struct {
	dir string
	mu  sync.Mutex
}

func newWorld(t *testing.T) *world { t.Helper(); return &world{dir: t.TempDir()} }

func (w *world) path(key string) string { return filepath.Join(w.dir, key) }

func (w *world) set(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range []string{key, key + ".count"} {
		f, err := os.OpenFile(w.path(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		_, _ = f.WriteString("x\n")
		_ = f.Close()
	}
}

func (w *world) unset(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = os.Remove(w.path(key))
}

func (w *world) has(key string) bool {
	_, err := os.Stat(w.path(key))
	return err == nil
}

// count is how often the key was set, whatever became of it.
func (w *world) count(key string) int {
	b, _ := os.ReadFile(w.path(key + ".count"))
	return strings.Count(string(b), "x")
}

func (w *world) state() string {
	var out []string
	for _, k := range []string{"lame", "removed", "rebuilt", "returned"} {
		if w.has(k) {
			out = append(out, k)
		}
	}
	return strings.Join(out, " ")
}

// acts makes a Do that sets key through the door.
func (w *world) acts(key, target string, danger act.Danger) func(context.Context, *Walk) error {
	return func(ctx context.Context, k *Walk) error {
		a := act.Act{Target: target, What: "set " + key, Danger: danger, Identity: func(context.Context) error { return nil }}
		return k.Act(ctx, a, func(ctx context.Context, p act.Permit) error {
			if err := p.Check(ctx); err != nil {
				return err
			}
			w.set(key)
			Effect(ctx, key+"-1")
			return nil
		})
	}
}

func (w *world) takesBack(key, target string) func(context.Context, *Walk) error {
	return func(ctx context.Context, k *Walk) error {
		return k.Act(ctx, act.Act{Target: target, What: "unset " + key, Danger: act.Changes}, func(ctx context.Context, p act.Permit) error {
			if err := p.Check(ctx); err != nil {
				return err
			}
			w.unset(key)
			return nil
		})
	}
}

func (w *world) observes(key string) func(context.Context, *Walk) (Finding, error) {
	return func(context.Context, *Walk) (Finding, error) {
		if w.has(key) {
			return Finding{Truth: IsDone, Detail: key + " is set"}, nil
		}
		return Finding{Truth: IsPending}, nil
	}
}

func (w *world) verifies(key string) func(*Walk) Check {
	return func(*Walk) Check {
		looks := 0
		return func(context.Context) (Progress, error) {
			if looks++; looks > 1 && w.has(key) {
				return Progress{Done: true, Detail: key + " proved"}, nil
			}
			return Progress{For: "the world to show " + key, Again: time.Millisecond}, nil
		}
	}
}

func (w *world) step(id string, kind Kind, until string) Step {
	s := Step{
		StepInfo: StepInfo{ID: id, Title: "make it " + id, Why: "because", Kind: kind, Until: until},
		Deadline: time.Minute, // a busy machine takes its time
		Plan:     func(context.Context) ([]string, error) { return []string{"set " + id}, nil },
		Observe:  w.observes(id), Do: w.acts(id, "w2", act.Changes), Verify: w.verifies(id), Undo: w.takesBack(id, "w2"),
		Undone: func(*Walk) Check {
			return func(context.Context) (Progress, error) {
				return Progress{Done: !w.has(id), For: id + " to go", Again: time.Millisecond}, nil
			}
		},
	}
	return s
}

// book is lame duck, remove, rebuild (which gives a new disk, so the lame duck is gone), return.
func (w *world) book() Runbook {
	check := Step{StepInfo: StepInfo{ID: "check", Title: "look around", Kind: Read}, Do: func(ctx context.Context, k *Walk) error {
		k.Out("looked around")
		return k.Remember(ctx, "seen", "yes")
	}}
	lame := w.step("lame", Idempotent, "rebuilt")
	removed := w.step("removed", Idempotent, "returned")
	removed.Skip = true
	rebuilt := w.step("rebuilt", Once, "")
	rebuilt.Confirm, rebuilt.NoUndo, rebuilt.Undo, rebuilt.Undone = "w2", "the old disk is gone", nil, nil
	send := w.acts("rebuilt", "w2", act.Destroys)
	rebuilt.Do = func(ctx context.Context, k *Walk) error {
		w.unset("lame")
		return send(ctx, k)
	}
	returned := w.step("returned", Idempotent, "")
	returned.Do = func(ctx context.Context, k *Walk) error {
		w.unset("removed")
		return w.acts("returned", "w2", act.Changes)(ctx, k)
	}
	return Runbook{ID: "made-up", Version: 1, Title: "a made-up runbook", Target: "w2", Steps: []Step{check, lame, removed, rebuilt, returned}}
}

// at gives the step of that id, to be changed.
func (rb Runbook) at(id string) *Step {
	for i := range rb.Steps {
		if rb.Steps[i].ID == id {
			return &rb.Steps[i]
		}
	}
	panic("no step " + id)
}

// always is a guard whose lease is always held.
type always struct{}

func (always) Held() error { return nil }

// openDoor lets every change pass.
func openDoor() *act.Door { return act.NewDoor(false, always{}) }

func memEngine() *Engine {
	m := newMemory()
	return &Engine{Store: m, Live: m.live, Door: act.NewDoor(false, always{}), Operator: "mike", Host: "laptop", Grace: time.Minute}
}

func sqlEngine(t *testing.T, dir string) *Engine {
	t.Helper()
	s, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &Engine{Store: s, StateDir: dir, Door: act.NewDoor(false, always{}), Operator: "mike", Host: "laptop", Grace: time.Second}
}

var unattended = Mode{Unattended: true, Yes: true, Confirm: "w2"}

func start(t *testing.T, e *Engine, rb Runbook) string {
	t.Helper()
	id, err := e.Start(t.Context(), rb)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// operator answers the gates of a run in order until its script ends; then it lets gates be. The returned function waits for its end.
func operator(t *testing.T, e *Engine, id string, script ...Answer) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ev, err := range e.Store.Tail(ctx, id, 0) {
			if err != nil || len(script) == 0 {
				return
			}
			if ev.Type != Gated {
				continue
			}
			a := script[0]
			a.Gate = ev.Seq
			if err := e.Answer(ctx, id, a); err != nil {
				if !errors.Is(err, ErrStale) {
					t.Errorf("answer %v: %v", a, err)
				}
				continue
			}
			script = script[1:]
		}
	}()
	return func() {
		cancel()
		<-done
		if len(script) > 0 {
			t.Errorf("gates that never opened: %v", script)
		}
	}
}

func events(t *testing.T, e *Engine, id string) []Event {
	t.Helper()
	evs, err := e.Store.Events(context.Background(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, ev := range evs {
		if ev.Seq != uint64(i)+1 {
			t.Fatalf("event %d has number %d", i+1, ev.Seq)
		}
	}
	return evs
}

// told is a compact story of a run: "step:state" for steps, type or type:state for the rest that matters.
func told(evs []Event) string {
	var out []string
	for _, ev := range evs {
		switch ev.Type {
		case Stepped:
			if ev.State != string(Observing) && ev.State != string(Verifying) {
				out = append(out, ev.Step+":"+ev.State)
			}
		case Gated, Intent:
			out = append(out, string(ev.Type))
		case Settled, Result, LegEnd:
			out = append(out, string(ev.Type)+":"+ev.State)
		}
	}
	return strings.Join(out, " ")
}

func lastGate(t *testing.T, e *Engine, id string) Gate {
	t.Helper()
	v := NewView(id)
	var g Gate
	for _, ev := range events(t, e, id) {
		if ev.Type == Gated && !v.read(ev, &g) {
			t.Fatal("gate without data")
		}
	}
	return g
}
