package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/redis"
)

// book is a journal that remembers.
type book struct {
	mu       sync.Mutex
	intended []act.Act
	settled  []act.Outcome
}

func (b *book) Intend(_ context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.intended = append(b.intended, a)
	return func(_ context.Context, o act.Outcome) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.settled = append(b.settled, o)
		return nil
	}, nil
}

const instance = "vmst.example"

// site is a Redis with what acts on it, and a client of the test's own.
type site struct {
	*testing.T
	*Acts
	book *book
	raw  *goredis.Client
}

func at(t *testing.T, addr string) *site {
	t.Helper()
	c := redis.New(redis.Config{URL: redis.At("redis://" + addr)})
	raw := goredis.NewClient(&goredis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, ReadTimeout: time.Minute})
	t.Cleanup(func() { _, _ = c.Close(), raw.Close() })
	b := &book{}
	return &site{T: t, book: b, raw: raw, Acts: &Acts{
		Jobs: New(c, ""), Door: act.NewDoor(false, nil), Journal: b, Instance: instance, Operator: "mike@laptop", Dir: filepath.Join(t.TempDir(), "backups"),
	}}
}

func small(t *testing.T) *site {
	t.Helper()
	return at(t, miniredis.RunT(t).Addr())
}

// job is one that its number tells from all others.
func job(queue, class string, n int, age time.Duration, more string) string {
	ms := time.Now().Add(-age).UnixMilli()
	return fmt.Sprintf(`{"retry":true,"queue":%q,"class":%q,"args":[109372843234567890,"https://h%d.example/users/picard/inbox"],"jid":"%024d","created_at":%d,"enqueued_at":%d%s}`, queue, class, n%7, n, ms, ms, more)
}

// fill puts jobs first to last-1 into a queue, one after another; every third is a Refresh, the others are Deliveries.
func (s *site) fill(queue string, first, last int, more string) {
	s.Helper()
	s.raw.SAdd(s.Context(), "queues", queue)
	jobs := make([]any, 0, last-first)
	for n := first; n < last; n++ {
		class := "DeliveryWorker"
		if n%3 == 0 {
			class = "RefreshWorker"
		}
		jobs = append(jobs, job(queue, class, n, time.Duration(last-n)*time.Minute, more))
	}
	for some := range slices.Chunk(jobs, 1000) {
		if err := s.raw.LPush(s.Context(), "queue:"+queue, some...).Err(); err != nil {
			s.Fatal(err)
		}
	}
}

// numbers are the jobs of a list in the order in which they would run.
func (s *site) numbers(key string) []int {
	s.Helper()
	all, err := s.raw.LRange(s.Context(), key, 0, -1).Result()
	if err != nil {
		s.Fatal(err)
	}
	slices.Reverse(all)
	return numbered(s.T, all)
}

func numbered(t *testing.T, all []string) []int {
	t.Helper()
	out := make([]int, len(all))
	for i, raw := range all {
		n, err := strconv.Atoi(payloadOf(raw).jid)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = n
	}
	return out
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// act plans and does, typing what is wanted.
func (s *site) act(o Order) (Report, error) {
	s.Helper()
	p, err := s.Plan(s.Context(), o, nil)
	if err != nil {
		s.Fatalf("%s %s: %v", o.Deed, o.Name, err)
	}
	o.Typed, o.Again = p.Confirm, p.Again
	return s.Do(s.Context(), o, p)
}

func (s *site) must(o Order) Report {
	s.Helper()
	r, err := s.act(o)
	if err != nil {
		s.Fatalf("%s %s: %v", o.Deed, o.Name, err)
	}
	return r
}

func (s *site) equal(what string, got, want []int) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("%s: %d jobs, want %d; %v", what, len(got), len(want), got[:min(len(got), 20)])
	}
}

// parkAndRestore proves that what comes back is in front of what has arrived meanwhile.
func (s *site) parkAndRestore() {
	s.fill("pull", 0, 500, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	if parked.Jobs != 500 || s.raw.Exists(s.Context(), "queue:pull").Val() != 0 {
		s.Fatalf("%+v", parked)
	}
	snap, err := s.Jobs.Snapshot(s.Context())
	if err != nil || len(snap.Shelves) != 1 || snap.Shelves[0].Size != 500 || snap.Shelves[0].By != "mike@laptop" || snap.Shelves[0].Queue != "pull" {
		s.Fatalf("%+v %v", snap.Shelves, err)
	}
	s.fill("pull", 500, 5000, "") // more than one portion
	r := s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("restored", s.numbers("queue:pull"), upTo(5000))
	if r.Jobs != 500 || s.raw.Exists(s.Context(), shelvesKey).Val() != 0 {
		s.Errorf("%+v", r)
	}
}

func TestParkAndRestoreKeepTheOrder(t *testing.T) { small(t).parkAndRestore() }

func TestRestoreThatIsInterruptedGoesOn(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 500, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	s.fill("pull", 500, 7000, "")
	ctx, cancel := context.WithCancel(t.Context())
	o := Order{Deed: Restore, Name: parked.Shelf}
	p, err := s.Plan(ctx, o, func(Progress) { cancel() })
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Do(ctx, o, p)
	if err == nil || !strings.Contains(fault.Of(err).Next, parked.Shelf) {
		t.Fatalf("%v", err)
	}
	s.equal("together", append(s.numbers("queue:"+parked.Shelf), s.numbers("queue:pull")...), upTo(7000))
	s.fill("pull", 7000, 7100, "")
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("restored", s.numbers("queue:pull"), upTo(7100))
}

func TestPacedRestoreQueuesUpBehind(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 30, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	s.fill("pull", 30, 40, "")
	r := s.must(Order{Deed: Restore, Name: parked.Shelf, Rate: 100})
	s.equal("restored", s.numbers("queue:pull"), slices.Concat(upTo(40)[30:], upTo(30)))
	if r.Jobs != 30 || r.Took < 250*time.Millisecond {
		t.Errorf("%+v", r)
	}
}

func TestOldJobsStayParked(t *testing.T) {
	s := small(t)
	s.fill("mailers", 0, 600, "") // 600 s to 1 s old
	parked := s.must(Order{Deed: Park, Name: "mailers"})
	s.fill("mailers", 600, 610, "")
	r := s.must(Order{Deed: Restore, Name: parked.Shelf, Newer: 100*time.Minute + 30*time.Second})
	s.equal("restored", s.numbers("queue:mailers"), upTo(610)[500:])
	s.equal("parked", s.numbers("queue:"+parked.Shelf), upTo(500))
	if r.Jobs != 100 || r.Kept != 500 || r.Shelf != parked.Shelf {
		t.Errorf("%+v", r)
	}
	shelf, err := s.Jobs.Shelf(t.Context(), parked.Shelf[:9])
	if err != nil || shelf.Restoring || !shelf.Cut.IsZero() {
		t.Errorf("%+v %v", shelf, err)
	}
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("all", s.numbers("queue:mailers"), upTo(610))
}

func TestAnAgedRestoreThatIsInterruptedGoesOn(t *testing.T) {
	s := small(t)
	s.fill("mailers", 0, 3000, "")
	parked := s.must(Order{Deed: Park, Name: "mailers"})
	o := Order{Deed: Restore, Name: parked.Shelf, Newer: 1000*time.Minute + 30*time.Second}
	var p Plan
	broken := errors.New("broken")
	n := 0
	stop := &breaking{after: func() bool { n++; return n > 4 }, err: broken}
	s.Journal = stop
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.tell = func(Progress) { stop.look(s.Door) }
	if _, err = s.Do(t.Context(), o, p); err == nil {
		t.Fatal("it was not interrupted")
	}
	s.Door.SetReadOnly(false)
	s.later()
	all := slices.Concat(s.numbers("queue:"+parked.Shelf), s.numbers("queue:"+parked.Shelf+stayPart), s.numbers("queue:"+parked.Shelf+goPart), s.numbers("queue:mailers"))
	slices.Sort(all)
	s.equal("together", all, upTo(3000))
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	s.equal("restored", s.numbers("queue:mailers"), upTo(3000)[2000:])
	s.equal("parked", s.numbers("queue:"+parked.Shelf), upTo(2000))
}

// breaking is a journal whose act loses its permit in the middle.
type breaking struct {
	book
	after func() bool
	err   error
}

func (b *breaking) look(d *act.Door) {
	if b.after() {
		d.SetReadOnly(true)
	}
}

func TestWhatMustBeTyped(t *testing.T) {
	s := small(t)
	s.fill("default", 0, 10, "")
	p, err := s.Plan(t.Context(), Order{Deed: Park, Name: "default"}, nil)
	if err != nil || p.Confirm != "default" || p.Again != instance || p.Loss.Severity != "critical" {
		t.Fatalf("%+v %v", p, err)
	}
	for _, o := range []Order{{Deed: Park, Name: "default"}, {Deed: Park, Name: "default", Typed: "default"}, {Deed: Park, Name: "default", Typed: "pull", Again: instance}} {
		if _, err := s.Do(t.Context(), o, p); fault.CodeOf(err) != fault.Refused {
			t.Errorf("%+v: %v", o, err)
		}
	}
	s.Door.SetReadOnly(true)
	if _, err := s.Do(t.Context(), Order{Deed: Park, Name: "default", Typed: "default", Again: instance}, p); fault.CodeOf(err) != fault.Refused {
		t.Errorf("read-only: %v", err)
	}
	s.equal("untouched", s.numbers("queue:default"), upTo(10))
	if len(s.book.intended) != 0 {
		t.Errorf("%+v", s.book.intended)
	}
}

// filterBesideWorkers deletes a third of a queue while others put jobs in and take them out, and proves that none is lost and none is there twice.
func (s *site) filterBesideWorkers(size int) {
	s.fill("push", 0, size, "")
	ctx, cancel := context.WithCancel(s.Context())
	var workers, producer sync.WaitGroup
	var mu sync.Mutex
	var taken []string
	for range 3 {
		workers.Go(func() {
			for ctx.Err() == nil {
				raw, err := s.raw.RPop(s.Context(), "queue:push").Result()
				if err == nil {
					mu.Lock()
					taken = append(taken, raw)
					mu.Unlock()
				}
			}
		})
	}
	made := size
	producer.Go(func() {
		for ; ctx.Err() == nil; made++ {
			s.raw.LPush(s.Context(), "queue:push", job("push", "RefreshWorker", made, 0, ""))
		}
	})
	r := s.must(Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"Refresh*"}}})
	cancel()
	workers.Wait()
	producer.Wait()
	var deleted []string
	for _, path := range r.Backups {
		if _, _, err := readBackup(path, func(f found) error { deleted = append(deleted, f.raw); return nil }); err != nil {
			s.Fatal(err)
		}
	}
	if int64(len(deleted)) != r.Jobs {
		s.Errorf("%d deleted, %d in the backup", r.Jobs, len(deleted))
	}
	left := s.raw.LRange(s.Context(), "queue:push", 0, -1).Val()
	slices.Reverse(left)
	s.equal("sorted", sorted(numbered(s.T, left)), numbered(s.T, left))
	s.equal("all together", sorted(numbered(s.T, slices.Concat(taken, deleted, left))), upTo(made))
	for _, raw := range left {
		if n, _ := strconv.Atoi(payloadOf(raw).jid); n < size && n%3 == 0 {
			s.Fatalf("%d was meant", n)
		}
	}
	if keys := s.raw.Keys(s.Context(), "*push-*").Val(); len(keys) != 0 || s.raw.Exists(s.Context(), shelvesKey).Val() != 0 {
		s.Errorf("left behind: %v", keys)
	}
}

func sorted(in []int) []int {
	out := slices.Clone(in)
	slices.Sort(out)
	return out
}

func TestFilterBesideWorkers(t *testing.T) { small(t).filterBesideWorkers(4000) }

func TestFewAreTakenOneByOne(t *testing.T) {
	s := small(t)
	s.fill("default", 0, 300, "")
	r := s.must(Order{Deed: Delete, Name: "default", Filter: Filter{JIDs: []string{fmt.Sprintf("%024d", 7), fmt.Sprintf("%024d", 250)}}})
	want := slices.DeleteFunc(upTo(300), func(n int) bool { return n == 7 || n == 250 })
	s.equal("left", s.numbers("queue:default"), want)
	if r.Jobs != 2 || len(r.Backups) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAFilterThatIsGivenUpKeepsTheRest(t *testing.T) {
	s := small(t)
	s.fill("push", 0, 3000, "")
	ctx, cancel := context.WithCancel(t.Context())
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := s.Plan(ctx, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	p.tell = func(Progress) {
		if told++; told == 3 {
			cancel()
		}
	}
	r, err := s.Do(ctx, o, p)
	if !errors.Is(err, context.Canceled) || int(r.Kept+r.Jobs) != 3000 || r.Jobs > 500 || len(r.Backups) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if out := s.numbers("queue:" + r.Shelf); len(out) != int(r.Jobs) {
		t.Errorf("%d are on %s", len(out), r.Shelf)
	}
	if got := len(s.numbers("queue:push")); got != 3000-int(r.Jobs) {
		t.Errorf("%d left of 3000 without %d", got, r.Jobs)
	}
}

func TestAFilterThatDiedIsBroughtToItsEnd(t *testing.T) {
	s := small(t)
	s.fill("push", 0, 3000, "")
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	p.tell = func(Progress) {
		if n++; n == 3 {
			s.Door.SetReadOnly(true)
		}
	}
	if _, err := s.Do(t.Context(), o, p); err == nil {
		t.Fatal("it did not die")
	}
	s.Door.SetReadOnly(false)
	s.later()
	s.fill("push", 3000, 3050, "")
	snap, err := s.Jobs.Snapshot(t.Context())
	if err != nil || len(snap.Shelves) != 2 || len(alarms(snap, nil)) < 2 {
		t.Fatalf("%+v %v", snap.Shelves, err)
	}
	filtered, removed := snap.Shelves[0], snap.Shelves[1]
	if filtered.Kind == Removed {
		filtered, removed = removed, filtered
	}
	for _, o := range []Order{{Deed: Park}, {Deed: Delete, Filter: o.Filter}, {Deed: Move, To: "pull"}, {Deed: Kill, Filter: o.Filter}} {
		o.Name = "push"
		if p, err := s.Plan(t.Context(), o, nil); err != nil || p.Refusal == nil || !strings.Contains(p.Refusal.Error()+fault.Of(p.Refusal).Next, filtered.ID) {
			t.Errorf("%s beside it: %v %v", o.Deed, p.Refusal, err)
		}
	}
	s.must(Order{Deed: Restore, Name: filtered.ID})
	left := s.numbers("queue:push")
	s.equal("in order", sorted(left), left)
	s.must(Order{Deed: Restore, Name: removed.ID})
	s.equal("all", sorted(s.numbers("queue:push")), upTo(3050))
}

func TestMoveChangesWhereAJobComesBack(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 900, "")
	r := s.must(Order{Deed: Move, Name: "pull", To: "fasp", Filter: Filter{Hosts: []string{"h3.example"}}})
	if want := 129; int(r.Jobs) != want {
		t.Errorf("%+v", r)
	}
	for _, raw := range s.raw.LRange(t.Context(), "queue:fasp", 0, -1).Val() {
		if p := payloadOf(raw); p.queue != "fasp" || p.host() != "h3.example" || !strings.Contains(raw, "109372843234567890") {
			t.Fatalf("%s", raw)
		}
	}
	all := append(s.numbers("queue:pull"), s.numbers("queue:fasp")...)
	s.equal("together", sorted(all), upTo(900))
}

func TestDeleteWritesABackupThatCanBeReadBack(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 1234, "")
	s.raw.LPush(t.Context(), "queue:pull", "no JSON\nat all")
	before := s.raw.LRange(t.Context(), "queue:pull", 0, -1).Val()
	parked := s.must(Order{Deed: Park, Name: "pull"})
	r := s.must(Order{Deed: Delete, Name: parked.Shelf})
	if r.Jobs != 1235 || len(r.Backups) != 1 || s.raw.Exists(t.Context(), "queue:"+parked.Shelf, shelvesKey).Val() != 0 {
		t.Fatalf("%+v", r)
	}
	if info, err := os.Stat(r.Backups[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	loaded := s.must(Order{Deed: Load, Name: r.Backups[0]})
	s.must(Order{Deed: Restore, Name: loaded.Shelf})
	if after := s.raw.LRange(t.Context(), "queue:pull", 0, -1).Val(); !slices.Equal(before, after) {
		t.Errorf("%d jobs, and were %d", len(after), len(before))
	}
	text, err := os.ReadFile(r.Backups[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{len(text) - 1, len(text) / 2, 10} {
		if err := os.WriteFile(r.Backups[0], text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Plan(t.Context(), Order{Deed: Load, Name: r.Backups[0]}, nil); err == nil {
			t.Errorf("a backup of %d bytes of %d was read", cut, len(text))
		}
	}
}

// The backups of this instance are found, the newest first; what only looks like one is not.
func TestBackupsAreFound(t *testing.T) {
	s := small(t)
	if all, err := s.Backups(); err != nil || len(all) != 0 {
		t.Errorf("none was written: %+v %v", all, err)
	}
	s.failed(Dead, 30)
	first := s.must(Order{Deed: Delete, Name: Dead, Filter: Builtin["dead-http"]})
	second := s.must(Order{Deed: Delete, Name: Dead})
	other := *s.Acts
	other.Instance = "other.example"
	b, err := other.newBackup(BackupHead{Queue: "push"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.add(found{raw: "{}"}), b.end(), os.WriteFile(filepath.Join(s.Dir, "x.jsonl.gz"), []byte("no backup"), 0o600)); err != nil {
		t.Fatal(err)
	}
	all, err := s.Backups()
	if err != nil || len(all) != 2 || all[0].Path != second.Backups[0] || all[1].Path != first.Backups[0] || all[0].Queue != Dead || all[0].Bytes == 0 {
		t.Errorf("%+v %v", all, err)
	}
}

func TestAShelfIsFiltered(t *testing.T) {
	s := small(t)
	s.fill("pull", 0, 1000, "")
	parked := s.must(Order{Deed: Park, Name: "pull"})
	s.must(Order{Deed: Delete, Name: parked.Shelf, Filter: Filter{Classes: []string{"RefreshWorker"}}})
	want := slices.DeleteFunc(upTo(1000), func(n int) bool { return n%3 == 0 })
	s.equal("parked", s.numbers("queue:"+parked.Shelf), want)
	s.must(Order{Deed: Delete, Name: parked.Shelf, Filter: Filter{Classes: []string{"*"}}})
	if n := s.raw.Exists(t.Context(), "queue:"+parked.Shelf, shelvesKey).Val(); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}

func (s *site) failed(set string, n int) {
	s.Helper()
	p := s.raw.Pipeline()
	for i := range n {
		more := fmt.Sprintf(`,"error_class":"HTTP::TimeoutError","error_message":"https://h%d.example/x timed out for picard@h.example","retry_count":4,"failed_at":1764000000.5`, i%7)
		class := "ThreadResolveWorker"
		if i%3 == 0 {
			class = "DeliveryWorker"
		}
		p.ZAdd(s.Context(), set, goredis.Z{Score: float64(1764000000 + i/10), Member: job("push", class, i, time.Hour, more)})
	}
	if _, err := p.Exec(s.Context()); err != nil {
		s.Fatal(err)
	}
}

func TestDeadAreDeletedAndReadBack(t *testing.T) {
	s := small(t)
	s.failed(Dead, 1000)
	before := s.raw.ZRangeWithScores(t.Context(), Dead, 0, -1).Val()
	r := s.must(Order{Deed: Delete, Name: Dead, Filter: Builtin["dead-http"]})
	if r.Jobs != 666 || r.Kept != 334 || s.raw.ZCard(t.Context(), Dead).Val() != 334 {
		t.Fatalf("%+v", r)
	}
	back := s.must(Order{Deed: Load, Name: r.Backups[0]})
	if after := s.raw.ZRangeWithScores(t.Context(), Dead, 0, -1).Val(); back.Jobs != 666 || !slices.Equal(before, after) {
		t.Errorf("%+v", back)
	}
	if again := s.must(Order{Deed: Load, Name: r.Backups[0]}); again.Jobs != 0 {
		t.Errorf("read back twice: %+v", again)
	}
}

func TestRetryIsCappedAndPaced(t *testing.T) {
	s := small(t)
	s.failed(Retry, 100)
	r := s.must(Order{Deed: Requeue, Name: Retry, Limit: 20, Rate: 100})
	if r.Jobs != 20 || r.Took < 150*time.Millisecond || s.raw.ZCard(t.Context(), Retry).Val() != 80 || !s.raw.SIsMember(t.Context(), "queues", "push").Val() {
		t.Errorf("%+v", r)
	}
	s.equal("retried", sorted(s.numbers("queue:push")), upTo(20)) // ten of them have one score
	raw := s.raw.LIndex(t.Context(), "queue:push", 0).Val()
	p := payloadOf(raw)
	if p.retries != "3" || time.Since(p.at()) > time.Minute || !strings.Contains(raw, "109372843234567890") || strings.Contains(p.enqueued, ".") {
		t.Errorf("%s", raw)
	}
}

func TestKill(t *testing.T) {
	s := small(t)
	s.failed(Retry, 100)
	s.fill("pull", 0, 900, "")
	if r := s.must(Order{Deed: Kill, Name: Retry, Filter: Filter{Classes: []string{"DeliveryWorker"}}}); r.Jobs != 34 {
		t.Errorf("%+v", r)
	}
	if r := s.must(Order{Deed: Kill, Name: "pull", Filter: Filter{Classes: []string{"RefreshWorker"}}}); r.Jobs != 300 {
		t.Errorf("%+v", r)
	}
	if n := s.raw.ZCard(t.Context(), Dead).Val(); n != 334 || len(s.numbers("queue:pull")) != 600 {
		t.Errorf("%d dead", n)
	}
}

func (s *site) lock(jid string, n int) string {
	digest := fmt.Sprintf("uniquejobs:%032d", n)
	s.raw.HSet(s.Context(), digest+":LOCKED", jid, "1764000000.5")
	s.raw.Set(s.Context(), digest, jid, 0)
	s.raw.ZAdd(s.Context(), "uniquejobs:digests", goredis.Z{Score: 1, Member: digest})
	return digest
}

func TestLocksAreReleasedForTheirHolderOnly(t *testing.T) {
	s := small(t)
	for n := range 300 {
		jid := fmt.Sprintf("%024d", n)
		holder := jid
		if n%3 == 1 {
			holder = "another"
		}
		digest := fmt.Sprintf("uniquejobs:%032d", n)
		if n%3 != 2 {
			digest = s.lock(holder, n)
		}
		s.raw.LPush(s.Context(), "queue:pull", job("pull", "RefreshWorker", n, time.Minute, `,"lock_digest":"`+digest+`"`))
	}
	s.raw.SAdd(t.Context(), "queues", "pull")
	p, err := s.Plan(t.Context(), Order{Deed: Park, Name: "pull"}, nil)
	if err != nil || p.Locks != (Locks{Of: 300, Own: 100, Other: 100, None: 100}) || !strings.Contains(strings.Join(p.Caution, "\n"), "unique lock") {
		t.Fatalf("%+v %v", p, err)
	}
	parked := s.must(Order{Deed: Park, Name: "pull"})
	for _, o := range []Order{{Deed: Restore, Name: parked.Shelf}, {Deed: Delete, Name: parked.Shelf}, {Deed: Delete, Name: parked.Shelf, KeepLocks: true}} {
		if p, err := s.Plan(t.Context(), o, nil); err != nil || !strings.Contains(strings.Join(append(p.Caution, p.Lines...), "\n"), "unique lock") {
			t.Errorf("%s does not say what it does to locks: %+v %v", o.Deed, p, err)
		}
	}
	r := s.must(Order{Deed: Delete, Name: parked.Shelf})
	if r.Unlocked != 100 || s.raw.ZCard(t.Context(), "uniquejobs:digests").Val() != 100 || len(s.raw.Keys(t.Context(), "uniquejobs:*:LOCKED").Val()) != 100 {
		t.Errorf("%+v", r)
	}
}

func TestSignalsGuardTheScheduler(t *testing.T) {
	m := miniredis.RunT(t)
	s := at(t, m.Addr())
	beat(m, "", host+":7:0a1b2c3d4e5f", "8.1.6", "false")
	_, _ = m.SAdd("processes", "exec:1:ffff")
	m.HSet("exec:1:ffff", "info", `{"hostname":"exec","queues":["scheduler"],"concurrency":5}`, "busy", "2", "beat", "1764000000.25", "quiet", "false")
	s.must(Order{Deed: Quiet, Identities: []string{host + ":7:0a1b2c3d4e5f"}})
	p, err := s.Plan(t.Context(), Order{Deed: Stop, Identities: []string{"exec:1:ffff"}}, nil)
	if err != nil || p.Again != instance || p.Confirm != "exec:1:ffff" {
		t.Errorf("%+v %v", p, err)
	}
	p, err = s.Plan(t.Context(), Order{Deed: Quiet, Name: "exec", Identities: []string{"exec:1:ffff", host + ":7:0a1b2c3d4e5f"}}, nil)
	if err != nil || p.Again != instance || p.Confirm != "exec" || !strings.Contains(p.What, "2 Sidekiq processes of exec") {
		t.Errorf("of a node: %+v %v", p, err)
	}
	s.must(Order{Deed: Dump, Identities: []string{"exec:1:ffff"}})
	if l, err := m.List("exec:1:ffff-signals"); err != nil || len(l) != 1 || l[0] != "TTIN" {
		t.Errorf("%v %v", l, err)
	}
	if p, err := s.Plan(t.Context(), Order{Deed: Quiet, Identities: []string{"nobody"}}, nil); err != nil || p.Refusal == nil {
		t.Errorf("%+v %v", p, err)
	}
}
