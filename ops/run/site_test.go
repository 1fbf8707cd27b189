package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// The wires of the site. Each can fail by itself.
const (
	onAPI  = "api"  // the balancer and the provider
	onHost = "host" // the worker
	onExec = "exec" // hold and lease
)

// The things of the site that a run changes.
const (
	theHold   = "hold"
	theNotice = "notice"
	theFlag   = "flag"
	theOut    = "out" // of the balancer
	theCharge = "charge"
	theTicket = "ticket"
	theDisk   = "disk"
)

// wire is how a run reaches the site. An error of change wraps remote.ErrUnknown when nobody knows what became of it.
type wire interface {
	look(ctx context.Context, on, step, key string) (int, error)
	change(ctx context.Context, c change) error
	acquire(ctx context.Context, pid string) error
	release(ctx context.Context, pid string) error
}

// leaser takes the site's lease for this process.
type leaser struct{ w wire }

func (l leaser) Acquire(ctx context.Context, _ string) (func(context.Context) error, error) {
	pid := strconv.Itoa(os.Getpid())
	return func(ctx context.Context) error { return l.w.release(ctx, pid) }, l.w.acquire(ctx, pid)
}

func (l leaser) TakeFrom(ctx context.Context, run string) (func(context.Context) error, error) {
	return l.Acquire(ctx, run)
}

// change is a request to make something so, as the site receives it.
type change struct {
	On, Step, Key string
	Undo          bool // sent to take something back
	Off           bool // the thing is taken away
}

// site is what the made-up runbook of every kind acts on: servers that remember what they were asked, and that look into the run's log when a
// request arrives. It is in the process of the test, so that it survives the one that walks.
type site struct {
	store Store
	id    string // of the run

	mu       sync.Mutex
	things   map[string]int
	brought  map[string]int // how often a thing came to be
	received int
	lease    string // of which process it is
	wrong    []string
	strike   func() bool // a request was carried out: is it never answered?
}

func newSite(s Store) *site {
	return &site{store: s, things: map[string]int{}, brought: map[string]int{}}
}

var errStruck = errors.New("no answer")

func (s *site) look(_ context.Context, _, _, key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := s.things[key]
	if key == theDisk && value > 0 && value < 3 {
		s.things[key]++ // it comes along while it is watched
	}
	return value, s.answer()
}

// change carries a request out, having seen that its intent stands in the log and is still open.
func (s *site) change(_ context.Context, c change) error {
	if err := s.intended(c); err != nil {
		s.mu.Lock()
		s.wrong = append(s.wrong, err.Error())
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received++
	s.apply(c)
	return s.answer()
}

// acquire gives the lease to a process, unless another one has it that lives.
func (s *site) acquire(_ context.Context, pid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease != "" && s.lease != pid && lives(s.lease) {
		return &fault.Error{What: "somebody else is at work", On: s.lease, Code: fault.Refused}
	}
	s.lease = pid
	return nil
}

func lives(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && syscall.Kill(n, 0) == nil
}

func (s *site) release(_ context.Context, pid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease == pid {
		s.lease = ""
	}
	return nil
}

func (s *site) intended(c change) error {
	list, err := s.store.List(context.Background())
	if err != nil {
		return err
	}
	for _, run := range list { // the run, or one that is a step of it
		if run.ID != s.id && run.Parent != s.id {
			continue
		}
		r, err := read(context.Background(), s.store, run.ID)
		if err != nil {
			return err
		}
		for _, a := range r.hist.step(c.Step).acts {
			if a.State == "" && a.Undo == c.Undo {
				return nil
			}
		}
	}
	return fmt.Errorf("the site was asked for %+v without an open intent", c)
}

// apply changes the thing, and sees that what must hold at every moment still does. The caller holds mu.
func (s *site) apply(c change) {
	if c.Off {
		delete(s.things, c.Key)
	} else {
		if s.things[c.Key] == 0 || c.Key == theTicket || c.Key == theCharge || c.Key == theDisk {
			s.brought[c.Key]++
		}
		s.things[c.Key] = max(1, s.things[c.Key])
		if c.Key == theDisk {
			s.things[theDisk] = 1
			delete(s.things, theFlag) // it was on the old disk
		}
	}
	if healthy := 3 - s.things[theOut]; healthy < 2 {
		s.wrong = append(s.wrong, fmt.Sprintf("%d healthy backends", healthy))
	}
	if s.things[theOut] > 0 && s.things[theHold] == 0 {
		s.wrong = append(s.wrong, "it is out, and nothing says so")
	}
}

// answer says whether the request is answered at all. The caller holds mu.
func (s *site) answer() error {
	if s.strike != nil && s.strike() {
		return errStruck
	}
	return nil
}

func (s *site) has(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.things[key]
}

// sent makes a Do or an Undo that asks the site for one change.
func sent(w wire, c change, danger act.Danger) func(context.Context, *Walk) error {
	return func(ctx context.Context, k *Walk) error {
		a := act.Act{Target: "w2", What: fmt.Sprintf("set %s %v", c.Key, !c.Off), Danger: danger, Identity: func(context.Context) error { return nil }}
		return k.Act(ctx, a, func(ctx context.Context, p act.Permit) error {
			if err := p.Check(ctx); err != nil {
				return err
			}
			if err := w.change(ctx, c); err != nil {
				return err
			}
			Effect(ctx, c.Key+"-1")
			return nil
		})
	}
}

// observed makes an Observe of a thing.
func observed(w wire, on, step, key string, want bool) func(context.Context, *Walk) (Finding, error) {
	return func(ctx context.Context, _ *Walk) (Finding, error) {
		value, err := w.look(ctx, on, step, key)
		switch {
		case err != nil:
			return Finding{}, err
		case (value > 0) == want:
			return Finding{Truth: IsDone, Detail: fmt.Sprintf("%s is %d", key, value)}, nil
		}
		return Finding{Truth: IsPending, Detail: fmt.Sprintf("%s is %d", key, value)}, nil
	}
}

// proved makes a Verify of a thing.
func proved(w wire, on, step, key string, proof func(int) bool) func(*Walk) Check {
	return func(*Walk) Check {
		return func(ctx context.Context) (Progress, error) {
			value, err := w.look(ctx, on, step, key)
			if err != nil {
				return Progress{For: err.Error(), Again: 2 * time.Millisecond}, nil //nolint:nilerr // a look that could not be taken is taken again
			}
			return Progress{Done: proof(value), For: key, Detail: key + " is proved", Again: 2 * time.Millisecond}, nil
		}
	}
}

func is(v int) bool    { return v > 0 }
func isNot(v int) bool { return v == 0 }

// everyKind is a runbook with every kind of step: that read, that are looked at and that are not, that happen once, with and without a way back,
// with gates, names to type and questions, with several changes, with waits, and with effects that hold until something.
func everyKind(w wire) Runbook {
	info := func(id string, kind Kind) StepInfo {
		return StepInfo{ID: id, Title: "the " + id, Why: "because", Kind: kind}
	}
	set := func(on, step, key string) change { return change{On: on, Step: step, Key: key} }
	unset := func(on, step, key string) change { return change{On: on, Step: step, Key: key, Off: true} }
	back := func(on, step, key string) change { return change{On: on, Step: step, Key: key, Off: true, Undo: true} }

	look := Step{StepInfo: info("look", Read), Do: func(ctx context.Context, k *Walk) error {
		if _, err := w.look(ctx, onHost, "look", theOut); err != nil {
			return err
		}
		k.Out("looked")
		return k.Remember(ctx, "seen", "yes")
	}}
	hold := Step{
		StepInfo: info("hold", Idempotent), Observe: observed(w, onExec, "hold", theHold, true), Do: sent(w, set(onExec, "hold", theHold), act.Changes),
		Undo: sent(w, back(onExec, "hold", theHold), act.Changes),
	}
	hold.Until = "release"
	notice := Step{ // two changes, and nobody can look at them
		StepInfo: info("notice", Idempotent), Undo: sent(w, back(onHost, "notice", theNotice), act.Changes),
		Do: func(ctx context.Context, k *Walk) error {
			for range 2 {
				if err := sent(w, set(onHost, "notice", theNotice), act.Changes)(ctx, k); err != nil {
					return err
				}
			}
			return nil
		},
	}
	flag := Step{ // asks the operator in the middle
		StepInfo: info("flag", Idempotent), Observe: observed(w, onHost, "flag", theFlag, true), Verify: proved(w, onHost, "flag", theFlag, is),
		Do: func(ctx context.Context, k *Walk) error {
			if !k.Granted("flag") {
				return NeedsGo{Key: "flag", Cause: "a stranger's flag is there", Details: []string{"theirs", "ours"}}
			}
			return sent(w, set(onHost, "flag", theFlag), act.Changes)(ctx, k)
		},
		Undo: sent(w, back(onHost, "flag", theFlag), act.Changes),
	}
	flag.Until = "rebuild"
	out := Step{
		StepInfo: info("out", Idempotent), Observe: observed(w, onAPI, "out", theOut, true), Do: sent(w, set(onAPI, "out", theOut), act.Changes),
		Verify: proved(w, onAPI, "out", theOut, is), Undo: sent(w, back(onAPI, "out", theOut), act.Changes), Undone: proved(w, onAPI, "out", theOut, isNot),
	}
	out.Until, out.Gate = "back", true
	wait := Step{StepInfo: info("wait", Read), Verify: proved(w, onHost, "wait", theOut, is)}
	wait.Skip = true
	charge := Step{
		StepInfo: info("charge", Once), Observe: observed(w, onAPI, "charge", theCharge, true), Do: sent(w, set(onAPI, "charge", theCharge), act.Changes),
		Undo: sent(w, back(onAPI, "charge", theCharge), act.Changes),
	}
	ticket := Step{ // happens once, and nobody can look
		StepInfo: info("ticket", Once), Do: sent(w, set(onAPI, "ticket", theTicket), act.Changes), Undo: sent(w, back(onAPI, "ticket", theTicket), act.Changes),
	}
	ticket.Skip = true
	rebuild := Step{
		StepInfo: info("rebuild", Once), Do: sent(w, set(onAPI, "rebuild", theDisk), act.Destroys), Verify: proved(w, onAPI, "rebuild", theDisk, func(v int) bool { return v >= 3 }),
		Observe: func(ctx context.Context, _ *Walk) (Finding, error) {
			value, err := w.look(ctx, onAPI, "rebuild", theDisk)
			return Finding{Truth: []Truth{IsPending, UnderWay, UnderWay, IsDone}[value], Detail: fmt.Sprint("the disk is ", value)}, err
		},
	}
	rebuild.Confirm, rebuild.NoUndo = "w2", "the old disk is gone"
	backIn := Step{
		StepInfo: info("back", Idempotent), Observe: observed(w, onAPI, "back", theOut, false), Do: sent(w, unset(onAPI, "back", theOut), act.Changes),
		Verify: proved(w, onAPI, "back", theOut, isNot),
	}
	release := Step{StepInfo: info("release", Idempotent), Observe: observed(w, onExec, "release", theHold, false), Do: sent(w, unset(onExec, "release", theHold), act.Changes)}

	rb := Runbook{ID: "every-kind", Version: 1, Title: "every kind of step", Target: "w2", Steps: []Step{
		look, hold, notice, flag, out, wait, charge, ticket, rebuild, backIn, release,
	}}
	for i := range rb.Steps {
		rb.Steps[i].Deadline = time.Minute
	}
	return rb
}

// finished says what is wrong with a site on which the runbook was walked to its end; sends is how often an operator let a once-step be sent.
func (s *site) finished(done bool, sends map[string]int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrong := slices.Clone(s.wrong)
	for key, step := range map[string]string{theCharge: "charge", theTicket: "ticket", theDisk: "rebuild"} {
		if s.brought[key] > max(1, sends[step]) {
			wrong = append(wrong, fmt.Sprintf("%s came to be %d times; it was to be sent %d times", key, s.brought[key], sends[step]))
		}
	}
	if s.lease != "" {
		wrong = append(wrong, "the lease is left with "+s.lease)
	}
	if done && (s.things[theHold] != 0 || s.things[theOut] != 0 || s.things[theDisk] != 3) {
		wrong = append(wrong, fmt.Sprintf("it is done, and the site is %v", s.things))
	}
	return wrong
}
