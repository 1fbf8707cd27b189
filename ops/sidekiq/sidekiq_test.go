package sidekiq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted counts the round trips.
type counted struct {
	*redis.Client
	reads int
}

func (c *counted) Read(ctx context.Context, cmds ...redis.Command) ([]redis.Reply, error) {
	c.reads++
	return c.Client.Read(ctx, cmds...)
}

type yes struct{}

func (yes) Check(context.Context) error { return nil }

func start(t *testing.T, namespace string) (*Jobs, *counted, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.RunT(t)
	c := redis.New(redis.Config{URL: redis.At("redis://" + m.Addr())})
	t.Cleanup(func() { _ = c.Close() })
	r := &counted{Client: c}
	return New(r, namespace), r, m
}

func push(m *miniredis.Miniredis, ns, queue, class, at string) {
	_, _ = m.SAdd(ns+"queues", queue)
	_, _ = m.Lpush(ns+"queue:"+queue, fmt.Sprintf(`{"class":%q,"args":["secret words"],"jid":"a1b2","queue":%q,"created_at":%s,"enqueued_at":%s}`, class, queue, at, at))
}

const host = "3f2a9d1c77be"

// beat registers a process the way a version of Sidekiq does.
func beat(m *miniredis.Miniredis, ns, id, version, quiet string) {
	h, _, _ := strings.Cut(id, ":")
	info := map[string]any{"hostname": h, "started_at": 1.7e9, "pid": 7, "tag": "mastodon", "labels": []string{}, "identity": id}
	fields := []string{"busy", "3", "beat", "1764000000.25", "rtt_us", "612", "quiet", quiet, "rss", "1000"}
	switch version[0] {
	case '6':
		info["queues"], info["concurrency"] = []string{"default", "pull"}, 25
	case '7':
		info["queues"], info["concurrency"], info["version"] = []string{"default", "pull"}, 25, version
	case '8':
		info["version"], info["queues"] = version, []string{"default", "pull"}
		fields = append(fields, "concurrency", "25")
	case '9':
		info["version"] = version
		info["capsules"] = map[string]any{"a": map[string]any{"concurrency": 20, "weights": map[string]int{"pull": 1}}, "b": map[string]any{"concurrency": 5, "weights": map[string]int{"default": 2}}}
	}
	raw, _ := json.Marshal(info)
	_, _ = m.SAdd(ns+"processes", id)
	m.HSet(ns+id, append(fields, "info", string(raw))...)
	m.HSet(ns+id+":work", "9fz8", fmt.Sprintf(`{"queue":"ingress","payload":%q,"run_at":1764000000}`, `{"class":"ActivityPub::ProcessingWorker","args":["secret words"],"jid":"0a1b"}`))
}

func TestProcessesOfAllVersions(t *testing.T) {
	for _, version := range []string{"6.5.12", "7.3.9", "8.1.6", "9.0.0"} {
		for _, ns := range []string{"", "mastodon:"} {
			t.Run(version+ns, func(t *testing.T) {
				j, _, m := start(t, strings.TrimSuffix(ns, ":"))
				beat(m, ns, host+":7:0a1b2c3d4e5f", version, "false")
				_, _ = m.SAdd(ns+"processes", "gone:1:ffffffffffff")
				got, err := j.Processes(t.Context())
				if err != nil || len(got) != 2 {
					t.Fatalf("%+v, %v", got, err)
				}
				p := got[0]
				if p.Hostname != host || p.PID != 7 || p.Busy != 3 || p.Concurrency != 25 || p.Quiet || p.Stale || p.RSS != 1024000 || strings.Join(p.Queues, ",") != "default,pull" {
					t.Errorf("process %+v", p)
				}
				if p.Beat.UnixMilli() != 1764000000250 || p.Started.Unix() != 1700000000 {
					t.Errorf("times %+v", p)
				}
				if !got[1].Stale || got[1].Hostname != "gone" {
					t.Errorf("stale %+v", got[1])
				}
			})
		}
	}
}

func TestNoProcesses(t *testing.T) {
	j, _, _ := start(t, "")
	if got, err := j.Processes(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSnapshotInTwoRoundTrips(t *testing.T) {
	j, r, m := start(t, "")
	now := time.Now().Unix()
	push(m, "", "pull", "AccountRefreshWorker", fmt.Sprintf("%d.5", now-5200))     // Sidekiq 7
	push(m, "", "pull", "AccountRefreshWorker", fmt.Sprintf("%d", now*1000))       // Sidekiq 8
	push(m, "", "ingress", "ProcessingWorker", fmt.Sprintf("%d", (now-2000)*1000)) // Sidekiq 8
	push(m, "", "default", "FeedInsertWorker", fmt.Sprintf("%d", now+100))         // another clock; whole seconds
	push(m, "", "odd", "X", `"never"`)
	beat(m, "", host+":7:0a1b2c3d4e5f", "8.1.6", "true")
	_, _ = m.SAdd("processes", "gone:1:ffffffffffff")
	_ = m.Set("stat:processed", "184223911")
	_ = m.Set("stat:failed", "9123344")
	_, _ = m.ZAdd("retry", 1, "a")
	_, _ = m.ZAdd("dead", 1, "a")
	_, _ = m.ZAdd("dead", 2, "b")
	s, err := j.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.reads != 2 {
		t.Errorf("%d round trips", r.reads)
	}
	var names []string
	sizes := map[string]int64{}
	late := map[string]int64{}
	for _, q := range s.Queues {
		names = append(names, q.Name)
		sizes[q.Name], late[q.Name] = q.Size, int64(q.Latency.Seconds())
	}
	if got := strings.Join(names, " "); got != "default push ingress mailers pull scheduler odd" {
		t.Errorf("queues: %s", got)
	}
	if sizes["pull"] != 2 || sizes["push"] != 0 || late["pull"] < 5199 || late["pull"] > 5210 || late["ingress"] < 2000 || late["ingress"] > 2010 || late["default"] != 0 || late["odd"] != 0 {
		t.Errorf("sizes %v, latencies %v", sizes, late)
	}
	if s.Processed != 184223911 || s.Failed != 9123344 || s.Sets != (Sets{Retry: 1, Dead: 2}) || len(s.Processes) != 1 || !s.Processes[0].Quiet {
		t.Errorf("snapshot %+v", s)
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	j, _, _ := start(t, "")
	s, err := j.Snapshot(t.Context())
	if err != nil || len(s.Queues) != len(usual) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSnapshotJSON(t *testing.T) {
	s := Snapshot{Queues: []Queue{{Name: "push", Size: 2, Latency: 1500 * time.Millisecond}}, Processes: []Process{{Identity: "h:1:n", Hostname: "h", Queues: []string{"push"}}}}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Queues    []map[string]any `json:"queues"`
		Processes []map[string]any `json:"processes"`
		Sets      map[string]any   `json:"sets"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if q := got.Queues[0]; q["name"] != "push" || q["size"] != 2.0 || q["latency_seconds"] != 1.5 || len(q) != 6 {
		t.Errorf("queue %v", q)
	}
	for _, key := range []string{"identity", "hostname", "busy", "concurrency", "quiet", "queues", "version"} {
		if _, ok := got.Processes[0][key]; !ok {
			t.Errorf("no %s in %v", key, got.Processes[0])
		}
	}
	if len(got.Sets) != 3 {
		t.Errorf("sets %v", got.Sets)
	}
}

func TestQuiet(t *testing.T) {
	j, _, m := start(t, "ns")
	ids := []string{host + ":7:0a1b2c3d4e5f", "other:8:ffff"}
	if err := j.Quiet(t.Context(), yes{}, ids); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		l, err := m.List("ns:" + id + "-signals")
		if err != nil || len(l) != 1 || l[0] != "TSTP" || m.TTL("ns:"+id+"-signals") != time.Minute {
			t.Errorf("%s: %v, %v", id, l, err)
		}
	}
	for _, none := range [][]string{nil, {""}} {
		if err := j.Quiet(t.Context(), yes{}, none); err == nil || errors.Is(err, remote.ErrUnknown) {
			t.Errorf("%v: %v", none, err)
		}
	}
}

func TestWorkNeverShowsArguments(t *testing.T) {
	j, _, m := start(t, "")
	id := host + ":7:0a1b2c3d4e5f"
	beat(m, "", id, "8.1.6", "false")
	m.HSet(id+":work", "mail", fmt.Sprintf(`{"queue":"mailers","payload":%q,"run_at":1763999000}`, `{"class":"Sidekiq::ActiveJob::Wrapper","wrapped":"ActionMailer::MailDeliveryJob","args":[{"arguments":["secret words"]}],"jid":"77"}`))
	m.HSet(id+":work", "old", `{"queue":"push","payload":{"class":"DeliveryWorker","jid":"88","args":["secret words"]},"run_at":1763998000}`)
	m.HSet(id+":work", "bad", `not json`)
	jobs, err := j.Work(t.Context(), id)
	if err != nil || len(jobs) != 4 {
		t.Fatalf("%+v, %v", jobs, err)
	}
	if jobs[0].Class != "?" || jobs[1].Class != "DeliveryWorker" || jobs[2].Class != "ActionMailer::MailDeliveryJob" || jobs[3].Class != "ActivityPub::ProcessingWorker" {
		t.Errorf("jobs %+v", jobs)
	}
	if j := jobs[3]; j.JID != "0a1b" || j.Queue != "ingress" || j.Since.Unix() != 1764000000 {
		t.Errorf("job %+v", j)
	}
	if raw, _ := json.Marshal(jobs); strings.Contains(string(raw), "secret") {
		t.Error("arguments are shown")
	}
}

func TestRedisGone(t *testing.T) {
	j, _, m := start(t, "")
	m.Close()
	if _, err := j.Snapshot(t.Context()); err == nil {
		t.Error("a snapshot of nothing")
	}
	if _, err := j.Processes(t.Context()); err == nil {
		t.Error("processes of nothing")
	}
	if _, err := j.Work(t.Context(), "x"); err == nil {
		t.Error("work of nothing")
	}
}

// A job goes back as it was, to be taken next; what it says is in no log of commands.
func TestJobsArePutBack(t *testing.T) {
	for _, ns := range []string{"", "mastodon:"} {
		var told []remote.Call
		m := miniredis.RunT(t)
		c := redis.New(redis.Config{URL: redis.At("redis://" + m.Addr()), Witness: func(call remote.Call) func(remote.Ending) {
			told = append(told, call)
			return func(remote.Ending) {}
		}})
		t.Cleanup(func() { _ = c.Close() })
		j := New(c, strings.TrimSuffix(ns, ":"))
		push(m, ns, "ingress", "ProcessingWorker", "1764000000")
		id := host + ":7:0a1b2c3d4e5f"
		beat(m, ns, id, "8.1.6", "false")
		jobs, err := j.Work(t.Context(), id)
		if err != nil || len(jobs) != 1 {
			t.Fatalf("%+v, %v", jobs, err)
		}
		if err := j.PutBack(t.Context(), yes{}, jobs); err != nil {
			t.Fatal(err)
		}
		queue, _ := m.List(ns + "queue:ingress")
		if len(queue) != 2 || queue[1] != `{"class":"ActivityPub::ProcessingWorker","args":["secret words"],"jid":"0a1b"}` {
			t.Errorf("%s: %q", ns, queue)
		}
		for _, call := range told {
			if strings.Contains(call.Sent+call.What, "secret words") {
				t.Errorf("told: %+v", call)
			}
		}
		if err := j.PutBack(t.Context(), yes{}, []Job{{Class: "?", JID: "x"}}); err == nil {
			t.Error("a job that could not be read was put back")
		}
	}
}
