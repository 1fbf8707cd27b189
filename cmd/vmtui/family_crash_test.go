package main

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/doom"
	"github.com/vmtui/vmtui/ops/run"
)

// family are the runbooks beside worker-reimage, each with the once-step that must never be sent twice, "" where it has none.
var family = []struct {
	trial
	once string
}{
	{trial{book: "worker-add", target: "worker-4"}, "create"},
	{trial{book: "worker-retire", target: "worker-2", leaves: true}, "destroy"},
	{trial{book: "worker-reboot", target: "worker-2"}, "reboot"},
	{trial{book: "worker-restart", target: "worker-2"}, ""},
	{trial{book: "sidekiq-restart", target: "worker-2"}, ""},
	{trial{book: "streaming-restart", target: "worker-2"}, ""},
}

// diagonal is where each of the family dies when it does not die everywhere: its once-step before it is sent and after its effect without an answer,
// and some step whose effect has no proof of its own.
var diagonal = map[string][]doom.Crash{
	"worker-add":        {{Step: "create", Point: doom.AfterIntent, N: 1}, {Step: "create", Point: doom.Unanswered, N: 1}, {Step: "host-key", Point: doom.AfterEffect, N: 1}},
	"worker-retire":     {{Step: "destroy", Point: doom.AfterIntent, N: 1}, {Step: "destroy", Point: doom.Unanswered, N: 1}, {Step: "forget", Point: doom.AfterIntent, N: 1}},
	"worker-reboot":     {{Step: "reboot", Point: doom.AfterIntent, N: 1}, {Step: "reboot", Point: doom.Unanswered, N: 1}, {Step: "take-away", Point: doom.AfterEffect, N: 1}},
	"worker-restart":    {{Step: "stop", Point: doom.Unanswered, N: 1}},
	"sidekiq-restart":   {{Step: "restart", Point: doom.AfterOutcome, N: 1}},
	"streaming-restart": {{Step: "restart", Point: doom.AfterEffect, N: 1}},
}

// everywhere is all points of all steps of a runbook, as a walk that nothing disturbs shows them.
func everywhere(t *testing.T, of trial) (all []doom.Crash) {
	t.Helper()
	o := newOrdealOf(t, of, doom.Crash{})
	if _, code := o.walk(doomed{Confirm: of.target}); code != 0 {
		id, _ := o.log()
		t.Fatalf("%s: exit %d\n%s", of.book, code, transcript(t, o.b, id))
	}
	_, events := o.log()
	var steps []string
	for _, ev := range events {
		if ev.Type == run.Stepped && (len(steps) == 0 || steps[len(steps)-1] != ev.Step) {
			steps = append(steps, ev.Step)
		}
	}
	for _, c := range doom.In(steps, entries(events), false) {
		if silent := c.Point == doom.Unanswered && !o.asks[c.Step]; named[c.Point] && !silent {
			all = append(all, c)
		}
	}
	return all
}

// A process that is killed at any point of any step of the family leaves an unfinished run; resumed, it ends done, or says truly that it does not know
// whether its once-step was carried out, and waits for an operator. What was carried out is never sent again.
func TestCrashInTheFamily(t *testing.T) {
	mingle(t)
	for _, of := range family {
		points := diagonal[of.book]
		if *whole {
			points = everywhere(t, of.trial)
		}
		for _, at := range points {
			t.Run(of.book+": "+at.String(), func(t *testing.T) {
				t.Parallel()
				o := newOrdealOf(t, of.trial, at)
				before := o.b.Droplet("worker-2")
				o.die(doomed{Confirm: of.target})
				id, _ := o.log()
				_, code := o.walk(doomed{ID: id, Confirm: of.target})
				if at.Step == of.once && at.Point == doom.AfterIntent {
					if _, events := o.log(); code != 4 || events[len(events)-1].State != string(run.Unknown) || sent(o, of.book, before) != 0 {
						t.Errorf("exit %d, sent %d times\n%s", code, sent(o, of.book, before), transcript(t, o.b, id))
					}
					o.decide(id)
				} else if code != 0 {
					t.Fatalf("exit %d\n%s", code, transcript(t, o.b, id))
				}
				o.judge()
				o.settled()
				if n := sent(o, of.book, before); of.once != "" && n != 1 {
					t.Errorf("%s was carried out %d times\n%s", of.once, n, transcript(t, o.b, id))
				}
				intact(t, o.b)
				if !of.leaves {
					serving(t, o.b)
				}
			})
		}
	}
}

// sent counts how often the world has seen a runbook's once-step.
func sent(o *ordeal, book string, droplet int) int {
	switch book {
	case "worker-add":
		return o.b.API().Creates("worker-4")
	case "worker-retire":
		return destroyed(o.b, droplet)
	case "worker-reboot":
		n := 0
		for _, c := range o.b.Machine("worker-2").Commands() {
			if strings.Contains(spelled(c), "--no-block reboot") {
				n++
			}
		}
		return n
	}
	return 0
}

// What strikes the family in the middle, and what must come of it.
func TestFaultsInTheFamily(t *testing.T) {
	mingle(t)
	for _, x := range []struct {
		book, target, during, fault string
		state, says                 string // of the leg that was struck; says in its last words
		healed                      string // of the run, resumed when all is well again
	}{
		{"worker-add", "worker-4", "announce", "api-502", "unknown", "whether it was carried out is unknown", "unknown"},
		{"worker-add", "worker-4", "announce", "create-errs", "waiting", "the creation ended in an error", "waiting"},
		{"worker-retire", "worker-2", "announce", "api-502", "unknown", "whether it was carried out is unknown", "unknown"},
		{"worker-retire", "worker-2", "announce", "apply-then-502", "done", "", "done"},
		{"worker-reboot", "worker-2", "take-away", "dead:worker-3", "waiting", "too few healthy", "done"},
		{"streaming-restart", "worker-2", "count", "drop-ssh:worker-2", "done", "", "done"},
	} {
		t.Run(x.book+": "+x.fault+" during "+x.during, func(t *testing.T) {
			t.Parallel()
			b, a := waylaid(t, func(o *box.Options) { o.Visitors.PerSecond = 5 })
			a.strikes(x.during, x.fault)
			l := begin(t, b.ConfigPath(), "run", x.book, x.target, "--yes", "--confirm", x.target, "--json")
			a.struck(l, x.during)
			l.end()
			if end := l.last(); end.State != x.state || !strings.Contains(end.Detail, x.says) {
				t.Errorf("ended %+v\n%s", end, transcript(t, b, l.run()))
			}
			heal(t, b, x.fault)
			if l.last().State != "done" {
				got := vmtui(t, b.ConfigPath(), "runs", "resume", l.run(), "--yes", "--confirm", x.target, "--json")
				if end := last(t, got.out); end.State != x.healed {
					t.Errorf("resumed, ended %+v\n%s", end, transcript(t, b, l.run()))
				}
			}
			if n := b.API().Creates("worker-4"); n > 1 {
				t.Errorf("%d creations", n)
			}
			unharmed(t, b, x.fault)
		})
	}
}
