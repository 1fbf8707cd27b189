package main

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"sync"

	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/presence"
	"github.com/vmtui/vmtui/ui/canvas"
	"github.com/vmtui/vmtui/ui/plain"
	"github.com/vmtui/vmtui/ui/root"
)

// heapLimit is what Go's runtime may hold before the collector works harder, on a terminal of w by h cells; more than a console needs. What the cells of a
// large window take comes on top of what everything else does, or the collector would never rest there. The program's own pages come on top of both.
// What is known of many nodes does as well.
func heapLimit(w, h, nodes int) int64 {
	const most, perCell, ordinary, perNode, few = 18 << 20, 320, 120 * 36, 96 << 10, 10
	return most + perCell*int64(max(w*h-ordinary, 0)) + perNode*int64(max(nodes-few, 0))
}

// console opens the console. On a terminal that cannot be drawn on, and where --plain asks for it, the status is printed instead.
func console(ctx context.Context, f *flags) error {
	if f.plain {
		return status(ctx, f)
	}
	in, out, err := f.keyboardAndScreen()
	if err != nil {
		return err
	}
	if plain.Fits(os.Getenv("TERM")) {
		return status(ctx, f)
	}
	// A console left alone makes little garbage a second, for hours: collecting it half as often is a good part of what it costs, and a few megabytes.
	// In a flood it makes much, so the collector works harder before that is held at once.
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(heapLimit(0, 0, 0))
	if _, err := usable(f.config); err != nil {
		return err
	}
	c, err := canvas.Open(in, out, os.Environ())
	if err != nil {
		return err
	}
	return errors.Join(visit(ctx, f, c), c.Close())
}

// usable is a config that a console can be opened with, or why it cannot.
func usable(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return cfg, checkKeys(cfg)
}

// visit sits down at one instance after the other, through the doors the operator takes. One that cannot be entered leads back to where they were.
func visit(ctx context.Context, f *flags, c *canvas.Canvas) error {
	notice, before := "", ""
	for {
		way, err := sitDown(ctx, f, c, notice)
		switch {
		case err != nil && before != "" && ctx.Err() == nil && before != f.config:
			f.config, notice = before, err.Error()
			continue
		case err != nil || way.Config == "":
			return err
		}
		before, f.config, notice = f.config, way.Config, ""
	}
}

// sitDown opens one instance's console.
func sitDown(ctx context.Context, f *flags, c *canvas.Canvas, notice string) (way root.Way, err error) {
	cfg, err := usable(f.config)
	if err != nil {
		return way, err
	}
	limit := func(w, h int) { debug.SetMemoryLimit(heapLimit(w, h, len(cfg.Nodes))) }
	if w, h, err := c.Size(); err == nil { // else it is told later
		limit(w, h)
	}
	c.OnSize(limit)
	if err := c.Restore(); err != nil {
		return way, err
	}
	err = withApp(ctx, f, nil, func(ctx context.Context, a *app) error {
		a.say = func(text string) {
			_ = c.Release() // what is said on the way out is read where the screen was
			f.note(text)
		}
		ctx, cancel := context.WithCancel(ctx)
		var watching sync.WaitGroup
		watching.Go(func() { a.watch.Run(ctx) })
		watching.Go(func() {
			presence.Sit(ctx, a.host(a.cfg.Exec().Name), presence.Console{Who: a.about().Operator, PID: os.Getpid(), ReadOnly: a.door.ReadOnly()})
		})
		defer watching.Wait()
		defer cancel()
		var err error
		known := a.watch.Snapshot()
		way, err = root.Run(ctx, c, a.desk, root.Options{
			About: a.about(), Fleet: known, Verbs: root.VerbsOf(ctx, a.desk, known), Keys: a.cfg.Bindings, Config: f.config, Notice: notice, Look: a.cfg.Look,
			Doors: func() []root.Door { return doors(f.config) }, Edit: editor(ctx, f.config), Shell: a.shells(ctx), Reach: root.ReachOf(a.cfg.Notify, os.Getenv),
			Clipboard: clipboard(os.Getenv),
		})
		return err
	})
	return way, err
}

// keyboardAndScreen are what the operator sits at: the standard streams, or the controlling terminal for keys if the input was turned elsewhere.
func (f *flags) keyboardAndScreen() (in, out *os.File, err error) {
	none := &fault.Error{What: "the console needs a terminal", Next: "use the subcommands in pipes and scripts: `vmtui status`, `vmtui run …`", Code: fault.Usage}
	out, ok := f.screen.(*os.File)
	if !ok || !term.IsTerminal(int(out.Fd())) {
		return nil, nil, none
	}
	in, ok = f.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		if in, err = os.OpenFile("/dev/tty", os.O_RDWR, 0); err != nil {
			none.Why = "its keys cannot be read: " + err.Error()
			return nil, nil, none
		}
	}
	f.watched.sitAt(in, out)
	return in, out, nil
}

// about is what the header says of this console.
func (a *app) about() desk.About {
	host, err := os.Hostname()
	if err != nil {
		host = "here"
	}
	return desk.About{
		Instance: a.cfg.Instance, Color: a.cfg.Color, Operator: a.operator + "@" + host, Store: a.storeName(), Version: version, ReadOnly: a.door.ReadOnly(), PID: os.Getpid(),
	}
}
