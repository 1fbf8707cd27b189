package screen

import (
	"slices"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/binding"
)

// order is what a key wants done to what is selected, or to the first of what is marked.
func (s *Sidekiq) order(key string) (sidekiq.Order, bool) {
	switch pane := s.listed(); pane {
	case paneQueues, paneStores:
		return s.orderFor(pane, key, s.targets(pane)[0])
	case paneProcs:
		return s.signal(key)
	}
	return sidekiq.Order{}, false
}

// orderFor is what a key wants done to the queue of that name, or to what lies aside.
func (s *Sidekiq) orderFor(pane, key, name string) (sidekiq.Order, bool) {
	if pane == paneQueues {
		return sidekiq.Order{Deed: sidekiq.Park, Name: name}, key == "sidekiq-park" && s.lists(pane, name)
	}
	for _, x := range storesOf(s.view) {
		if x.id == name {
			return storeOrder(key, x)
		}
	}
	return sidekiq.Order{}, false
}

// lists reports that a queue, or what lies aside, was there when Sidekiq was last looked at.
func (s *Sidekiq) lists(pane, name string) bool {
	if pane == paneQueues {
		return slices.ContainsFunc(s.view.Queues, func(q sidekiq.Queue) bool { return q.Name == name })
	}
	return slices.ContainsFunc(storesOf(s.view), func(x store) bool { return x.id == name })
}

// deedOf is what a key does to processes.
var deedOf = map[string]sidekiq.Deed{"sidekiq-quiet": sidekiq.Quiet, "sidekiq-stop": sidekiq.Stop, "sidekiq-dump": sidekiq.Dump}

// signal is to the marked processes, or else to the selected one. The marked are called by their node where they are all that runs there.
func (s *Sidekiq) signal(id string) (sidekiq.Order, bool) {
	deed, known := deedOf[id]
	p, ok := s.proc()
	if !known || !ok {
		return sidekiq.Order{}, false
	}
	o := sidekiq.Order{Deed: deed, Identities: []string{p.Identity}}
	if len(s.procs.picks.ids) == 0 {
		return o, true
	}
	o.Identities = s.procs.picks.among(s.procs.ids(s.visibleProcs()))
	for _, p := range s.view.Processes {
		if node := s.node(p); sameSet(s.onNode(node), o.Identities) {
			o.Name = node
		}
	}
	return o, true
}

// node is where a process runs, as far as the fleet knows.
func (s *Sidekiq) node(p sidekiq.Process) string { return s.env.World.Fleet.NodeOf(p.Hostname) }

// onNode are the living processes of a node.
func (s *Sidekiq) onNode(node string) (ids []string) {
	for _, p := range s.view.Processes {
		if s.node(p) == node {
			ids = append(ids, p.Identity)
		}
	}
	return ids
}

// markNode marks all processes of the selected one's node.
func (s *Sidekiq) markNode() {
	if p, ok := s.proc(); ok && s.listed() == paneProcs {
		s.procs.picks.all(s.onNode(s.node(p)))
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// storeOrder is what a key wants done to what lies aside.
func storeOrder(id string, x store) (sidekiq.Order, bool) {
	switch {
	case id == "sidekiq-restore" && x.shelf != nil:
		return sidekiq.Order{Deed: sidekiq.Restore, Name: x.id}, true
	case id == "sidekiq-restore" && x.lost != nil:
		return sidekiq.Order{Deed: sidekiq.PutBack, Lost: []sidekiq.Lost{*x.lost}}, true
	case id == "sidekiq-delete" && x.lost == nil:
		return sidekiq.Order{Deed: sidekiq.Delete, Name: x.id}, true
	case id == "sidekiq-retry" && x.kind == kindSet:
		return sidekiq.Order{Deed: sidekiq.Requeue, Name: x.id, Limit: sidekiq.RetryLimit, Rate: sidekiq.RetryRate}, true
	}
	return sidekiq.Order{}, false
}

// Bindings implements Screen.
func (s *Sidekiq) Bindings() []binding.Binding {
	bs := s.env.World.Keys.At(binding.Sidekiq)
	for i := range bs {
		if why, ours := orderWhy[bs[i].ID]; ours {
			if !s.can(bs[i].ID) {
				bs[i].Why = why
			}
			off(bs, bs[i].ID, orderOff(s.env, s.err))
		}
	}
	off(bs, "sidekiq-load", orderOff(s.env, s.err))
	if s.listed() != paneProcs {
		off(bs, "sidekiq-node", "only processes run on a node; choose one in [2]")
	}
	if s.inspected() == "" {
		off(bs, "open", "only a place with jobs can be looked into")
	}
	s.round.offer(s.env.World, bs)
	return bs
}

// orderWhy says why an act is off on what is selected.
var orderWhy = map[string]string{
	"sidekiq-park":    "only a queue is parked; choose one in [1]",
	"sidekiq-restore": "only what is parked or possibly lost is put back; choose it in [3]",
	"sidekiq-delete":  "a queue is parked first, and what is parked is deleted; choose it, or a set, in [3]",
	"sidekiq-retry":   "only what lies in a set is retried; choose one in [3]",
	"sidekiq-quiet":   "only a process is quieted; choose one in [2]",
	"sidekiq-stop":    "only a process is stopped; choose one in [2]",
	"sidekiq-dump":    "only a process has threads; choose one in [2]",
}

// orderOff says why no act is possible at all.
func orderOff(env Env, err error) string {
	switch {
	case env.World.About.ReadOnly:
		return readOnly
	case err != nil:
		return "Redis does not answer"
	}
	return ""
}

// Excerpts implements Copier.
func (s *Sidekiq) Excerpts() []Excerpt {
	switch s.listed() {
	case paneQueues:
		if q, ok := s.queue(); ok {
			return []Excerpt{{"the queue", s.queues.text(q)}, {"the command that looks into it", "vmtui sidekiq jobs " + q.Name}}
		}
	case paneProcs:
		if p, ok := s.proc(); ok {
			return []Excerpt{{"the process's identity", p.Identity}, {"the process", s.procs.text(p)}}
		}
	case paneStores:
		if x, ok := s.store(); ok {
			return []Excerpt{{"the name", x.id}}
		}
	}
	return nil
}
