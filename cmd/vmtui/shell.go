package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/muesli/cancelreader"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/shell"
	"github.com/vmtui/vmtui/remote/ssh"
)

// calm undoes what a program on the other side may have left behind when it was cut off: colours, the other screen, the mouse, pasting in brackets, a
// hidden cursor, other keys.
const calm = "\x1b[0m\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>\x1b[<u\x1b[?25h\r"

func newShell(f *flags) *cobra.Command {
	var agent bool
	cmd := &cobra.Command{
		Use: "shell NODE", Short: "Open a shell on a node", Args: between(1, 1),
		Long: "Open a login shell on a node, over the connection and with the trust that the console has. ~. at the beginning of a line hangs up.\n" +
			"Its exit status is vmtui's. That it was opened is on the record; what is typed and shown is not.",
		RunE: func(cmd *cobra.Command, args []string) error {
			in, out, err := f.keyboardAndScreen()
			if err != nil {
				return &fault.Error{What: "a shell needs a terminal", On: args[0], Next: "use `vmtui exec` in pipes and scripts", Code: fault.Usage}
			}
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
				s := a.shells(ctx)
				s.agent = agent
				if err := s.Knock(args[0]); err != nil {
					return err
				}
				status, err := s.open(args[0], in, out) //nolint:contextcheck // it has ctx: a shell's methods are root's interface, which knows none
				if err == nil && status != 0 {
					return ended(status)
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVarP(&agent, "agent", "A", false, "forward your SSH agent to it, as ForwardAgent in ssh_config does")
	return cmd
}

// shells opens shells on the nodes of one instance. It is the console's root.Shell.
type shells struct {
	app   *app
	ctx   context.Context
	room  shell.Room
	agent bool
}

func (a *app) shells(ctx context.Context) *shells {
	return &shells{app: a, ctx: ctx, room: shell.Room{Door: a.door, Journal: a.engine.Single()}}
}

// Knock reaches a node while questions can still be answered.
func (s *shells) Knock(node string) error {
	if _, known := s.app.cfg.Node(node); !known {
		return s.app.cfg.NoNode(node)
	}
	if s.app.door.ReadOnly() {
		return &fault.Error{What: "refused: an interactive shell", On: node, Why: "this is read-only mode", Next: "leave read-only mode (--read-only, or read_only in the config)", Code: fault.Refused}
	}
	return s.room.Knock(s.ctx, node, s.app.host(node))
}

// Enter has the terminal to itself until the shell is over.
func (s *shells) Enter(node string, in, out *os.File) error {
	_, err := s.open(node, in, out)
	return err
}

func (s *shells) open(node string, in, out *os.File) (status int, err error) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	hand, err := cancelreader.NewReader(in)
	if err != nil {
		return 0, err
	}
	defer func() { _ = hand.Close() }()
	cols, rows, err := term.GetSize(int(out.Fd()))
	if err != nil {
		return 0, err
	}
	cooked, err := term.GetState(int(in.Fd()))
	if err != nil {
		return 0, err
	}
	defer func() {
		_, _ = io.WriteString(out, calm)
		err = errors.Join(err, term.Restore(int(in.Fd()), cooked))
	}()
	resized, stop := follow(out)
	defer stop()
	return s.room.Enter(ctx, node, s.app.host(node), ssh.Terminal{
		In: hand, Stop: func() { hand.Cancel() }, Out: out, Name: os.Getenv("TERM"), Size: ssh.Size{Cols: cols, Rows: rows}, Resized: resized, Agent: s.agent,
		Ready: func() error {
			_, err := term.MakeRaw(int(in.Fd()))
			return err
		},
	})
}

// follow tells of every new size of a terminal until stop is called.
func follow(out *os.File) (sizes <-chan ssh.Size, stop func()) {
	changes, told, over := make(chan os.Signal, 1), make(chan ssh.Size), make(chan struct{})
	signal.Notify(changes, syscall.SIGWINCH)
	var following sync.WaitGroup
	following.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-changes:
			}
			cols, rows, err := term.GetSize(int(out.Fd()))
			if err != nil {
				continue
			}
			select {
			case told <- ssh.Size{Cols: cols, Rows: rows}:
			case <-over:
				return
			}
		}
	})
	return told, func() {
		signal.Stop(changes)
		close(over)
		following.Wait()
	}
}
