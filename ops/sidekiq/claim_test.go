package sidekiq

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/vmtui/vmtui/keys/fault"
)

// While an act is at work on a queue, every other one is refused there, in its plan and when it was planned before; other queues and the sets are free.
func TestOneActAtATimeOnAQueue(t *testing.T) {
	m := miniredis.RunT(t)
	one, other := at(t, m.Addr()), at(t, m.Addr())
	other.Operator = "anna@desk"
	one.fill("push", 0, 600, "")
	shelf := one.must(Order{Deed: Park, Name: "push"}).Shelf
	one.fill("push", 600, 3000, "")
	one.fill("pull", 0, 10, "")
	one.failed(Retry, 10)
	refresh := Filter{Classes: []string{"RefreshWorker"}}
	orders := []Order{
		{Deed: Restore, Name: shelf}, {Deed: Restore, Name: shelf, Rate: 100_000}, {Deed: Park, Name: "push"}, {Deed: Delete, Name: "push", Filter: refresh}, {Deed: Delete, Name: shelf},
		{Deed: Move, Name: "push", To: "pull", Filter: refresh}, {Deed: Kill, Name: "push", Filter: refresh},
	}
	var planned []Plan
	for i, o := range orders {
		p, err := other.Plan(t.Context(), o, nil)
		if err != nil || p.Refusal != nil {
			t.Fatalf("%s before: %v %v", o.Deed, p.Refusal, err)
		}
		orders[i].Typed, orders[i].Again = p.Confirm, p.Again
		planned = append(planned, p)
	}
	o := Order{Deed: Delete, Name: "push", Filter: refresh, Typed: "push"}
	p, err := one.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := false
	p.tell = func(far Progress) {
		if asked || far.Doing != "filtering" || far.Done < 100 {
			return
		}
		asked = true
		for i, o := range orders {
			if p, err := other.Plan(t.Context(), o, nil); err != nil || p.Refusal == nil || !strings.Contains(p.Refusal.Error(), "mike@laptop") {
				t.Errorf("the plan of %s meanwhile: %v %v", o.Deed, p.Refusal, err)
			}
			if _, err := other.Do(t.Context(), o, planned[i]); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "at work there") || !strings.Contains(err.Error(), "mike@laptop") {
				t.Errorf("%s meanwhile: %v", o.Deed, err)
			}
		}
		other.must(Order{Deed: Park, Name: "pull"})
		other.must(Order{Deed: Delete, Name: Retry, Filter: Filter{Classes: []string{"*"}}})
	}
	if r, err := one.Do(t.Context(), o, p); err != nil || r.Jobs != 800 || !asked {
		t.Fatalf("%+v %v", r, err)
	}
	other.must(orders[0]) // it is free again
	want := slices.DeleteFunc(upTo(3000), func(n int) bool { return n%3 == 0 && n >= 600 })
	one.equal("in its order", one.numbers("queue:push"), want)
	if left := m.Keys(); slices.ContainsFunc(left, func(k string) bool { return strings.HasPrefix(k, claimKey) }) {
		t.Errorf("%v", left)
	}
}

// A console that lost its claim while it slept does nothing under another one's.
func TestAClaimThatWasLost(t *testing.T) {
	m := miniredis.RunT(t)
	one, other := at(t, m.Addr()), at(t, m.Addr())
	other.Operator = "anna@desk"
	one.fill("push", 0, 3000, "")
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := one.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	slept := false
	p.tell = func(far Progress) {
		if slept || far.Doing != "filtering" || far.Done < 100 {
			return
		}
		slept = true
		m.FastForward(claimLife)
		if p, err := other.Plan(t.Context(), Order{Deed: Park, Name: "push"}, nil); err != nil || p.Refusal == nil || !strings.Contains(fault.Of(p.Refusal).Next, "vmtui sidekiq restore push-filtered-") {
			t.Errorf("an act that was interrupted: %v %v", p.Refusal, err)
		}
		snap, err := other.Jobs.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(snap.Shelves, func(s Shelf) bool { return s.Kind == Filtered })
		other.must(Order{Deed: Restore, Name: snap.Shelves[i].ID})
		if err := m.Set(claimKey+"push", "anna@desk X"); err != nil { // and goes on there
			t.Fatal(err)
		}
	}
	if _, err := one.Do(t.Context(), o, p); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "anna@desk") || !strings.Contains(err.Error(), "free in") {
		t.Errorf("%v", err)
	}
	m.Del(claimKey + "push")
	one.nothingLost(0, 3000)
}

// The claim of a console that died says how long it still is, and is waited for; that of one which goes on with its act is not.
func TestAClaimIsWaitedForWhileItsConsoleMayBeDead(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	s.fill("push", 0, 10, "")
	const key = claimKey + "push"
	park := Order{Deed: Park, Name: "push"}
	for what, meanwhile := range map[string]func(){
		"it died":         func() { m.FastForward(8 * time.Second) },
		"it goes on":      func() { m.SetTTL(key, claimLife) },
		"another took it": func() { _ = m.Set(key, "rosa@desk Y") },
	} {
		if err := m.Set(key, "anna@desk X"); err != nil {
			t.Fatal(err)
		}
		m.SetTTL(key, 12*time.Second)
		p, err := s.Plan(t.Context(), park, nil)
		if err != nil || p.Busy == nil || p.Busy.Left != 12*time.Second || p.Busy.By != "anna@desk" || !strings.Contains(fault.Of(p.Refusal).Next, "free in 12s") {
			t.Fatalf("%s: %+v %v %v", what, p.Busy, p.Refusal, err)
		}
		says := ""
		if err := s.Jobs.Await(t.Context(), p.Busy, func(far Progress) { says += far.Says; meanwhile() }); err != nil || !strings.Contains(says, "anna@desk") {
			t.Errorf("%s: %q %v", what, says, err)
		}
		if p, err = s.Plan(t.Context(), park, nil); err != nil || (p.Busy == nil) != (what == "it died") {
			t.Errorf("%s: %+v %v", what, p.Busy, err)
		}
	}
}

// Two consoles that do what they like to one queue lose nothing and double nothing, and fail by refusals alone. It finds what is wrong in the acts themselves;
// their short ones seldom meet, so that a missing fence is for TestOneActAtATimeOnAQueue and TestAClaimThatWasLost to find.
func TestTwoConsolesOnOneQueue(t *testing.T) {
	m := miniredis.RunT(t)
	const jobs = 2000
	first := at(t, m.Addr())
	first.fill("push", 0, jobs, "")
	seed := rand.Uint64()
	t.Log("seed", seed)
	var both sync.WaitGroup
	for n := range 2 {
		s := at(t, m.Addr())
		s.Operator, s.Dir = fmt.Sprintf("console-%d", n), first.Dir
		dice := rand.New(rand.NewPCG(seed, uint64(n))) // #nosec G404 -- a test's draws
		both.Go(func() {
			for range 25 {
				s.something(dice)
			}
		})
	}
	both.Wait()
	first.nothingLost(0, jobs)
}

// something is an act that may be refused, and nothing else may become of it.
func (s *site) something(dice *rand.Rand) {
	snap, err := s.Jobs.Snapshot(s.Context())
	if err != nil {
		s.Error(err)
		return
	}
	some := Filter{Hosts: []string{fmt.Sprintf("h%d.example", dice.IntN(7))}}
	orders := []Order{{Deed: Park, Name: "push"}, {Deed: Delete, Name: "push", Filter: some, Limit: 300}, {Deed: Move, Name: "push", To: "pull", Filter: some, Limit: 300}}
	for _, shelf := range snap.Shelves {
		orders = append(orders, Order{Deed: Restore, Name: shelf.ID}, Order{Deed: Restore, Name: shelf.ID, Rate: 1_000_000}, Order{Deed: Delete, Name: shelf.ID, Filter: some})
	}
	o := orders[dice.IntN(len(orders))]
	p, err := s.Plan(s.Context(), o, nil)
	if err == nil {
		o.Typed, o.Again = p.Confirm, p.Again
		_, err = s.Do(s.Context(), o, p)
	}
	if code := fault.CodeOf(err); err != nil && code != fault.Refused && code != fault.Usage { // Usage: the shelf was restored meanwhile
		s.Errorf("%s %s: %v", o.Deed, o.Name, err)
	}
}
