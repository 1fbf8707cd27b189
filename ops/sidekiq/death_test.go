package sidekiq

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/vmtui/vmtui/remote/redis"
)

// dying is the permit of a console that dies before its nth change.
type dying struct{ left int }

var errDied = errors.New("it died")

func (d *dying) Check(context.Context) error {
	if d.left--; d.left < 0 {
		return errDied
	}
	return nil
}

// An act that dies before any of its steps has lost nothing and doubled nothing: what is on shelves is put back, and what is in no list any more is in a
// backup that can be read.
func TestDyingBeforeEveryStep(t *testing.T) {
	const jobs = 1300
	park := func(s *site) string {
		shelf := s.must(Order{Deed: Park, Name: "push"}).Shelf
		s.fill("push", jobs, jobs+100, "")
		return shelf
	}
	refresh := Filter{Classes: []string{"RefreshWorker"}}
	for name, c := range map[string]func(*site) Order{
		"park":          func(*site) Order { return Order{Deed: Park, Name: "push"} },
		"restore":       func(s *site) Order { return Order{Deed: Restore, Name: park(s)} },
		"paced restore": func(s *site) Order { return Order{Deed: Restore, Name: park(s), Rate: 100_000} },
		"aged restore": func(s *site) Order {
			return Order{Deed: Restore, Name: park(s), Newer: 700*time.Minute + 30*time.Second}
		},
		"delete":         func(s *site) Order { return Order{Deed: Delete, Name: park(s)} },
		"filtered":       func(*site) Order { return Order{Deed: Delete, Name: "push", Filter: refresh} },
		"shelf filtered": func(s *site) Order { return Order{Deed: Delete, Name: park(s), Filter: refresh} },
		"few": func(*site) Order {
			return Order{Deed: Delete, Name: "push", Filter: Filter{Args: "h3.example", Classes: []string{"RefreshWorker"}}}
		},
		"move": func(*site) Order { return Order{Deed: Move, Name: "push", To: "pull", Filter: refresh} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at := 0; ; at++ {
				s := small(t)
				s.fill("push", 0, jobs, "")
				o := c(s)
				p, err := s.Plan(t.Context(), o, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, err = s.With(t.Context(), &dying{at}, o, p)
				s.nothingLost(at, jobs)
				if err == nil {
					return
				}
				if !errors.Is(err, errDied) {
					t.Fatalf("step %d: %v", at, err)
				}
			}
		})
	}
}

// A delete from a set that dies before any of its steps leaves what it took out in a backup that can be read: it is proved before the first job goes.
func TestADyingDeleteFromASet(t *testing.T) {
	for at := 0; ; at++ {
		s := small(t)
		s.failed(Dead, 1000)
		before := s.raw.ZRangeWithScores(t.Context(), Dead, 0, -1).Val()
		o := Order{Deed: Delete, Name: Dead, Filter: Builtin["dead-http"]}
		p, err := s.Plan(t.Context(), o, nil)
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		permit := watching{&dying{at}, func() { whole += len(s.backedUp()) }}
		_, died := s.With(t.Context(), permit, o, p)
		if at > 0 && whole < 666 {
			t.Fatalf("step %d: jobs went before their backup was proved: %d in it", at, whole)
		}
		files, err := filepath.Glob(filepath.Join(s.Dir, "*.jsonl.gz"))
		if err != nil || len(files) != 1 {
			t.Fatalf("step %d: backups: %v %v", at, files, err)
		}
		s.must(Order{Deed: Load, Name: files[0]})
		if after := s.raw.ZRangeWithScores(t.Context(), Dead, 0, -1).Val(); !slices.Equal(before, after) {
			t.Fatalf("step %d: %d jobs, and were %d", at, len(after), len(before))
		}
		if died == nil {
			return
		}
	}
}

// watching is a permit that hears of each change just before it leaves.
type watching struct {
	*dying
	before func()
}

func (w watching) Check(ctx context.Context) error {
	w.before()
	return w.dying.Check(ctx)
}

// nothingLost brings everything back, as an operator would, and counts.
func (s *site) nothingLost(at, least int) {
	s.Helper()
	s.later()
	for range 2 { // a second look: what stayed by its age is parked still
		snap, err := s.Jobs.Snapshot(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		slices.SortStableFunc(snap.Shelves, func(a, b Shelf) int { // what was interrupted comes first, as the refusals of the others say
			return cmp.Compare(s.unsettled(b), s.unsettled(a))
		})
		for _, shelf := range snap.Shelves {
			if shelf.Size > 0 || s.unsettled(shelf) > 0 {
				s.must(Order{Deed: Restore, Name: shelf.ID})
			}
		}
	}
	here := append(s.numbers("queue:push"), s.numbers("queue:pull")...)
	all := sorted(here)
	if twice := len(all) - len(slices.Compact(slices.Clone(all))); twice != 0 {
		s.Fatalf("step %d: %d jobs are there twice", at, twice)
	}
	for _, n := range s.backedUp() {
		if _, there := slices.BinarySearch(all, n); !there {
			here = append(here, n)
		}
	}
	got := slices.Compact(sorted(here))
	if len(got) < least || got[len(got)-1] != len(got)-1 {
		s.Fatalf("step %d: %d jobs are there or in a backup", at, len(got))
	}
	if left := s.raw.Keys(s.Context(), "queue:push-*").Val(); len(left) != 0 {
		s.Errorf("step %d: left behind: %v", at, left)
	}
}

// unsettled is 1 for what an act left that was interrupted on its queue.
func (*site) unsettled(s Shelf) int {
	if s.Kind == Filtered || s.Restoring {
		return 1
	}
	return 0
}

// later is when the claims of dead consoles have ended.
func (s *site) later() {
	s.Helper()
	for _, key := range s.raw.Keys(s.Context(), claimKey+"*").Val() {
		if left := s.raw.PTTL(s.Context(), key).Val(); left <= 0 || left > claimLife {
			s.Errorf("%s has %s left", key, left)
		}
		s.raw.Del(s.Context(), key)
	}
}

// backedUp are the jobs in backups that are whole.
func (s *site) backedUp() []int {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(s.Dir, "*.gz"))
	if err != nil {
		s.Fatal(err)
	}
	var all []int
	for _, path := range files {
		var raws []string
		if _, _, err := readBackup(path, func(f found) error { raws = append(raws, f.raw); return nil }); err == nil {
			all = append(all, numbered(s.T, raws)...)
		}
	}
	return all
}

// forgetful is a way to Redis on which some answers to scripts get lost, with the connection.
type forgetful struct {
	to   string
	sent atomic.Int32
	lose map[int32]bool
}

func (f *forgetful) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, f.to)
	return &forgetfulConn{Conn: conn, way: f}, err
}

type forgetfulConn struct {
	net.Conn
	way  *forgetful
	lost atomic.Bool
}

func (c *forgetfulConn) Write(p []byte) (int, error) {
	if bytes.Contains(bytes.ToLower(p[:min(len(p), 40)]), []byte("evalsha")) && c.way.lose[c.way.sent.Add(1)] {
		c.lost.Store(true)
	}
	return c.Conn.Write(p)
}

func (c *forgetfulConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.lost.Load() {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// Steps whose answers get lost are done once.
func TestAnswersThatGetLost(t *testing.T) {
	for name, o := range map[string]Order{
		"filtered": {Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}},
		"move":     {Deed: Move, Name: "push", To: "pull", Filter: Filter{Classes: []string{"RefreshWorker"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := miniredis.RunT(t)
			s := at(t, m.Addr())
			s.fill("push", 0, 3000, "")
			c := redis.New(redis.Config{URL: redis.At("redis://x"), Dial: (&forgetful{to: m.Addr(), lose: map[int32]bool{4: true, 7: true, 8: true}}).dial})
			defer func() { _ = c.Close() }()
			s.Jobs = New(c, "")
			r := s.must(o)
			if r.Jobs != 1000 || r.Kept != 2000 {
				t.Errorf("%+v", r)
			}
			want := slices.DeleteFunc(upTo(3000), func(n int) bool { return n%3 == 0 })
			s.equal("left", s.numbers("queue:push"), want)
			if o.Deed == Move && len(s.numbers("queue:pull")) != 1000 {
				t.Errorf("%d moved", len(s.numbers("queue:pull")))
			}
			for _, path := range r.Backups {
				if _, n, err := readBackup(path, func(found) error { return nil }); err != nil || n != 1000 {
					t.Errorf("%d in the backup: %v", n, err)
				}
				if _, err := os.Stat(path); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
