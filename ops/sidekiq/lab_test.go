//go:build lab

package sidekiq

import (
	"context"
	"fmt"
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

// Jobs in the hands of a process that is killed are remembered, and can be put back.
func TestWhatAKilledRubyHadInHand(t *testing.T) {
	s, server := real(t)
	dir := t.TempDir()
	if err := lab.Ruby(t.Context(), dir, server.URL(), `Sidekiq.redis { |r| r.set("n", 0) }; Sidekiq::Client.push("class" => "SleepingWorker", "queue" => "push", "args" => [1])`, nil); err != nil {
		t.Fatal(err)
	}
	workers, err := lab.Work(dir, server.URL(), 2, "push")
	if err != nil {
		t.Fatal(err)
	}
	w := s.Jobs.NewWatch()
	var id string
	eventually(t, "a heartbeat", func() bool {
		v, err := w.Look(t.Context())
		if err == nil && len(v.Processes) == 1 {
			id = v.Processes[0].Identity
		}
		return id != ""
	})
	// Its class does not exist, so that it fails at once; what it has in hand is written for it.
	raw := job("push", "SleepingWorker", 7, time.Minute, "")
	workers.Kill()
	s.raw.HSet(t.Context(), id+":work", "t1", fmt.Sprintf(`{"queue":"push","payload":%s,"run_at":%d}`, quoted(raw), time.Now().Unix()))
	if _, err := w.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.raw.Del(t.Context(), id, id+":work") // a minute later
	v, err := w.Look(t.Context())
	if err != nil || len(v.Lost) != 1 || v.Lost[0].Class != "SleepingWorker" {
		t.Fatalf("%+v %v", v.Lost, err)
	}
	s.must(Order{Deed: PutBack, Lost: v.Lost})
	if got := s.raw.LIndex(t.Context(), "queue:push", -1).Val(); got != raw {
		t.Errorf("%s", got)
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
	s.raw.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
	s.raw.ConfigSet(t.Context(), "maxmemory", "1mb")
	_, err := s.act(Order{Deed: Restore, Name: r.Shelf})
	if err == nil || !strings.Contains(err.Error(), "memory limit") {
		t.Errorf("%v", err)
	}
	s.raw.ConfigSet(t.Context(), "maxmemory", "0")
	s.must(Order{Deed: Restore, Name: r.Shelf})
	s.equal("restored", s.numbers("queue:pull"), upTo(500))
}

// A failover in the middle of a filter: the act waits, goes on with the new primary, and nothing is lost or doubled.
func TestFailoverInTheMiddle(t *testing.T) {
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
	defer func() { _ = line.Close() }()
	s := onURL(t, "redis://:"+lab.Password+"@"+line.Addr(), first.Client)
	s.fill("push", 0, 20_000, "")
	eventually(t, "replication", func() bool { return second.Client.LLen(t.Context(), "queue:push").Val() == 20_000 })
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
			return first.Client.HGetAll(context.Background(), s.Jobs.key(shelvesKey)).Val() != nil && first.Client.Wait(context.Background(), 1, time.Second).Val() == 1
		})
		first.Kill()
		line.To(second.Addr) // still a replica: READONLY
		go func() { promoted <- second.Client.ReplicaOf(context.Background(), "NO", "ONE").Err() }()
	}
	r, err := s.Do(t.Context(), o, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-promoted; err != nil {
		t.Fatal(err)
	}
	s.raw = second.Client
	want := slices.DeleteFunc(upTo(20_000), func(n int) bool { return n%3 == 0 })
	s.equal("left", s.numbers("queue:push"), want)
	if s.raw.Exists(t.Context(), shelvesKey).Val() != 0 {
		t.Errorf("%+v", r)
	}
}

// Scripts keep Redis busy for some milliseconds. Redis counts time, and not its own work: where other programs have the cores, a script that was put
// aside in the middle counts as long, so that one in twenty may.
func TestScriptsAreShort(t *testing.T) {
	s, _ := real(t, "--slowlog-log-slower-than", "20000", "--slowlog-max-len", "10000")
	s.fill("pull", 0, 200_000, "")
	s.must(Order{Deed: Delete, Name: "pull", Filter: Filter{Classes: []string{"RefreshWorker"}}})
	s.must(Order{Deed: Delete, Name: "pull", Filter: Filter{JIDs: []string{fmt.Sprintf("%024d", 100_000)}}})
	parked := s.must(Order{Deed: Park, Name: "pull"})
	s.fill("pull", 200_000, 260_000, "")
	s.must(Order{Deed: Restore, Name: parked.Shelf})
	parked = s.must(Order{Deed: Park, Name: "pull"})
	s.must(Order{Deed: Delete, Name: parked.Shelf})
	slow, err := s.raw.SlowLogGet(t.Context(), -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	var calls, usec int
	stats := s.raw.Info(t.Context(), "commandstats").Val()
	at := strings.Index(stats, "cmdstat_evalsha:")
	if _, err := fmt.Sscanf(stats[max(at, 0):], "cmdstat_evalsha:calls=%d,usec=%d", &calls, &usec); err != nil {
		t.Fatalf("%v: %s", err, stats)
	}
	t.Logf("%d scripts, %d µs each, %d over 20 ms", calls, usec/calls, len(slow))
	if usec/calls > 5000 || len(slow) > calls/20 {
		t.Errorf("%d scripts, %d µs each, and over 20 ms: %d", calls, usec/calls, len(slow))
	}
}
