package backlog

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/remote/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func shelf(t *testing.T) map[string]run.Book {
	t.Helper()
	m := miniredis.RunT(t)
	c := redis.New(redis.Config{URL: redis.At("redis://" + m.Addr())})
	t.Cleanup(func() { _ = c.Close() })
	books := map[string]run.Book{}
	for _, b := range Books(&sidekiq.Acts{Jobs: sidekiq.New(c, ""), Instance: "vmst.example", Dir: t.TempDir()}) {
		books[b.ID] = b
	}
	return books
}

// Every step says why, what exactly and for how long, and how to go back or why not.
func TestEveryStepIsWhole(t *testing.T) {
	books := shelf(t)
	for id, inputs := range map[string][]map[string]string{
		Triage:  {{}, {"queue": "pull"}},
		Flush:   {{"queue": "pull"}, {"queue": "pull", "then": "delete"}, {"queue": "default", "then": "restore"}},
		CleanUp: {{}, {"set": "retry", "host": "*.example"}},
	} {
		for _, given := range inputs {
			rb, err := books[id].Build(t.Context(), "", given)
			if err != nil {
				t.Fatal(err)
			}
			again, err := books[id].Build(t.Context(), rb.Target, rb.Inputs)
			if err != nil || again.Hash() != rb.Hash() {
				t.Errorf("%s is another one when it is resumed: %v", id, err)
			}
			for _, s := range rb.Steps {
				lines, err := s.Plan(t.Context())
				if s.Why == "" || err != nil || len(lines) == 0 || s.Deadline == 0 || (s.Undo == nil) == (s.NoUndo == "") || (s.Undo != nil) != (len(s.UndoPlan) > 0) {
					t.Errorf("%s/%s: %+v", id, s.ID, s.StepInfo)
				}
			}
		}
	}
}

func TestWhatCannotBeSaid(t *testing.T) {
	books := shelf(t)
	for id, given := range map[string]map[string]string{Flush: {}, CleanUp: {"filter": "none"}, CleanUp + " ": {"set": "schedule"}} {
		if _, err := books[strings.TrimSpace(id)].Build(t.Context(), "", given); fault.CodeOf(err) != fault.Usage {
			t.Errorf("%s %v: %v", id, given, err)
		}
	}
}

func TestAdvice(t *testing.T) {
	slow := sidekiq.Queue{Name: "pull", Size: 9, Latency: 1e12}
	busy := sidekiq.Process{Queues: []string{"pull"}, Busy: 25, Concurrency: 25}
	idle := busy
	idle.Busy = 2
	for says, v := range map[string]sidekiq.Snapshot{
		"start one":           {Queues: []sidekiq.Queue{slow}},
		"another process for": {Queues: []sidekiq.Queue{slow}, Processes: []sidekiq.Process{busy}},
		"database":            {Queues: []sidekiq.Queue{slow}, Processes: []sidekiq.Process{idle}},
		"next: nothing":       {Queues: []sidekiq.Queue{{Name: "pull", Size: 9}}, Processes: []sidekiq.Process{busy}},
	} {
		if got := strings.Join(advice(sidekiq.View{Snapshot: v}, "pull"), "\n"); !strings.Contains(got, says) {
			t.Errorf("%q is not in %q", says, got)
		}
	}
}
