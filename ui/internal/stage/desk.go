package stage

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ops/courier"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/trail"
)

// Desk is a desk that says what the stage holds and remembers what it was told.
type Desk struct {
	Snapshot fleet.Snapshot
	List     []desk.Run
	Log      []run.Event // of every run
	Review   desk.Plan
	Fails    error  // of every act
	Word     string // a password that every run was given
	Asked    audit.View
	Said     fanout.View
	Trip     courier.View
	Own      []desk.VerbState // runbooks beside the verbs of the table
	Spoken   []string         // what the palette was told before
	Lines    chan string      // what services write from now on

	changed chan struct{}
	asks    chan desk.Ask

	mu    sync.Mutex
	calls []string
	more  chan run.Event

	purging bool // a purge was begun
}

// New is a desk on the usual stage, with a run in that state.
func New(log []run.Event) *Desk {
	return &Desk{
		Snapshot: Fleet(), List: Runs(), Log: log, Review: Plan(), Asked: Calls(), Said: Answers(), Trip: Carrying(),
		changed: make(chan struct{}, 1), asks: make(chan desk.Ask, 4), more: make(chan run.Event, 64), Lines: make(chan string, 64),
	}
}

func (d *Desk) told(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
}

// Calls are the acts that were asked for, oldest first.
func (d *Desk) Calls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.calls...)
}

// Change says that the fleet has changed.
func (d *Desk) Change() { d.changed <- struct{}{} }

// Question asks the operator.
func (d *Desk) Question(a desk.Ask) { d.asks <- a }

// Happen appends to the log of the run that is followed.
func (d *Desk) Happen(ev run.Event) { d.more <- ev }

// Fleet implements ui.Desk.
func (d *Desk) Fleet() fleet.Snapshot { return d.Snapshot }

// Changed implements ui.Desk.
func (d *Desk) Changed() <-chan struct{} { return d.changed }

// Refresh implements ui.Desk.
func (d *Desk) Refresh() { d.told("refresh") }

// Verbs implements ui.Desk.
func (d *Desk) Verbs(_ context.Context, targets ...string) map[string][]desk.VerbState {
	all := map[string][]desk.VerbState{}
	for _, target := range targets {
		all[target] = append(Verbs(target), d.Own...)
	}
	return all
}

// Runs implements ui.Desk.
func (d *Desk) Runs(context.Context) ([]desk.Run, error) { return d.List, nil }

// Tail implements ui.Desk.
func (d *Desk) Tail(ctx context.Context, _ string, after uint64) iter.Seq2[run.Event, error] {
	return func(yield func(run.Event, error) bool) {
		for _, ev := range d.Log {
			if ev.Seq > after && !yield(ev, nil) {
				return
			}
		}
		for {
			select {
			case ev := <-d.more:
				if !yield(ev, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// Plan implements ui.Desk.
func (d *Desk) Plan(_ context.Context, book, target string, inputs map[string]string) (desk.Plan, error) {
	d.told("plan %s %s%s", book, target, with(inputs))
	p := d.Review
	p.Book, p.Target = book, target
	if p.Confirm != "" {
		p.Confirm = target
	}
	return p, nil
}

// Start implements ui.Desk.
func (d *Desk) Start(_ context.Context, book, target string, inputs map[string]string, typed string) (string, error) {
	d.told("start %s %s%s typed %q", book, target, with(inputs), typed)
	return "01J9ZQ7K3M", d.Fails
}

// with are inputs in words; "" for none.
func with(inputs map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		fmt.Fprintf(&b, " %s=%q", name, inputs[name])
	}
	return b.String()
}

// Resume implements ui.Desk.
func (d *Desk) Resume(_ context.Context, id string) error {
	d.told("resume %s", id)
	return d.Fails
}

// TakeOver implements ui.Desk.
func (d *Desk) TakeOver(_ context.Context, id string) error {
	d.told("take over %s", id)
	return d.Fails
}

// Answer implements ui.Desk.
func (d *Desk) Answer(_ context.Context, id string, a run.Answer) error {
	d.told("answer %s gate %d %s typed %q reason %q", id, a.Gate, a.Choice, a.Typed, a.Reason)
	return d.Fails
}

// Trail implements ui.Desk.
func (d *Desk) Trail(context.Context) ([]trail.Entry, error) { return Trail(), nil }

// Stop implements ui.Desk.
func (d *Desk) Stop(_ context.Context, id string) error {
	d.told("stop %s", id)
	return d.Fails
}

// Undo implements ui.Desk.
func (d *Desk) Undo(_ context.Context, id string) error {
	d.told("undo %s", id)
	return d.Fails
}

// Pane implements ui.Desk.
func (d *Desk) Pane(_ context.Context, _, pane string) (desk.Pane, error) { return Pane(pane), nil }

// Commands implements ui.Desk.
func (d *Desk) Commands(ctx context.Context, after uint64) (audit.View, error) {
	if after > 0 {
		<-ctx.Done()
		return audit.View{}, ctx.Err()
	}
	return d.Asked, nil
}

// Save implements ui.Desk.
func (d *Desk) Save(_ context.Context, name, text string) (string, error) {
	d.told("save %s: %s", name, text)
	return "/state/saved/1.txt", d.Fails
}

// Order implements ui.Desk.
func (d *Desk) Order(_ context.Context, set, command string, sudo bool) (fanout.Order, error) {
	d.told("order %s: %s, sudo %v", set, command, sudo)
	return fanout.Order{Nodes: []string{"exec", "worker-1", "worker-2", "worker-3"}, Words: []string{command}, Sudo: sudo}, d.Fails
}

// Exec implements ui.Desk.
func (d *Desk) Exec(_ context.Context, o fanout.Order) (string, error) {
	d.told("exec %s: %s", o.Folded(), o.Line())
	return "1", d.Fails
}

// Answers implements ui.Desk.
func (d *Desk) Answers(ctx context.Context, _ string, after uint64) (fanout.View, error) {
	if after >= d.Said.Version {
		<-ctx.Done()
		return fanout.View{}, ctx.Err()
	}
	return d.Said, d.Fails
}

// Cancel implements ui.Desk.
func (d *Desk) Cancel(_ context.Context, id string) error {
	d.told("cancel %s", id)
	return d.Fails
}

// Past implements ui.Desk.
func (d *Desk) Past(context.Context) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.Spoken), nil
}

// Say implements ui.Desk.
func (d *Desk) Say(_ context.Context, line string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Spoken = append(d.Spoken, line)
	return nil
}

// Asks implements ui.Desk.
func (d *Desk) Asks() <-chan desk.Ask { return d.asks }
