package courier

import (
	"context"
	"errors"
	"sync"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/edition"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Verb is what the history calls a file that went to a node. One that came from there changed nothing and is in the log of calls only.
const Verb = "copy/upload"

// Host is a machine that files are copied to and from.
type Host interface {
	Upload(ctx context.Context, permit remote.Permit, local, there string, progress ssh.Progress) error
	Download(ctx context.Context, there, local string, progress ssh.Progress) error
}

// Courier carries files.
type Courier struct {
	Host    func(name string) Host
	Door    *act.Door
	Journal act.Journal
}

// Trip is an errand under way. Cancel ends it: the file does not get its name any more, unless it is getting it just now.
type Trip struct {
	*edition.Effort[View]

	mu   sync.Mutex
	view View
}

// View is how far a trip is.
type View struct {
	Errand   Errand
	Done, Of int64 // bytes; Of is 0 until it is known
	Over     bool
	Err      error // why it did not arrive, or why that could not be recorded
	Version  uint64
}

// Percent is how far it is, from 0 to 100.
func (v View) Percent() int {
	if v.Of == 0 {
		return 0
	}
	return int(v.Done * 100 / v.Of)
}

// Start asks the door, for what goes up, and sets out. The trip ends with ctx at the latest. It needs no lease: it is the operator's own act, as by scp.
func (c Courier) Start(ctx context.Context, e Errand) (*Trip, error) {
	t := &Trip{view: View{Errand: e, Of: e.Size}}
	ctx, t.Effort = edition.Begin(ctx, t.look)
	carry := func() error { return c.Host(e.Node).Download(ctx, e.There, e.Here, t.moved) }
	if e.Up {
		permit, settle, err := c.Door.Open(ctx, c.Journal, act.Act{Verb: Verb, Target: e.Node, What: "copy " + e.From() + " to " + e.To(), Danger: act.Changes, Unleased: true})
		if err != nil {
			t.End()
			return nil, err
		}
		carry = func() error {
			err := c.Host(e.Node).Upload(ctx, permit, e.Here, e.There, t.moved)
			return errors.Join(err, settle(act.Outcome{Err: err}))
		}
	}
	t.Changed()
	go t.run(carry)
	return t, nil
}

func (t *Trip) run(carry func() error) {
	defer t.End()
	err := carry()
	t.change(func(v *View) { v.Over, v.Err = true, err })
}

func (t *Trip) moved(done, of int64) {
	t.change(func(v *View) { v.Done, v.Of = done, of })
}

func (t *Trip) change(how func(*View)) {
	t.mu.Lock()
	how(&t.view)
	t.mu.Unlock()
	t.Changed()
}

func (t *Trip) look(version uint64) View {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := t.view
	v.Version = version
	return v
}
