package trail

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/run"
)

// noon is when everything here begins.
var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// log writes events a second apart.
type log []run.Event

func (l *log) add(t run.Type, step, state, detail string, data any) uint64 {
	ev := run.Event{Seq: uint64(len(*l)) + 1, Time: noon.Add(time.Duration(len(*l)) * time.Second), Leg: 1, Type: t, Step: step, State: state, Detail: detail}
	if data != nil {
		ev.Data, _ = json.Marshal(data) // plain structs always pack
	}
	*l = append(*l, ev)
	return ev.Seq
}

// walked is a run with an act that went well, one of which nobody knows, and a decision.
func walked() log {
	var l log
	l.add(run.Started, "", "", "", run.Header{Runbook: "worker-drain", Title: "Drain worker-2", Target: "worker-2", Operator: "mike", Hash: "abcdef0123456789", Steps: []run.StepInfo{{ID: "hold", Title: "Hold | it"}, {ID: "remove", Title: "Remove it"}}})
	l.add(run.LegOpen, "", "", "", run.Leg{Operator: "mike", Host: "laptop"})
	l.add(run.Stepped, "hold", "doing", "", nil)
	n := l.add(run.Intent, "hold", "", "write the hold", run.Intended{Verb: "v", Target: "worker-2", What: "write the hold"})
	l.add(run.Output, "hold", "", "a `tick` and | a pipe", nil)
	l.add(run.Settled, "hold", "done", "", run.Settlement{Intent: n, Effect: "record 7"})
	l.add(run.Stepped, "hold", "done", "", nil)
	l.add(run.Stepped, "remove", "doing", "", nil)
	n = l.add(run.Intent, "remove", "", "DELETE it", run.Intended{Verb: "v", Target: "lb", What: "DELETE it"})
	l.add(run.Settled, "remove", "unknown", "", run.Settlement{Intent: n, Error: "no answer"})
	l.add(run.Gated, "remove", "", "unknown", run.Gate{Cause: "unknown"})
	l.add(run.Answered, "remove", "", "", run.Answer{Choice: run.Skip, Reason: "it *is* out", By: "ana"})
	l.add(run.Stepped, "remove", "skipped", "it is out", nil)
	l.add(run.Result, "remove", "done", "all well", nil)
	return l
}

func TestEntriesTellWhoDidWhat(t *testing.T) {
	got := Of("r1", walked())
	if len(got) != 4 {
		t.Fatalf("%+v", got)
	}
	hold, remove, said, end := got[0], got[1], got[2], got[3]
	if hold.By != "mike" || hold.Host != "laptop" || hold.On != "worker-2" || hold.What != "write the hold" || hold.Outcome != "done" || hold.Detail != "record 7" || hold.Seconds != 2 || len(hold.Output) != 1 {
		t.Errorf("%+v", hold)
	}
	if remove.Outcome != "unknown" || remove.On != "lb" || remove.Detail != "no answer" || len(remove.Output) != 0 {
		t.Errorf("%+v", remove)
	}
	if said.Kind != Decision || said.By != "ana" || said.What != "said skip" || said.Detail != "it *is* out" {
		t.Errorf("%+v", said)
	}
	if end.Kind != Ending || end.Outcome != "done" || end.On != "worker-2" {
		t.Errorf("%+v", end)
	}
}

// A change that left and of which nothing came back is in the trail all the same.
func TestAnIntentWithoutOutcomeIsTold(t *testing.T) {
	got := Of("r1", walked()[:9])
	if len(got) != 2 || got[1].What != "DELETE it" || got[1].Outcome != "" {
		t.Errorf("%+v", got)
	}
}

type logs map[string][]run.Event

func (l logs) List(context.Context) ([]run.Summary, error) {
	var out []run.Summary
	for id, events := range l {
		out = append(out, run.Summary{ID: id, Started: events[0].Time, Updated: events[len(events)-1].Time})
	}
	return out, nil
}

func (l logs) Events(_ context.Context, id string, _ uint64) ([]run.Event, error) { return l[id], nil }

func TestQueries(t *testing.T) {
	all := logs{"r1": walked(), "r2": walked()}
	for name, x := range map[string]struct {
		q    Query
		want int
	}{
		"all":               {Query{}, 8},
		"of one run":        {Query{Run: "r2"}, 4},
		"by somebody":       {Query{By: "ana"}, 2},
		"on something":      {Query{On: "lb"}, 2},
		"unknown ones":      {Query{Outcome: "unknown"}, 2},
		"decisions":         {Query{Kind: Decision}, 2},
		"by what was said":  {Query{Text: regexp.MustCompile(`record \d`)}, 2},
		"by what it gave":   {Query{Text: regexp.MustCompile("a pipe")}, 2},
		"since":             {Query{Since: noon.Add(9 * time.Second)}, 4},
		"until":             {Query{Until: noon.Add(9 * time.Second)}, 4},
		"since much later":  {Query{Since: noon.Add(time.Hour)}, 0},
		"the newest":        {Query{Most: 3}, 3},
		"none of those":     {Query{By: "nobody"}, 0},
		"two at once":       {Query{By: "mike", Outcome: "done", Kind: Act}, 2},
		"until before that": {Query{Until: noon.Add(-time.Hour)}, 0},
	} {
		got, err := Read(t.Context(), all, x.q)
		if err != nil || len(got) != x.want {
			t.Errorf("%s: %d of %d, %v", name, len(got), x.want, err)
		}
		for i := 1; i < len(got); i++ {
			if got[i].Time.After(got[i-1].Time) {
				t.Errorf("%s: not the newest first", name)
			}
		}
	}
}

func TestReport(t *testing.T) {
	got := Report("r1", walked())
	for _, want := range []string{
		"# Drain worker-2", "| operator | mike |", "**done**", "All well"[1:], "| 1 | Hold \\| it | done | 12:00:02 | 5s | 0s |", "| 2 | Remove it | skipped | 12:00:07 | 6s | 1s |",
		"ana at `remove`: said skip (it \\*is\\* out)", "`DELETE it` — **unknown** after 1s (no answer)", "`DELETE it` on `lb` is **unknown** (no answer)",
		"step `remove` is **skipped** (it is out)", "a `tick` and | a pipe",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestReportOfAnEmptyRunIsNoPanic(t *testing.T) {
	if got := Report("r1", nil); !strings.Contains(got, "Nothing was changed.") {
		t.Error(got)
	}
}
