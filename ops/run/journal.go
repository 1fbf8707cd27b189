package run

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

const (
	appendLimit = 15 * time.Second       // for one write to the store, busy neighbours included
	flushEvery  = 100 * time.Millisecond // how long a line of output may wait for others to be written with it
	flushLines  = 100                    // how many may wait
)

// ErrOvertaken says that another process began a newer leg of the run: this one acts no more.
var ErrOvertaken = errors.New("another process took the run over")

// journal is a leg's hold on its run's log. It writes, and hears what others write; view and history are the fold of both.
// When the log is lost or taken over it ends the leg: nothing is sent that cannot be recorded first.
type journal struct {
	store Store
	id    string
	leg   int
	pulse Pulse
	end   context.CancelCauseFunc // ends the leg's context
	gone  chan struct{}           // closed when the log is lost or taken over
	news  chan struct{}           // holds one token when somebody else wrote
	lines chan struct{}           // holds one token when output waits to be written

	mu  sync.Mutex
	err error // why the log is gone
	*reading
	pending []Event
	unsent  []Event // what happened after the log was lost, where the log is kept
	answer  *Answer
	request string
}

// hold begins to write to a log whose newest leg is ours.
func hold(s Store, c *claimed, end context.CancelCauseFunc) *journal {
	return &journal{
		store: s, id: c.view.ID, leg: c.leg, pulse: c.pulse, end: end, reading: c.reading,
		gone: make(chan struct{}), news: make(chan struct{}, 1), lines: make(chan struct{}, 1),
	}
}

// add packs and appends one event and gives its number.
func (j *journal) add(ctx context.Context, t Type, step, state, detail string, data any) (uint64, error) {
	ev, err := event(t, step, state, detail, data)
	if err != nil {
		return 0, err
	}
	return j.append(ctx, ev)
}

// append writes the events, after the output that waits, and gives the number of the first. It does not stop for a cancelled ctx: what
// happened is recorded also when the operator leaves.
func (j *journal) append(ctx context.Context, events ...Event) (uint64, error) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendLimit)
	defer cancel()
	if j.pulse.Life != nil {
		defer context.AfterFunc(j.pulse.Life, cancel)() //nolint:contextcheck // whichever ends first
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	before := len(j.pending)
	batch := append(j.pending, j.stamp(events)...)
	for {
		if j.err != nil {
			j.remember(batch)
			return 0, j.err
		}
		after := j.view.Last
		numbered := number(after, batch)
		err := j.write(late, after, numbered)
		switch {
		case err == nil:
			j.pending = nil
			j.apply(numbered)
			return after + uint64(before) + 1, nil // #nosec G115 -- a length
		case errors.Is(err, ErrStale):
			j.catchUp(late)
		default:
			j.lose(unwritable(j.id, err))
		}
	}
}

// remember keeps what could not be written. An intent is none of it: what could not be recorded was not sent. The caller holds mu.
func (j *journal) remember(events []Event) {
	j.pending = nil
	if !j.keep {
		return
	}
	for _, ev := range events {
		if ev.Type != Intent && ev.Type != Gated && ev.Type != Answered {
			j.unsent = append(j.unsent, ev)
		}
	}
}

// retryEvery is how soon a store that is away for a moment is tried again.
const retryEvery = 300 * time.Millisecond

// write appends the events. Where the leg has a pulse, a store that is away for a moment is tried again until the pulse is lost. An answer that got lost
// is looked for: the events may be there already.
func (j *journal) write(ctx context.Context, after uint64, events []Event) error {
	for {
		err := j.store.Append(ctx, j.id, after, events...)
		if err == nil || errors.Is(err, ErrStale) || errors.Is(err, ErrNoRun) || !j.patient() {
			return err
		}
		there, failed := j.store.Events(ctx, j.id, after)
		switch {
		case failed == nil && written(there, events):
			return nil
		case failed == nil && len(there) > 0:
			return ErrStale
		case pause(ctx, retryEvery) != nil || !j.patient():
			return err
		}
	}
}

// patient reports that the leg lives although its store may not answer.
func (j *journal) patient() bool { return j.pulse.Life != nil && j.pulse.held() == nil }

// written reports that the log goes on with these very events.
func written(there, events []Event) bool {
	return len(there) >= len(events) && slices.EqualFunc(there[:len(events)], events, func(a, b Event) bool {
		return a.Seq == b.Seq && a.Leg == b.Leg && a.Type == b.Type && a.Step == b.Step && a.State == b.State && a.Time.Equal(b.Time)
	})
}

func (j *journal) stamp(events []Event) []Event {
	now := time.Now()
	for i := range events {
		events[i].Leg, events[i].Time = j.leg, now
	}
	return events
}

// catchUp reads what others wrote. The caller holds mu.
func (j *journal) catchUp(ctx context.Context) {
	events, err := j.store.Events(ctx, j.id, j.view.Last)
	if err != nil {
		j.lose(unreadable(j.id, err))
		return
	}
	for _, ev := range events {
		j.hear(ev)
	}
}

// hear takes in an event of somebody else. The caller holds mu.
func (j *journal) hear(ev Event) {
	switch ev.Type {
	case LegOpen:
		if ev.Leg > j.leg {
			j.lose(overtaken(j.id))
		}
	case Answered:
		var a Answer
		if j.view.read(ev, &a) && j.view.bears(a) == nil && j.view.mayAnswer(a.By) == nil {
			j.answer = &a
		}
	case Asked:
		if j.request != RequestStop {
			j.request = ev.State
		}
	}
	j.apply([]Event{ev})
	select {
	case j.news <- struct{}{}:
	default:
	}
}

// lose ends the leg. The caller holds mu.
func (j *journal) lose(err error) {
	if j.err != nil {
		return
	}
	j.err = err
	close(j.gone)
	j.end(err)
}

// feel ends the leg when its pulse is lost.
func (j *journal) feel(ctx context.Context) {
	if j.pulse.Life == nil {
		return
	}
	select {
	case <-ctx.Done():
	case <-j.pulse.Life.Done():
		j.mu.Lock()
		defer j.mu.Unlock()
		j.lose(context.Cause(j.pulse.Life)) //nolint:contextcheck // the reason, not a context to work in
	}
}

// lost is why the log is gone, or nil.
func (j *journal) lost() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// follow hears the log until ctx ends.
func (j *journal) follow(ctx context.Context) {
	for {
		j.mu.Lock()
		after := j.view.Last
		j.mu.Unlock()
		err := j.listen(ctx, after)
		if err == nil || ctx.Err() != nil {
			return
		}
		if !j.patient() || pause(ctx, retryEvery) != nil {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.lose(unreadable(j.id, err))
			return
		}
	}
}

// listen hears the log until it ends or cannot be read.
func (j *journal) listen(ctx context.Context, after uint64) error {
	for ev, err := range j.store.Tail(ctx, j.id, after) {
		if err != nil {
			return err
		}
		j.mu.Lock()
		if ev.Seq > j.view.Last {
			j.hear(ev)
		}
		j.mu.Unlock()
	}
	return nil
}

// flush writes output that waits, in batches, until ctx ends.
func (j *journal) flush(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.lines:
		}
		if pause(ctx, flushEvery) != nil {
			return
		}
		_, _ = j.append(ctx) // a lost log is noticed by itself
	}
}

// say adds lines to the transcript, to be written soon, and at the latest with the next event.
func (j *journal) say(ctx context.Context, step string, lines ...string) {
	j.mu.Lock()
	for _, l := range lines {
		j.pending = append(j.pending, j.stamp([]Event{{Type: Output, Step: step, Detail: l}})...)
	}
	full := len(j.pending) >= flushLines
	j.mu.Unlock()
	if full {
		_, _ = j.append(ctx)
		return
	}
	select {
	case j.lines <- struct{}{}:
	default:
	}
}

// takeAnswer gives the answer to the gate of that number, once.
func (j *journal) takeAnswer(gate uint64) *Answer {
	j.mu.Lock()
	defer j.mu.Unlock()
	a := j.answer
	if a == nil || a.Gate != gate {
		return nil
	}
	j.answer = nil
	return a
}

// takeRequest gives what was asked of the run, once.
func (j *journal) takeRequest() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.request
	j.request = ""
	return r
}

// with looks into the fold.
func (j *journal) with(look func(*View, *history)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	look(j.view, j.hist)
}

// stepLog is a copy of what the log says about a step.
func (j *journal) stepLog(id string) stepLog {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := *j.hist.step(id)
	l.acts = append([]Recorded(nil), l.acts...)
	return l
}

// intent records a mutation of a step, and gives the function that records its outcome.
func (j *journal) intent(ctx context.Context, step string, undo bool, a act.Act) (func(context.Context, act.Outcome) error, error) {
	state := ""
	if undo {
		state = intentUndo
	}
	seq, err := j.add(ctx, Intent, step, state, a.What, Intended{Verb: a.Verb, Target: a.Target, What: a.What, Run: a.Run})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, o act.Outcome) error {
		j.say(ctx, step, keptOf(o.Said)...)
		state, s := settlement(seq, o)
		_, err := j.add(ctx, Settled, step, state, "", s)
		return err
	}, nil
}

func overtaken(id string) error {
	return &fault.Error{
		What: "this process stopped walking the run", On: id, Why: ErrOvertaken.Error(),
		Next: "watch it: vmtui runs show " + id, Code: fault.Refused, Err: ErrOvertaken,
	}
}
