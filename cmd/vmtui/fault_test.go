package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// outcome is where a walk must end up when a fault strikes in the middle of a step, once the fault is healed and the run resumed.
type outcome struct {
	states []string // of the run at last, any of them
	says   string   // in its last words, unless it is done
	shut   bool     // every new login to the worker is refused afterwards
}

func (o outcome) fits(state, says string) bool {
	return slices.Contains(o.states, state) && (state == "done" || strings.Contains(says, o.says))
}

var recovers = outcome{states: []string{"done"}}

// askOperator is the one end that healing and resuming do not cure: the rebuild was sent, the answer was lost, and the world does not show it. It
// is never sent again without the operator.
var askOperator = outcome{states: []string{"unknown"}, says: "it was sent, no answer came"}

// errored needs the operator too: what the disk holds is not known.
var errored = outcome{states: []string{"waiting"}, says: "errored"}

// distrusted is a host whose key changed while no rebuild accounts for it. A connection that was proven goes on; no new one is made, by anybody.
var distrusted = outcome{states: []string{"done", "waiting"}, says: "the host key has changed", shut: true}

// faultTable is every fault of the box that can strike a walk of worker-2, and what must come of it. near is for steps whose next change is the
// rebuild itself, before for those ahead of them, after for those behind.
var faultTable = []struct {
	fault               string
	before, near, after outcome
}{
	{"slow:worker-2=1s", recovers, recovers, recovers},
	{"slow:exec=500ms", recovers, recovers, recovers},
	{"drop-ssh:worker-2=1", recovers, recovers, recovers},
	{"drop-ssh:exec=1", recovers, recovers, recovers},
	{"busy-lb:3s", recovers, recovers, recovers},
	{"rate-limit:2s", recovers, recovers, recovers},
	{"drop-api:2", recovers, recovers, recovers},
	{"api-502:1", recovers, askOperator, recovers},
	{"apply-then-die:1", recovers, recovers, recovers},
	{"apply-then-502:1", recovers, recovers, recovers},
	{"limit-changes:1", recovers, recovers, recovers},
	{"pending:1", recovers, recovers, recovers},
	{"api-500:2", recovers, recovers, recovers},
	{"slow-api:1s", recovers, recovers, recovers},
	{"keep-host-key:worker-2", recovers, recovers, recovers},
	{"degraded-boot:worker-2", recovers, recovers, recovers},
	{"dead:worker-3", recovers, recovers, recovers},
	{"dead:worker-2", recovers, recovers, recovers},
	{"host-key:worker-2", recovers, recovers, distrusted},
	{"dead:exec", recovers, recovers, recovers},
	{"rebuild-errs:1", errored, errored, recovers},
}

// strikes are the steps in which each fault strikes: those that change something, and the waits between them.
var strikes = []string{"preflight", "hold", "hush", "lame-duck", "idle", "remove", "nginx", "sidekiq-quiet", "put-back", "stop", "mark", "announce", "rebuild", "power-on", "come-back", "host-key", "new-disk", "first-boot", "provision", "parity", "start", "add", "sidekiq-start", "watch", "release", "report"}

// Each fault during each step ends as the table says: never two rebuilds, never a lost request or job, never too few workers.
func TestFaultDuringEachStep(t *testing.T) {
	mingle(t)
	known := stepsOf(t, startBox(t, nil), "worker-reimage")
	if !slices.Equal(known, strikes) {
		t.Fatalf("the steps are %v, the table knows %v", known, strikes)
	}
	for n, f := range faultTable {
		for i, step := range strikes {
			if !*whole && i%len(faultTable) != n {
				continue // a diagonal of the table
			}
			want := f.before
			switch {
			case f.fault == "host-key:worker-2" && (step == "power-on" || step == "come-back"):
				want = recovers // the key that exec reads is the key of that moment
			case i > slices.Index(strikes, "rebuild"):
				want = f.after
			case i > slices.Index(strikes, "remove"):
				want = f.near
			}
			t.Run(f.fault+" during "+step, func(t *testing.T) {
				t.Parallel()
				strike(t, f.fault, step, want)
			})
		}
	}
}

func strike(t *testing.T, fault, step string, want outcome) {
	b, a := waylaid(t, func(o *box.Options) { o.Visitors.PerSecond = 5 })
	a.strikes(step, fault)
	l := begin(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	a.struck(l, step)
	state, says := settle(t, b, l, fault)
	if !want.fits(state, says) {
		t.Errorf("ended %s: %s\nwant %+v\n%s", state, says, want, transcript(t, b, l.run()))
	}
	if n := rebuilds(b, "worker-2"); n > 1 {
		t.Errorf("%d rebuilds", n)
	}
	unharmed(t, b, fault)
	switch {
	case want.shut:
		if got := vmtui(t, b.ConfigPath(), "status"); !strings.Contains(got.out, "the host key has changed") {
			t.Errorf("a changed host key is not told: %s%s", got.out, got.err)
		}
	case state == "done":
		heal(t, b, fault) // what struck while nobody needed it any more is still there
		expires(t, b, l.run())
		serving(t, b)
	}
}

// expires clears a lease that a run which is done could not give back, because exec was gone by then: it says so, and would run out by itself.
func expires(t *testing.T, b *box.Box, id string) {
	t.Helper()
	if got := vmtui(t, b.ConfigPath(), "lease"); !strings.Contains(got.out, id) {
		return
	}
	if said := transcript(t, b, id); !strings.Contains(said, "the lease could not be released, it will expire") {
		t.Errorf("the run is done and keeps the lease\n%s", said)
	}
	if got := vmtui(t, b.ConfigPath(), "lease", "clear", "--confirm", "root"); got.code != 0 {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
}

// settle lets the leg end, heals the fault, and resumes until the run is done or goes no further.
func settle(t *testing.T, b *box.Box, l *leg, fault string) (state, says string) {
	l.end()
	end := l.last()
	for range 3 {
		if end.State == "done" {
			break
		}
		heal(t, b, fault)
		if end.State == "refused" {
			// Nothing was touched yet: a new run is what an operator would start.
			got := vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
			end = last(t, got.out)
			continue
		}
		got := vmtui(t, b.ConfigPath(), "runs", "resume", l.run(), "--yes", "--confirm", "worker-2", "--json")
		end = last(t, got.out)
		end.Detail += got.err
	}
	return end.State, end.Detail
}

// unharmed asserts what holds whatever struck. A worker that died on its own takes what it was answering with it; that is nobody's walk.
func unharmed(t *testing.T, b *box.Box, fault string) {
	t.Helper()
	if strings.HasPrefix(fault, "dead:worker") {
		return
	}
	intact(t, b)
}

func heal(t *testing.T, b *box.Box, fault string) {
	t.Helper()
	if err := b.Heal(strings.SplitN(fault, ":", 2)[0]); err != nil {
		t.Fatal(err)
	}
}
