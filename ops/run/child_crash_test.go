package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// grave is a store in which the process dies at its nth write, just before it or just after.
type grave struct {
	Store
	left   atomic.Int64
	before bool
}

func (g *grave) die(write func() error) error {
	last := g.left.Add(-1) == 0
	if last && g.before {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	err := write()
	if last {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return err
}

func (g *grave) Create(ctx context.Context, id string, h Header) error {
	return g.die(func() error { return g.Store.Create(ctx, id, h) })
}

func (g *grave) Append(ctx context.Context, id string, after uint64, events ...Event) error {
	return g.die(func() error { return g.Store.Append(ctx, id, after, events...) })
}

// familyChild walks a family in a process of its own, which dies at a write.
func familyChild(spec string) int {
	part := strings.Split(spec, "|")
	n, err := strconv.Atoi(part[3])
	if err != nil {
		return 1
	}
	ctx := context.Background()
	s, err := Open(ctx, part[0], nil)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	w := &world{dir: part[1]}
	tomb := &grave{Store: s, before: part[4] == "true"}
	tomb.left.Store(int64(n))
	e := &Engine{Store: tomb, StateDir: part[0], Door: openDoor(), Operator: "mike", Host: "laptop"}
	state, err := e.Walk(ctx, part[2], w.family(nil, "w1", "w2", "w3"), saidAll)
	fmt.Println(state, err)
	return ExitCode(state)
}

// Killed at any write, whichever log it goes to, the whole is resumed and ends done: every worker's run is begun once, and every disk is made once.
func TestCrashInChildren(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	every := 5
	if raceEnabled() { // a process is slow then
		every = 23
	}
	for n, over := 1, false; !over; n += every {
		dir, w := t.TempDir(), newWorld(t)
		e := sqlEngine(t, dir)
		rb := w.family(nil, "w1", "w2", "w3")
		id := start(t, e, rb)
		cmd := exec.CommandContext(t.Context(), self) // #nosec G204 -- this very binary
		cmd.Env = append(os.Environ(), fmt.Sprintf("RUN_TEST_FAMILY=%s|%s|%s|%d|%t", dir, w.dir, id, n, n%2 == 0))
		out, err := cmd.CombinedOutput()
		if over = err == nil; !over && !killed(err) {
			t.Fatalf("write %d: %v %s", n, err, out)
		}
		if over && n < 60 {
			t.Fatalf("it ended after %d writes: %s", n, out)
		}
		var state State
		for range 3 { // who does not know whether a disk was sent looks, and says so
			if state, err = e.Walk(t.Context(), id, rb, saidAll); state == Done || over {
				break
			}
			if state != Unknown || err != nil {
				t.Fatalf("write %d: %s, %v\n%s", n, state, err, told(events(t, e, id)))
			}
			state = saysRetry(t, e, id, rb)
			if state == Done {
				break
			}
		}
		if state != Done && !over {
			t.Fatalf("write %d: %s\n%s", n, state, told(events(t, e, id)))
		}
		for name, kids := range children(t, e, id) {
			if len(kids) != 1 || kids[0].State != Done || w.count(name+".disk") != 1 {
				t.Errorf("write %d: %s has %d runs and %d disks", n, name, len(kids), w.count(name+".disk"))
			}
		}
	}
}

// saysRetry walks with an operator who has seen that the disk was not made.
func saysRetry(t *testing.T, e *Engine, id string, rb Runbook) State {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	wait := walking(ctx, e, id, rb, Mode{Confirm: "w1,w2,w3"})
	for ev, err := range e.Store.Tail(ctx, id, uint64(len(events(t, e, id)))) {
		var g Gate
		if err != nil || ev.Type != Gated || !NewView(id).read(ev, &g) {
			continue
		}
		if err := e.Answer(ctx, id, Answer{Gate: ev.Seq, Choice: g.Choices[0], Typed: g.Confirm}); err != nil && !errors.Is(err, ErrStale) { // said beforehand
			t.Error(err)
		}
	}
	state, err := wait()
	if err != nil {
		t.Error(err)
	}
	return state
}
