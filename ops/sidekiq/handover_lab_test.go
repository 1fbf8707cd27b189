//go:build lab

package sidekiq

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	lab "github.com/vmtui/vmtui/fixtures/lab/redis"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/redis"
)

// pair is a Redis with a replica that will take over, behind one name.
type pair struct {
	*site
	first, second *lab.Server
	line          *lab.Switch
}

func twoOf(t *testing.T) *pair {
	t.Helper()
	_, first := real(t)
	_, second := real(t)
	host, port, _ := strings.Cut(first.Addr, ":")
	if err := second.Client.ReplicaOf(t.Context(), host, port).Err(); err != nil {
		t.Fatal(err)
	}
	line, err := lab.NewSwitch(first.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	return &pair{onURL(t, "redis://:"+lab.Password+"@"+line.Addr(), first.Client), first, second, line}
}

// filled has jobs 0 to 19,999 in push, on both.
func (p *pair) filled(more string) {
	p.Helper()
	p.fill("push", 0, 20_000, more)
	eventually(p.T, "replication", func() bool { return p.second.Client.LLen(context.Background(), "queue:push").Val() == 20_000 })
}

// deaf makes the replica hear no more: whatever is done from now on, it will not know.
func (p *pair) deaf() {
	if err := p.second.Client.ReplicaOf(context.Background(), "NO", "ONE").Err(); err != nil {
		p.Error(err)
	}
}

// takeOver ends the first, and the name leads to the second, which lags.
func (p *pair) takeOver() {
	p.first.Kill()
	p.line.To(p.second.Addr)
	p.raw = p.second.Client
}

// behind does an order; the replica gets deaf when the act tells of its progress as often as given, and takes over when it does so the other number of times.
func (p *pair) behind(o Order, deafAt, overAt int, of string) (Report, error) {
	p.Helper()
	plan, err := p.Plan(p.Context(), o, nil)
	if err != nil || plan.Refusal != nil {
		p.Fatal(err, plan.Refusal)
	}
	if deafAt == 0 {
		p.deaf()
	}
	told := 0
	plan.tell = func(far Progress) {
		if of != "" && told >= deafAt && far.Doing != of && (of != filtered || far.Done < far.Of) {
			return
		}
		switch told++; told {
		case deafAt:
			p.deaf()
		case overAt:
			p.takeOver()
		}
	}
	o.Typed, o.Again = plan.Confirm, plan.Again
	r, err := p.Do(p.Context(), o, plan)
	if told < overAt {
		p.Fatalf("it told of its progress %d times only: %+v %v", told, r, err)
	}
	return r, err
}

// filtered is the moment when the last page of a filter has gone on.
const filtered = "filtered"

func thirds() []int { return slices.DeleteFunc(upTo(20_000), func(n int) bool { return n%3 != 0 }) }
func others() []int { return slices.DeleteFunc(upTo(20_000), func(n int) bool { return n%3 == 0 }) }

// settled wants nothing on a shelf.
func (p *pair) settled() {
	p.Helper()
	if all := p.raw.HGetAll(p.Context(), shelvesKey).Val(); len(all) != 0 {
		p.Errorf("on shelves: %v", all)
	}
}

// broughtBack restores the two shelves of an interrupted delete, and wants every job back.
func (p *pair) broughtBack() {
	p.Helper()
	snap, err := p.Jobs.Snapshot(p.Context())
	if err != nil || len(snap.Shelves) != 2 {
		p.Fatalf("%+v %v", snap.Shelves, err)
	}
	for _, s := range snap.Shelves {
		p.must(Order{Deed: Restore, Name: s.ID})
	}
	p.equal("put back", sorted(p.numbers("queue:push")), upTo(20_000))
	p.settled()
}

// A replica that takes over and has not heard of the last steps: the act goes on from what is there, and counts what is there, not what it remembers.
func TestAReplicaThatLagsTakesOver(t *testing.T) {
	refresh := Filter{Classes: []string{"RefreshWorker"}}
	t.Run("delete", func(t *testing.T) {
		p := twoOf(t)
		p.filled("")
		r, err := p.behind(Order{Deed: Delete, Name: "push", Filter: refresh}, 4, 12, "")
		if err != nil || r.Jobs != 6667 || len(r.Backups) != 1 {
			t.Fatalf("%+v %v", r, err)
		}
		p.equal("left", p.numbers("queue:push"), others())
		p.equal("backed up", sorted(p.backedUp()), thirds())
		p.settled()
	})
	t.Run("limit", func(t *testing.T) {
		p := twoOf(t)
		p.filled("")
		r, err := p.behind(Order{Deed: Move, Name: "push", To: "pull", Filter: refresh, Limit: 5000}, 4, 12, "")
		if err != nil || r.Jobs != 5000 || r.Kept != 15_000 {
			t.Fatalf("%+v %v", r, err)
		}
		if n := len(p.numbers("queue:pull")); n != 5000 || p.raw.LLen(t.Context(), "queue:push").Val() != 15_000 {
			t.Errorf("%d moved", n)
		}
		p.settled()
	})
	t.Run("kill", func(t *testing.T) { // a lock that was released with a job that is not given up is not released either
		p := twoOf(t)
		p.locked(false, 20_000)
		eventually(p.T, "replication", func() bool { return p.second.Client.LLen(context.Background(), "queue:push").Val() == 20_000 })
		r, err := p.behind(Order{Deed: Kill, Name: "push", Filter: refresh}, 4, 12, "")
		if err != nil || r.Jobs != 6667 || r.Unlocked != 6667 {
			t.Fatalf("%+v %v", r, err)
		}
		p.equal("dead", sorted(p.dead()), thirds())
		p.equal("without a lock", p.unheld(20_000), thirds())
		p.settled()
	})
	t.Run("set", func(t *testing.T) { // it is counted again, and done again for what is there again
		p := twoOf(t)
		p.locked(true, 20_000)
		eventually(p.T, "replication", func() bool { return p.second.Client.ZCard(context.Background(), Retry).Val() == 20_000 })
		o := Order{Deed: Kill, Name: Retry, Filter: refresh}
		r, err := p.behind(o, 4, 12, "")
		if err == nil || r.Back == 0 || r.Jobs+r.Back+r.Unsure != 6667 || r.Unlocked > r.Jobs+r.Unsure || !strings.Contains(err.Error(), "there again, as they were") {
			t.Fatalf("%+v %v", r, err)
		}
		p.equal("without a lock", p.unheld(20_000), sorted(p.dead()))
		if again := p.must(o); again.Jobs != r.Back || again.Unlocked != r.Back {
			t.Errorf("%+v after %+v", again, r)
		}
		p.equal("dead", sorted(p.dead()), thirds())
	})
	t.Run("restore", func(t *testing.T) {
		p := twoOf(t)
		p.filled("")
		shelf := p.must(Order{Deed: Park, Name: "push"}).Shelf
		eventually(t, "replication", func() bool { return p.second.Client.HLen(context.Background(), shelvesKey).Val() == 1 })
		r, err := p.behind(Order{Deed: Restore, Name: shelf, Rate: 15_000}, 2, 4, "")
		if err != nil || r.Jobs != 20_000 {
			t.Fatalf("%+v %v", r, err)
		}
		p.equal("restored", p.numbers("queue:push"), upTo(20_000))
		p.settled()
	})
}

// One that has not heard that the act began, or of its end: the act says that it was forgotten, and never that it was done. Nothing is lost, and it can be
// done again.
func TestAReplicaThatKnowsNothingOfTheActTakesOver(t *testing.T) {
	refresh := Filter{Classes: []string{"RefreshWorker"}}
	forgot := func(t *testing.T, r Report, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "forgotten") || !strings.Contains(fault.Of(err).Next, "nothing is lost") {
			t.Fatalf("%+v %v", r, err)
		}
	}
	t.Run("begin", func(t *testing.T) {
		p := twoOf(t)
		p.filled("")
		r, err := p.behind(Order{Deed: Delete, Name: "push", Filter: refresh}, 0, 5, "")
		forgot(t, r, err)
		p.equal("left", p.numbers("queue:push"), upTo(20_000))
		p.settled()
		if r := p.must(Order{Deed: Delete, Name: "push", Filter: refresh}); r.Jobs != 6667 {
			t.Errorf("%+v", r)
		}
		p.equal("left", p.numbers("queue:push"), others())
	})
	t.Run("rejoin", func(t *testing.T) { // the filter is over for us, and not for it
		p := twoOf(t)
		p.filled("")
		r, err := p.behind(Order{Deed: Delete, Name: "push", Filter: refresh}, 4, 5, filtered)
		forgot(t, r, err)
		p.broughtBack()
	})
	t.Run("end", func(t *testing.T) {
		p := twoOf(t)
		p.filled("")
		r, err := p.behind(Order{Deed: Delete, Name: "push", Filter: refresh}, 4, 5, "deleting")
		if err == nil || r.Shelf == "" {
			t.Fatalf("%+v %v", r, err)
		}
		p.broughtBack()
	})
	t.Run("park", func(t *testing.T) { // it was done, and the answer came
		p := twoOf(t)
		p.filled("")
		c := redis.New(redis.Config{URL: redis.At("redis://:" + lab.Password + "@" + p.line.Addr()), Witness: func(call remote.Call) func(remote.Ending) {
			if !strings.HasPrefix(call.What, "EVAL park") {
				return func(remote.Ending) {}
			}
			p.deaf()
			return func(remote.Ending) { p.takeOver() }
		}})
		defer func() { _ = c.Close() }()
		p.Jobs = New(c, "")
		r, err := p.act(Order{Deed: Park, Name: "push"})
		forgot(t, r, err)
		p.equal("left", p.numbers("queue:push"), upTo(20_000))
	})
	t.Run("aged", func(t *testing.T) {
		p := twoOf(t)
		p.filled("")
		shelf := p.must(Order{Deed: Park, Name: "push"}).Shelf
		eventually(t, "replication", func() bool { return p.second.Client.HLen(context.Background(), shelvesKey).Val() == 1 })
		r, err := p.behind(Order{Deed: Restore, Name: shelf, Newer: 1000*time.Minute + 30*time.Second, Rate: 1000}, 4, 6, "putting back")
		forgot(t, r, err)
		if n := len(p.numbers("queue:push")); n > 1000 {
			t.Errorf("%d are back", n)
		}
		for range 2 {
			if n := p.raw.HLen(t.Context(), shelvesKey).Val(); n == 1 {
				p.must(Order{Deed: Restore, Name: shelf})
			}
		}
		p.equal("restored", sorted(p.numbers("queue:push")), upTo(20_000))
		p.settled()
	})
	t.Run("deleted", func(t *testing.T) {
		p := twoOf(t)
		p.filled("")
		shelf := p.must(Order{Deed: Park, Name: "push"}).Shelf
		p.deaf()
		p.second.Client.FlushAll(t.Context())
		r, err := p.behind(Order{Deed: Delete, Name: shelf}, -1, 1, "deleting")
		if err == nil || !strings.Contains(err.Error(), "forgotten") || r.Jobs != 0 {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// What no replica has heard of when an act is over is said: it may not last.
func TestNoReplicaHears(t *testing.T) {
	p := twoOf(t)
	p.filled("")
	if r := p.must(Order{Deed: Park, Name: "push"}); r.Doubt != "" {
		t.Errorf("%+v", r)
	}
	p.fill("pull", 0, 10, "")
	p.second.Freeze()
	defer p.second.Thaw()
	if r := p.must(Order{Deed: Park, Name: "pull"}); !strings.Contains(r.Doubt, "no replica") {
		t.Errorf("%+v", r)
	}
}

// A signal is not sent twice, and still waits for the new primary: what a replica refuses was not done.
func TestASignalWaitsForThePrimary(t *testing.T) {
	p := twoOf(t)
	p.line.To(p.second.Addr)
	says := ""
	plan := Plan{Deed: Dump, Target: "exec:1:abc", tell: func(far Progress) {
		if says += far.Says; strings.Contains(says, "READONLY") {
			p.deaf()
		}
	}}
	r, err := p.Do(t.Context(), Order{Deed: Dump, Identities: []string{"exec:1:abc"}}, plan)
	if err != nil || r.Certain == "" || !strings.Contains(says, "READONLY") {
		t.Fatalf("%+v %v, said %q", r, err, says)
	}
	if got := p.second.Client.LRange(t.Context(), "exec:1:abc-signals", 0, -1).Val(); !slices.Equal(got, []string{"TTIN"}) {
		t.Errorf("%v", got)
	}
}
