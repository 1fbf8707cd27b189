//go:build lab

package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	lab "github.com/vmtui/vmtui/fixtures/lab/postgres"
	"github.com/vmtui/vmtui/keys/fault"
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
		bad, _ := event(Answered, "rebuilt", "", "", Answer{Gate: ev.Seq, Choice: Stop, By: "spock"})
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
