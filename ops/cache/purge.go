package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// Work is a purge that is being carried out.
type Work struct {
	room   *Room
	cancel context.CancelFunc
	done   chan struct{}
	permit act.Permit

	edition edition.Edition
	proves  bool              // the token is proved although nothing of this is at the edge: that is a later part
	hear    func(line string) // what is done and waited for, told on; nil when nobody else listens

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
	w, err := r.begin(p, permit)
	if err != nil {
		return nil, errors.Join(err, settle(act.Outcome{Err: err}))
	}
	ctx, w.cancel = context.WithCancel(ctx)
	go w.run(ctx, settle)
	return w, nil
}

// begin writes down what is about to be purged under a permit.
func (r *Room) begin(p Plan, permit act.Permit) (*Work, error) {
	w := &Work{
		room: r, permit: permit, proves: p.proves, done: make(chan struct{}),
		record: Record{ID: newID(time.Now()), By: r.Operator, Began: time.Now().UTC(), Order: p.Order, Items: slices.Clone(p.Items), Repeats: p.Repeats},
	}
	if err := w.record.save(r.dir()); err != nil {
		return nil, err
	}
	w.edition.Changed()
	return w, nil
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
	defer close(w.done)
	defer w.cancel()
	ctx = remote.Telling(ctx, w.tell)
	err := w.purge(ctx)
	w.prove(ctx)
	out := w.end(err)
	lost := settle(out)
	w.mu.Lock()
	w.over, w.now, w.err = true, "", errors.Join(out.Err, lost)
	w.mu.Unlock()
	w.edition.Changed()
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
			return nil // what was not sent is known
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

// sending is what became of one request.
type sending struct {
	state State
	err   error
	after time.Duration // the API wants to be left alone for so long; nothing was done
	split bool          // it may be a single item that was refused
	whole bool          // nothing more of this cache can go well
	why   string        // why there was nothing to purge
	note  string
}

// tries is how often one request is made.
const tries = 4

// send sends a batch until it is known what became of it, or nothing more can be found out. Purging twice is purging once, so an answer that got lost is no
// reason to stop. Whole reports that the cache takes nothing more; an error ends everything.
func (w *Work) send(ctx context.Context, b batch) (whole bool, err error) {
	for try := 1; ; try++ {
		if err := w.mark(b, Sent, ""); err != nil {
			return true, err
		}
		w.tell(b.line())
		s := w.room.sendOnce(ctx, w.permit, b)
		refused := fault.CodeOf(s.err) == fault.Refused && !s.state.Settled()
		again := s.after > 0 && s.after <= web.Patience || s.state == Unknown || s.state == Waiting
		switch {
		case s.state.Settled():
			w.note(s.note)
			return false, w.mark(b, s.state, s.why)
		case refused:
			return true, errors.Join(w.mark(b, Waiting, brief(s.err)), s.err)
		case again && try < tries && ctx.Err() == nil:
			state := map[bool]State{true: Unknown, false: Waiting}[s.state == Unknown]
			if err := w.mark(b, state, brief(s.err)); err != nil {
				return true, err
			}
			why, d := brief(s.err), web.BackOff(try)
			if s.after > 0 {
				why, d = "rate limit", s.after
			}
			if w.pause(ctx, b.line(), why, d) {
				continue
			}
			return true, nil
		case s.split && len(b.items) > 1:
			return w.halve(ctx, b)
		}
		why := brief(s.err)
		if s.state == Unreached {
			why += "; what its nginx still keeps is unknown, and it fills the edge again if it serves visitors"
			w.note(b.on + ": not reached: " + why)
		}
		if s.state != Unreached && w.why == nil {
			w.why = s.err
		}
		return s.whole || !s.state.Settled() && s.state != Failed, w.mark(b, s.state, why)
	}
}

// halve finds the item that was refused, so that the others are purged.
func (w *Work) halve(ctx context.Context, b batch) (whole bool, err error) {
	half := len(b.items) / 2
	for _, part := range [][]*Item{b.items[:half], b.items[half:]} {
		if ctx.Err() != nil {
			return true, w.mark(batch{b.at, b.on, b.kind, part}, Waiting, "it was called off")
		}
		if whole, err = w.send(ctx, batch{b.at, b.on, b.kind, part}); whole || err != nil {
			return whole, err
		}
	}
	return false, nil
}

// sendOnce makes one request.
func (r *Room) sendOnce(ctx context.Context, p act.Permit, b batch) sending {
	switch b.at {
	case Origin:
		return r.purgeOrigin(ctx, p, b)
	case CDN:
		_, id, _ := strings.Cut(b.on, " ")
		return apiSending(r.Provider.PurgeCDN(ctx, p, id, b.what()), digitalocean.LimitedFor, digitalocean.Answered)
	case TheEdge:
	}
	one := cloudflare.Batch{Kind: b.kind, Items: b.what()}
	if b.kind == cloudflare.Everything {
		one.Items = nil
	}
	s := apiSending(r.Edge.Purge(ctx, p, one), cloudflare.RetryAfter, cloudflare.Answered)
	s.whole = s.whole || errors.Is(s.err, cloudflare.ErrToken) || errors.Is(s.err, cloudflare.ErrScope)
	s.split = s.split && !s.whole
	return s
}

// apiSending reads what an API's error says of the request.
func apiSending(err error, after func(error) time.Duration, answered func(error) bool) sending {
	switch {
	case err == nil:
		return sending{state: Purged}
	case errors.Is(err, remote.ErrUnknown):
		return sending{state: Unknown, err: err}
	case after(err) > 0:
		return sending{state: Waiting, err: err, after: after(err)}
	case answered(err):
		return sending{state: Failed, err: err, split: true}
	}
	return sending{state: Waiting, err: err} // it never left
}

// pause waits and says so; false when the work ended meanwhile.
func (w *Work) pause(ctx context.Context, what, why string, d time.Duration) bool {
	wait := web.Wait{What: what, Why: why, For: d}
	return wait.Pause(ctx, func(context.Context, web.Wait) { w.tell(wait.String()); w.note(wait.String()) }) == nil
}

// mark changes a batch's items and writes it down: what is on its way is written down before it leaves.
func (w *Work) mark(b batch, s State, why string) error {
	w.mu.Lock()
	defer w.edition.Changed()
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
	w.edition.Changed()
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

// samples is how many URLs are proved after a purge.
const samples = 3

// prove asks for some of what was purged again. A purge by prefix or host is proved by the page at its beginning.
func (w *Work) prove(ctx context.Context) {
	all := w.pages()
	if len(all) > samples {
		w.note(fmt.Sprintf("%d of %d pages are asked for again: the proof is theirs", samples, len(all)))
	}
	for _, u := range all[:min(len(all), samples)] {
		if ctx.Err() != nil {
			return
		}
		w.tell("asking for " + u + " again, HTML first")
		p, err := w.proof(ctx, u)
		if err != nil {
			w.note("the proof of " + u + " failed: " + brief(err))
			continue
		}
		w.mu.Lock()
		w.proofs = append(w.proofs, p)
		w.mu.Unlock()
		w.edition.Changed()
	}
}

// proof asks until it is right, or for a few seconds: a purge takes a moment to be everywhere.
func (w *Work) proof(ctx context.Context, u string) (Probe, error) {
	for try := 1; ; try++ {
		p, err := w.room.Prove(ctx, u)
		if err != nil || try == proofs {
			return p, err
		}
		if ok, said := p.Worked(); ok || !p.pending() || !w.pause(ctx, "ask for "+u+" again", said, proofAgain) {
			return p, nil
		}
	}
}

// proofs is how often a page is asked for before it is said that the purge did not work.
const proofs = 3

// pages are those by which it can be proved.
func (w *Work) pages() []string {
	o, purged := w.record.Order, false
	for _, i := range w.record.Items {
		purged = purged || i.State.Settled()
	}
	if !purged {
		return nil
	}
	out := slices.Clone(o.URLs)
	for _, p := range o.Prefixes {
		out = append(out, "https://"+p)
	}
	for _, h := range o.Hosts {
		out = append(out, "https://"+h+"/")
	}
	if o.Everything || len(out) == 0 {
		out = append(out, "/")
	}
	return out
}

// outcome is how it ended, for the record. It needs the lock.
func (w *Work) outcome(err error) act.Outcome {
	v := w.view()
	out := act.Outcome{Effect: v.ID + ": " + v.Tally()}
	for _, i := range v.Items {
		if len(out.Said) == transcriptLines {
			out.Said = append(out.Said, "and more: see `vmtui purge show "+v.ID+"`")
			break
		}
		out.Said = append(out.Said, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", i.State, i.At, i.On, i.What, i.Why)))
	}
	out.Said = append(out.Said, v.Notes...)
	for _, p := range v.Proofs {
		_, said := p.Worked()
		out.Said = append(out.Said, p.URL+": "+said)
	}
	out.Err = errors.Join(err, v.failure(err, w.why))
	return out
}

const transcriptLines = 400

// failure is nil when nothing is left. It says why by the first thing that went wrong, and what is to be done about that.
func (v View) failure(err, first error) error {
	rest := v.Rest()
	if err != nil || len(rest) == 0 {
		return nil
	}
	f := &fault.Error{What: "not everything was purged", On: rest[0].On, Why: v.Tally(), Next: then("", v.ID), Code: fault.Failed}
	if first != nil {
		f.Why += "; " + brief(first)
		f.Next = then(fault.Of(first).Next, v.ID)
	}
	for _, i := range rest {
		switch i.State {
		case Unknown, Sent:
			f.Code = fault.Unknown
			return errors.Join(f, remote.ErrUnknown)
		case Unreached:
			f.Code = fault.Unknown
			f.Why += "; " + i.On + ": " + i.Why
		case Waiting, Purged, Absent, Failed:
		}
	}
	return f
}

// Cancel calls off what was not sent yet.
func (w *Work) Cancel() { w.cancel() }

// Over reports that nothing more happens.
func (w *Work) Over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// Wait is what came of it.
func (w *Work) Wait() View {
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view()
}

// View is the state as soon as it is newer than that version.
func (w *Work) View(ctx context.Context, after uint64) (View, error) {
	if err := w.edition.Newer(ctx, after); err != nil {
		return View{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view(), nil
}

// view needs the lock.
func (w *Work) view() View {
	v := View{Record: w.record, Now: w.now, Notes: slices.Clone(w.notes), Proofs: slices.Clone(w.proofs), Over: w.over, Err: w.err, Version: w.edition.Number()}
	v.Items = slices.Clone(w.record.Items)
	return v
}

// brief is why an error is one, in a line.
func brief(err error) string {
	if err == nil {
		return ""
	}
	f := fault.Of(fault.All(err)[0])
	if f.Why == "" {
		return f.What
	}
	return f.Why
}
