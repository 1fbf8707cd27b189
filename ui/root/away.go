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
)

// Edit runs the operator's editor on the config, with the terminal to itself, until what stands there is good or was given up. changed is false when
// the file is as it was.
type Edit func(in, out *os.File) (changed bool, err error)

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
