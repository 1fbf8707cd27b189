//go:build lab

package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/doom"
	"github.com/vmtui/vmtui/remote/postgres"
)

// errandOf is what a child walks in the team's store, as a machine of its own, and the step that it dies in, with its intent recorded.
type errandOf struct {
	URL, Dir, World, ID, Step string
	Stops                     bool // it does not die, but is stopped, as a laptop is that was shut
}

// init makes the test binary such a child.
func init() {
	text := os.Getenv("RUN_TEST_TEAM")
	if text == "" {
		return
	}
	var r errandOf
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		panic(err)
	}
	s := NewPostgres(postgres.New(postgres.Config{URL: func(context.Context) (string, error) { return r.URL, nil }}), r.Dir, nil)
	e := &Engine{Store: mortal{s, r}, Live: s, StateDir: r.Dir, Door: openDoor(), Operator: "mike", Host: "laptop"}
	w := &world{dir: r.World}
	_, err := e.Walk(context.Background(), r.ID, w.book(), unattended)
	fmt.Println(err)
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// mortal is a store that strikes the process down once the step's intent is recorded.
type mortal struct {
	Store
	errandOf
}

func (m mortal) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	err := m.Store.Append(ctx, id, after, events...)
	if !slices.ContainsFunc(events, func(ev Event) bool { return ev.Type == Intent && ev.Step == m.Step }) {
		return err
	}
	if !m.Stops {
		doom.Die()
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	_ = pause(ctx, time.Second) // the signal may reach another thread first
	return err
}

// walker starts a child. Wait for it in the end.
func walker(t *testing.T, r errandOf) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	text, err := json.Marshal(r)
	must(t, err)
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "RUN_TEST_TEAM="+string(text))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	must(t, cmd.Start())
	return cmd, &out
}

// TestTakenOverAfterItsMachineDied kills the walker, and has another machine go on as soon as everybody must believe that it is dead: not before.
func TestTakenOverAfterItsMachineDied(t *testing.T) {
	s, db := database(t)
	url := s.URL(s.Addr(), db)
	spock := machine(t, "spock", url, newNotes())
	w := newWorld(t)
	rb := w.book()
	id := start(t, spock, rb)
	dir := t.TempDir()
	cmd, out := walker(t, errandOf{URL: url, Dir: dir, World: w.dir, ID: id, Step: "removed"})
	if err := cmd.Wait(); !killed(err) {
		t.Fatalf("the child lived: %v %s", err, out)
	}
	died := time.Now()
	// On its own machine it is known at once that it is dead.
	if is, err := shared(t, url, dir, nil).Alive(t.Context(), id, 1); err != nil || is {
		t.Errorf("alive on its own machine: %v, %v", is, err)
	}
	if v, err := spock.View(t.Context(), id); err != nil || v.State != Running {
		t.Errorf("elsewhere nobody can know yet: %s, %v", v.State, err)
	}
	if _, err := spock.Walk(t.Context(), id, rb, unattended); !errors.Is(err, ErrTaken) {
		t.Errorf("taken over at once: %v", err)
	}
	until(t, func() bool { v, err := spock.View(t.Context(), id); return err == nil && v.State == Interrupted })
	if took := time.Since(died); took < usual.dead-2*usual.every || took > usual.dead+15*time.Second {
		t.Errorf("believed dead after %s", took)
	}
	if state, err := spock.Walk(t.Context(), id, rb, unattended); state != Done || err != nil {
		t.Fatal(state, err)
	}
	everyIntentSettled(t, spock, id)
	v, err := spock.View(t.Context(), id)
	if err != nil || v.Leg != 2 || v.Walker.Operator != "spock" || w.count("rebuilt") != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	if text := transcript(v); !strings.Contains(text, "leg 1 begun by mike") || !strings.Contains(text, "leg 2 begun by spock") {
		t.Error("the transcript does not go on:\n" + text)
	}
}

func everyIntentSettled(t *testing.T, e *Engine, id string) {
	t.Helper()
	r, err := read(t.Context(), e.Store, id)
	must(t, err)
	for step, s := range r.hist.steps {
		for _, a := range s.acts {
			if a.State == "" {
				t.Errorf("an intent of %s has no outcome", step)
			}
		}
	}
}

func transcript(v *View) string {
	var b strings.Builder
	for _, l := range v.Lines {
		fmt.Fprintln(&b, l.Mark, l.Text)
	}
	return b.String()
}

// TestWokenWalkerDoesNotAct stops the walker between the intent and the act, has another take the run over and finish it, and wakes it: nothing is done twice.
func TestWokenWalkerDoesNotAct(t *testing.T) {
	s, db := database(t)
	url := s.URL(s.Addr(), db)
	spock := machine(t, "spock", url, newNotes())
	w := newWorld(t)
	rb := w.book()
	id := start(t, spock, rb)
	cmd, out := walker(t, errandOf{URL: url, Dir: t.TempDir(), World: w.dir, ID: id, Step: "rebuilt", Stops: true})
	until(t, func() bool {
		v, err := spock.View(t.Context(), id)
		return err == nil && v.Leg == 1 && v.State == Interrupted
	})
	retry := unattended
	retry.Unattended = false
	done := operator(t, spock, id, Answer{Choice: Retry}, goes) // unknown, by what the log says; the operator looked, and says so again when it would be sent AGAIN
	state, err := spock.Walk(t.Context(), id, rb, retry)
	if done(); state != Done || err != nil {
		t.Fatal(state, err, told(events(t, spock, id)))
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Errorf("it ended well: %s", out)
	}
	if w.count("rebuilt") != 1 {
		t.Errorf("rebuilt %d times", w.count("rebuilt"))
	}
}
