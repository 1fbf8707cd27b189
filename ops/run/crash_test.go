package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vmtui/vmtui/fixtures/doom"
	"github.com/vmtui/vmtui/ops/act"
)

// deadly is a store that kills the process where it shall die.
type deadly struct {
	Store
	watch *doom.Watch
}

func (d deadly) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	return d.watch.Record(entries(events), func() error { return d.Store.Append(ctx, id, after, events...) })
}

func entries(events []Event) []doom.Entry {
	var all []doom.Entry
	for _, ev := range events {
		all = append(all, doom.Entry{Type: string(ev.Type), Step: ev.Step, State: ev.State})
	}
	return all
}

// errand is what a child walks, and where it dies.
type errand struct {
	Dir, Site, ID string
	Mode          Mode
	At            doom.Crash
}

// child walks a run in a process of its own.
func child() int {
	ctx := context.Background()
	var r errand
	if err := json.Unmarshal([]byte(os.Getenv("RUN_TEST_CHILD")), &r); err != nil {
		fmt.Println(err)
		return 1
	}
	s, err := Open(ctx, r.Dir, nil)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = s.Close() }()
	w := dialSite(r.Site)
	e := &Engine{
		Store: deadly{s, doom.NewWatch(r.At)}, StateDir: r.Dir, Door: act.NewDoor(false, always{}), Lease: leaser{w}, Operator: "mike", Host: "laptop",
	}
	state, err := e.Walk(ctx, r.ID, everyKind(w), r.Mode)
	fmt.Println(state, err)
	return ExitCode(state)
}

// scene is a run of every kind of step, its site, and this process's engine for it.
type scene struct {
	t    *testing.T
	dir  string
	e    *Engine
	site *site
	path string // of the site's socket
	rb   Runbook
	id   string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	c := &scene{t: t, dir: t.TempDir()}
	c.e = sqlEngine(t, c.dir)
	c.site = newSite(c.e.Store)
	c.e.Lease = leaser{c.site}
	c.rb = everyKind(c.site)
	c.id = start(t, c.e, c.rb)
	c.site.id = c.id
	c.path = c.site.listen(t, c.dir)
	return c
}

// command is a child that walks the run.
func (c *scene) command(m Mode, at doom.Crash) *exec.Cmd {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := json.Marshal(errand{Dir: c.dir, Site: c.path, ID: c.id, Mode: m, At: at})
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.CommandContext(c.t.Context(), self) // #nosec G204 -- this very binary
	cmd.Env = append(os.Environ(), "RUN_TEST_CHILD="+string(r))
	return cmd
}

// crash walks in a child that dies at the point, and proves that it did, that the run is shown as interrupted, and that nothing is wrong so far.
func (c *scene) crash(m Mode, at doom.Crash) {
	c.t.Helper()
	cmd := c.command(m, at)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	c.strike(func() bool {
		evs, err := c.e.Store.Events(context.Background(), c.id, 0)
		if err != nil || !at.Due(entries(evs)) {
			return false
		}
		pid, err := strconv.Atoi(c.site.lease) // of whoever is at work
		return err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil
	})
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Wait(); !killed(err) {
		c.t.Fatalf("the child lived: %v %s", err, out.String())
	}
	c.strike(nil)
	c.site.mu.Lock()
	if held := c.site.lease; held != "" && lives(held) {
		c.t.Errorf("the lease is held by %s, which lives", held)
	}
	c.site.mu.Unlock()
	if v, err := c.e.View(c.t.Context(), c.id); err != nil || v.State != Interrupted {
		c.t.Fatalf("viewed as %s, %v", v.State, err)
	}
	if list, err := c.e.List(c.t.Context()); err != nil || list[0].State != Interrupted {
		c.t.Fatalf("after the kill: %+v, %v", list, err)
	}
	keepsTheLaw(c.t, events(c.t, c.e, c.id))
}

func (c *scene) strike(when func() bool) {
	c.site.mu.Lock()
	defer c.site.mu.Unlock()
	c.site.strike = when
}

// resume walks on until the run ends, and asks an operator only when it must: who looks, and never sends what may have been sent.
func (c *scene) resume(m Mode) State {
	c.t.Helper()
	state, err := c.e.Walk(c.t.Context(), c.id, c.rb, m)
	if err != nil {
		c.t.Fatalf("%s, %v\n%s", state, err, told(events(c.t, c.e, c.id)))
	}
	return state
}

// attended walks on with an operator who looks for himself at what is unknown: sends again what did not come to be, and skips what may have.
func (c *scene) attended() State {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	wait := walking(ctx, c.e, c.id, c.rb, Mode{})
	for ev, err := range c.e.Store.Tail(ctx, c.id, uint64(len(events(c.t, c.e, c.id)))) {
		var g Gate
		if err != nil || ev.Type != Gated || !NewView(c.id).read(ev, &g) {
			continue
		}
		a := Answer{Gate: ev.Seq, Choice: g.Choices[0], Typed: g.Confirm, Reason: "looked"}
		if slices.Contains(g.Choices, Skip) && g.Unknown {
			a.Choice = Skip
		}
		if err := c.e.Answer(ctx, c.id, a); err != nil {
			c.t.Error(err)
		}
	}
	state, err := wait()
	if err != nil {
		c.t.Error(err)
	}
	return state
}

func (c *scene) judge(done bool) {
	c.t.Helper()
	evs := events(c.t, c.e, c.id)
	for _, w := range c.site.finished(done, nil) {
		c.t.Errorf("%s\n%s", w, told(evs))
	}
	keepsTheLaw(c.t, evs)
}

func killed(err error) bool {
	var e *exec.ExitError
	if !errors.As(err, &e) {
		return false
	}
	st, ok := e.Sys().(syscall.WaitStatus)
	return ok && st.Signaled() && st.Signal() == syscall.SIGKILL
}

// crashPoints are all points of all steps, as a walk without a crash shows them.
func crashPoints(t *testing.T, undo bool) []doom.Crash {
	t.Helper()
	e := memEngine()
	s := newSite(e.Store)
	rb := everyKind(s)
	s.id = start(t, e, rb)
	m := unattended
	if undo {
		m.Confirm = ""
	}
	want := Done
	if undo {
		want = AtGate
	}
	if state, err := e.Walk(t.Context(), s.id, rb, m); state != want || err != nil {
		t.Fatal(state, err)
	}
	if undo {
		if state, err := e.Walk(t.Context(), s.id, rb, Mode{Unattended: true, Undo: true}); state != Undone || err != nil {
			t.Fatal(state, err)
		}
	}
	evs := events(t, e, s.id)
	keepsTheLaw(t, evs)
	var steps []string
	for _, s := range rb.Steps {
		steps = append(steps, s.ID)
	}
	return doom.In(steps, entries(evs), undo)
}

// Killed at any point of any step, the run is resumed and ends done; what nobody knows is called unknown, and waits for an operator.
func TestCrashThenResume(t *testing.T) {
	for _, at := range crashPoints(t, false) {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			c := newScene(t)
			c.crash(unattended, at)
			state := c.resume(unattended)
			if want := c.unknown(at); (state == Unknown) != want || !want && state != Done {
				t.Fatalf("%s\n%s", state, told(events(t, c.e, c.id)))
			}
			if state == Unknown {
				if again := c.resume(unattended); again != Unknown { // resuming once more does not wear the guard down
					t.Errorf("resumed again: %s", again)
				}
				state = c.attended()
			}
			if state != Done {
				t.Errorf("%s\n%s", state, told(events(t, c.e, c.id)))
			}
			c.judge(true)
		})
	}
}

// unknown reports that after this crash nobody can know whether a once-step's change came to be: it was recorded, and the world does not show it.
func (c *scene) unknown(at doom.Crash) bool {
	if c.rb.at(at.Step).Kind != Once {
		return false
	}
	switch at.Point {
	case doom.AfterIntent:
		return true
	case doom.Unanswered, doom.AfterEffect:
		return at.Step == "ticket" // at which nobody can look
	}
	return false
}

// Killed at any point of any step on its way back, the run is walked back to its end.
func TestCrashInUndo(t *testing.T) {
	for _, at := range crashPoints(t, true) {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			c := newScene(t)
			if state := c.resume(Mode{Unattended: true, Yes: true}); state != AtGate {
				t.Fatal(state)
			}
			if list, err := c.e.List(t.Context()); err != nil || list[0].State != AtGate {
				t.Errorf("nobody walks it, and it waits: %+v, %v", list, err)
			}
			c.crash(Mode{Unattended: true, Undo: true}, at)
			// What began to walk back goes on so by itself; before it began, it has to be said again.
			if state := c.resume(Mode{Unattended: true, Undo: at.Point == doom.BeforeIntent}); state != Undone {
				t.Errorf("%s\n%s", state, told(events(t, c.e, c.id)))
			}
			if c.site.has(theHold)+c.site.has(theOut)+c.site.has(theFlag)+c.site.has(theCharge) != 0 {
				t.Errorf("not all is taken back: %v", c.site.things)
			}
			c.judge(false)
		})
	}
}

// A run that is killed in every step, one after another, ends well all the same.
func TestCrashInEveryStep(t *testing.T) {
	for _, point := range doom.Points {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			c := newScene(t)
			for _, at := range crashPoints(t, false) {
				if at.Point != point || at.N > 1 || c.unknown(at) {
					continue
				}
				c.crash(unattended, at)
			}
			if state := c.resume(unattended); state != Done {
				t.Errorf("%s\n%s", state, told(events(t, c.e, c.id)))
			}
			c.judge(true)
		})
	}
}

// A child waits at its gates, and is answered from here. Meanwhile the run is the child's.
func TestAnswerFromAnotherProcess(t *testing.T) {
	c := newScene(t)
	cmd := c.command(Mode{}, doom.Crash{})
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for ev, err := range c.e.Store.Tail(t.Context(), c.id, 0) {
		if err != nil {
			t.Fatal(err)
		}
		var g Gate
		if ev.Type != Gated || !NewView(c.id).read(ev, &g) {
			continue
		}
		list, err := c.e.List(t.Context())
		if err != nil || list[0].State != AtGate {
			t.Errorf("while the child waits: %+v, %v", list, err)
		}
		if _, err := c.e.Walk(t.Context(), c.id, c.rb, unattended); !errors.Is(err, ErrTaken) {
			t.Errorf("the child's run is walked here: %v", err)
		}
		if err := c.e.Answer(t.Context(), c.id, Answer{Gate: ev.Seq, Choice: Go, Typed: g.Confirm}); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil || !strings.HasPrefix(out.String(), "done") {
		t.Errorf("%v %s", err, out.String())
	}
	c.judge(true)
}

// A process is stopped at its gate, its run is taken over, and it goes on: it finds that the run is not its own.
func TestSuspendedProcessIsOvertaken(t *testing.T) {
	c := newScene(t)
	c.e.Lease = nil // the site would refuse it to us while its holder lives
	cmd := c.command(Mode{}, doom.Crash{})
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for ev, err := range c.e.Store.Tail(t.Context(), c.id, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type == Gated {
			break
		}
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	m := unattended
	m.TakeOver = true
	if state := c.resume(m); state != Done {
		t.Error(state)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(out.String(), "took the run over") {
		t.Errorf("%v %s", err, out.String())
	}
	c.judge(true)
}
