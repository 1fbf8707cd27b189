package root

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
)

// Way is where an operator goes when they leave a console: out, or into the instance of a config.
type Way struct {
	Config string // "" is out
}

// Door leads to another instance.
type Door struct {
	Instance string
	Config   string // path
	Why      string // why it cannot be entered; "" when it can
}

// gotDoors are the instances beside this one.
type gotDoors struct{ doors []Door }

func (r *Root) findDoors() tea.Cmd {
	if r.opts.Doors == nil {
		return nil
	}
	find := r.opts.Doors
	return r.post.Ask("doors", func(context.Context) tea.Msg { return gotDoors{find()} })
}

// enter asks before it leaves this instance for another: nobody may be on the wrong one by a slip of the hand.
func (r *Root) enter(instance string) tea.Cmd {
	i := slices.IndexFunc(r.doors, func(d Door) bool { return d.Instance == instance })
	switch {
	case i < 0:
		r.say(fmt.Sprintf("no config beside this one is of an instance called “%s”", instance), true)
		return nil
	case r.doors[i].Config == r.opts.Config:
		r.say("you are on "+instance, false)
		return nil
	case r.doors[i].Why != "":
		r.say(instance+" cannot be entered: "+r.doors[i].Why, true)
		return nil
	}
	d := r.doors[i]
	text := fmt.Sprintf("You leave %s and enter %s. From then on every key and command is meant for %s.", r.world.About.Instance, d.Instance, d.Instance)
	here := r.walkedHere()
	if len(here) > 0 {
		text += " A run that this console walks stops at its next step boundary:"
	}
	r.dialogs = append(r.dialogs, asked{door: d, dialog: &dialog.Choice{
		Tag: "door", Title: "Another instance", Alarm: theme.Alarm, Cancel: "Stay on " + r.world.About.Instance,
		Text: text, Details: here, Options: []dialog.Option{{ID: "enter", Label: "Enter " + d.Instance}},
	}})
	return nil
}

// through goes there.
func (r *Root) through(d Door) tea.Cmd {
	r.way = Way{Config: d.Config}
	return tea.Quit
}
