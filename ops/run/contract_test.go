package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// kept is what every store of this package is.
type kept interface {
	Archive
	Chain
	Pruner
	last(ctx context.Context, id string) (uint64, error)
}

// opener opens one more handle on the store of a test.
type opener func(t *testing.T, redact func(string) string) kept

// contract is what every store keeps to. Each part gets a store of its own.
var contract = map[string]func(*testing.T, opener){
	"append is refused when stale": appendIsRefusedWhenStale,
	"many handles":                 manyHandles,
	"tail across handles":          tailAcrossHandles,
	"tail ends with its context":   tailEndsWithItsContext,
	"redaction":                    redaction,
	"any text":                     anyText,
	"many events at once":          manyEventsAtOnce,
	"legs are taken once":          legsAreTakenOnce,
	"lists":                        lists,
	"two walks at once":            twoWalksAtOnce,
	"what is written is proved":    chainHolds,
	"output can be pruned":         outputIsPruned,
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	for name, part := range contract {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			part(t, func(t *testing.T, redact func(string) string) kept { return openAt(t, dir, redact) })
		})
	}
}

func appendIsRefusedWhenStale(t *testing.T, open opener) {
	a, b := open(t, nil), open(t, nil)
	if err := a.Create(t.Context(), "r1", Header{Title: "t"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Create(t.Context(), "r1", Header{}); !errors.Is(err, ErrExists) {
		t.Errorf("created twice: %v", err)
	}
	if err := a.Append(t.Context(), "r1", 1, Event{Type: Output, Detail: "a"}, Event{Type: Output, Detail: "b"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(t.Context(), "r1", 1, Event{Type: Output}); !errors.Is(err, ErrStale) {
		t.Errorf("stale: %v", err)
	}
	if err := b.Append(t.Context(), "r1", 9, Event{Type: Output}); !errors.Is(err, ErrStale) {
		t.Errorf("ahead: %v", err)
	}
	if err := b.Append(t.Context(), "r2", 0, Event{Type: Output}); !errors.Is(err, ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
	evs, err := b.Events(t.Context(), "r1", 1)
	if err != nil || len(evs) != 2 || evs[1].Seq != 3 || evs[1].Detail != "b" || evs[1].Time.IsZero() {
		t.Errorf("%+v, %v", evs, err)
	}
	if evs, err := b.Events(t.Context(), "r1", 3); err != nil || len(evs) != 0 {
		t.Errorf("%+v, %v", evs, err)
	}
	if _, err := b.Events(t.Context(), "r2", 0); !errors.Is(err, ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
}

// manyHandles opens a new store many times at once, and appends from every handle: no event is lost and none is written twice.
func manyHandles(t *testing.T, open opener) {
	const handles, each = 4, 15
	var wg sync.WaitGroup
	for h := range handles {
		wg.Go(func() {
			s := open(t, nil)
			if err := s.Create(t.Context(), "r", Header{}); err != nil && !errors.Is(err, ErrExists) {
				t.Error(err)
			}
			for n := range each {
				insist(t, s, fmt.Sprint(h, " ", n))
			}
		})
	}
	wg.Wait()
	evs, err := open(t, nil).Events(t.Context(), "r", 1)
	seen := map[string]bool{}
	for _, ev := range evs {
		seen[ev.Detail] = true
	}
	if err != nil || len(evs) != handles*each || len(seen) != len(evs) {
		t.Errorf("%d events, %d different, %v", len(evs), len(seen), err)
	}
}

func insist(t *testing.T, s kept, detail string) {
	t.Helper()
	for {
		last, err := s.last(t.Context(), "r")
		if err == nil {
			err = s.Append(t.Context(), "r", last, Event{Type: Output, Detail: detail})
		}
		if err == nil {
			return
		}
		if !errors.Is(err, ErrStale) {
			t.Error(err)
			return
		}
	}
}

func tailAcrossHandles(t *testing.T, open opener) {
	a, b := open(t, nil), open(t, nil)
	if err := a.Create(t.Context(), "r", Header{}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	heard := make(chan string, 10)
	wg.Go(func() {
		for ev, err := range b.Tail(t.Context(), "r", 1) {
			if err != nil {
				t.Error(err)
			}
			heard <- ev.Detail
		}
		close(heard)
	})
	for i, d := range []string{"one", "two"} {
		if err := a.Append(t.Context(), "r", uint64(i)+1, Event{Type: Output, Detail: d}); err != nil {
			t.Fatal(err)
		}
		if got := <-heard; got != d {
			t.Errorf("heard %q", got)
		}
	}
	// A waiting result does not end the tail; a final one does.
	_ = a.Append(t.Context(), "r", 3, Event{Type: Result, State: string(AtGate), Detail: "waits"})
	_ = a.Append(t.Context(), "r", 4, Event{Type: Result, State: string(Done), Detail: "done"})
	var rest []string
	for d := range heard {
		rest = append(rest, d)
	}
	wg.Wait()
	if strings.Join(rest, " ") != "waits done" {
		t.Error(rest)
	}
	// A run that was walked back after its end is told to its last event.
	_ = a.Append(t.Context(), "r", 5, Event{Type: LegOpen, Leg: 2}, Event{Type: Result, State: string(Undone)})
	n := 0
	for _, err := range b.Tail(t.Context(), "r", 0) {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if n != 7 {
		t.Errorf("told %d events", n)
	}
	for _, err := range b.Tail(t.Context(), "nothing", 0) {
		if !errors.Is(err, ErrNoRun) {
			t.Error(err)
		}
	}
}

func tailEndsWithItsContext(t *testing.T, open opener) {
	s := open(t, nil)
	_ = s.Create(t.Context(), "r", Header{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range s.Tail(ctx, "r", 0) {
		if err != nil {
			t.Error(err)
		}
		n++
		defer time.AfterFunc(100*time.Millisecond, cancel).Stop() // while it waits for more
	}
	if n != 1 {
		t.Errorf("%d events", n)
	}
}

func redaction(t *testing.T, open opener) {
	s := open(t, func(text string) string { return strings.ReplaceAll(text, `se"cret`, "***") })
	if err := s.Create(t.Context(), "r", Header{Title: `a se"cret`, Inputs: map[string]string{"k": `se"cret`}}); err != nil {
		t.Fatal(err)
	}
	ev, err := event(Fact, "s", "", `my se"cret`, map[string]any{"a": []string{`x se"cret y`}, "n": 12345678901234567})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), "r", 1, ev); err != nil {
		t.Fatal(err)
	}
	evs, err := s.Events(t.Context(), "r", 0)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%s %s %s %s", evs[0].Detail, evs[0].Data, evs[1].Detail, evs[1].Data)
	if strings.Contains(all, "cret") || !strings.Contains(all, "x *** y") || !strings.Contains(all, "12345678901234567") {
		t.Error(all)
	}
}

// anyText writes what a terminal, a broken program or an attacker may say: a store never fails over it.
func anyText(t *testing.T, open opener) {
	s := open(t, nil)
	if err := s.Create(t.Context(), "r", Header{Title: "t"}); err != nil {
		t.Fatal(err)
	}
	ev, err := event(Output, "s", "", "a\x00b\xff'; DROP TABLE runs; --", map[string]string{"k": "\x00\xff"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), "r", 1, ev); err != nil {
		t.Fatal(err)
	}
	evs, err := s.Events(t.Context(), "r", 1)
	if err != nil || len(evs) != 1 || evs[0].Detail != "ab\uFFFD'; DROP TABLE runs; --" || string(evs[0].Data) != string(ev.Data) {
		t.Errorf("%+v, %v", evs, err)
	}
}

func manyEventsAtOnce(t *testing.T, open opener) {
	s := open(t, nil)
	_ = s.Create(t.Context(), "r", Header{})
	const n = 2*atOnce + 3
	lines := make([]Event, n)
	for i := range lines {
		lines[i] = Event{Type: Output, Detail: fmt.Sprint(i)}
	}
	if err := s.Append(t.Context(), "r", 1, lines...); err != nil {
		t.Fatal(err)
	}
	evs, err := s.Events(t.Context(), "r", 1)
	if err != nil || len(evs) != n || evs[n-1].Seq != n+1 || evs[n-1].Detail != fmt.Sprint(n-1) {
		t.Errorf("%d events, %v", len(evs), err)
	}
}

func legsAreTakenOnce(t *testing.T, open opener) {
	a, b := open(t, nil), open(t, nil)
	alive := func(s Liveness, id string, leg int) bool {
		is, err := s.Alive(t.Context(), id, leg)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	pulse, err := a.Take(t.Context(), "r", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Take(t.Context(), "r", 1); !errors.Is(err, ErrTaken) {
		t.Errorf("taken twice: %v", err)
	}
	if !alive(a, "r", 1) || !alive(b, "r", 1) || alive(b, "r", 2) || pulse.held() != nil {
		t.Error("the wrong leg lives")
	}
	pulse.Release()
	if alive(a, "r", 1) || alive(b, "r", 1) {
		t.Error("alive after release")
	}
	again, err := b.Take(t.Context(), "r", 1)
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
}

func lists(t *testing.T, open opener) {
	s := open(t, nil)
	for i, id := range []string{"r1", "r2"} {
		if err := s.Create(t.Context(), id, Header{Runbook: "b", Target: "w2", Operator: "mike"}); err != nil {
			t.Fatal(err)
		}
		leg, err := event(LegOpen, "", "", "", Leg{Operator: "spock"})
		if err != nil {
			t.Fatal(err)
		}
		leg.Leg = i + 1
		if err := s.Append(t.Context(), id, 1, leg, Event{Type: Stepped, Step: "s", Leg: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	pulse, err := s.Take(t.Context(), "r2", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer pulse.Release()
	list, err := s.List(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if x := list[0]; x.ID != "r2" || x.State != Running || x.Operator != "spock" || x.Step != "s" || x.Started.IsZero() {
		t.Errorf("%+v", x)
	}
	if x := list[1]; x.ID != "r1" || x.State != Interrupted {
		t.Errorf("%+v", x)
	}
}

// twoWalksAtOnce begins a leg from two handles in the same moment, again and again: exactly one wins, and the other is told.
func twoWalksAtOnce(t *testing.T, open opener) {
	w := newWorld(t)
	rb := w.book()
	var engines []*Engine
	for _, who := range []string{"kirk", "spock"} {
		s := open(t, nil)
		engines = append(engines, &Engine{Store: s, Live: s, Door: openDoor(), Operator: who, Host: who})
	}
	id := start(t, engines[0], rb)
	for round := range 5 {
		errs := make([]error, len(engines))
		var wg sync.WaitGroup
		for i, e := range engines {
			wg.Go(func() { _, errs[i] = e.Walk(t.Context(), id, rb, Mode{Unattended: true}) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil && !errors.Is(err, ErrTaken) && !errors.Is(err, ErrOvertaken) {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if errs[0] != nil && errs[1] != nil {
			t.Errorf("round %d: nobody won: %v; %v", round, errs[0], errs[1])
		}
	}
	legs := map[int]bool{}
	for _, ev := range events(t, engines[0], id) {
		if ev.Type == LegOpen && legs[ev.Leg] {
			t.Errorf("leg %d was begun twice", ev.Leg)
		}
		legs[ev.Leg] = legs[ev.Leg] || ev.Type == LegOpen
	}
}
