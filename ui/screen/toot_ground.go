package screen

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// What stands below a form on a tall screen: how the command has ended before, and the node that it would run on.

// How much room is worth it: rows for the form and for what is below together, and for the latter alone.
const (
	groundTall  = 36
	groundLeast = 14
)

// groundH is how many rows are left below a form; 0 where they are too few. It does not move with each command that is looked at.
func groundH(form, h int) int {
	if n := h - max(form, h*11/20); h >= groundTall && n >= groundLeast {
		return n
	}
	return 0
}

// ground is what stands there.
func (t *Toot) ground(w, h int) widget.Frame {
	t.grounded = true
	out := widget.Blank(w, h)
	before := t.beforeBox(w)
	beforeH := min(max(len(before.Lines)+2, 5), h/2)
	out.Put(0, 0, before.Draw(w, beforeH))
	node := orWord(t.where.Node, "exec")
	out.Put(0, beforeH, widget.Box{Title: title(node), Lines: detail(t.env.World, node, w-4)}.Draw(w, h-beforeH))
	return out
}

// beforeBox is how the command has ended before, newest first.
func (t *Toot) beforeBox(w int) widget.Box {
	c, now := t.form().Command, t.env.World.Now
	b := widget.Box{Title: title("Runs of " + c.Name())}
	switch {
	case t.jobsErr != nil:
		b.Lines = widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(t.jobsErr), w-4)
		return b
	case t.jobsSeen.IsZero():
		b.Lines = []widget.Line{widget.L(theme.Muted, "◌ asking exec")}
		return b
	}
	b.Right = seenAgo(t.jobsSeen, now)
	for _, x := range t.jobs {
		if said, is := afterName(c, x.Words); is {
			left := append(endMark(x).full().Fit(24), widget.Gap(1), widget.S(theme.Strong, orWord(said, "without options")))
			right := widget.L(theme.Muted, " "+x.By+" · "+age(x.Started, now)+" ago")
			b.Lines = append(b.Lines, widget.Ends(left, right, w-4))
		}
	}
	if len(b.Lines) == 0 {
		b.Lines = []widget.Line{widget.L(theme.Muted, "it was not run here yet, as far as exec remembers")}
	}
	return b
}

// afterName is what was said behind a command's name, if the words are a call of it.
func afterName(c *tootctl.Command, words []string) (said string, is bool) {
	name := strings.Fields(c.Name())
	if len(words) < len(name) || !slices.Equal(words[:len(name)], name) {
		return "", false
	}
	return tootctl.Quote(words[len(name):]), true
}

// askJobs asks how what ran has ended. Nothing is asked of tootctl for it.
func (t *Toot) askJobs() tea.Cmd {
	if t.Waiting("jobs") || t.env.World.Now.Sub(t.jobsSeen) < jobsAgain || !t.grounded {
		return nil
	}
	d := t.env.Desk
	return t.Ask("jobs", func(ctx context.Context) tea.Msg {
		jobs, err := d.Jobs(ctx)
		return foundJobs{jobs, err}
	})
}

// tookJobs keeps what was seen before where nothing is seen any more.
func (t *Toot) tookJobs(jobs []job.Job, err error) {
	t.jobsSeen, t.jobsErr = t.env.World.Now, err
	if err == nil {
		t.jobs = jobs
	}
}
