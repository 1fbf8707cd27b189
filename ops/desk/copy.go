package desk

import (
	"context"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/courier"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// UseCourier says who carries files, before anybody sits at the desk.
func (d *Desk) UseCourier(c courier.Courier) { d.courier = c }

// Errand is what copying a file would be; nothing is copied yet. The line is FROM TO, read as a shell reads words.
func (d *Desk) Errand(_ context.Context, line string) (courier.Errand, error) {
	words, err := tootctl.Split(line)
	if err != nil {
		return courier.Errand{}, err
	}
	if len(words) != 2 {
		return courier.Errand{}, &fault.Error{What: "that cannot be copied", On: line, Why: "it takes two paths: from where, and to where", Next: "say file provision.sh worker-1:/root/, with quotes around a path with spaces", Code: fault.Usage}
	}
	return courier.Read(words[0], words[1], func(name string) bool {
		_, known := d.cfg.Node(name)
		return known
	})
}

// noCopy is said of a copy that is not there.
var noCopy = &fault.Error{What: "no such copy", Why: "none was begun from this console, or it is long over", Next: "say file provision.sh worker-1:/root/", Code: fault.Usage}

// Carry copies a file.
func (d *Desk) Carry(_ context.Context, e courier.Errand) (string, error) {
	return begin(d, &d.trips, func(ctx context.Context, journal *run.Single) (effort[courier.View], error) {
		c := d.courier
		c.Journal = journal
		return c.Start(ctx, e)
	})
}

// Carried is how far a file is, as soon as it is further than in that version.
func (d *Desk) Carried(ctx context.Context, id string, after uint64) (courier.View, error) {
	return d.trips.view(ctx, id, after)
}

// Recall ends a copy.
func (d *Desk) Recall(_ context.Context, id string) error { return d.trips.cancel(id) }
