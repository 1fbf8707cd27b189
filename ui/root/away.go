package root

import (
	"errors"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"
)

// Things that need the whole terminal for a while. Root asks for them by message; the seat, which has the terminal, does them.
type (
	// suspend stops the process, as ^Z does in a shell.
	suspend struct{}
	// resumed comes when the console is in the foreground again.
	resumed struct{ err error }
	// edit opens the config in the operator's editor.
	edit struct{}
	// edited comes back from there.
	edited struct {
		changed bool
		err     error
	}
	// knocked says whether a node can be entered.
	knocked struct {
		node string
		err  error
	}
	// enter opens a shell on a node.
	enter struct{ node string }
	// left comes when the shell is over.
	left struct {
		node string
		err  error
	}
)

// Edit runs the operator's editor on the config, with the terminal to itself, until what stands there is good or was given up. changed is false when
// the file is as it was.
type Edit func(in, out *os.File) (changed bool, err error)

// Shell opens shells on nodes.
type Shell interface {
	// Knock reaches a node while the console can still show what is asked on the way.
	Knock(node string) error
	// Enter has the terminal to itself until the shell on the node is over.
	Enter(node string, in, out *os.File) error
}

// outside is a tea.ExecCommand that has the terminal to itself. Bubble Tea stops reading keys meanwhile.
type outside struct {
	seat *seat
	do   func() error
}

// Run implements tea.ExecCommand.
func (o outside) Run() error {
	if err := o.seat.canvas.Release(); err != nil {
		return err
	}
	err := o.do()
	return errors.Join(err, o.seat.canvas.Restore())
}

// SetStdin implements tea.ExecCommand; the terminal is the seat's.
func (outside) SetStdin(io.Reader) {}

// SetStdout implements tea.ExecCommand.
func (outside) SetStdout(io.Writer) {}

// SetStderr implements tea.ExecCommand.
func (outside) SetStderr(io.Writer) {}

// aside does something with the whole terminal.
func (s *seat) aside(do func() error, then func(error) tea.Msg) tea.Cmd {
	return tea.Exec(outside{s, do}, then)
}

func (s *seat) edit() tea.Cmd {
	var changed bool
	return s.aside(func() (err error) {
		changed, err = s.opts.Edit(s.canvas.Files())
		return err
	}, func(err error) tea.Msg { return edited{changed, err} })
}

// reload takes up what was edited. A run that is walked here goes on by the config it began with.
func (r *Root) reload(e edited) tea.Cmd {
	switch {
	case e.err != nil:
		r.say("the config is as it was: "+e.err.Error(), true)
	case !e.changed:
		r.say("the config is as it was", false)
	case len(r.walkedHere()) > 0:
		r.say("saved; a run is walked here, so it holds from the next start or the next :instance on", false)
	default:
		r.way = Way{Config: r.opts.Config}
		return tea.Quit
	}
	return nil
}

// knock reaches a node, from which the terminal is handed over.
func (r *Root) knock(node string) tea.Cmd {
	if r.opts.Shell == nil {
		r.say("no shell can be opened from here", true)
		return nil
	}
	r.say("reaching "+node, false)
	return func() tea.Msg { return knocked{node, r.opts.Shell.Knock(node)} }
}

// knockedAt hands the terminal over, unless the operator has something else before them by now.
func (r *Root) knockedAt(k knocked) tea.Cmd {
	switch {
	case k.err != nil:
		r.say(k.err.Error(), true)
	case len(r.dialogs) > 0:
		r.say("the shell on "+k.node+" was not opened: there is a question", true)
	default:
		return func() tea.Msg { return enter{k.node} }
	}
	return nil
}

func (s *seat) enter(node string) tea.Cmd {
	return s.aside(func() error {
		in, out := s.canvas.Files()
		return s.opts.Shell.Enter(node, in, out)
	}, func(err error) tea.Msg { return left{node, err} })
}

// backFrom says how the shell ended.
func (r *Root) backFrom(l left) tea.Cmd {
	if l.err != nil {
		r.say(l.err.Error(), true)
	} else {
		r.say("back from "+l.node, false)
	}
	return tea.Batch(r.askRuns(), r.askVerbs())
}
