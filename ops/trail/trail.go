// Package trail reads the audit trail out of the run logs: who did what, when, where, exactly how, and how it ended. It writes nothing; what it reads is
// what the runs and the single acts have recorded.
package trail

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/run"
)

// Kind is what an entry tells of.
type Kind string

// The kinds.
const (
	Act      Kind = "act"      // a change that was made, or tried
	Decision Kind = "decision" // what an operator said at a gate, or asked of a run
	Ending   Kind = "run"      // how a run ended
)

// Outcomes are the words that an entry's outcome can be: an act's are the first three, a run's all.
var Outcomes = []string{string(run.Done), string(run.Failed), string(run.Unknown), string(run.Stopped), string(run.Undone), string(run.Refused)}

// Entry is one line of the trail. Its texts are as the log has them: redacted before they were written, and cleaned.
type Entry struct {
	Time    time.Time     `json:"time"`
	Kind    Kind          `json:"kind"`
	Run     string        `json:"run"`
	Runbook string        `json:"runbook"` // or the verb of a single act
	Step    string        `json:"step"`
	By      string        `json:"by"`
	Host    string        `json:"host"` // the machine it was done from
	On      string        `json:"on"`
	What    string        `json:"what"`    // the exact command or call, or the decision
	Outcome string        `json:"outcome"` // done, failed, unknown; "" while none is recorded; of a run its state
	Detail  string        `json:"detail"`  // the error, the reason, the id that the world gave
	Took    time.Duration `json:"-"`
	Seconds float64       `json:"seconds"`
	Output  []string      `json:"output"`
	Pruned  int           `json:"pruned"` // lines of output that were taken out of the store since
	Seq     uint64        `json:"seq"`    // of its event in the run
}

// ID tells an entry from all others.
func (e Entry) ID() string { return e.Run + "/" + strconv.FormatUint(e.Seq, 10) }

// Logs is where runs are read from.
type Logs interface {
	List(ctx context.Context) ([]run.Summary, error)
	Events(ctx context.Context, id string, after uint64) ([]run.Event, error)
}

// Read gives the entries of every run that the query wants, newest first.
func Read(ctx context.Context, logs Logs, q Query) ([]Entry, error) {
	runs, err := logs.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, s := range runs {
		if !q.mayHave(s) {
			continue
		}
		events, err := logs.Events(ctx, s.ID, 0)
		if err != nil {
			return nil, err
		}
		for _, e := range Of(s.ID, events) {
			if q.wants(e) {
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.Run, a.Run)) })
	if q.Most > 0 && len(out) > q.Most {
		out = out[:q.Most]
	}
	return out, nil
}

// Of gives the entries of one run, oldest first.
func Of(id string, events []run.Event) []Entry {
	r := reader{id: id, acts: map[uint64]int{}, last: map[string]int{}}
	for _, ev := range events {
		r.read(ev)
	}
	return r.entries
}

// reader folds a run's events into entries.
type reader struct {
	id      string
	header  run.Header
	leg     run.Leg
	entries []Entry
	acts    map[uint64]int // an intent's number -> its entry
	last    map[string]int // a step -> the entry of its act that is open; output belongs to it
}

func (r *reader) read(ev run.Event) {
	switch ev.Type {
	case run.Started:
		unpack(ev, &r.header)
	case run.LegOpen:
		unpack(ev, &r.leg)
	case run.Intent:
		r.intent(ev)
	case run.Settled:
		r.settled(ev)
	case run.Output:
		r.output(ev)
	case run.Answered:
		r.answer(ev)
	case run.Asked:
		r.add(ev, Entry{Kind: Decision, What: "asked it to " + ev.State, Detail: ev.Detail, By: strings.TrimPrefix(ev.Detail, "by ")})
	case run.Result:
		r.result(ev)
	}
}

func unpack(ev run.Event, into any) { _ = json.Unmarshal(ev.Data, into) } // what another vmtui wrote may be something else: then nothing is told

func (r *reader) add(ev run.Event, e Entry) {
	e.Seq, e.Time, e.Run, e.Runbook, e.Step, e.Host = ev.Seq, ev.Time, r.id, r.header.Runbook, ev.Step, r.leg.Host
	if e.By == "" {
		e.By = cmp.Or(r.leg.Operator, r.header.Operator)
	}
	if e.On == "" {
		e.On = r.header.Target
	}
	r.entries = append(r.entries, e)
}

func (r *reader) intent(ev run.Event) {
	var in run.Intended
	unpack(ev, &in)
	if in.What == "" {
		in.What = ev.Detail
	}
	r.acts[ev.Seq], r.last[ev.Step] = len(r.entries), len(r.entries)
	e := Entry{Kind: Act, On: in.Target, What: in.What}
	if ev.State == "undo" {
		e.Detail = "taking it back"
	}
	r.add(ev, e)
}

func (r *reader) settled(ev run.Event) {
	var s run.Settlement
	unpack(ev, &s)
	at, known := r.acts[s.Intent]
	if !known {
		return
	}
	e := &r.entries[at]
	e.Outcome, e.Took = ev.State, ev.Time.Sub(e.Time)
	e.Seconds = e.Took.Seconds()
	var said []string
	for _, text := range []string{e.Detail, s.Effect, s.Error} {
		if text != "" {
			said = append(said, text)
		}
	}
	e.Detail = strings.Join(said, ": ")
	if r.last[ev.Step] == at {
		delete(r.last, ev.Step)
	}
}

func (r *reader) output(ev run.Event) {
	at, open := r.last[ev.Step]
	switch {
	case !open:
	case ev.Pruned:
		r.entries[at].Pruned++
	default:
		r.entries[at].Output = append(r.entries[at].Output, ev.Detail)
	}
}

func (r *reader) answer(ev run.Event) {
	var a run.Answer
	unpack(ev, &a)
	what := "said " + string(a.Choice)
	if a.Typed != "" {
		what += ", and typed " + a.Typed
	}
	r.add(ev, Entry{Kind: Decision, What: what, Detail: a.Reason, By: a.By})
}

// result tells how a run ended. A single act's end is its act's.
func (r *reader) result(ev run.Event) {
	if r.header.Single() {
		return
	}
	e := Entry{Kind: Ending, What: r.header.Title, Outcome: ev.State, Detail: ev.Detail}
	if len(r.entries) > 0 {
		e.Took = ev.Time.Sub(r.entries[0].Time)
		e.Seconds = e.Took.Seconds()
	}
	r.add(ev, e)
}
