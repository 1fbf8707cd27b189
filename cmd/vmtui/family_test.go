package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// carried asserts that a command in a box ended well, and gives what its transcript says.
func carried(t *testing.T, b *box.Box, args ...string) string {
	t.Helper()
	got := vmtui(t, b.ConfigPath(), append(args, "--yes", "--json")...)
	end := last(t, got.out)
	said := transcript(t, b, end.Run)
	if got.code != 0 || end.State != "done" {
		t.Fatalf("%v: exit %d, %+v\n%s\n%s", args, got.code, end, got.err, said)
	}
	return said
}

// started is when a service's container on a node was started, as docker says.
func started(t *testing.T, b *box.Box, node, service string) string {
	t.Helper()
	out, code := b.Machine(node).Run(t.Context(), "docker inspect --format '{{.Id}} {{.State.StartedAt}}' mastodon-"+service+"-1")
	if code != 0 {
		t.Fatalf("%s on %s: %s", service, node, out)
	}
	return out
}

// One after another, on one instance under load: the containers are started anew, then the machine is rebooted. No request and no job is lost, and
// after the reboot Sidekiq takes no job before the worker is proven equal.
func TestAWorkerIsRestartedAndRebooted(t *testing.T) {
	t.Parallel()
	var early atomic.Bool
	var there atomic.Pointer[box.Box]
	b := startBox(t, func(o *box.Options) {
		o.Visitors.PerSecond = 20
		o.Heard = func(r box.Request) bool {
			if b := there.Load(); b != nil && r.Of == droplet2 && !r.Done && strings.Contains(r.What, "sha256sum .env.production") { // parity has begun
				if out, _ := b.Machine(droplet2).Run(t.Context(), "docker ps -q"); strings.TrimSpace(out) != "" {
					early.Store(true)
				}
			}
			return true
		}
	})
	there.Store(b)
	before, boot := started(t, b, droplet2, "web"), b.Machine(droplet2).BootID()
	carried(t, b, "run", "worker-restart", "worker-2", "--set", "why=stuck")
	if started(t, b, droplet2, "web") == before || started(t, b, droplet2, "sidekiq") == before || b.Machine(droplet2).BootID() != boot {
		t.Error("the containers were not started anew, or the machine was")
	}
	intact(t, b)
	serving(t, b)

	said := carried(t, b, "run", "worker-reboot", "worker-2")
	if b.Machine(droplet2).BootID() == boot || !strings.Contains(said, "kernel: was 6.1.0") || early.Load() {
		t.Errorf("boot %s, running before parity: %t\n%s", b.Machine(droplet2).BootID(), early.Load(), said)
	}
	intact(t, b)
	serving(t, b)
}

// destroyed counts the accepted destructions of worker-2's droplet.
func destroyed(b *box.Box, id int) int {
	n := 0
	for _, r := range b.API().Mutations() {
		if r.Method == "DELETE" && r.Path == "/v2/droplets/"+strconv.Itoa(id) && r.Applied {
			n++
		}
	}
	return n
}

// A worker is retired: refused without its name, and then gone with its droplet, its host keys and its hold; the answer to the destruction is lost.
func TestAWorkerIsRetired(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Workers, o.Visitors.PerSecond = 4, 20 })
	id, key := b.Droplet(droplet2), strings.Fields(keyText(b, droplet2))[1]
	got := vmtui(t, b.ConfigPath(), "run", "worker-retire", "worker-2", "--yes", "--json")
	end := last(t, got.out)
	if got.code != 3 || end.State != "waiting" || end.Step != "destroy" || !b.API().Exists(id) {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, transcript(t, b, end.Run))
	}
	if err := b.Fault("apply-then-die"); err != nil {
		t.Fatal(err)
	}
	got = vmtui(t, b.ConfigPath(), "runs", "resume", end.Run, "--yes", "--confirm", "worker-2", "--json")
	said := transcript(t, b, end.Run)
	if got.code != 0 || b.API().Exists(id) || destroyed(b, id) != 1 || b.Machine(droplet2) != nil {
		t.Fatalf("exit %d, %d destructions\n%s", got.code, destroyed(b, id), said)
	}
	known, err := b.Machine("exec").ReadFile("/root/.ssh/known_hosts")
	if err != nil || strings.Contains(string(known), key) || strings.Contains(boxKnownHosts(t, b), key) {
		t.Errorf("its key is still known: %v", err)
	}
	for _, want := range []string{"budget: 3 healthy", "no answer to the request", "take worker-2 out of the config: " + b.ConfigPath() + ":", "3 workers left"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if got := vmtui(t, b.ConfigPath(), "hold", "--json"); strings.Contains(got.out, "worker-2") {
		t.Errorf("it is still on hold: %s", got.out)
	}
	intact(t, b)
}

// Where the others would be too few, nothing is touched.
func TestRetiringKeepsTheBudget(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:worker-3"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-retire", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	if end := last(t, got.out); got.code != 3 || end.State != "refused" || !strings.Contains(end.Detail, "too few healthy") || len(mutations(b)) != 0 {
		t.Errorf("exit %d, %+v, sent %v", got.code, end, mutations(b))
	}
}

// Sidekiq is started anew on a worker and on exec, where it is the only scheduler: no job is lost, and no visitor notices.
func TestSidekiqIsRestarted(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = 20 })
	web, jobs := started(t, b, droplet2, "web"), started(t, b, droplet2, "sidekiq")
	carried(t, b, "run", "sidekiq-restart", "worker-2")
	if started(t, b, droplet2, "web") != web || started(t, b, droplet2, "sidekiq") == jobs {
		t.Error("the wrong containers were started anew")
	}
	pid := func() string {
		out, _ := b.Machine("exec").Run(t.Context(), "systemctl show -p MainPID --value mastodon-sidekiq")
		return out
	}
	before := pid()
	if said := carried(t, b, "run", "sidekiq-restart", "exec"); pid() == before || !strings.Contains(said, "exec runs the only scheduler") {
		t.Errorf("process %s\n%s", pid(), said)
	}
	intact(t, b)
	serving(t, b)
}

// Streaming is started anew, told and drained: its websockets are cut, counted, and come back.
func TestStreamingIsRestarted(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond, o.Visitors.WebSockets = 20, 6 })
	for _, way := range []string{"no", "yes"} {
		web, streaming := started(t, b, droplet2, "web"), started(t, b, droplet2, "streaming")
		said := carried(t, b, "run", "streaming-restart", "worker-2", "--set", "drained="+way)
		if started(t, b, droplet2, "web") != web || started(t, b, droplet2, "streaming") == streaming {
			t.Error("the wrong containers were started anew")
		}
		if !strings.Contains(said, " here, 6 on all workers") || !strings.Contains(said, "there were 6") {
			t.Errorf("nothing was counted:\n%s", said)
		}
	}
	if got := vmtui(t, b.ConfigPath(), "run", "streaming-restart", "worker-2", "--set", "drained=perhaps", "--plan"); got.code != 2 {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
	intact(t, b)
	serving(t, b)
}

// A worker is added that no config knows: the answer to its creation is lost, and one droplet is made all the same; it gets what its peers were given,
// serves, and takes jobs last. With the line that the run says, the config knows it; then it is retired.
func TestAWorkerIsAdded(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.ByTag, o.Visitors.PerSecond = true, 20 })
	if got := vmtui(t, b.ConfigPath(), "run", "worker-add", "worker-4", "--plan"); got.code != 0 || len(mutations(b)) != 0 {
		t.Fatalf("exit %d, sent %v\n%s%s", got.code, mutations(b), got.out, got.err)
	}
	got := vmtui(t, b.ConfigPath(), "run", "worker-add", "worker-4", "--yes", "--json")
	end := last(t, got.out)
	if got.code != 3 || end.State != "waiting" || end.Step != "create" || b.API().Creates("worker-4") != 0 {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, transcript(t, b, end.Run))
	}
	if err := b.Fault("apply-then-die"); err != nil {
		t.Fatal(err)
	}
	got = vmtui(t, b.ConfigPath(), "runs", "resume", end.Run, "--yes", "--confirm", "worker-4", "--json")
	said := transcript(t, b, end.Run)
	if got.code != 0 || b.API().Creates("worker-4") != 1 || !strings.Contains(said, "adopted the droplet") {
		t.Fatalf("exit %d, %d creations\n%s", got.code, b.API().Creates("worker-4"), said)
	}
	if !strings.Contains(boxKnownHosts(t, b), keyText(b, "worker-4")) || len(b.API().Members()) != 4 {
		t.Errorf("members %v, known hosts\n%s", b.API().Members(), boxKnownHosts(t, b))
	}
	if data, _ := b.Machine("worker-4").Run(t.Context(), "curl -s http://169.254.169.254/metadata/v1/user-data"); !strings.Contains(data, "#cloud-config") || strings.Contains(said, "timezone") {
		t.Errorf("user data %q\n%s", data, said)
	}
	intact(t, b)

	var entry string
	for line := range strings.Lines(said) {
		if _, after, found := strings.Cut(line, "- {name: worker-4"); found {
			entry = "  - {name: worker-4" + strings.TrimRight(after, "\n")
		}
	}
	config := text(t, b.ConfigPath())
	if err := os.WriteFile(b.ConfigPath(), []byte(strings.Replace(config, "nodes:\n", "nodes:\n"+entry+"\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	serving(t, b)
	carried(t, b, "run", "worker-retire", "worker-4", "--confirm", "worker-4")
	if b.Machine("worker-4") != nil || len(b.API().Members()) != 3 {
		t.Errorf("members %v", b.API().Members())
	}
	intact(t, b)
}

// Even after the machine has rebooted the way back is whole: what was taken away is made anew, and the worker serves as before.
func TestARebootIsTakenBack(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = 20 })
	boot := b.Machine(droplet2).BootID()
	l := begin(t, b.ConfigPath(), "run", "worker-reboot", "worker-2", "--yes", "--json")
	if !l.until(func(one line) bool { return one.Step == "parity" && one.Type == "step" }) {
		t.Fatalf("it never came so far\n%s", transcript(t, b, l.run()))
	}
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.end()
	if got := vmtui(t, b.ConfigPath(), "runs", "undo", l.run(), "--yes"); got.code != 0 || b.Machine(droplet2).BootID() == boot {
		t.Fatalf("exit %d\n%s\n%s", got.code, got.err, transcript(t, b, l.run()))
	}
	intact(t, b)
	serving(t, b)
}

// A dead worker can be retired, on the provider's word and with its droplet's id typed; what keeps its disk needs its host.
func TestADeadWorkerIsRetiredAndNotRebooted(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-reboot", "worker-2", "--yes")
	if got.code != 3 || !strings.Contains(got.err, "the host is dead") || !strings.Contains(got.err, "worker-reimage worker-2") {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
	id := b.Droplet(droplet2)
	got = vmtui(t, b.ConfigPath(), "run", "worker-retire", "worker-2", "--yes", "--confirm", strconv.Itoa(id), "--json")
	end := last(t, got.out)
	if got.code != 0 || b.API().Exists(id) || !strings.Contains(transcript(t, b, end.Run), "cannot: host is dead") {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, transcript(t, b, end.Run))
	}
	if s := b.Stats(); s.Failures != 0 {
		t.Errorf("%d requests failed: %v", s.Failures, s.FirstFailures)
	}
}

// Where nobody visits, a worker comes back all the same: nobody came to its peers either, and the balancer's check is served. Its jobs are started then.
func TestAWorkerComesBackWhereNobodyVisits(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors = box.Rate{PerSecond: -1, WebSockets: -1} })
	nobody := regexp.MustCompile(`nobody came in ([89]|\d\d)s, nor to a peer; the balancer's check is served \(answers 200\)`)
	if said := carried(t, b, "run", "worker-restart", "worker-2"); !nobody.MatchString(said) {
		t.Error(said)
	}
	serving(t, b)
	if s := b.Stats(); s.Requests != 0 {
		t.Errorf("somebody did visit: %+v", s)
	}
}
