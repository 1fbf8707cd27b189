//go:build lab

package sidekiq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	lab "github.com/vmtui/vmtui/fixtures/lab/redis"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/redis"
)

// real is a site on a real Redis.
func real(t *testing.T, args ...string) (*site, *lab.Server) {
	t.Helper()
	s, err := lab.Start(t.Context(), t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return onURL(t, s.URL(), s.Client), s
}

func onURL(t *testing.T, url string, raw *goredis.Client) *site {
	t.Helper()
	c := redis.New(redis.Config{URL: redis.At(url)})
	t.Cleanup(func() { _ = c.Close() })
	b := &book{}
	return &site{T: t, book: b, raw: raw, Acts: &Acts{
		Jobs: New(c, ""), Door: act.NewDoor(false, nil), Journal: b, Instance: instance, Operator: "mike@laptop", Dir: t.TempDir(),
	}}
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(3 * time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("waited too long for " + what)
		}
	}
}

func TestParkAndRestoreOnRealRedis(t *testing.T) {
	s, _ := real(t)
	s.parkAndRestore()
}

// Redis itself says to an act, which was planned before, for how long another one's claim still is.
func TestAClaimOnRealRedis(t *testing.T) {
	s, _ := real(t)
	s.fill("push", 0, 10, "")
	o := Order{Deed: Park, Name: "push", Typed: "push"}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.raw.Set(t.Context(), claimKey+"push", "anna@desk X", time.Hour)
	if _, err := s.Do(t.Context(), o, p); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "anna@desk's") || !strings.Contains(err.Error(), "free in 1h0m0s") {
		t.Errorf("%v", err)
	}
	s.raw.Set(t.Context(), claimKey+"push", "anna@desk X", time.Second)
	if p, err = s.Plan(t.Context(), o, nil); err != nil || p.Busy == nil {
		t.Fatalf("%+v %v", p.Busy, err)
	}
	if err := s.Jobs.Await(t.Context(), p.Busy, func(Progress) {}); err != nil {
		t.Error(err)
	}
	s.must(o)
}

func TestFilterBesideWorkersOnRealRedis(t *testing.T) {
	s, _ := real(t)
	s.filterBesideWorkers(60_000)
}

// What vmtui parks and restores, Ruby's own API counts and reads the same; and what Ruby writes, vmtui counts the same.
func TestRubyReadsTheSame(t *testing.T) {
	s, server := real(t)
	dir := t.TempDir()
	ruby := func(script string, out any) {
		t.Helper()
		if err := lab.Ruby(t.Context(), dir, server.URL(), script, out); err != nil {
			t.Fatal(err)
		}
	}
	ruby(`line("pull", 0, 300)`, nil)
	snap, err := s.Jobs.Snapshot(t.Context())
	i := slices.IndexFunc(snap.Queues, func(q Queue) bool { return q.Name == "pull" })
	if err != nil || snap.Queues[i].Size != 300 || snap.Queues[i].Latency <= 0 {
		t.Fatalf("%+v %v", snap.Queues, err)
	}
	var saw struct {
		Size    int
		Latency float64
		Names   []string
		Args    []int
	}
	const look = `q = Sidekiq::Queue.new("pull"); puts({size: q.size, latency: q.latency, names: Sidekiq::Queue.all.map(&:name), args: q.map { |j| j.args[0] }.reverse}.to_json)`
	ruby(look, &saw)
	if d := saw.Latency - snap.Queues[i].Latency.Seconds(); d < 0 || d > 60 {
		t.Errorf("Ruby's latency is %.1f, ours was %s", saw.Latency, snap.Queues[i].Latency)
	}
	parked := s.must(Order{Deed: Park, Name: "pull"})
	ruby(look, &saw)
	if saw.Size != 0 || len(saw.Args) != 0 || slices.ContainsFunc(saw.Names, func(n string) bool { return strings.Contains(n, "parked") }) {
		t.Errorf("parked, and Ruby sees %+v", saw)
	}
	ruby(`line("pull", 300, 350)`, nil)
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	ruby(look, &saw)
	if saw.Size != 350 || !slices.Equal(saw.Args, upTo(350)) {
		t.Errorf("restored, and Ruby sees %d: %v", saw.Size, saw.Args[:min(len(saw.Args), 10)])
	}
	ruby(`Sidekiq::Queue.new("pull").each { |j| j.delete if j.klass == "RefreshWorker" }`, nil)
	h, err := s.Jobs.Count(t.Context(), mustPlace(s, "pull"), Filter{}, nil)
	if err != nil || h.Counted != 233 || len(h.Classes) != 1 {
		t.Errorf("%+v %v", h, err)
	}
}

// A filtered delete beside running Ruby workers and producers loses none and doubles none; what vmtui retries, Ruby carries out.
func TestFilteredDeleteBesideRubyWorkers(t *testing.T) {
	s, server := real(t)
	dir := t.TempDir()
	if err := lab.Ruby(t.Context(), dir, server.URL(), `line("push", 0, 20000)`, nil); err != nil {
		t.Fatal(err)
	}
	workers, err := lab.Work(dir, server.URL(), 5, "push", "pull")
	if err != nil {
		t.Fatal(err)
	}
	defer workers.Stop()
	eventually(t, "work to begin", func() bool { return s.raw.LLen(t.Context(), "done").Val() > 0 })
	produced := make(chan error, 1)
	go func() { produced <- lab.Ruby(t.Context(), dir, server.URL(), `line("push", 20000, 20500)`, nil) }()
	r := s.must(Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}})
	moved := s.must(Order{Deed: Move, Name: "push", To: "pull", Filter: Filter{Hosts: []string{"h3.example"}}})
	if err := <-produced; err != nil {
		t.Fatal(err)
	}
	if r.Jobs < 100 || moved.Jobs < 100 {
		t.Errorf("the workers were faster than the test: %+v %+v", r, moved)
	}
	eventually(t, "the queues to be empty", func() bool {
		return s.raw.LLen(t.Context(), "queue:push").Val()+s.raw.LLen(t.Context(), "queue:pull").Val() == 0
	})
	workers.Stop()
	var done []int
	for _, text := range s.raw.LRange(t.Context(), "done", 0, -1).Val() {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, n)
	}
	for _, path := range r.Backups {
		if _, _, err := readBackup(path, func(f found) error {
			n, err := strconv.Atoi(strings.Trim(strings.Split(payloadOf(f.raw).args, ",")[0], "["))
			done = append(done, n)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	s.equal("done or deleted", sorted(done), upTo(20500))
}

// What failed in Ruby is retried by us and done by Ruby; what is given up by us is dead to Ruby.
func TestRetryAndKillAsRubySeesThem(t *testing.T) {
	s, server := real(t)
	dir := t.TempDir()
	if err := lab.Ruby(t.Context(), dir, server.URL(), `(0...40).each { |n| Sidekiq::Client.push("class" => FailingWorker, "queue" => "push", "args" => [n]) }`, nil); err != nil {
		t.Fatal(err)
	}
	workers, err := lab.Work(dir, server.URL(), 5, "push")
	if err != nil {
		t.Fatal(err)
	}
	defer workers.Stop()
	eventually(t, "failures", func() bool { return s.raw.ZCard(t.Context(), Retry).Val() == 40 })
	v, err := s.Jobs.NewWatch().Look(t.Context())
	if err != nil || len(v.Processes) != 1 || v.Processes[0].Concurrency != 5 || v.Sets.Retry != 40 {
		t.Errorf("%+v %v", v.Processes, err)
	}
	h, err := s.Jobs.Sample(t.Context(), mustPlace(s, Retry), Filter{})
	if err != nil || len(h.Hosts) != 1 || h.Hosts[0] != (Share{"down.example", 40}) || h.Errors[0].Name != "RuntimeError" {
		t.Errorf("%+v %v", h, err)
	}
	s.raw.Set(t.Context(), "healed", "1", 0)
	if r := s.must(Order{Deed: Requeue, Name: Retry, Limit: 30, Rate: 1000, Filter: Filter{Errors: []string{"RuntimeError"}}}); r.Jobs != 30 {
		t.Errorf("%+v", r)
	}
	if r := s.must(Order{Deed: Kill, Name: Retry, Filter: Filter{Hosts: []string{"down.example"}}}); r.Jobs+r.Gone > 10 {
		t.Errorf("%+v", r)
	}
	eventually(t, "the retried to be done", func() bool { return s.raw.LLen(t.Context(), "done").Val() >= 30 })
	var dead int
	if err := lab.Ruby(t.Context(), dir, server.URL(), `puts Sidekiq::DeadSet.new.size + Sidekiq.redis { |r| r.llen("done") } + Sidekiq::RetrySet.new.size`, &dead); err != nil || dead != 40 {
		t.Errorf("%d %v", dead, err)
	}
	// Quiet reaches a real process by its signal list.
	s.must(Order{Deed: Quiet, Identities: []string{v.Processes[0].Identity}})
	eventually(t, "quiet", func() bool {
		all, err := s.Jobs.Processes(t.Context())
		return err == nil && len(all) == 1 && all[0].Quiet
	})
}

// Jobs in the hands of a process that is killed are remembered by whoever looked at all, before it died or in the minute after, and can be put back.
func TestWhatAKilledRubyHadInHand(t *testing.T) {
	s, server := real(t)
	dir := t.TempDir()
	if err := lab.Ruby(t.Context(), dir, server.URL(), `2.times { |n| Sidekiq::Client.push("class" => SleepingWorker, "queue" => "push", "args" => [n]) }`, nil); err != nil {
		t.Fatal(err)
	}
	raws := s.raw.LRange(t.Context(), "queue:push", 0, -1).Val()
	workers, err := lab.Work(dir, server.URL(), 2, "push")
	if err != nil {
		t.Fatal(err)
	}
	before, after := s.Jobs.NewWatch(), s.Jobs.NewWatch()
	var id string
	eventually(t, "both jobs in hand", func() bool {
		v, err := before.Look(t.Context())
		if err == nil && len(v.Processes) == 1 {
			id = v.Processes[0].Identity
		}
		return id != "" && len(v.Processes[0].Work) == 2
	})
	workers.Kill()
	if v, err := after.Look(t.Context()); err != nil || len(v.Lost) != 0 || len(v.Processes[0].Work) != 2 {
		t.Fatalf("just dead, and Redis does not know: %+v %v", v.Lost, err)
	}
	for _, key := range []string{id, id + ":workers"} { // a minute later
		if !s.raw.PExpire(t.Context(), key, time.Millisecond).Val() {
			t.Errorf("%s is not there", key)
		}
	}
	eventually(t, "Redis to forget", func() bool { return s.raw.Exists(t.Context(), id, id+":workers").Val() == 0 })
	for _, w := range []*Watch{before, after} {
		if v, err := w.Look(t.Context()); err != nil || len(v.Lost) != 2 || v.Lost[0].Class != "SleepingWorker" {
			t.Fatalf("%+v %v", v.Lost, err)
		}
	}
	v, err := after.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.must(Order{Deed: PutBack, Lost: v.Lost})
	if got := s.raw.LRange(t.Context(), "queue:push", 0, -1).Val(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(raws))) {
		t.Errorf("%v, and were %v", got, raws)
	}
}

// Through a real stunnel it all works; one that lost its other end accepts and closes, which is said.
func TestBehindStunnel(t *testing.T) {
	_, server := real(t)
	tunnel, err := lab.NewTunnel(t.Context(), t.TempDir(), server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer tunnel.Close()
	s := onURL(t, "redis://:"+lab.Password+"@"+tunnel.Addr, server.Client)
	s.parkAndRestore()
	tunnel.StopFar()
	_, err = s.Jobs.Snapshot(t.Context())
	if err == nil || !strings.Contains(fault.Of(err).Next, "stunnel") {
		t.Errorf("%v", err)
	}
	if err := tunnel.StartFar(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Jobs.Snapshot(t.Context()); err != nil {
		t.Errorf("after it is back: %v", err)
	}
	wrong := onURL(t, "redis://:wrong@"+tunnel.Addr, server.Client)
	if _, err := wrong.Jobs.Snapshot(t.Context()); err == nil || !strings.Contains(fault.Of(err).Next, "password") {
		t.Errorf("%v", err)
	}
	socket := onURL(t, "unix://:"+lab.Password+"@"+server.Socket, server.Client)
	if _, err := socket.Jobs.Snapshot(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
	stranger := onURL(t, "rediss://:"+lab.Password+"@"+tunnel.Far, server.Client)
	if _, err := stranger.Jobs.Snapshot(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
}

// Where Redis may drop what is parked, a backup is written first, asked for or not; one without room says so, and nothing is lost.
func TestEvictionAndMemory(t *testing.T) {
	s, _ := real(t, "--maxmemory", "20mb", "--maxmemory-policy", "allkeys-lru")
	s.fill("pull", 0, 500, "")
	if p, err := s.Plan(t.Context(), Order{Deed: Park, Name: "pull"}, nil); err != nil || p.Refusal != nil || !p.Backup {
		t.Errorf("%+v %v", p, err)
	}
	r := s.must(Order{Deed: Park, Name: "pull"})
	if len(r.Backups) != 1 || len(s.backedUp()) != 500 {
		t.Errorf("%+v", r)
	}
	s.fill("push", 500, 2000, "") // what a filter has in hand could be dropped too
	move := Order{Deed: Move, Name: "push", To: "fasp", Filter: Filter{Classes: []string{"RefreshWorker"}}}
	if p, err := s.Plan(t.Context(), move, nil); err != nil || !p.Backup || !strings.Contains(strings.Join(p.Caution, "\n"), "those too that are to stay") {
		t.Errorf("%+v %v", p, err)
	}
	if m := s.must(move); m.Jobs != 500 || len(m.Backups) != 1 || len(s.backedUp()) != 2000 {
		t.Errorf("%+v", m)
	}
	s.raw.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
	s.raw.ConfigSet(t.Context(), "maxmemory", "100kb")
	p := s.must(Order{Deed: Park, Name: "push"}) // what helps a full Redis is done there
	if d := s.must(Order{Deed: Delete, Name: p.Shelf}); d.Jobs != 1000 {
		t.Errorf("%+v", d)
	}
	if _, err := s.act(Order{Deed: Load, Name: r.Backups[0]}); err == nil || !strings.Contains(err.Error(), "memory limit") {
		t.Errorf("%v", err)
	}
	s.raw.ConfigSet(t.Context(), "maxmemory", "0")
	s.must(Order{Deed: Restore, Name: r.Shelf})
	s.equal("restored", s.numbers("queue:pull"), upTo(500))
}

// A failover in the middle of a filter: the act waits, goes on with the new primary, and nothing is lost or doubled.
func TestFailoverInTheMiddle(t *testing.T) {
	s := twoOf(t)
	s.filled("")
	o := Order{Deed: Delete, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}, Typed: "push"}
	p, err := s.Plan(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	promoted := make(chan error, 1)
	told := 0
	p.tell = func(Progress) {
		if told++; told != 5 {
			return
		}
		// The replica is behind by nothing: what is lost in a real failover is what it had not heard of, which the steps' numbers bear too.
		eventually(t, "the replica to be level", func() bool {
			return s.first.Client.HGetAll(context.Background(), s.Jobs.key(shelvesKey)).Val() != nil && s.first.Client.Wait(context.Background(), 1, time.Second).Val() == 1
		})
		s.first.Kill()
		s.line.To(s.second.Addr) // still a replica: READONLY
		go func() { promoted <- s.second.Client.ReplicaOf(context.Background(), "NO", "ONE").Err() }()
	}
	r, err := s.Do(t.Context(), o, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-promoted; err != nil {
		t.Fatal(err)
	}
	s.raw = s.second.Client
	want := slices.DeleteFunc(upTo(20_000), func(n int) bool { return n%3 == 0 })
	s.equal("left", s.numbers("queue:push"), want)
	if s.raw.Exists(t.Context(), shelvesKey).Val() != 0 {
		t.Errorf("%+v", r)
	}
}

// timed is a way to Redis on which the own time of each script is measured: what Redis's thread was on a processor from when the script is sent to when its
// answer begins. The slow log counts the clock's time, in which a script that was put aside for other programs looks long as well.
type timed struct {
	server *lab.Server
	most   time.Duration
	n      int
}

func (w *timed) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, w.server.Addr)
	return &timedConn{Conn: c, way: w}, err
}

type timedConn struct {
	net.Conn
	way  *timed
	sent time.Duration // 0: no script is under way
}

func (c *timedConn) Write(p []byte) (int, error) {
	if head := bytes.ToLower(p[:min(len(p), 40)]); bytes.Contains(head, []byte("evalsha")) || bytes.Contains(head, []byte("eval\r")) {
		worked, _, err := c.way.server.Worked()
		if err != nil {
			return 0, err
		}
		c.sent = worked
	}
	return c.Conn.Write(p)
}

func (c *timedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.sent == 0 {
		return n, err
	}
	worked, _, failed := c.way.server.Worked()
	c.way.most, c.way.n = max(c.way.most, worked-c.sent), c.way.n+1
	c.sent = 0
	return n, errors.Join(err, failed)
}

// No script takes 20 ms of Redis's own time, and none stands in its slow log with more, but by as much as the kernel let it wait for a processor.
func TestScriptsAreShort(t *testing.T) {
	s, server := real(t, "--slowlog-log-slower-than", "20000", "--slowlog-max-len", "10000")
	way := &timed{server: server}
	c := redis.New(redis.Config{URL: redis.At(server.URL()), Dial: way.dial})
	t.Cleanup(func() { _ = c.Close() })
	s.Jobs = New(c, "")
	act := func(o Order) Report {
		t.Helper()
		way.most, way.n = 0, 0
		r := s.must(o)
		t.Logf("%s %s %s: %d scripts, at most %s of Redis's own time", o.Deed, filepath.Base(o.Name), o.Filter, way.n, way.most)
		if way.n == 0 || way.most >= 20*time.Millisecond {
			t.Errorf("%s: of %d scripts one took %s of Redis's own time", o.Deed, way.n, way.most)
		}
		return r
	}
	_, waited, err := server.Worked()
	if err != nil {
		t.Fatal(err)
	}
	s.fill("pull", 0, 300_000, "")
	act(Order{Deed: Delete, Name: "pull", Filter: Filter{Classes: []string{"RefreshWorker"}}})
	act(Order{Deed: Delete, Name: "pull", Filter: Filter{JIDs: []string{fmt.Sprintf("%024d", 100)}}})     // the oldest, taken out where it is
	act(Order{Deed: Delete, Name: "pull", Filter: Filter{JIDs: []string{fmt.Sprintf("%024d", 250_000)}}}) // for which Redis would look through all
	parked := act(Order{Deed: Park, Name: "pull"})
	s.fill("pull", 300_000, 360_000, "")
	act(Order{Deed: Restore, Name: parked.Shelf})
	parked = act(Order{Deed: Park, Name: "pull"})
	r := act(Order{Deed: Delete, Name: parked.Shelf})
	r = act(Order{Deed: Load, Name: r.Backups[0]})
	act(Order{Deed: Restore, Name: r.Shelf, Rate: 500_000})
	s.fill("ingress", 0, 3000, fmt.Sprintf(`,"more":%q`, strings.Repeat("x", 40_000))) // as large as ingress has them
	act(Order{Deed: Move, Name: "ingress", To: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}})
	s.failed(Retry, 30_000)
	act(Order{Deed: Requeue, Name: Retry, Limit: 10_000, Rate: 100_000})
	act(Order{Deed: Kill, Name: Retry, Filter: Filter{Classes: []string{"*"}}, Limit: 10_000})
	act(Order{Deed: Delete, Name: Dead, Filter: Filter{Classes: []string{"*"}}})
	s.raw.Del(t.Context(), "queue:push", Retry)
	s.locked(false, 20_000) // whose locks are released by the same scripts
	act(Order{Deed: Kill, Name: "push", Filter: Filter{Classes: []string{"RefreshWorker"}}})
	s.locked(true, 5000)
	act(Order{Deed: Kill, Name: Retry})
	s.raw.Del(t.Context(), "queue:push")
	s.locked(false, 20_000)
	parked = act(Order{Deed: Park, Name: "push"})
	if r := act(Order{Deed: Delete, Name: parked.Shelf}); r.Unlocked != 20_000 {
		t.Errorf("%+v", r)
	}
	_, after, err := server.Worked()
	if err != nil {
		t.Fatal(err)
	}
	over, n, err := server.Slow(t.Context(), 20*time.Millisecond)
	if err != nil || over > after-waited {
		t.Errorf("%d scripts stand in the slow log, %s over 20 ms, and Redis was kept waiting for %s only: %v", n, over, after-waited, err)
	}
	t.Logf("%d in the slow log; Redis was kept waiting for %s", n, after-waited)
}
