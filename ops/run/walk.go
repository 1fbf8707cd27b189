package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
)

// Walk is what a step sees of its run; the zero Walk is a dry one. Its methods may be called from several goroutines of the step, until the step's function returns.
type Walk struct {
	ctx      context.Context // of the leg, for transcript lines, which are told without one
	step     *Step
	runID    string
	runbook  string
	door     *act.Door
	j        *journal // nil in a dry walk
	attended bool

	mu      sync.Mutex
	undo    bool // the step is being taken back
	granted map[string]bool
	facts   map[string]string // of a dry walk
	passed  bool              // the step's own gate said go in this leg
	typed   string            // what was typed there
	planned []string          // the plan last recorded
}

// Run is the run's id; empty in a dry walk.
func (w *Walk) Run() string { return w.runID }

// Within is the run that this one is a step of, and whose lease it acts under; empty when it is none, and in a dry walk.
func (w *Walk) Within() (id string) {
	if w.j != nil {
		w.j.with(func(v *View, _ *history) {
			if p := v.Header.Parent; p != nil {
				id = p.Run
			}
		})
	}
	return id
}

// Dry reports that nothing will be done: only Observe and Plan are asked.
func (w *Walk) Dry() bool { return w.j == nil }

// Attended reports that an operator answers gates.
func (w *Walk) Attended() bool { return w.attended }

// Resumed reports that an earlier leg walked here before.
func (w *Walk) Resumed() bool { return w.j != nil && w.j.leg > 1 }

// Out adds to the transcript, a line for each line of the text, which must be clean.
func (w *Walk) Out(format string, args ...any) {
	if w.j == nil {
		return
	}
	text := strings.TrimRight(fmt.Sprintf(format, args...), "\n")
	w.j.say(w.ctx, w.step.ID, strings.Split(text, "\n")...)
}

// told makes the wires' waits, those for a rate limit, lines of the transcript.
func (w *Walk) told(ctx context.Context) context.Context {
	return remote.Telling(ctx, func(line string) { w.Out("%s", line) })
}

// Fact gives what some step of the run remembered, in this leg or an earlier one; empty when nothing was.
func (w *Walk) Fact(key string) string {
	if w.j == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.facts[key]
	}
	var value string
	w.j.with(func(v *View, _ *history) { value = v.Facts[key] })
	return value
}

// Remember keeps a value for the rest of the run, across legs. It is in the log when Remember returns nil.
func (w *Walk) Remember(ctx context.Context, key, value string) error {
	if w.j == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.facts == nil {
			w.facts = map[string]string{}
		}
		w.facts[key] = value
		return nil
	}
	if w.Fact(key) == value && value != "" {
		return nil
	}
	_, err := w.j.add(ctx, Fact, w.step.ID, "", "", map[string]string{key: value})
	return err
}

// Spent is where the run's time went so far.
func (w *Walk) Spent() (out Spent) {
	if w.j == nil {
		return out
	}
	w.j.with(func(v *View, _ *history) {
		out = Spent{By: maps.Clone(v.Spent.By), Ours: maps.Clone(v.Spent.Ours)}
	})
	return out
}

// Intents are the mutations that the log knows of for a step of this run ("" is this one), oldest first, with how they ended.
func (w *Walk) Intents(step string) []Recorded {
	if w.j == nil {
		return nil
	}
	if step == "" {
		step = w.step.ID
	}
	return w.j.stepLog(step).acts
}

// undoes reports that the step is being taken back.
func (w *Walk) undoes() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.undo
}

// Granted reports that the operator said go to the NeedsGo of that key, in this leg.
func (w *Walk) Granted(key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.granted[key]
}

func (w *Walk) grant(ask NeedsGo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.granted[ask.key()] = true
	if w.typed == "" {
		w.typed = ask.Confirm
	}
}

// Act makes one change: it opens the door, which records the intent, calls send with the permit, and records how it ended: done when send
// returns nil, unknown when its error wraps remote.ErrUnknown, failed otherwise. Verb and Typed are filled in when empty. The error is send's,
// or the door's, or, worst, that the outcome could not be recorded: then the leg ends.
func (w *Walk) Act(ctx context.Context, a act.Act, send func(context.Context, act.Permit) error) error {
	if w.j == nil || w.door == nil {
		return &fault.Error{What: "refused: " + a.What, On: a.Target, Why: "this is a dry walk", Next: "start the run", Code: fault.Refused}
	}
	w.fill(&a)
	permit, settle, err := w.door.Open(ctx, intents{w}, a)
	if err != nil {
		return err
	}
	effect := new(string)
	err = send(context.WithValue(ctx, effectKey{}, effect), pulsing{permit, w.j.pulse})
	if lost := settle(act.Outcome{Err: err, Effect: *effect}); lost != nil {
		return lost
	}
	return err
}

// pulsing is a permit that is good only while the leg is known to live: a process that was stopped for a while may have been replaced.
type pulsing struct {
	act.Permit
	pulse Pulse
}

// Check implements act.Permit.
func (p pulsing) Check(ctx context.Context) error {
	if err := p.pulse.held(); err != nil {
		return err
	}
	return p.Permit.Check(ctx)
}

func (w *Walk) fill(a *act.Act) {
	if a.Verb == "" {
		a.Verb = w.runbook + "/" + w.step.ID
	}
	if a.Typed == "" {
		w.mu.Lock()
		a.Typed = w.typed
		w.mu.Unlock()
	}
}

// Effect names what an act brought about: the id the world gave it. Call it inside the act's send, with its context.
func Effect(ctx context.Context, id string) {
	if effect, ok := ctx.Value(effectKey{}).(*string); ok {
		*effect = id
	}
}

type effectKey struct{}

// intents is the walk as the door's journal.
type intents struct{ w *Walk }

// Intend implements act.Journal.
func (i intents) Intend(ctx context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	return i.w.j.intent(ctx, i.w.step.ID, i.w.undoes(), a)
}

// NeedsGo is an error by which a step asks the operator: its gate shows the details, and on Go the step is tried again, with Granted(Key).
// Unattended it is passed by Mode.Yes, or by Mode.Confirm when a name must be typed, unless it is marked Attended.
type NeedsGo struct {
	Key      string // names the question and what it was asked of; Cause and Details when empty
	Cause    string
	Hint     string
	Details  []string // what to compare: two fingerprints, two lists
	Confirm  string   // the name to type
	Attended bool     // never passed without an operator
}

// Error is the cause.
func (n NeedsGo) Error() string { return n.Cause }

func (n NeedsGo) key() string {
	if n.Key != "" {
		return n.Key
	}
	packed, _ := json.Marshal([]any{n.Cause, n.Details}) // strings always pack
	return string(packed)
}
