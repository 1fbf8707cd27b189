package desk

import (
	"context"
	"strconv"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/courier"
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

// Carry copies a file. It goes on until it is over, is cancelled, or the console is left.
func (d *Desk) Carry(_ context.Context, e courier.Errand) (string, error) {
	c, record := d.courier, ""
	journal := d.engine.Single()
	journal.Began = func(id string) { record = id }
	c.Journal = journal
	trip, err := c.Start(d.ctx, e) //nolint:contextcheck // leaving the screen takes nothing back
	if err != nil {
		return "", err
	}
	d.mark(record, true)
	d.legs.Go(func() {
		defer d.mark(record, false)
		trip.Wait()
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trips = append(d.trips, trip)
	return strconv.Itoa(len(d.trips)), nil
}

// Carried is how far a file is, as soon as it is further than in that version.
func (d *Desk) Carried(ctx context.Context, id string, after uint64) (courier.View, error) {
	trip, err := d.trip(id)
	if err != nil {
		return courier.View{}, err
	}
	return trip.View(ctx, after)
}

// Recall ends a copy.
func (d *Desk) Recall(_ context.Context, id string) error {
	trip, err := d.trip(id)
	if err == nil {
		trip.Cancel()
	}
	return err
}

func (d *Desk) trip(id string) (*courier.Trip, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n, err := strconv.Atoi(id); err == nil && n > 0 && n <= len(d.trips) {
		return d.trips[n-1], nil
	}
	return nil, &fault.Error{What: "no such copy", On: id, Why: "none was begun from this console", Code: fault.Usage}
}
