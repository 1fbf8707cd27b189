package desk

import (
	"context"
	"slices"
	"strconv"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/nodeset"
)

// worksKept is how many commands on nodes a console can still look at.
const worksKept = 16

// Order is a command for the nodes that a set names, before it is run. The command is a shell script.
func (d *Desk) Order(_ context.Context, set, command string, sudo bool) (fanout.Order, error) {
	nodes, err := nodeset.Parse(set, d.cfg.NodeSets())
	return fanout.Order{Nodes: nodes, Words: []string{command}, Sudo: sudo}, err
}

// Exec runs a command on nodes. It goes on until it is over, is cancelled, or the console is left.
func (d *Desk) Exec(_ context.Context, o fanout.Order) (string, error) {
	fan, record := d.fan, ""
	journal := d.engine.Single()
	journal.Began = func(id string) { record = id }
	fan.Journal = journal
	w, err := fan.Start(d.ctx, o) //nolint:contextcheck // leaving the screen takes nothing back
	if err != nil {
		return "", err
	}
	d.mark(record, true)
	d.legs.Go(func() {
		defer d.mark(record, false)
		w.Wait()
	})
	return d.keep(w), nil
}

// keep remembers a command; the oldest one that is over gives way.
func (d *Desk) keep(w *fanout.Work) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.works = append(d.works, w)
	if i := len(d.works) - worksKept; i > 0 {
		if old := slices.IndexFunc(d.works, func(w *fanout.Work) bool { return w != nil && w.Over() }); old >= 0 {
			d.works[old] = nil
		}
	}
	return strconv.Itoa(len(d.works))
}

// work is the command with an id; "" is the last one.
func (d *Desk) work(id string) (*fanout.Work, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.works)
	if id != "" {
		var err error
		if n, err = strconv.Atoi(id); err != nil {
			n = 0
		}
	}
	if n < 1 || n > len(d.works) || d.works[n-1] == nil {
		return nil, &fault.Error{What: "no such command", Why: "none was run on nodes from this console, or it is long over", Next: "say exec worker-[1-3] -- uptime; the list of runs has the earlier ones", Code: fault.Usage}
	}
	return d.works[n-1], nil
}

// Answers is what came of a command so far ("" is the last one), as soon as there is more of it than in that version.
func (d *Desk) Answers(ctx context.Context, id string, after uint64) (fanout.View, error) {
	w, err := d.work(id)
	if err != nil {
		return fanout.View{}, err
	}
	return w.View(ctx, after)
}

// Cancel ends a command wherever it still runs.
func (d *Desk) Cancel(_ context.Context, id string) error {
	w, err := d.work(id)
	if err == nil {
		w.Cancel()
	}
	return err
}

// Unfinished reports that somebody may still have to do something about it. A single act that nobody carries out any more is over, even if nobody
// knows how it ended: nothing is resumed of it.
func (r Run) Unfinished() bool { return !r.State.Final() && (r.Alive || !r.Act) }
