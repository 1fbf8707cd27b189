package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
)

// model is the simple reference: what the world must look like whatever happens to the process, the store and the answers.
type model struct {
	mu    sync.Mutex
	store *memory
	id    string
	set   map[string]bool
	sent  map[string]int // effects, by step
	plan  map[string][]int
	wrong []string
}

// What a send does, drawn beforehand.
const (
	applied = iota
	refused
	appliedUnanswered
	notAppliedUnanswered
	kinds
)

func (m *model) next(step string) int {
	p := m.plan[step]
	if len(p) == 0 {
		return applied
	}
	m.plan[step] = p[1:]
	return p[0]
}

// send is the world's side of a mutation: it must find its intent recorded, and still open.
func (m *model) send(step string, on bool) func(context.Context, act.Permit) error {
	return func(ctx context.Context, p act.Permit) error {
		if err := p.Check(ctx); err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		r, err := read(context.WithoutCancel(ctx), m.store, m.id)
		if err != nil {
			return err
		}
		acts := r.hist.step(step).acts
		if len(acts) == 0 || acts[len(acts)-1].State != "" || acts[len(acts)-1].Undo == on {
			m.wrong = append(m.wrong, "a change of "+step+" without an open intent")
		}
		what := m.next(step)
		if what == applied || what == appliedUnanswered {
			m.set[step] = on
			if on {
				m.sent[step]++
			}
		}
		switch what {
		case refused:
			return errors.New("refused")
		case appliedUnanswered, notAppliedUnanswered:
			return remote.ErrUnknown
		}
		return nil
	}
}

func (m *model) has(step string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.set[step]
}

func (m *model) step(id string, kind Kind, blind, undo bool) Step {
	s := Step{StepInfo: StepInfo{ID: id, Title: id, Kind: kind, Skip: kind == Idempotent}, Deadline: time.Minute}
	if !blind {
		s.Observe = func(context.Context, *Walk) (Finding, error) {
			return Finding{Truth: map[bool]Truth{true: IsDone, false: IsPending}[m.has(id)]}, nil
		}
	}
	s.Do = func(ctx context.Context, w *Walk) error {
		return w.Act(ctx, act.Act{Target: "t", What: "set", Danger: act.Changes}, m.send(id, true))
	}
	if undo {
		s.Undo = func(ctx context.Context, w *Walk) error {
			return w.Act(ctx, act.Act{Target: "t", What: "unset", Danger: act.Changes}, m.send(id, false))
		}
	}
	return s
}

func (m *model) draw(t *rapid.T) Runbook {
	rb := Runbook{ID: "model", Target: "t"}
	n := rapid.IntRange(1, 5).Draw(t, "steps")
	for i := range n {
		id := fmt.Sprint("s", i)
		kind := rapid.SampledFrom([]Kind{Idempotent, Once}).Draw(t, "kind")
		s := m.step(id, kind, rapid.Bool().Draw(t, "blind"), kind == Idempotent || rapid.Bool().Draw(t, "undo"))
		if i+1 < n && rapid.Bool().Draw(t, "holds") {
			s.Until = fmt.Sprint("s", rapid.IntRange(i+1, n-1).Draw(t, "until"))
		}
		s.Gate = rapid.Bool().Draw(t, "gate")
		rb.Steps = append(rb.Steps, s)
		m.plan[id] = rapid.SliceOfN(rapid.IntRange(0, kinds-1), 0, 3).Draw(t, "sends")
	}
	return rb
}

// answering takes the drawn choices in turn, and counts the retries of each step.
func answering(ctx context.Context, e *Engine, id string, after uint64, draws []int, retries map[string]int) {
	for ev, err := range e.Store.Tail(ctx, id, after) {
		var g Gate
		if err != nil || ev.Type != Gated || !NewView(id).read(ev, &g) {
			continue
		}
		choice := g.Choices[0]
		if len(draws) > 0 {
			choice, draws = g.Choices[draws[0]%len(g.Choices)], draws[1:]
		}
		if choice == Retry {
			retries[ev.Step]++
		}
		_ = e.Answer(ctx, id, Answer{Gate: ev.Seq, Choice: choice, Reason: "drawn", Typed: g.Confirm})
	}
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := memEngine()
		store, ok := e.Store.(*memory)
		if !ok {
			t.Fatal("no memory")
		}
		m := &model{store: store, set: map[string]bool{}, sent: map[string]int{}, plan: map[string][]int{}}
		rb := m.draw(t)
		id, err := e.Start(context.Background(), rb)
		if err != nil {
			t.Fatal(err)
		}
		m.id = id
		retries := map[string]int{}
		state := Interrupted
		for range 6 {
			if state.Final() {
				break
			}
			state = m.leg(t, e, rb, retries)
		}
		m.judge(t, rb, state, retries)
	})
}

// leg walks once, with a store that fails after some appends and an operator who answers as drawn.
func (m *model) leg(t *rapid.T, e *Engine, rb Runbook, retries map[string]int) State {
	left := rapid.IntRange(0, 40).Draw(t, "appends until the store is lost")
	m.store.fail = func(ev Event) error {
		if left--; left < 0 && ev.Type != Answered {
			return errors.New("store lost")
		}
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	evs, err := m.store.Events(ctx, m.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	draws := rapid.SliceOfN(rapid.IntRange(0, 11), 0, 6).Draw(t, "answers")
	mode := Mode{Unattended: rapid.Bool().Draw(t, "unattended"), Yes: rapid.Bool().Draw(t, "yes"), Undo: rapid.IntRange(0, 5).Draw(t, "undo") == 0}
	var wg sync.WaitGroup
	wg.Go(func() { answering(ctx, e, m.id, uint64(len(evs)), draws, retries) })
	state, _ := e.Walk(ctx, m.id, rb, mode)
	cancel()
	wg.Wait()
	return state
}

func (m *model) judge(t *rapid.T, rb Runbook, state State, retries map[string]int) {
	for _, w := range m.wrong {
		t.Error(w)
	}
	evs, err := m.store.Events(context.Background(), m.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range lawful(evs) {
		t.Error(w)
	}
	r, err := read(context.Background(), m.store, m.id)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rb.Steps {
		s := &rb.Steps[i]
		log := r.hist.step(s.ID)
		if s.Kind == Once && m.sent[s.ID] > 1+retries[s.ID] {
			t.Errorf("%s happened %d times, %d retries", s.ID, m.sent[s.ID], retries[s.ID])
		}
		if state == Done && !log.skipped && !m.set[s.ID] {
			t.Errorf("the run is done, %s is not", s.ID)
		}
		if state == Undone && m.set[s.ID] && s.Undo != nil && log.phase != Skipped {
			t.Errorf("the run is undone, %s is not", s.ID)
		}
		for _, a := range log.acts {
			if a.State == "" && state.Final() {
				t.Errorf("%s has an intent without outcome", s.ID)
			}
		}
	}
}
