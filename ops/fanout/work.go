package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/edition"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Verb is what the history calls an order.
const Verb = "exec/command"

// Host is a machine that does what is permitted.
type Host interface {
	Do(ctx context.Context, permit remote.Permit, c ssh.Command) ssh.Result
}

// Fan carries orders out.
type Fan struct {
	Host    func(name string) Host
	Door    *act.Door
	Journal act.Journal
	Redact  func(string) string // takes secrets out of what comes back
}

// Work is an order that is being carried out.
type Work struct {
	order  Order
	cancel context.CancelFunc
	done   chan struct{} // closed when it is over

	edition edition.Edition

	mu      sync.Mutex
	began   time.Time
	latest  time.Time        // when the latest answer came
	answers map[Said]*Answer // equal ones are kept once
	waiting map[string]bool
	over    bool
	err     error
}

// Start begins on all nodes at once and asks the door once for all of them: while it records the intent, the nodes are connected; the command leaves when
// it has said yes. The work ends with ctx at the latest: what still runs then is ended on the nodes too. It needs no lease: it is the operator's own
// command, as by ssh.
func (f Fan) Start(ctx context.Context, o Order) (*Work, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &Work{order: o, began: time.Now(), cancel: cancel, done: make(chan struct{}), answers: map[Said]*Answer{}, waiting: map[string]bool{}}
	for _, n := range o.Nodes {
		w.waiting[n] = true
	}
	said := &promise{given: make(chan struct{})}
	var all sync.WaitGroup
	early := !f.Door.ReadOnly() // where the door is shut nobody is even called
	if early {
		w.call(ctx, f, said, &all)
	}
	permit, settle, err := f.Door.Open(ctx, f.Journal, act.Act{Verb: Verb, Target: o.Folded(), What: o.Line(), Danger: act.Changes, Unleased: true})
	said.give(permit, err)
	if err != nil {
		cancel()
		all.Wait()
		return nil, err
	}
	if !early {
		w.call(ctx, f, said, &all)
	}
	w.edition.Changed()
	go w.finish(&all, settle)
	return w, nil
}

// call sends the command to every node as soon as it is permitted.
func (w *Work) call(ctx context.Context, f Fan, permit act.Permit, all *sync.WaitGroup) {
	for _, n := range w.order.Nodes {
		all.Go(func() {
			said, next := f.read(w.order.on(ctx, f.Host(n), permit))
			w.take(n, said, next)
		})
	}
}

// finish waits for every node and records how it all ended.
func (w *Work) finish(all *sync.WaitGroup, settle func(act.Outcome) error) {
	defer close(w.done)
	defer w.cancel()
	all.Wait()
	err := settle(w.outcome())
	w.mu.Lock()
	w.over, w.err = true, err
	w.mu.Unlock()
	w.edition.Changed()
}

// on carries the order out on one node.
func (o Order) on(ctx context.Context, h Host, permit act.Permit) ssh.Result {
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Timeout)
		defer cancel()
	}
	return h.Do(ctx, permit, o.command())
}

func (w *Work) take(node string, said Said, next string) {
	w.mu.Lock()
	defer w.edition.Changed()
	defer w.mu.Unlock()
	a := w.answers[said]
	if a == nil {
		a = &Answer{Said: said, Next: next, ID: strconv.Itoa(len(w.answers) + 1)}
		w.answers[said] = a
	}
	a.Nodes = append(a.Nodes, node)
	w.latest = time.Now()
	delete(w.waiting, node)
}

// Cancel ends the command wherever it still runs.
func (w *Work) Cancel() { w.cancel() }

// Over reports that nothing is awaited any more.
func (w *Work) Over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// Wait is what came of it, once all of it is over.
func (w *Work) Wait() View {
	<-w.done
	return w.now()
}

// View is the state as soon as it is newer than that version, and ctx's error when that ends first.
func (w *Work) View(ctx context.Context, after uint64) (View, error) {
	if err := w.edition.Newer(ctx, after); err != nil {
		return View{}, err
	}
	return w.now(), nil
}

func (w *Work) now() View {
	v := View{Order: w.order, Version: w.edition.Number()}
	w.mu.Lock()
	defer w.mu.Unlock()
	v.Over, v.Err, v.Began, v.Latest = w.over, w.err, w.began, w.latest
	for _, a := range w.answers {
		one := *a
		one.Nodes = slices.Clone(a.Nodes)
		v.Answers = append(v.Answers, one)
	}
	for n := range w.waiting {
		v.Waiting = append(v.Waiting, n)
	}
	v.sort()
	return v
}

// transcriptLines is how many lines of answers go on record.
const transcriptLines = 500

// outcome is how it all ended, for the record.
func (w *Work) outcome() act.Outcome {
	v := w.now()
	var out act.Outcome
	var short []string
	for _, a := range v.Answers {
		short = append(short, a.Folded()+": "+a.Verdict())
		out.Said = append(out.Said, fmt.Sprintf("%s (%d): %s", a.Folded(), len(a.Nodes), a.Verdict()))
		for text := range a.Lines() {
			out.Said = append(out.Said, "  "+text)
		}
	}
	if more := len(out.Said) - transcriptLines; more > 0 {
		out.Said = append(out.Said[:transcriptLines], fmt.Sprintf("and %s more", spelling.Count(more, "line", "lines")))
	}
	out.Effect = strings.Join(short, "; ")
	out.Err = v.failure(out.Effect)
	return out
}

// failure is nil when every node said that it went well.
func (v View) failure(why string) error {
	code := v.Code()
	if code == 0 {
		return nil
	}
	err := &fault.Error{What: "not done everywhere", On: v.Order.Folded(), Why: why, Code: code}
	if code == fault.Unknown {
		return errors.Join(err, remote.ErrUnknown)
	}
	return err
}
