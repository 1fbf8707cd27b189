package stage

import (
	"context"

	"github.com/vmtui/vmtui/ops/courier"
)

// Carrying is a file on its way to a node.
func Carrying() courier.View {
	return courier.View{Errand: Errand(), Done: 3 << 20, Of: 12 << 20, Version: 1}
}

// Errand is a file that could be copied to a node.
func Errand() courier.Errand {
	return courier.Errand{Node: "worker-2", Up: true, Here: "/home/mike/golden/provision-worker.sh", There: "/root/provision-worker.sh", Size: 12 << 20}
}

// Errand implements ui.Desk.
func (d *Desk) Errand(_ context.Context, line string) (courier.Errand, error) {
	d.told("errand %s", line)
	return Errand(), d.Fails
}

// Carry implements ui.Desk.
func (d *Desk) Carry(_ context.Context, e courier.Errand) (string, error) {
	d.told("carry %s to %s", e.From(), e.To())
	return "1", d.Fails
}

// Carried implements ui.Desk.
func (d *Desk) Carried(ctx context.Context, _ string, after uint64) (courier.View, error) {
	if after >= d.Trip.Version {
		<-ctx.Done()
		return courier.View{}, ctx.Err()
	}
	return d.Trip, nil
}

// Recall implements ui.Desk.
func (d *Desk) Recall(_ context.Context, id string) error {
	d.told("recall %s", id)
	return d.Fails
}
