package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/postgres"
)

// deadly is a store that kills the process at one point of one step.
type deadly struct {
	Store
	step, point string
}

// The points at which a process is killed.
const (
	beforeIntent  = "before-intent"
	afterIntent   = "after-intent"
	afterEffect   = "after-effect" // and before its outcome is recorded
	afterOutcome  = "after-outcome"
	inVerify      = "in-verify"
	afterAnything = "after-done"
)

func (d deadly) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	d.maybe(events, map[string]Type{beforeIntent: Intent, afterEffect: Settled})
	err := d.Store.Append(ctx, id, after, events...)
	d.maybe(events, map[string]Type{afterIntent: Intent, afterOutcome: Settled, inVerify: Waiting})
	for _, ev := range events {
		if d.point == afterAnything && ev.Step == d.step && ev.Type == Stepped && (ev.State == string(StepDone) || ev.State == string(StepUndo)) {
			die()
		}
	}
	return err
}

func (d deadly) maybe(events []Event, points map[string]Type) {
	for _, ev := range events {
		if ev.Step == d.step && points[d.point] == ev.Type {
			die()
		}
	}
}

func die() {
	if os.Getenv("RUN_TEST_STOPS") != "" { // and goes on some day, as a laptop does that was shut
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		_ = pause(context.Background(), time.Second) // the signal may reach another thread first
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// child walks a run in a process of its own. Its arguments are in the environment.
func child() int {
	ctx := context.Background()
	dir := os.Getenv("RUN_TEST_CHILD")
	s, err := childStore(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = s.Close() }()
	d := deadly{Store: s, step: os.Getenv("RUN_TEST_STEP"), point: os.Getenv("RUN_TEST_POINT")}
	e := &Engine{Store: d, Live: s, StateDir: dir, Door: act.NewDoor(false, always{}), Operator: "mike", Host: "laptop"}
	w := &world{dir: os.Getenv("RUN_TEST_WORLD")}
	m := unattended
	m.Undo = os.Getenv("RUN_TEST_UNDO") != ""
	m.Unattended = os.Getenv("RUN_TEST_ATTENDED") == ""
	if !m.Unattended {
		m = Mode{}
	}
	state, err := e.Walk(ctx, os.Getenv("RUN_TEST_ID"), crashBook(w, os.Getenv("RUN_TEST_BLIND") != ""), m)
	fmt.Println(state, err)
	return ExitCode(state)
}

// childStore is the store that the child walks in: that of the directory, or a PostgreSQL.
func childStore(ctx context.Context, dir string) (Archive, error) {
	url := os.Getenv("RUN_TEST_STORE")
	if url == "" {
		return Open(ctx, dir, nil)
	}
	return NewPostgres(postgres.New(postgres.Config{URL: func(context.Context) (string, error) { return url, nil }}), dir, nil), nil
}

// crashBook is the made-up runbook; blind, its once-step cannot tell from the world whether it happened.
func crashBook(w *world, blind bool) Runbook {
	rb := w.book()
	if blind {
		rb.at("rebuilt").Observe = nil
	}
	return rb
}

// childWalk runs a child until it ends, by itself or by its own hand, and gives what it said.
func childWalk(t *testing.T, dir string, w *world, id string, env ...string) (string, error) {
	t.Helper()
	cmd := childCmd(t, dir, w, id, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func childCmd(t *testing.T, dir string, w *world, id string, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), append(env, "RUN_TEST_CHILD="+dir, "RUN_TEST_WORLD="+w.dir, "RUN_TEST_ID="+id)...)
	return cmd
}

func killed(err error) bool {
	var e *exec.ExitError
	if !errors.As(err, &e) {
		return false
	}
	st, ok := e.Sys().(syscall.WaitStatus)
	return ok && st.Signaled() && st.Signal() == syscall.SIGKILL
}

// crash walks id in a child that is killed at the point, and proves that it was, and that the run is shown as interrupted.
func crash(t *testing.T, e *Engine, dir string, w *world, id, step, point string, env ...string) {
	t.Helper()
	env = append(env, "RUN_TEST_STEP="+step, "RUN_TEST_POINT="+point)
	if out, err := childWalk(t, dir, w, id, env...); !killed(err) {
		t.Fatalf("the child lived: %v %s", err, out)
	}
	list, err := e.List(t.Context())
	if err != nil || list[0].State != Interrupted {
		t.Fatalf("after the kill: %+v, %v", list, err)
	}
	if v, err := e.View(t.Context(), id); err != nil || v.State != Interrupted {
		t.Fatalf("viewed as %s, %v", v.State, err)
	}
}

var points = []string{beforeIntent, afterIntent, afterEffect, afterOutcome, inVerify, afterAnything}

// TestCrashThenResume kills the process at every point of every step that acts.
func TestCrashThenResume(t *testing.T) {
	for _, step := range []string{"lame", "removed", "rebuilt", "returned"} {
		for _, point := range points {
			t.Run(step+" "+point, func(t *testing.T) {
				t.Parallel()
				dir, w := t.TempDir(), newWorld(t)
				e := sqlEngine(t, dir)
				rb := crashBook(w, false)
				id := start(t, e, rb)
				crash(t, e, dir, w, id, step, point)
				state, err := e.Walk(t.Context(), id, rb, unattended)
				story := told(events(t, e, id))
				if step == "rebuilt" && point == afterIntent {
					// The intent is there, the effect is not: only the operator may send it again.
					if state != Unknown || err != nil || w.count("rebuilt") != 0 {
						t.Fatalf("%s, %v, rebuilt %d\n%s", state, err, w.count("rebuilt"), story)
					}
					again(t, e, id, rb)
				} else if state != Done || err != nil {
					t.Fatalf("%s, %v\n%s", state, err, story)
				}
				if w.state() != "rebuilt returned" || w.count("rebuilt") != 1 {
					t.Errorf("world %q, rebuilt %d times\n%s", w.state(), w.count("rebuilt"), story)
				}
				everyIntentSettled(t, e, id)
			})
		}
	}
}

// again resumes attended: retry, the name typed again, done.
func again(t *testing.T, e *Engine, id string, rb Runbook) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := uint64(len(events(t, e, id)))
	wait := walking(ctx, e, id, rb, Mode{})
	script := []Answer{{Choice: Retry}, goes}
	for ev, err := range e.Store.Tail(ctx, id, last) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type != Gated {
			continue
		}
		a := script[0]
		a.Gate, script = ev.Seq, script[1:]
		if err := e.Answer(ctx, id, a); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := wait(); state != Done || err != nil || len(script) != 0 {
		t.Errorf("%s, %v, unused %v", state, err, script)
	}
}

// TestCrashBlind does the same when the world cannot tell: once means at most once, and unknown is said to be unknown.
func TestCrashBlind(t *testing.T) {
	want := map[string]State{
		beforeIntent: Done, afterIntent: Unknown, afterEffect: Unknown, afterOutcome: Done, inVerify: Done, afterAnything: Done,
	}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			dir, w := t.TempDir(), newWorld(t)
			e := sqlEngine(t, dir)
			rb := crashBook(w, true)
			id := start(t, e, rb)
			crash(t, e, dir, w, id, "rebuilt", point, "RUN_TEST_BLIND=1")
			for range 2 { // resuming once more does not wear the guard down
				state, err := e.Walk(t.Context(), id, rb, unattended)
				if state != want[point] || err != nil {
					t.Fatalf("%s, %v, want %s\n%s", state, err, want[point], told(events(t, e, id)))
				}
				if state == Done {
					break
				}
			}
			if w.count("rebuilt") > 1 {
				t.Errorf("rebuilt %d times", w.count("rebuilt"))
			}
			everyIntentSettled(t, e, id)
		})
	}
}

// TestCrashInUndo kills the walk back at every point, and resumes it.
func TestCrashInUndo(t *testing.T) {
	for _, step := range []string{"lame", "removed"} {
		for _, point := range []string{beforeIntent, afterIntent, afterEffect, afterOutcome, afterAnything} {
			t.Run(step+" "+point, func(t *testing.T) {
				t.Parallel()
				dir, w := t.TempDir(), newWorld(t)
				e := sqlEngine(t, dir)
				rb := crashBook(w, false)
				id := start(t, e, rb)
				if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true}); state != AtGate || err != nil {
					t.Fatal(state, err)
				}
				if list, err := e.List(t.Context()); err != nil || list[0].State != AtGate {
					t.Errorf("nobody walks it, and it waits: %+v, %v", list, err)
				}
				crash(t, e, dir, w, id, step, point, "RUN_TEST_UNDO=1")
				mode := Mode{Unattended: true, Undo: step == "removed" && point != afterAnything}
				state, err := e.Walk(t.Context(), id, rb, mode) // a walk back that began goes on by itself
				if state != Undone || err != nil || w.state() != "" {
					t.Errorf("%s, %v, world %q\n%s", state, err, w.state(), told(events(t, e, id)))
				}
				everyIntentSettled(t, e, id)
			})
		}
	}
}

func everyIntentSettled(t *testing.T, e *Engine, id string) {
	t.Helper()
	r, err := read(t.Context(), e.Store, id)
	if err != nil {
		t.Fatal(err)
	}
	for step, s := range r.hist.steps {
		for _, a := range s.acts {
			if a.State == "" {
				t.Errorf("an intent of %s has no outcome", step)
			}
		}
	}
}

// TestAnswerFromAnotherProcess has a child wait at its gate, and answers it from here. Meanwhile the run is the child's.
func TestAnswerFromAnotherProcess(t *testing.T) {
	dir, w := t.TempDir(), newWorld(t)
	e := sqlEngine(t, dir)
	rb := crashBook(w, false)
	id := start(t, e, rb)
	cmd := childCmd(t, dir, w, id, "RUN_TEST_ATTENDED=1")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for ev, err := range e.Store.Tail(t.Context(), id, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type != Gated {
			continue
		}
		list, err := e.List(t.Context())
		if err != nil || list[0].State != AtGate {
			t.Errorf("while the child waits: %+v, %v", list, err)
		}
		if _, err := e.Walk(t.Context(), id, rb, unattended); !errors.Is(err, ErrTaken) {
			t.Errorf("the child's run is walked here: %v", err)
		}
		if err := e.Answer(t.Context(), id, Answer{Gate: ev.Seq, Choice: Go, Typed: "w2"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil || !strings.HasPrefix(out.String(), "done") {
		t.Errorf("%v %s", err, out.String())
	}
}
