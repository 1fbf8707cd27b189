package screen

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/sidekiq"
)

// targets are what is marked among the queues, or of what lies aside, in the order in which it is seen; or else what is selected.
func (s *Sidekiq) targets(pane string) []string {
	seen, marks, at := s.queues.ids(s.visibleQueues()), &s.queues.picks, &s.queues.at
	if pane != paneQueues {
		seen, marks, at = s.stores.ids(s.visibleStores()), &s.stores.picks, &s.stores.at
	}
	if marked := marks.among(seen); len(marked) > 0 {
		return marked
	}
	at.settle(seen)
	return []string{at.id}
}

// can reports that a key does something to what is marked, or else to what is selected: to one of it at the least.
func (s *Sidekiq) can(key string) bool {
	pane := s.listed()
	if pane == paneProcs {
		_, can := s.signal(key)
		return can
	}
	return slices.ContainsFunc(s.targets(pane), func(name string) bool {
		_, can := s.orderFor(pane, key, name)
		return can
	})
}

// invoke does what a key says to what is marked, or else to what is selected. Signals go to all marked processes at once, and jobs of dead hands go back
// at once: each of these is one plan. A queue, and what lies aside, has a name of its own to be typed, and so they have their turn one after another.
func (s *Sidekiq) invoke(key string) (Action, tea.Cmd) {
	if !s.can(key) {
		return nil, nil
	}
	if pane := s.listed(); pane != paneProcs {
		targets := s.targets(pane)
		if lost := s.lostAmong(key, targets); len(lost) > 0 {
			return Push{NewDeed(s.env, sidekiq.Order{Deed: sidekiq.PutBack, Lost: lost})}, nil
		}
		if len(targets) > 1 {
			return s.begin(pane, key, targets)
		}
	}
	o, _ := s.order(key)
	return Push{NewDeed(s.env, o)}, nil
}

// lostAmong are the jobs to be put back, where that is what all of these are.
func (s *Sidekiq) lostAmong(key string, targets []string) (all []sidekiq.Lost) {
	for _, name := range targets {
		o, can := s.orderFor(paneStores, key, name)
		if !can || o.Deed != sidekiq.PutBack {
			return nil
		}
		all = append(all, o.Lost...)
	}
	return all
}

// begin begins a round.
func (s *Sidekiq) begin(pane, key string, targets []string) (Action, tea.Cmd) {
	s.round, s.spent = &Round{verb: s.env.World.Keys.Get(key).Word, targets: targets}, &s.queues.picks
	if pane != paneQueues {
		s.spent = &s.stores.picks
	}
	s.round.stands = func(_ *World, name string) string {
		_, can := s.orderFor(pane, key, name)
		switch {
		case can:
			return ""
		case s.lists(pane, name):
			return orderWhy[key]
		}
		return "it is not there any more"
	}
	s.round.open = func(env Env, name string, r *Round) (Action, tea.Cmd) {
		o, _ := s.orderFor(pane, key, name)
		x := NewDeed(env, o)
		x.round = r
		return Push{x}, nil
	}
	return s.round.turn(s.env)
}

// spend takes the marks off what had its turn.
func (s *Sidekiq) spend() {
	if s.round == nil {
		return
	}
	for i, name := range s.round.targets {
		if s.round.had(i) {
			s.spent.drop(name)
		}
	}
	if s.round.over() {
		s.round = nil
	}
}

// StepBack implements Stepper: first a round is called off, then the marks are taken off.
func (s *Sidekiq) StepBack() bool {
	if !s.round.over() {
		s.round = nil
		return true
	}
	queues, procs, stores := s.queues.picks.clear(), s.procs.picks.clear(), s.stores.picks.clear()
	return queues || procs || stores
}
