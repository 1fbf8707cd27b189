//go:build lab

package sidekiq

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	lab "github.com/vmtui/vmtui/fixtures/lab/redis"
	"github.com/vmtui/vmtui/keys/fault"
)

// crash ends a Redis that has just saved what it has, and starts it again, so slow to load that it answers LOADING until it is told to be quick.
func crash(t *testing.T, s *site, server *lab.Server) {
	t.Helper()
	if err := s.raw.Save(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := server.Again(t.Context(), "--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "LOADING", func() bool {
		err := s.raw.Ping(context.Background()).Err()
		return err != nil && strings.HasPrefix(err.Error(), "LOADING")
	})
}

// heavy is a site on a real Redis that takes seconds to load what it has.
func heavy(t *testing.T) (*site, *lab.Server) {
	t.Helper()
	s, server := real(t)
	many := s.raw.Pipeline()
	for i := range 500 {
		many.Set(t.Context(), fmt.Sprintf("cache:%d", i), strings.Repeat("x", 2000), 0)
	}
	if _, err := many.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.fill("push", 0, 20_000, "")
	return s, server
}

// loads wants an error to say that Redis loads, and what to do.
func loads(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "still reading its data from disk") || fault.CodeOf(err) == fault.Unknown {
		t.Errorf("%s: %v", what, err)
	}
}

// A Redis that loads its data is waited for in the middle of an act; a look and a plan say so at once, and the next ones are as ever.
func TestRedisThatLoadsInTheMiddle(t *testing.T) {
	s, server := heavy(t)
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	told, says := 0, ""
	p.tell = func(far Progress) {
		says += far.Says + "\n"
		if told++; told != 5 {
			return
		}
		crash(t, s, server)
		_, err := s.Jobs.Snapshot(t.Context())
		loads(t, "a look", err)
		_, err = s.Plan(t.Context(), Order{Deed: Park, Name: "push"}, nil)
		loads(t, "a plan", err)
	}
	r, err := s.Do(t.Context(), o, p)
	if err != nil || r.Jobs != 6667 || told <= 5 {
		t.Fatalf("%+v %v", r, err)
	}
	if !strings.Contains(says, "loading") {
		t.Errorf("while it waited it said %q", says)
	}
	s.equal("left", s.numbers("queue:push"), slices.DeleteFunc(upTo(20_000), func(n int) bool { return n%3 == 0 }))
	if _, err := s.Jobs.Snapshot(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whoever does not wait until Redis has loaded loses nothing: the act is told as interrupted, is brought to its end, and can be done again. A park that is
// refused for it has changed nothing.
func TestAnActGivenUpWhileRedisLoads(t *testing.T) {
	s, server := heavy(t)
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	told := 0
	p.tell = func(far Progress) {
		if told++; told == 5 {
			crash(t, s, server)
		}
		if far.Says != "" {
			giveUp()
		}
	}
	_, err = s.Do(ctx, o, p)
	loads(t, "the act", err)
	eventually(t, "the end of loading", func() bool { return s.raw.Ping(t.Context()).Err() == nil })
	eventually(t, "the claim's end", func() bool {
		p, err := s.Plan(t.Context(), o, nil)
		return err == nil && p.Refusal != nil && strings.Contains(fault.Of(p.Refusal).Next, "vmtui sidekiq restore push-filtered-")
	})
	snap, err := s.Jobs.Snapshot(t.Context())
	if err != nil || len(snap.Shelves) != 2 || snap.Shelves[0].Kind != Filtered {
		t.Fatalf("%+v %v", snap.Shelves, err)
	}
	for _, shelf := range snap.Shelves { // what was not looked at, and what was taken out
		s.must(Order{Deed: Restore, Name: shelf.ID})
	}
	s.equal("put back", sorted(s.numbers("queue:push")), upTo(20_000))

	park := Order{Deed: Park, Name: "push", Typed: "push"}
	if p, err = s.Plan(t.Context(), park, nil); err != nil {
		t.Fatal(err)
	}
	crash(t, s, server)
	short, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	_, err = s.Do(short, park, p)
	loads(t, "a park", err)
	eventually(t, "the end of loading", func() bool { return s.raw.Ping(t.Context()).Err() == nil })
	if n := s.raw.LLen(t.Context(), "queue:push").Val(); n != 20_000 {
		t.Errorf("%d left", n)
	}
	s.must(park)
}
