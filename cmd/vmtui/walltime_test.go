package main

import (
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// unhurried is a world whose slow things are slow in the proportions of the real one, at a third of its time or less: a rebuild takes two thirds of a minute.
func unhurried() box.Pace {
	p := box.Brisk()
	p.API.Begin, p.API.Action, p.API.Busy = time.Second, 40*time.Second, 5*time.Second
	p.Machine.Boot, p.Machine.CloudInit = 10*time.Second, 5*time.Second
	p.HealthInterval, p.HealthTimeout = 2*time.Second, time.Second
	return p
}

// mostOverOwn is the most that a reimage may take, in times of what the provider and the health check themselves need.
const mostOverOwn = 1.1

// A reimage takes little more than what nobody here can hurry. What that is comes from the pace of the world, not from what was measured; what the walk
// took, from its log. It runs alone: it measures.
func TestWallTimeOfAReimage(t *testing.T) {
	p := unhurried()
	b := startBox(t, func(o *box.Options) { o.Pace = p })
	a := inside(t, b)
	rb := without(t, a, worker.Reimage, leaveOut())
	id, err := a.engine.Start(t.Context(), rb)
	if err != nil {
		t.Fatal(err)
	}
	state, err := a.engine.Walk(t.Context(), id, rb, run.Mode{Unattended: true, Yes: true, Confirm: "worker-2"})
	if err != nil || state != run.Done {
		t.Fatalf("%s, %v\n%s", state, err, transcript(t, b, id))
	}
	v, err := a.engine.View(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	lb, err := a.cloud.Balancer(t.Context(), a.cfg.LoadBalancer.ID)
	if err != nil {
		t.Fatal(err)
	}
	check := lb.Check
	own := map[string]time.Duration{
		"health check: to fail, with one interval to spare":      check.DrainTime() + check.Interval,
		"provider: to remove":                                    p.API.Busy,
		"provider: to rebuild and boot":                          max(p.API.Action, p.API.Begin+p.Machine.Boot+p.Machine.CloudInit),
		"health check: to pass as often as the balancer wants":   time.Duration(check.Healthy-1) * check.Interval,
		"health check: to pass at the balancer once it is added": p.API.Busy/2 + time.Duration(check.Healthy)*check.Interval,
	}
	var waits time.Duration
	for what, d := range own {
		waits += d
		t.Logf("%8s  %s", d, what)
	}
	took := v.Spent.All()
	ratio := took.Seconds() / waits.Seconds()
	t.Logf("%8s  what they need together; the walk took %s: %.3f times that", waits, took.Round(10*time.Millisecond), ratio)
	for whose, d := range v.Spent.By {
		t.Logf("%8s  %s, by its log", d.Round(10*time.Millisecond), whose)
	}
	for step, d := range v.Spent.Ours {
		t.Logf("%8s  ours, in %s", d.Round(10*time.Millisecond), step)
	}
	if ratio > mostOverOwn {
		t.Errorf("%.3f times what the provider and the health check need", ratio)
	}
	if by := v.Spent.By; by["provider"] == 0 || by["health check"] == 0 || by["drain"] == 0 || by[run.Ours] == 0 {
		t.Errorf("the log does not say whose the time was: %v", by)
	}
	intact(t, b)
	serving(t, b)
}
