package screen

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
)

// How often Sidekiq is looked at: two round trips each time, whatever its size. One that does not answer is asked less often.
const (
	sidekiqAgain = 2 * time.Second
	sidekiqFails = 10 * time.Second
	sampleAgain  = 15 * time.Second // and into what is selected: one round trip
)

// Sidekiq is its live state: queues, processes, and what lies in the sets, aside or in dead hands, with what is in the selected one.
type Sidekiq struct {
	*Post
	env    Env
	view   sidekiq.View
	known  bool
	asked  time.Time
	err    error
	filter matcher
	panes  panes
	list   string // the pane whose selection is looked at
	queues list[sidekiq.Queue]
	procs  list[sidekiq.Process]
	stores list[store]
	inside inside
	wanted string // of which a sample is asked for
	round  *Round
	spent  *picks // the marks that the round takes off

	backups []sidekiq.BackupFile // that were offered
}

// The panes of Sidekiq.
const (
	paneQueues  = "queues"
	paneProcs   = "processes"
	paneStores  = "stores"
	paneInspect = "inspect"
)

// store is something besides the queues that has jobs: a set, a shelf, or one job that a dead process had in hand.
type store struct {
	id, kind string
	size     int64
	shelf    *sidekiq.Shelf
	lost     *sidekiq.Lost
}

// The kinds of store that are no shelf's.
const (
	kindSet  = "set"
	kindLost = "possibly lost"
)

// inside is what a sample of a place said.
type inside struct {
	of    string
	place sidekiq.Place
	in    sidekiq.Histogram
	err   error
	seen  time.Time
}

// gotSidekiq is Sidekiq as it was last seen.
type gotSidekiq struct {
	view sidekiq.View
	err  error
}

// NewSidekiq opens Sidekiq.
func NewSidekiq(env Env) *Sidekiq {
	s := &Sidekiq{Post: NewPost(env.Ctx), env: env, panes: newPanes(paneQueues, paneProcs, paneStores, paneInspect)}
	s.queues = list[sidekiq.Queue]{id: func(q sidekiq.Queue) string { return q.Name }, cols: s.queueColumns(), fixed: 2, page: 5}
	s.procs = list[sidekiq.Process]{id: func(p sidekiq.Process) string { return p.Identity }, cols: s.procColumns(), fixed: 1, page: 5}
	s.stores = list[store]{id: func(x store) string { return x.id }, cols: storeColumns(), fixed: 1, page: 5}
	return s
}

// Crumb implements Screen.
func (s *Sidekiq) Crumb() string { return "Sidekiq" }

// Place implements Screen.
func (s *Sidekiq) Place() binding.Place { return binding.Sidekiq }

// Init implements Screen.
func (s *Sidekiq) Init() tea.Cmd {
	d := s.env.Desk
	s.asked = s.env.World.Now
	return s.Ask("view", func(ctx context.Context) tea.Msg {
		v, err := d.Sidekiq(ctx)
		return gotSidekiq{v, err}
	})
}

// Update implements Screen.
func (s *Sidekiq) Update(msg tea.Msg) (Action, tea.Cmd) {
	s.spend()
	switch msg := msg.(type) {
	case Filter:
		s.filter = newMatcher(msg.Text)
	case Clicked:
		s.click(msg.ID)
		return nil, s.look(false)
	case Wheeled:
		s.wheel(msg)
	case Tick:
		return nil, s.tick()
	case Answer:
		if m, ok := s.Open(msg); ok {
			if found, is := m.(gotBackups); is {
				return s.choose(found), nil
			}
			return nil, s.answered(m)
		}
	case dialog.Result:
		return s.chosen(msg), nil
	case Pressed:
		return s.press(msg.ID)
	}
	return nil, nil
}

// tick looks again when it is time.
func (s *Sidekiq) tick() tea.Cmd {
	every := sidekiqAgain
	if s.err != nil {
		every = sidekiqFails
	}
	var look tea.Cmd
	if !s.Waiting("view") && s.env.World.Now.Sub(s.asked) >= every {
		look = s.Init()
	}
	return tea.Batch(look, s.look(false))
}

func (s *Sidekiq) answered(m tea.Msg) tea.Cmd {
	switch m := m.(type) {
	case gotSidekiq:
		s.view, s.err, s.known = m.view, m.err, s.known || m.err == nil
		return s.look(false)
	case inside:
		s.inside = m
	}
	return nil
}

// look takes a sample of what is selected, unless there is one of late.
func (s *Sidekiq) look(again bool) tea.Cmd {
	name := s.inspected()
	fresh := s.inside.of == name && s.env.World.Now.Sub(s.inside.seen) < sampleAgain
	if name == "" || !again && (fresh || s.wanted == name && s.Waiting("inside")) {
		return nil
	}
	d := s.env.Desk
	s.wanted = name
	return s.Ask("inside", func(ctx context.Context) tea.Msg {
		if !again && !Pause(ctx, booksPause) {
			return inside{of: name, err: ctx.Err()}
		}
		in := inside{of: name, seen: time.Now()}
		if in.place, in.err = d.Place(ctx, name); in.err == nil {
			in.in, in.err = d.Sample(ctx, in.place, sidekiq.Filter{})
		}
		return in
	})
}

// inspected is the place that is selected, "" where it is none.
func (s *Sidekiq) inspected() string {
	switch s.listed() {
	case paneQueues:
		q, _ := s.queue()
		return q.Name
	case paneStores:
		if x, ok := s.store(); ok && x.lost == nil {
			return x.id
		}
	}
	return ""
}

// listed is the list whose selection is looked at: the one that has the keys, and while the detail has them, the one that had them before.
func (s *Sidekiq) listed() string {
	if s.panes.on != paneInspect {
		s.list = s.panes.on
	}
	return s.list
}

func (s *Sidekiq) press(id string) (Action, tea.Cmd) {
	if s.panes.on == paneInspect && s.panes.scroll(paneInspect).move(id) {
		return nil, nil
	}
	if s.move(id) || s.panes.press(id) {
		return nil, s.look(false)
	}
	switch id {
	case "open":
		if name := s.inspected(); name != "" {
			return Push{NewBacklog(s.env, name)}, nil
		}
		s.panes.focus(paneInspect)
		return nil, nil
	case "look-again":
		return nil, tea.Batch(s.Init(), s.look(true))
	case "sidekiq-load":
		return nil, s.findBackups()
	case "sidekiq-node":
		s.markNode()
		return nil, nil
	case "next-target":
		return s.round.on(s.env)
	}
	return s.invoke(id)
}

// move moves in the list that has the keys.
func (s *Sidekiq) move(id string) bool {
	switch s.panes.on {
	case paneQueues:
		return s.queues.press(id, s.visibleQueues())
	case paneProcs:
		return s.procs.press(id, s.visibleProcs())
	case paneStores:
		return s.stores.press(id, s.visibleStores())
	}
	return false
}

func (s *Sidekiq) click(id string) {
	kind, what := split(id)
	switch {
	case kind == "pane":
		s.panes.focus(what)
	case s.queues.click(kind, what, "queue"):
		s.panes.focus(paneQueues)
	case s.procs.click(kind, what, "process"):
		s.panes.focus(paneProcs)
	case s.stores.click(kind, what, "store"):
		s.panes.focus(paneStores)
	}
}

func (s *Sidekiq) wheel(m Wheeled) {
	if m.Pane == paneInspect {
		s.panes.scroll(paneInspect).wheel(m.Down)
		return
	}
	s.panes.focus(m.Pane)
	s.move(m.step())
}

func (s *Sidekiq) visibleQueues() []sidekiq.Queue {
	return s.queues.arrange(sifted(s.filter, s.view.Queues, func(q sidekiq.Queue) string { return q.Name }))
}

// visibleProcs are the living, and behind them those without a heartbeat.
func (s *Sidekiq) visibleProcs() []sidekiq.Process {
	all := append(s.view.Processes[:len(s.view.Processes):len(s.view.Processes)], s.view.Stale...)
	return s.procs.arrange(sifted(s.filter, all, func(p sidekiq.Process) string {
		return p.Identity + " " + s.node(p) + " " + strings.Join(p.Queues, " ")
	}))
}

func (s *Sidekiq) visibleStores() []store {
	return s.stores.arrange(sifted(s.filter, storesOf(s.view), func(x store) string { return x.id + " " + x.kind }))
}

// storesOf are the sets, what is parked, and what may be lost.
func storesOf(v sidekiq.View) []store {
	out := []store{
		{id: sidekiq.Retry, kind: kindSet, size: v.Sets.Retry}, {id: sidekiq.Schedule, kind: kindSet, size: v.Sets.Schedule}, {id: sidekiq.Dead, kind: kindSet, size: v.Sets.Dead},
	}
	for i := range v.Shelves {
		x := &v.Shelves[i]
		out = append(out, store{id: x.ID, kind: string(x.Kind), size: x.Size, shelf: x})
	}
	for i := range v.Lost {
		x := &v.Lost[i]
		out = append(out, store{id: x.JID, kind: kindLost, size: 1, lost: x})
	}
	return out
}

func (s *Sidekiq) queue() (sidekiq.Queue, bool)  { return selectedIn(&s.queues, s.visibleQueues()) }
func (s *Sidekiq) proc() (sidekiq.Process, bool) { return selectedIn(&s.procs, s.visibleProcs()) }
func (s *Sidekiq) store() (store, bool)          { return selectedIn(&s.stores, s.visibleStores()) }
