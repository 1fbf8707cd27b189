package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// states counts items.
func states(v View) map[State]int {
	out := map[State]int{}
	for _, i := range v.Items {
		out[i.State]++
	}
	return out
}

func many(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("/@picard/%03d", i))
	}
	return out
}

// purged are the files that were purged at the edge, proofs left out.
func (s *stand) purged() []string {
	var out []string
	for _, p := range s.edge.Purges() {
		for _, f := range p.Files {
			if !strings.Contains(f, "/.vmtui/") {
				out = append(out, f)
			}
		}
	}
	return out
}

func TestOneActPurgesFromTheOriginOutwards(t *testing.T) {
	s := newStand(t)
	s.edge.SetRules(edge.Rule{Name: "cache profiles", Path: "/@", TTL: time.Hour})
	s.visit(t, "/@data", JSON)
	a := s.keep(t, "worker-1", "0123456789abcdef0123456789abcdef", "httpbackend/@data")
	b := s.keep(t, "worker-2", "1123456789abcdef0123456789abcdef", "https://backend/@data")
	other := s.keep(t, "worker-2", "2123456789abcdef0123456789abcdef", "httpbackend/@data/1")
	p, err := s.Plan(t.Context(), Order{URLs: []string{"/@data", "https://cdn.vmst.example/cache/a.png"}, At: []Where{TheEdge, CDN, Origin}})
	if err != nil || p.Danger != act.Changes || p.Confirm != "" || len(p.Rules) != 1 || !strings.Contains(p.Limits, "Pro") {
		t.Fatalf("%+v, %v", p, err)
	}
	v := s.carry(t, p, "")
	if v.Err != nil || v.Tally() != "5 of 5 purged" || !slices.Equal(s.api.Flushed(cdnID), []string{"cache/a.png"}) || len(s.purged()) != 2 {
		t.Errorf("%s, %v: %+v", v.Tally(), v.Err, v.Items)
	}
	for path, there := range map[string]bool{a: false, b: false, other: true} {
		if _, err := os.Stat(path); (err == nil) != there {
			t.Errorf("%s: %v", path, err)
		}
	}
	if ok, said := v.Proofs[0].Worked(); !ok || !strings.Contains(said, "will not last") {
		t.Error(said)
	}
	order := []string{}
	for _, i := range v.Items {
		if !slices.Contains(order, string(i.At)) {
			order = append(order, string(i.At))
		}
	}
	if !slices.Equal(order, []string{"origin", "cdn", "edge"}) || len(s.journal.acts) != 1 || s.journal.acts[0].Verb != Verb || !strings.Contains(strings.Join(s.journal.outs[0].Said, "\n"), "worker-1: nginx kept 1 of it") {
		t.Errorf("%v, %+v %+v", order, s.journal.acts, s.journal.outs)
	}
}

func TestEverythingWantsTheZonesName(t *testing.T) {
	s := newStand(t)
	s.keep(t, "worker-1", "0123456789abcdef0123456789abcdef", "httpbackend/@data")
	n, _ := s.Config.Node("worker-1")
	if err := os.WriteFile(n.Cache+"/not-nginx's.txt", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(t.Context(), Order{Everything: true, At: []Where{Origin, CDN, TheEdge}})
	if err != nil || p.Danger != act.Destroys || p.Confirm != instance || len(p.Load) != 3 || !strings.Contains(p.Load[2], "every visitor") {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, typed := range []string{"", "vmst.io"} {
		if _, err := s.Purge(t.Context(), p, typed); fault.CodeOf(err) != fault.Refused || len(s.edge.Purges()) != 0 {
			t.Errorf("%q: %v", typed, err)
		}
	}
	v := s.carry(t, p, instance)
	if v.Err != nil || len(v.Rest()) != 0 || !s.edge.Purges()[1].Everything || !slices.Equal(s.api.Flushed(cdnID), []string{"*"}) {
		t.Errorf("%v %+v", v.Err, v.Items)
	}
	if left, err := os.ReadDir(n.Cache); err != nil || !slices.ContainsFunc(left, func(e os.DirEntry) bool { return e.Name() == "not-nginx's.txt" }) {
		t.Errorf("%v, %v", left, err)
	}
	if p, err := s.Plan(t.Context(), Order{Hosts: []string{instance}}); err != nil || p.Confirm != instance {
		t.Errorf("a whole host: %+v, %v", p, err)
	}
}

func TestReadOnlyPurgesNothing(t *testing.T) {
	s := newStand(t)
	s.door.SetReadOnly(true)
	p, err := s.Plan(t.Context(), Order{URLs: []string{"/"}, At: []Where{Origin, TheEdge}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Purge(t.Context(), p, ""); fault.CodeOf(err) != fault.Refused || len(s.edge.Purges()) != 0 || s.hosts["worker-1"].done != 0 {
		t.Errorf("%v", err)
	}
	if err := s.ProveToken(t.Context()); fault.CodeOf(err) != fault.Refused {
		t.Error(err)
	}
}

// TestThreeHundredURLs breaks a purge of 300 URLs in every way, and repeats it until all of them are purged.
func TestThreeHundredURLs(t *testing.T) {
	for name, x := range map[string]struct {
		hurt   func(*edge.Server)
		want   map[State]int
		says   string // in the outcome, or on the way
		code   fault.Code
		repeat int // how many items a repetition has
	}{
		"all well":              {func(*edge.Server) {}, map[State]int{Purged: 300}, "300 of 300 purged", 0, 0},
		"limited then well":     {func(e *edge.Server) { e.RateLimitFor(1500 * time.Millisecond) }, map[State]int{Purged: 300}, "rate limit", 0, 0},
		"one 502":               {func(e *edge.Server) { e.Spare(1); e.BadGateway(1) }, map[State]int{Purged: 300}, "502", 0, 0},
		"applied and a 502":     {func(e *edge.Server) { e.Spare(1); e.ApplyThen502(1) }, map[State]int{Purged: 300}, "502", 0, 0},
		"5xx for good":          {func(e *edge.Server) { e.Spare(1); e.BadGateway(1000) }, map[State]int{Unknown: 100, Waiting: 200}, "100 unknown, 200 not sent", fault.Unknown, 300},
		"network gone half-way": {func(e *edge.Server) { e.DropAfter(2) }, map[State]int{Purged: 100, Unknown: 100, Waiting: 100}, "100 of 300 purged, 100 unknown, 100 not sent", fault.Unknown, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			p, err := s.Plan(t.Context(), Order{URLs: many(300)})
			if err != nil {
				t.Fatal(err)
			}
			x.hurt(s.edge)
			v := s.carry(t, p, "")
			all := fmt.Sprintf("%v %s %v", v.Err, v.Tally(), v.Notes)
			if got := states(v); fmt.Sprint(got) != fmt.Sprint(x.want) || !strings.Contains(all, x.says) || fault.CodeOf(v.Err) != x.code && v.Err != nil || (v.Err == nil) != (x.code == 0) {
				t.Errorf("%v: %s", got, all)
			}
			if errors.Is(v.Err, remote.ErrUnknown) != (x.code == fault.Unknown) {
				t.Errorf("%v", v.Err)
			}
			if x.repeat == 0 {
				return
			}
			s.edge.DropAfter(-1)
			s.edge.BadGateway(0)
			rest, err := s.Repeat(t.Context(), "last")
			if err != nil || len(rest.Items) != x.repeat || rest.Repeats != v.ID {
				t.Fatalf("%d left of %s, %v", len(rest.Items), rest.Repeats, err)
			}
			if again := s.carry(t, rest, ""); again.Err != nil || len(again.Rest()) != 0 {
				t.Errorf("%v %s", again.Err, again.Tally())
			}
			for _, path := range many(300) {
				if !slices.Contains(s.purged(), "https://vmst.example"+path) {
					t.Fatalf("%s was never purged", path)
				}
			}
			if again, err := s.Repeat(t.Context(), "last"); fault.CodeOf(err) != fault.Usage {
				t.Errorf("what was repeated is repeated again: %d items, %v", len(again.Items), err)
			}
		})
	}
}

// granted lets everything pass.
type granted struct{}

func (granted) Check(context.Context) error { return nil }

// The rates are those of the account, and each machine counts its own purges only: where another one has spent them, the API says so, and that is waited out
// in sight. Who does not wait for it knows that nothing was sent.
func TestAnotherMachineSpendsTheRate(t *testing.T) {
	s := standOn(t, "Free Website")
	for _, n := range []int{13, 12} { // together as many as the plan allows at once; the next one in 12 s
		other, err := cloudflare.New(cloudflare.Config{Token: func(context.Context) (string, error) { return token, nil }, URL: s.edge.URL(), Zone: instance})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Close() }()
		for range n {
			if err := other.Purge(t.Context(), granted{}, cloudflare.Batch{Kind: cloudflare.Tags, Items: []string{"theirs"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	p, err := s.Plan(t.Context(), Order{At: []Where{TheEdge}, Tags: []string{"ours"}})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Purge(t.Context(), p, "")
	if err != nil {
		t.Fatal(err)
	}
	var v View
	for !strings.Contains(v.Now, "rate limit") && !v.Over {
		if v, err = w.View(t.Context(), v.Version); err != nil {
			t.Fatal(err)
		}
	}
	if !regexp.MustCompile(`^waiting 1[0-2]s to POST /zones/vmst.example/purge_cache {tags: 1}: rate limit$`).MatchString(v.Now) || v.Over || !strings.Contains(v.Items[0].Why, "429") {
		t.Errorf("%+v", v)
	}
	w.Cancel()
	if v = w.Wait(); states(v)[Waiting] != 1 || len(v.Rest()) != 1 || v.Err == nil {
		t.Errorf("%v %v, notes %v", v.Err, states(v), v.Notes)
	}
	for _, sent := range s.edge.Purges() {
		if slices.Contains(sent.Tags, "ours") {
			t.Errorf("%+v", sent)
		}
	}
}

func TestOneBadURLDoesNotKeepTheOthers(t *testing.T) {
	s := newStand(t)
	v := s.purge(t, Order{URLs: append(many(40), "https://other.example/x")}, "")
	if got := states(v); got[Purged] != 40 || got[Failed] != 1 || !strings.Contains(v.Rest()[0].Why, "invalid hostname") || v.Rest()[0].What != "https://other.example/x" || fault.CodeOf(v.Err) != fault.Failed {
		t.Errorf("%v %+v %v", got, v.Rest(), v.Err)
	}
}

func TestATokenThatMayNotPurgeIsFoundOutFirst(t *testing.T) {
	s := newStand(t)
	s.edge.Forbid("purge", true)
	v := s.purge(t, Order{URLs: []string{"/@data"}, At: []Where{Origin, TheEdge}}, "")
	if !errors.Is(v.Err, cloudflare.ErrScope) || s.hosts["worker-1"].done != 0 || states(v)[Waiting] != 3 || !strings.Contains(fault.Of(v.Err).Next, "Zone.Cache Purge") || !strings.Contains(fault.Of(v.Err).Next, "vmtui purge --repeat "+v.ID) {
		t.Errorf("%v, %+v, %d on the worker", v.Err, v.Items, s.hosts["worker-1"].done)
	}
	if p := s.proof(); p.Says == "" || time.Since(p.At) > time.Minute {
		t.Errorf("%+v", p)
	}
}

// revoking takes the token's permission after a few purges.
type revoking struct {
	Edge
	left   int
	revoke func()
}

func (r *revoking) Purge(ctx context.Context, p remote.Permit, b cloudflare.Batch) error {
	if r.left--; r.left < 0 {
		r.revoke()
	}
	return r.Edge.Purge(ctx, p, b)
}

// A token that is revoked half-way ends it: what was purged is known, and the error says what to do before the rest is repeated.
func TestATokenThatIsRevokedHalfWay(t *testing.T) {
	s := newStand(t)
	s.Edge = &revoking{s.Edge, 1, func() { s.edge.Forbid("purge", true) }}
	v := s.purge(t, Order{URLs: many(300)}, "")
	if f := fault.Of(v.Err); v.Tally() != "100 of 300 purged, 100 failed, 100 not sent" || !strings.Contains(f.Next, "Zone.Cache Purge") || !strings.Contains(f.Next, "vmtui purge --repeat "+v.ID) {
		t.Errorf("%s: %+v", v.Tally(), f)
	}
}

// An API in trouble is asked again for its proof; one that stays so has proved nothing, and nothing of the order was sent.
func TestAnAPIInTroubleProvesNothing(t *testing.T) {
	s := newStand(t)
	s.edge.BadGateway(1)
	if v := s.purge(t, Order{URLs: []string{"/@data"}}, ""); v.Err != nil || v.Tally() != "1 of 1 purged" || !strings.Contains(strings.Join(v.Notes, " "), "502") {
		t.Errorf("%v %s %q", v.Err, v.Tally(), v.Notes)
	}
	proved := s.proof()
	s.edge.BadGateway(1000)
	v := s.purge(t, Order{URLs: []string{"/@data"}}, "")
	if f := fault.Of(v.Err); states(v)[Waiting] != 1 || fault.CodeOf(v.Err) != fault.Failed || !strings.Contains(f.Next, "--repeat "+v.ID) || !strings.Contains(f.Why, "502") {
		t.Errorf("%+v: %+v", v.Items, f)
	}
	if p := s.proof(); p != proved || p.Says != "" {
		t.Errorf("%+v, it was %+v", p, proved)
	}
}

func TestTheEdgeIsHeldBackWhereTheOriginIsStillWrong(t *testing.T) {
	s := newStand(t)
	s.hosts["worker-2"].refuses = true
	s.keep(t, "worker-1", "0123456789abcdef0123456789abcdef", "httpbackend/@troi")
	v := s.purge(t, Order{URLs: []string{"/@data", "https://cdn.vmst.example/a.png"}, At: []Where{Origin, CDN}}, "")
	if got := states(v); got[Failed] != 1 || got[Waiting] != 0 || !slices.Equal(s.api.Flushed(cdnID), []string{"a.png"}) {
		t.Errorf("the CDN does not ask the workers: %+v", v.Items)
	}
	v = s.purge(t, Order{URLs: []string{"/@data"}, At: []Where{Origin, TheEdge}}, "")
	if got := states(v); got[Purged] != 1 || got[Failed] != 1 || got[Waiting] != 1 || !strings.Contains(v.Items[2].Why, "held back: worker-2") || len(s.purged()) != 0 {
		t.Errorf("%+v", v.Items)
	}
	s.hosts["worker-2"].refuses, s.hosts["worker-2"].dead = false, true
	rest, err := s.Repeat(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	again := s.carry(t, rest, "") // whether a dead worker fills anything is not known; it keeps nobody from a right page
	if got := states(again); got[Purged] != 1 || got[Unreached] != 1 || len(s.purged()) != 1 || !strings.Contains(again.Rest()[0].Why, "no route to host; what its nginx still keeps is unknown") ||
		fault.CodeOf(again.Err) != fault.Unknown || !strings.Contains(fault.Of(again.Err).Why, "1 of 2 purged, 1 unreached") {
		t.Errorf("%+v", again.Items)
	}
}

func TestCallingOffIsKnown(t *testing.T) {
	s := newStand(t)
	p, err := s.Plan(t.Context(), Order{URLs: many(300)})
	if err != nil {
		t.Fatal(err)
	}
	s.edge.RateLimitFor(time.Hour)
	s.edge.RateLimitFor(30 * time.Second) // it waits for the API when it is called off
	w, err := s.Purge(t.Context(), p, "")
	if err != nil {
		t.Fatal(err)
	}
	for v, after := (View{}), uint64(0); !strings.Contains(v.Now, "waiting"); after = v.Version {
		if v, err = w.View(t.Context(), after); err != nil {
			t.Fatal(err)
		}
	}
	w.Cancel()
	if v := w.Wait(); states(v)[Waiting] != 300 || v.Err == nil || !w.Over() {
		t.Errorf("%v %v", states(v), v.Err)
	}
}

func TestARecordSurvivesItsConsole(t *testing.T) {
	s := newStand(t)
	lost := Record{ID: newID(time.Now()), Order: Order{URLs: []string{"https://vmst.example/a"}, At: []Where{TheEdge}}, Items: []Item{{At: TheEdge, On: instance, Kind: cloudflare.URLs, What: "https://vmst.example/a", State: Sent}}}
	if err := lost.save(s.dir()); err != nil {
		t.Fatal(err)
	}
	rec, err := s.Record("last")
	if err != nil || rec.Items[0].State != Unknown || rec.Tally() != "0 of 1 purged, 1 unknown" {
		t.Errorf("%+v, %v", rec, err)
	}
	whole := Record{ID: newID(time.Now().Add(time.Second)), Order: lost.Order, Items: []Item{{At: TheEdge, On: instance, Kind: cloudflare.URLs, What: "https://vmst.example/b", State: Purged}}}
	if err := whole.save(s.dir()); err != nil {
		t.Fatal(err)
	}
	if rec, err := s.Record("last"); err != nil || rec.ID != whole.ID {
		t.Errorf("the newest is %+v, %v", rec, err)
	}
	if rest, err := s.Repeat(t.Context(), "last"); err != nil || rest.Repeats != lost.ID {
		t.Errorf("the newest that left something is %+v, %v", rest, err)
	}
	if _, err := s.Record("../../etc/passwd"); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
	for range recordsKept + 3 {
		r := lost
		r.ID = newID(time.Now().Add(-time.Hour))
		if err := r.save(s.dir()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Records()
	if err != nil || len(all) != recordsKept || all[0].ID != whole.ID {
		t.Errorf("%d, %v", len(all), err)
	}
	left, err := os.ReadDir(s.dir())
	if err != nil || len(left) != recordsKept {
		t.Errorf("%d files, %v", len(left), err)
	}
}

func TestNothingIsSentThatCannotBeRemembered(t *testing.T) {
	s := newStand(t)
	p, err := s.Plan(t.Context(), Order{URLs: []string{"/"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Config.StateDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Purge(t.Context(), p, ""); err == nil || len(s.edge.Purges()) != 0 || len(s.journal.outs) != 1 {
		t.Errorf("%v", err)
	}
}

// A path that is named twice, under both names of its CDN, is purged once: two equal ones at once are refused.
func TestWhatIsNamedTwiceIsPurgedOnce(t *testing.T) {
	s := newStand(t)
	p, err := s.Plan(t.Context(), Order{URLs: []string{"https://cdn.vmst.example/a.png?1", "https://cdn.vmst.example/a.png?2", "https://vmst.cdn.example/a.png"}, At: []Where{CDN}})
	if err != nil || len(p.Items) != 1 {
		t.Errorf("%+v, %v", p.Items, err)
	}
	p, err = s.Plan(t.Context(), Order{Hosts: []string{"cdn.vmst.example", "vmst.cdn.example"}, At: []Where{CDN}})
	if err != nil || len(p.Items) != 1 {
		t.Errorf("%+v, %v", p.Items, err)
	}
}

func TestOrdersThatMeanNothingAreRefused(t *testing.T) {
	s := newStand(t)
	for _, o := range []Order{
		{}, {URLs: []string{"/"}, Everything: true}, {Prefixes: []string{instance}}, {Prefixes: []string{"/@x?y=1"}}, {Tags: []string{"a b"}}, {Hosts: []string{"https://x"}},
		{URLs: []string{"/"}, At: []Where{"moon"}}, {Tags: []string{"a"}, At: []Where{Origin}},
	} {
		if p, err := s.Plan(t.Context(), o); fault.CodeOf(err) != fault.Usage {
			t.Errorf("%+v: %+v, %v", o, p.Items, err)
		}
	}
	p, err := s.Plan(t.Context(), Order{Prefixes: []string{"/@data", "vmst.example/users/", "/@data"}, Tags: []string{"a"}, At: []Where{Origin, TheEdge}})
	if err != nil || len(p.Items) != 2+2+3 || p.Danger != act.Changes || len(p.Warnings) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	s.Edge = nil
	if _, err := s.Plan(t.Context(), Order{URLs: []string{"/"}}); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Glance(ctx); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
}

func TestAPlanFoldsWhatIsAlike(t *testing.T) {
	s := newStand(t)
	p, err := s.Plan(t.Context(), Order{URLs: []string{"/a"}, Prefixes: []string{"/b"}, At: []Where{Origin, TheEdge}})
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(p.Lines, "\n")
	if strings.Count(said, "worker-[1-2]$ remove what nginx keeps") != 2 || len(p.Items) != 6 {
		t.Error(said)
	}
}
