package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/machine"
)

// A dead worker is reimaged on the provider's word: its droplet's id is typed, and each step on the host is left out for everybody to see.
func TestDeadWorkerIsReimaged(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	end := last(t, got.out)
	if got.code != 3 || end.State != "waiting" || end.Step != "preflight" || rebuilds(b, "worker-2") != 0 {
		t.Fatalf("the name was enough for a dead host: exit %d, %+v\n%s", got.code, end, got.err)
	}
	done(t, b, "done", "runs", "resume", end.Run, "--yes", "--confirm", strconv.Itoa(b.Droplet("worker-2")), "--json")
	if said := transcript(t, b, end.Run); !strings.Contains(said, "cannot: host is dead") {
		t.Errorf("nothing says that steps cannot be done:\n%s", said)
	}
	if n := rebuilds(b, "worker-2"); n != 1 {
		t.Errorf("%d rebuilds", n)
	}
	if s := b.Stats(); s.Failures != 0 {
		t.Errorf("%d requests failed: %v", s.Failures, s.FirstFailures)
	}
	serving(t, b)
}

// A host that lives and does not let us in is not dead: what protects its visitors and jobs must not be left out.
func TestAHostThatRefusesUsIsNotDead(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"host-key:worker-2"} })
	for _, args := range [][]string{{"--yes"}, {"--yes", "--confirm", strconv.Itoa(b.Droplet("worker-2"))}, {"--plan"}} {
		got := vmtui(t, b.ConfigPath(), append([]string{"run", "worker-drain", "worker-2"}, args...)...)
		if got.code == 0 || got.code == 3 && strings.Contains(got.out+got.err, "sign of life") || !strings.Contains(got.out+got.err, "host key") {
			t.Errorf("%v: exit %d\n%s%s", args, got.code, got.out, got.err)
		}
	}
	if sent := mutations(b); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
}

// Yes to everything is not yes to giving a host up for dead.
func TestADeadHostWantsItsIDTyped(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
	if end := last(t, got.out); got.code != 3 || end.State != "waiting" || end.Step != "preflight" || len(mutations(b)) != 0 {
		t.Fatalf("exit %d, %+v, sent %q", got.code, end, mutations(b))
	}
	if err := b.Heal("dead:worker-2"); err != nil {
		t.Fatal(err)
	}
	got = vmtui(t, b.ConfigPath(), "runs", "resume", last(t, got.out).Run, "--yes", "--confirm", strconv.Itoa(b.Droplet("worker-2")), "--json")
	if end := last(t, got.out); got.code != 3 || !strings.Contains(got.out, "it answers again") || len(mutations(b)) != 0 {
		t.Errorf("a host that lives again was treated as dead: exit %d, %+v, sent %q", got.code, end, mutations(b))
	}
}

// A rebuild that errs may leave the droplet off. Whoever retries is told what its identity rests on, types the id, and sends a new rebuild; while the
// old system works again, none is sent. There is no way back, and after a stop the run goes on from there. A droplet that was off may be left off by its
// rebuild: then the run powers it on, asks before that, and does it once.
func TestARebuildThatErredIsSentAgainForADeadHost(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"rebuild-errs:1", "stays-off:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	end, m := last(t, got.out), b.Machine("worker-2")
	if got.code != 3 || end.State != "waiting" || end.Step != "rebuild" || !strings.Contains(end.Detail, "errored") || m.PoweredOn() {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, got.err)
	}
	m.PowerOn()
	wakes(t, m)
	s := sit(t, 160, 50, "--config", b.ConfigPath(), "runs", "resume", end.Run)
	s.sees("errored; what the disk holds is not known", "your decision (retry, stop)")
	s.press("retry\n")
	s.sees("it works again", "web are running")
	s.press("stop\n")
	s.ends()
	if out, code := m.Run(t.Context(), "docker stop -t 60 $(docker ps -aq --filter name=sidekiq)"); code != 0 { // or what it took meanwhile is lost with the machine
		t.Fatalf("exit status %d: %s", code, out)
	}
	m.PowerOff()
	if got := vmtui(t, b.ConfigPath(), "runs", "undo", end.Run, "--yes"); got.code != 3 || !strings.Contains(got.err, "cannot be taken back") {
		t.Errorf("undo: exit %d\n%s", got.code, got.err)
	}
	if n := rebuilds(b, "worker-2"); n != 1 {
		t.Errorf("%d rebuilds before anybody asked for another", n)
	}

	s, id := sit(t, 160, 50, "--config", b.ConfigPath(), "runs", "resume", end.Run), strconv.Itoa(b.Droplet("worker-2"))
	s.sees("leg 3", "your decision (retry, stop)")
	s.press("retry\n")
	s.sees("sends it AGAIN", "cannot be asked who it is: it gives no sign of life", "is named worker-2", "and is off", "the host itself said that it is droplet "+id, "known to have ended in an error", "your decision (go, stop)")
	s.press("go\nworker-2\n")
	s.sees(`"worker-2" is not ` + id)
	s.press("go\n" + id + "\n")
	s.sees("Power it on, should it be off", "{type: power_on}   once", "your decision (go, skip, stop)")
	if m.PoweredOn() {
		t.Error("it was powered on unasked")
	}
	s.press("go\n")
	if code := s.ends(); code != 0 {
		t.Fatalf("exit %d\n%s", code, transcript(t, b, end.Run))
	}
	actions := 0
	for _, sent := range mutations(b) {
		if sent == "POST /v2/droplets/"+id+"/actions" {
			actions++
		}
	}
	if actions != 3 || !strings.Contains(transcript(t, b, end.Run), "POST /v2/droplets/"+id+"/actions {type: power_on} [worker-2]") {
		t.Errorf("%d actions, of which two are rebuilds\n%s", actions, transcript(t, b, end.Run))
	}
	if n := rebuilds(b, "worker-2"); n != 2 {
		t.Errorf("%d rebuilds", n)
	}
	intact(t, b)
	serving(t, b)
}

// wakes waits until the machine is up, and its pages are served again.
func wakes(t *testing.T, m *machine.Machine) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, code := m.Run(t.Context(), "docker start $(docker ps -aq --filter name=web)"); code == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it does not come up")
		}
	}
}
