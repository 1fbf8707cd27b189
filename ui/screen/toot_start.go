package screen

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
)

// begun opens the job that was started.
func (t *Toot) begun(m begunJob) (Action, tea.Cmd) {
	d := t.env.Desk
	again := t.Ask("lines", func(ctx context.Context) tea.Msg {
		l, err := d.Remembered(ctx)
		return gotLines{l, err}
	})
	if m.err != nil && m.begun.Said == "" {
		t.setback = m.err
		return refusal("run", m.err), again
	}
	j := NewJob(t.env, m.begun.Record)
	j.boot = t.where.Boot
	if m.begun.Secret {
		j.told(m.begun, m.err)
	}
	return Push{j}, again
}

// decided takes what a dialog said.
func (t *Toot) decided(res dialog.Result) (Action, tea.Cmd) {
	kind, name := split(res.Tag)
	switch {
	case !res.OK:
		return nil, nil
	case kind == "field":
		t.form().Set(name, res.Text)
	case kind == "line":
		if err := t.fill(res.Text); err != nil {
			return refusal("that line", err), nil
		}
	case kind == "run" && res.Choice == "rehearse":
		if dry, ok := t.call.Rehearse(); ok {
			return t.start(dry, "")
		}
	case kind == "run" && res.Choice == "typed":
		return Open{t.typed(nil)}, nil
	case kind == "run":
		return t.start(t.call, res.Text)
	}
	return nil, nil
}

// confirm asks by the danger. What has a dry run offers that first.
func (t *Toot) confirm(c *tootctl.Call) (Action, tea.Cmd) {
	t.call, t.setback = c, nil
	t.tried, _, _ = t.meant()
	_, dry := c.Rehearse()
	dry = dry && !c.Rehearsal()
	switch {
	case c.Danger() == act.Safe:
		return t.start(c, "")
	case c.Command.Interactive:
		d := t.env.Desk
		return Say{Text: "looking whether it can be begun"}, t.Ask("preflight", func(ctx context.Context) tea.Msg { return gotPreflight{d.Preflight(ctx, c)} })
	case c.Danger() == act.Destroys && !dry:
		return Open{t.typed(nil)}, nil
	}
	return Open{t.choice(c, dry)}, nil
}

// choice asks whether to run a call. Where there is a dry run that is no more than a look it rests on that, which may be begun without a thought.
func (t *Toot) choice(c *tootctl.Call, dry bool) dialog.Dialog {
	text := c.Command.Summary + "."
	if lost := c.Lost(); lost != "" {
		text = "Lost: " + lost + "."
	}
	ask := &dialog.Choice{Tag: "run", Title: c.Command.Name() + " on " + orWord(t.where.Node, "exec"), Alarm: theme.Alarm, Text: c.Line() + "\n\n" + text, Details: c.Remarks()}
	if dry {
		ask.Options = append(ask.Options, dialog.Option{ID: "rehearse", Key: "r", Label: "Rehearse it first"})
		if c.Command.DryWrites == "" {
			ask.Rest = "rehearse"
		}
	}
	run := dialog.Option{ID: "run", Key: "g", Label: "Run it"}
	if c.Danger() == act.Destroys {
		run = dialog.Option{ID: "typed", Key: "g", Label: "Go on without"}
	}
	ask.Options = append(ask.Options, run)
	return ask
}

// typed asks for the instance's name before something is lost. What was looked at stands before what is true of every such call, and what could not be
// seen, which the operator has to know, before what was.
func (t *Toot) typed(seen []desk.Condition) dialog.Dialog {
	var details []string
	if lost := t.call.Lost(); lost != "" {
		details = append(details, "Lost: "+lost+".")
	}
	for _, unseen := range []bool{true, false} {
		for _, c := range seen {
			if (c.State == desk.Unknown) == unseen {
				details = append(details, c.String())
			}
		}
	}
	return &dialog.Typed{
		Tag: "run", Title: t.call.Command.Name() + " on " + orWord(t.where.Node, "exec"), Text: t.call.Line(), Details: append(details, t.call.Remarks()...),
		Name: t.env.World.About.Instance, Deed: "run it on " + t.env.World.About.Instance,
	}
}

// start starts a call.
func (t *Toot) start(c *tootctl.Call, typed string) (Action, tea.Cmd) {
	if t.Waiting("start") {
		return Say{Text: "still starting"}, nil
	}
	d := t.env.Desk
	said := "starting " + c.Line() + ": Rails starts first"
	if t.where.Node != "" { // how long that takes is known, or known not to be
		said += ", " + t.where.Boot.String()
	}
	return Say{Text: said}, t.Act("start", func(ctx context.Context) tea.Msg {
		b, err := d.RunTootctl(ctx, c, typed)
		return begunJob{b, err}
	})
}
