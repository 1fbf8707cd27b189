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
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/doom"
	lab "github.com/vmtui/vmtui/fixtures/lab/postgres"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/postgres"
)

// notes are the places that an exec node would keep.
type notes struct {
	mu  sync.Mutex
	all map[string]Place
}

func newNotes() *notes { return &notes{all: map[string]Place{}} }

func (n *notes) Place(_ context.Context, run string) (*Place, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p, ok := n.all[run]; ok {
		return &p, nil
	}
	return nil, nil
}

func (n *notes) SetPlace(_ context.Context, p Place) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all[p.Run] = p
	return nil
}

func (n *notes) ClearPlace(_ context.Context, run string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.all, run)
	return nil
}

// machine is one operator's: a state directory of its own, and the team's store at that URL.
func machine(t *testing.T, who, url string, places Places) *Engine {
	t.Helper()
	dir := t.TempDir()
	stores := &Stores{Local: openAt(t, dir, nil), Team: shared(t, url, dir, nil), Patience: 5 * time.Second}
	return &Engine{Store: stores, Live: stores, Stores: stores, Places: places, Door: openDoor(), Operator: who, Host: who + "-laptop", StateDir: dir, Grace: time.Second}
}

// own starts a server that a test may do anything to.
func own(t *testing.T) (*lab.Server, string) {
	t.Helper()
	s, err := lab.New(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Create(t.Context(), "runs"); err != nil {
		t.Fatal(err)
	}
	return s, "runs"
}

func TestOperatorsSeeAndAnswerEachOther(t *testing.T) {
	s, db := database(t)
	places := newNotes()
	kirk, spock := machine(t, "kirk", s.URL(s.Addr(), db), places), machine(t, "spock", s.URL(s.Addr(), db), places)
	w := newWorld(t)
	rb := w.book()
	id := start(t, kirk, rb)
	wait := walking(t.Context(), kirk, id, rb, Mode{})
	var first Answer
	for ev, err := range spock.Store.Tail(t.Context(), id, 0) { // live, from its first event to its last
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type != Gated {
			continue
		}
		v, err := spock.View(t.Context(), id)
		if err != nil || v.State != AtGate || v.Walker.Operator != "kirk" || v.Gate.Of.Leg != 1 || v.Gate.Of.Attempt != 1 || v.Gate.Of.Plan == "" {
			t.Fatalf("%+v, %v", v, err)
		}
		if list, err := spock.List(t.Context()); err != nil || list[0].State != AtGate || list[0].Store != TeamStore {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := spock.Walk(t.Context(), id, rb, unattended); !errors.Is(err, ErrTaken) {
			t.Errorf("walked by two: %v", err)
		}
		first = v.Answer(Go)
		first.Typed = "w2"
		other := first
		other.Of.Plan = "another"
		if err := spock.Answer(t.Context(), id, other); !errors.Is(err, ErrStale) || !strings.Contains(err.Error(), "not what you were shown") {
			t.Errorf("an answer to another plan: %v", err)
		}
		if err := spock.Answer(t.Context(), id, first); err != nil {
			t.Fatal(err)
		}
		if err := kirk.Answer(t.Context(), id, first); !errors.Is(err, ErrStale) || !strings.Contains(err.Error(), "spock said go at") {
			t.Errorf("answered twice: %v", err)
		}
	}
	if state, err := wait(); state != Done || err != nil {
		t.Error(state, err)
	}
	if len(places.all) != 0 {
		t.Errorf("the exec node still knows of it: %+v", places.all)
	}
}

func TestAGateOfOnesOwn(t *testing.T) {
	s, db := database(t)
	kirk, spock := machine(t, "kirk", s.URL(s.Addr(), db), nil), machine(t, "spock", s.URL(s.Addr(), db), nil)
	w := newWorld(t)
	rb := w.book()
	rb.at("rebuilt").Own = true
	id := start(t, kirk, rb)
	wait := walking(t.Context(), kirk, id, rb, Mode{})
	for ev, err := range spock.Store.Tail(t.Context(), id, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type != Gated {
			continue
		}
		if err := spock.Answer(t.Context(), id, Answer{Gate: ev.Seq, Choice: Stop}); code(err) != fault.Refused || !strings.Contains(err.Error(), "kirk on kirk-laptop") {
			t.Errorf("not refused: %v", err)
		}
		// One that an engine wrote which did not ask: the walker does not hear it.
		bad, _ := event(Answerd, "rebuilt", "", "", Answer{Gate: ev.Seq, Choice: Stop, By: "spock"})
		bad.Leg = 1
		if err := spock.Store.Append(t.Context(), id, ev.Seq, bad); err != nil {
			t.Fatal(err)
		}
		if err := kirk.Answer(t.Context(), id, Answer{Gate: ev.Seq, Choice: Go, Typed: "w2"}); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := wait(); state != Done || err != nil {
		t.Error(state, err)
	}
}

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
	if took := time.Since(died); took < usual.dead-2*usual.every || took > usual.dead+5*time.Second {
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
	done := operator(t, spock, id, Answer{Choice: Retry}) // unknown, by what the log says; the operator looked
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

func until(t *testing.T, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	for !is() {
		if pause(ctx, 50*time.Millisecond) != nil {
			t.Fatal("it did not come to be")
		}
	}
}

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
	if took := time.Since(lost); took > 5500*time.Millisecond { // five, and what the test itself takes
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

func TestWhoVanishesHoldsNobodyUp(t *testing.T) {
	s, db := database(t)
	line, err := lab.NewLine(s.Addr())
	must(t, err)
	defer func() { _ = line.Close() }()
	a, b := shared(t, s.URL(line.Addr(), db), t.TempDir(), nil), shared(t, s.URL(s.Addr(), db), t.TempDir(), nil)
	must(t, a.Create(t.Context(), "r", Header{}))
	pool, ctx, done, err := a.reach(t.Context())
	must(t, err)
	defer done()
	tx, err := pool.BeginTx(ctx, nil)
	must(t, err)
	if _, err := a.readRun(ctx, tx, "r"); err != nil {
		t.Fatal(err)
	}
	line.Cut(true)
	began := time.Now()
	if err := b.Append(t.Context(), "r", 1, Event{Type: Output}); err != nil {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("the row was not locked: %s", took)
	}
}

func TestNotificationsAreOnlyQuicker(t *testing.T) {
	s, db := database(t)
	url := s.URL(s.Addr(), db)
	a, b, deaf := shared(t, url, t.TempDir(), nil), shared(t, url, t.TempDir(), nil), shared(t, url, t.TempDir(), nil)
	must(t, a.Create(t.Context(), "r", Header{}))
	b.every = time.Hour
	deaf.every = 100 * time.Millisecond
	deaf.listen.Do(func() {})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for name, x := range map[string]*Postgres{"notified": b, "polling": deaf} {
		all.Go(func() {
			for ev, err := range x.Tail(ctx, "r", 1) {
				if err != nil || ev.Detail == "end" {
					return
				}
			}
			t.Errorf("%s heard nothing", name)
		})
	}
	must(t, a.Append(t.Context(), "r", 1, Event{Type: Output, Detail: "end"}))
	// Whoever began to listen only now is told by the next one.
	for i := uint64(2); i < 20; i++ {
		must(t, a.Append(t.Context(), "r", i, Event{Type: Output, Detail: "end"}))
		_ = pause(t.Context(), 50*time.Millisecond)
	}
	all.Wait()
}

func TestSchemaIsMadeOnceAndNewerOnesAreRefused(t *testing.T) {
	s, db := database(t)
	url := s.URL(s.Addr(), db)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := shared(t, url, t.TempDir(), nil).List(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if out, err := s.Query(t.Context(), db, `SELECT version FROM vmtui.version`); err != nil || strings.TrimSpace(out) != fmt.Sprint(len(postgresDialect.steps)) {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := s.Query(t.Context(), db, `UPDATE vmtui.version SET version = 99`); err != nil {
		t.Fatal(err)
	}
	_, err := shared(t, url, t.TempDir(), nil).List(t.Context())
	if !errors.Is(err, ErrTooNew) || !strings.Contains(err.Error(), "version 99") || !strings.Contains(err.Error(), "upgrade vmtui") {
		t.Error(err)
	}
}

func TestWhatTheServerRefusesIsSaid(t *testing.T) {
	s, db := database(t)
	good := s.URL(s.Addr(), db)
	for name, c := range map[string]struct{ url, says string }{
		"password": {strings.Replace(good, "1701", "1702", 1), "user and the password"},
		"database": {s.URL(s.Addr(), "none"), "no such database"},
		"nobody":   {s.URL("127.0.0.1:1", db), "listens there"},
	} {
		_, err := shared(t, c.url, t.TempDir(), nil).List(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "ncc") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
