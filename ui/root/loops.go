package root

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
)

// How the world is kept up with. Nothing here runs unless something changed, but for one tick a second, which ages and clocks need.
const (
	coalesce  = 50 * time.Millisecond // changes this close are one
	runsEvery = 5 * time.Second       // runs of other processes tell nobody here that they moved
)

type ticked struct{}

// nextTick comes at the next full second, so that clocks and ages change together.
func (r *Root) nextTick() tea.Cmd {
	return r.post.Ask("tick", func(ctx context.Context) tea.Msg {
		now := time.Now()
		if !screen.Pause(ctx, now.Truncate(time.Second).Add(time.Second).Sub(now)) {
			return nil
		}
		return ticked{}
	})
}

// tick lets ages grow and looks after what nobody announces.
func (r *Root) tick() tea.Cmd {
	if !r.notice.until.IsZero() && r.world.Now.After(r.notice.until) {
		r.notice = notice{}
	}
	cmds := []tea.Cmd{r.nextTick(), r.toTop(screen.Tick{})}
	if r.world.Now.Sub(r.world.RunsSeen) >= runsEvery {
		cmds = append(cmds, r.askRuns())
	}
	return tea.Batch(cmds...)
}

// What comes back from the desk.
type (
	gotFleet struct{ fleet fleet.Snapshot }
	gotVerbs struct{ verbs Verbs }
	gotRuns  struct {
		runs []desk.Run
		err  error
	}
	gotAsk struct{ ask *desk.Ask }
)

// askFleet reads the fleet, now or when it has changed.
func (r *Root) askFleet(whenChanged bool) tea.Cmd {
	d := r.env.Desk
	return r.post.Ask("fleet", func(ctx context.Context) tea.Msg {
		if whenChanged && !changed(ctx, d.Changed()) {
			return nil
		}
		return gotFleet{fleet: d.Fleet()}
	})
}

// changed waits for a change and for what comes close behind it, which is no change of its own.
func changed(ctx context.Context, ch <-chan struct{}) bool {
	select {
	case <-ch:
	case <-ctx.Done():
		return false
	}
	if !screen.Pause(ctx, coalesce) {
		return false
	}
	select {
	case <-ch:
	default:
	}
	return true
}

// Verbs are what can be done to each node by name, and to none under "".
type Verbs = map[string][]desk.VerbState

// VerbsOf asks a desk what can be done in a fleet, until ctx ends.
func VerbsOf(ctx context.Context, d ui.Desk, f fleet.Snapshot) Verbs {
	targets := []string{""}
	for _, n := range f.Nodes {
		targets = append(targets, n.Name)
	}
	return d.Verbs(ctx, targets...)
}

// askVerbs asks what can be done to each node.
func (r *Root) askVerbs() tea.Cmd {
	if r.post.Waiting("verbs") {
		return nil
	}
	d, f := r.env.Desk, r.world.Fleet
	return r.post.Ask("verbs", func(ctx context.Context) tea.Msg {
		if verbs := VerbsOf(ctx, d, f); verbs != nil {
			return gotVerbs{verbs}
		}
		return nil
	})
}

// askRuns reads the list of runs, one reading at a time.
func (r *Root) askRuns() tea.Cmd {
	if r.post.Waiting("runs") {
		return nil
	}
	d := r.env.Desk
	return r.post.Ask("runs", func(ctx context.Context) tea.Msg {
		runs, err := d.Runs(ctx)
		return gotRuns{runs: runs, err: err}
	})
}

// awaitAsk waits for a question from below.
func (r *Root) awaitAsk() tea.Cmd {
	d := r.env.Desk
	return r.post.Ask("asks", func(ctx context.Context) tea.Msg {
		select {
		case a := <-d.Asks():
			return gotAsk{ask: &a}
		case <-ctx.Done():
			return nil
		}
	})
}

// answer gives an answer to the screen that asked, if it is still there and still wants it.
func (r *Root) answer(a screen.Answer) tea.Cmd {
	if a.Screen == r.post.Number() {
		if msg, ok := r.post.Open(a); ok {
			return r.took(msg)
		}
		return nil
	}
	for _, s := range r.stack {
		if s.Number() == a.Screen {
			return r.tell(s, a)
		}
	}
	if f, ok := a.Msg.(screen.Failure); ok {
		return r.do(r.top(), f.Failed())
	}
	return nil
}

// took puts what root asked for into the world.
func (r *Root) took(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ticked:
		return r.tick()
	case gotFleet:
		r.world.Fleet = msg.fleet
		return tea.Batch(r.askFleet(true), r.askVerbs(), r.askRuns(), r.toTop(screen.Changed{}))
	case gotVerbs:
		r.world.Verbs = msg.verbs
	case gotRuns:
		return r.tookRuns(msg)
	case saved:
		r.wasSaved(msg)
	case reached:
		return r.copy(msg)
	case gotPast:
		r.tookPast(msg)
	case remembered:
		if msg.err != nil {
			r.say("what was said is not remembered: "+msg.err.Error(), true)
		}
	case noGround:
		r.unknownGround()
	case gotDoors:
		r.doors = msg.doors
	case gotAsk:
		r.dialogs = append(r.dialogs, asked{dialog: dialog.Ask("ask", msg.ask.Question, r.world.Now), ask: msg.ask})
		return tea.Batch(r.call(msg.ask.Text), r.awaitAsk())
	}
	return nil
}

// tookRuns takes the list of runs, and rings for those that have come to a gate since it was read last.
func (r *Root) tookRuns(msg gotRuns) tea.Cmd {
	first := r.world.RunsSeen.IsZero()
	if r.world.RunsErr = msg.err; msg.err == nil || msg.runs != nil {
		r.world.Runs = msg.runs
	}
	r.world.RunsSeen = r.world.Now
	cmds := []tea.Cmd{r.toTop(screen.Changed{})}
	for _, x := range r.world.Runs {
		switch {
		case x.State != run.AtGate:
			delete(r.rung, x.ID)
		case first:
			r.rung[x.ID] = true // it waited before this console was opened; the list says so
		default:
			cmds = append(cmds, r.ring(x.ID, name(x)+" waits for you"))
		}
	}
	return tea.Batch(cmds...)
}

// ring calls the operator to a run, once for each time it waits.
func (r *Root) ring(id, why string) tea.Cmd {
	if r.rung[id] {
		return nil
	}
	r.rung[id] = true
	return r.call(why)
}
