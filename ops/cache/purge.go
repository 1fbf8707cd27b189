package cache

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/edition"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/web"
)

// Verb is what the history calls a purge.
const Verb = "cache/purge"

// Work is a purge that is being carried out. Cancel calls off what was not sent yet.
type Work struct {
	*edition.Effort[View]

	room   *Room
	permit act.Permit
	proves bool              // the token is proved although nothing of this is at the edge: that is a later part
	hear   func(line string) // what is done and waited for, told on; nil when nobody else listens

	mu     sync.Mutex
	record Record
	now    string   // what is being done, or waited for
	notes  []string // what was seen on the way
	proofs []Probe
	over   bool
	err    error

	why error // the first error that left something; of the goroutine that purges
}

// View is a purge at one time.
type View struct {
	Record
	Now     string
	Notes   []string
	Proofs  []Probe
	Over    bool
	Err     error
	Version uint64
}

// Purge carries a plan out as one act: origin first, then the CDN, then the edge. It needs no lease: it must also work when exec is what is broken. The work
// ends with ctx at the latest; what was not sent by then is known, and can be repeated.
func (r *Room) Purge(ctx context.Context, p Plan, typed string) (*Work, error) {
	return r.PurgeBy(ctx, r.Journal, p, typed)
}

// PurgeBy is Purge with a journal of its own, for who wants to know under which id it is recorded.
func (r *Room) PurgeBy(ctx context.Context, j act.Journal, p Plan, typed string) (*Work, error) {
	a := act.Act{Verb: Verb, Target: r.zone(), What: p.Order.Words(), Danger: p.Danger, Typed: typed, Unleased: true}
	if p.Danger == act.Destroys {
		a.Identity = func(ctx context.Context) error { return r.SameZone(ctx, p) }
	}
	permit, settle, err := r.Door.Open(ctx, j, a)
	if err != nil {
		return nil, err
	}
	ctx, w, err := r.begin(ctx, p, permit)
	if err != nil {
		return nil, errors.Join(err, settle(act.Outcome{Err: err}))
	}
	go w.run(ctx, settle)
	return w, nil
}

// begin writes down what is about to be purged under a permit. Who carries it out with the context ends it.
func (r *Room) begin(ctx context.Context, p Plan, permit act.Permit) (context.Context, *Work, error) {
	w := &Work{
		room: r, permit: permit, proves: p.proves,
		record: Record{ID: newID(time.Now()), By: r.Operator, Began: time.Now().UTC(), Order: p.Order, Items: slices.Clone(p.Items), Repeats: p.Repeats},
	}
	if err := w.record.save(r.dir()); err != nil {
		return ctx, nil, err
	}
	ctx, w.Effort = edition.Begin(ctx, w.look)
	w.Changed()
	return ctx, w, nil
}

// SameZone proves, before a whole cache is emptied, that the token's zone is the one whose name was typed.
func (r *Room) SameZone(ctx context.Context, p Plan) error {
	if r.Edge == nil || !slices.ContainsFunc(p.Items, func(i Item) bool { return i.At == TheEdge }) {
		return nil
	}
	z, err := r.Edge.Look(ctx)
	if err == nil && z.Name != r.zone() {
		err = &fault.Error{What: "another zone", On: z.Name, Why: "the config says " + r.zone(), Next: "look at cloudflare.zone", Code: fault.Refused}
	}
	return err
}

// run purges, proves and records.
func (w *Work) run(ctx context.Context, settle func(act.Outcome) error) {
	defer w.End()
	ctx = remote.Telling(ctx, w.tell)
	err := w.purge(ctx)
	w.prove(ctx)
	out := w.end(err)
	lost := settle(out)
	w.mu.Lock()
	w.over, w.now, w.err = true, "", errors.Join(out.Err, lost)
	w.mu.Unlock()
	w.Changed()
}

// end writes down that it is over, and gives how.
func (w *Work) end(err error) act.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record.Ended = time.Now().UTC()
	return w.outcome(errors.Join(err, w.record.save(w.room.dir())))
}

// purge sends batch after batch. What the token may not do is found out before anything is touched.
func (w *Work) purge(ctx context.Context) error {
	items := w.record.Items
	limits := cloudflare.LimitsOf("")
	if w.proves || slices.ContainsFunc(items, func(i Item) bool { return i.At == TheEdge }) {
		w.tell("proving that the token may purge")
		var err error
		if limits, err = w.room.Edge.Limits(ctx); err == nil {
			err = w.proveToken(ctx)
		}
		if err != nil {
			return w.unproved(err)
		}
	}
	most := func(at Where, k Kind) int {
		return map[Where]int{Origin: patternsMost, CDN: digitalocean.MostFiles, TheEdge: limits.Most(k)}[at]
	}
	broken := map[string]bool{} // where nothing more is sent
	for _, b := range w.room.batches(items, most) {
		held := w.heldBack(b.at)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // what was not sent is known
		case broken[b.on]:
			continue
		case held != "":
			if err := w.mark(b, Waiting, held); err != nil {
				return err
			}
			continue
		}
		whole, err := w.send(ctx, b)
		broken[b.on] = whole
		if err != nil {
			return err
		}
	}
	return nil
}

// proveToken purges what never was, as often as the API asks for patience, or does not say what came of it.
func (w *Work) proveToken(ctx context.Context) error {
	for try := 1; ; try++ {
		err := w.room.Edge.ProvePurge(ctx, w.permit)
		w.room.noteProof(err)
		d, why := cloudflare.RetryAfter(err), "rate limit"
		if errors.Is(err, remote.ErrUnknown) {
			d, why = web.BackOff(try), brief(err)
		}
		if err == nil || d == 0 || d > web.Patience || try >= tries || !w.pause(ctx, "prove that the token may purge", why, d) {
			return err
		}
	}
}

// unproved is the error of a proof: what is to be done about it, and how the order is carried out then. What became of the proof may be unknown; of the order it
// is not: nothing was sent.
func (w *Work) unproved(err error) error {
	f := fault.Of(err)
	out := &fault.Error{What: f.What, On: f.On, Why: f.Why, Next: then(f.Next, w.record.ID), Code: f.Code, Err: err}
	if errors.Is(err, remote.ErrUnknown) {
		out.What, out.Code, out.Err = "prove that the token may purge", fault.Failed, nil
		out.Next = then("nothing of the order was sent; see Cloudflare's status page", w.record.ID)
	}
	return out
}

// then adds to what is to be done first how what was left is purged after it.
func then(first, id string) string {
	again := "repeat what was left: vmtui purge --repeat " + id
	if first == "" {
		return again
	}
	return first + "; then " + again
}

// heldBack says why the edge is not purged yet: a worker still has the old page and would fill it again. One that is not reached holds nothing back, or nobody would see
// a right page while a machine is down; that it may still fill the edge is said.
// The CDN asks the Space, and no worker.
func (w *Work) heldBack(at Where) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, i := range w.record.Items {
		if at == TheEdge && i.At == Origin && (i.State == Failed || i.State == Unknown) {
			return "held back: " + i.On + " may still have the old page and would fill it again"
		}
	}
	return ""
}

// pause waits and says so; false when the work ended meanwhile.
func (w *Work) pause(ctx context.Context, what, why string, d time.Duration) bool {
	wait := web.Wait{What: what, Why: why, For: d}
	return wait.Pause(ctx, func(context.Context, web.Wait) { w.tell(wait.String()); w.note(wait.String()) }) == nil
}

// mark changes a batch's items and writes it down: what is on its way is written down before it leaves.
func (w *Work) mark(b batch, s State, why string) error {
	w.mu.Lock()
	defer w.Changed()
	defer w.mu.Unlock()
	for _, i := range b.items {
		i.State, i.Why = s, why
	}
	return w.record.save(w.room.dir())
}

func (w *Work) tell(line string) {
	line = w.room.Redact(line)
	w.mu.Lock()
	again := w.now == line
	w.now = line
	w.mu.Unlock()
	if w.hear != nil && !again {
		w.hear(line)
	}
	w.Changed()
}

// notesMost bounds what is remembered of the way.
const notesMost = 200

func (w *Work) note(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if line = w.room.Redact(line); line == "" {
		return
	}
	if w.hear != nil && line != w.now {
		w.hear(line)
	}
	if len(w.notes) < notesMost {
		w.notes = append(w.notes, line)
	}
}
