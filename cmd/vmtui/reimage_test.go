package main

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/await"
	"github.com/vmtui/vmtui/fixtures/box"
)

const droplet2 = "worker-2"

// intact asserts what must hold after any walk that ended well.
func intact(t *testing.T, b *box.Box) {
	t.Helper()
	if s := b.Stats(); s.Failures != 0 || s.Requests == 0 {
		t.Errorf("%d of %d requests failed: %v", s.Failures, s.Requests, s.FirstFailures)
	}
	if n := b.MinHealthySeen(); n < 2 {
		t.Errorf("only %d workers served at some moment", n)
	}
	if c := b.Jobs().Counts(); c.Lost != 0 || c.Doubled != 0 {
		t.Errorf("jobs: %+v", c)
	}
}

// serving asserts that all is as before: three members, nothing on hold, nobody at work.
func serving(t *testing.T, b *box.Box) {
	t.Helper()
	manned(t, b)
	if got := vmtui(t, b.ConfigPath(), "lease", "--json"); !strings.Contains(got.out, `"lease": null`) {
		t.Errorf("lease: %s%s", got.out, got.err)
	}
}

// manned asserts that all three workers are members and that none is on hold.
func manned(t *testing.T, b *box.Box) {
	t.Helper()
	got := vmtui(t, b.ConfigPath(), "status", "--json")
	var doc statusDoc
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
		t.Fatalf("%v\n%s%s", err, got.out, got.err)
	}
	for _, n := range doc.Nodes {
		if n.Role == "worker" && (n.LB != "in" || n.Hold != nil || len(n.Containers) != 3) {
			t.Errorf("%s: lb %s, hold %v, containers %v, %s", n.Name, n.LB, n.Hold, n.Containers, n.Error)
		}
	}
}

// The main job: a worker leaves, gets a new disk and serves again, while every request is answered.
func TestReimageUnderLoad(t *testing.T) {
	mingle(t)
	for _, byTag := range []bool{false, true} {
		t.Run(map[bool]string{false: "by ids", true: "by tag"}[byTag], func(t *testing.T) {
			t.Parallel()
			b := startBox(t, func(o *box.Options) { o.ByTag, o.Visitors.PerSecond = byTag, 50 })
			before := b.Machine(droplet2).BootID()
			got := vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
			if end := last(t, got.out); got.code != 0 || end.Type != "result" || end.State != "done" {
				t.Fatalf("exit %d, %+v\n%s", got.code, end, got.err)
			}
			if b.Machine(droplet2).BootID() == before || rebuilds(b, "worker-2") != 1 {
				t.Errorf("%d rebuilds", rebuilds(b, "worker-2"))
			}
			if said := transcript(t, b, last(t, got.out).Run); !strings.Contains(said, "report: out of the load balancer for ") || !strings.Contains(said, "report: new disk from "+box.Image) || !strings.Contains(said, "report: it took ") || !strings.Contains(said, "times what the provider and the health check took") {
				t.Errorf("no report:\n%s", said)
			}
			intact(t, b)
			serving(t, b)
			knownToExec(t, b)
		})
	}
}

// knownToExec asserts that exec's own known_hosts has the keys of today, each once.
func knownToExec(t *testing.T, b *box.Box) {
	t.Helper()
	text, err := b.Machine("exec").ReadFile("/root/.ssh/known_hosts")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"exec", "worker-1", "worker-2", "worker-3"} {
		key := strings.Fields(string(ssh.MarshalAuthorizedKey(b.Machine(name).HostKey())))[1]
		if n := strings.Count(string(text), key); n != 1 {
			t.Errorf("the key of %s stands %d times in exec's known_hosts:\n%s", name, n, text)
		}
	}
	if n := strings.Count(string(text), "\n"); n != 4 {
		t.Errorf("exec knows %d hosts:\n%s", n, text)
	}
}

// stepsOf are a runbook's steps, as its plan names them.
func stepsOf(t *testing.T, b *box.Box, book string) []string {
	t.Helper()
	got := vmtui(t, b.ConfigPath(), "run", book, "worker-2", "--plan", "--json")
	if got.code != 0 {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	var ids []string
	for _, l := range lines(t, got.out) {
		ids = append(ids, l.Step)
	}
	return ids
}

func transcript(t *testing.T, b *box.Box, id string) string {
	t.Helper()
	got := vmtui(t, b.ConfigPath(), "runs", "show", id)
	return got.out + got.err
}

// Ctrl-C and a lost connection stop at a step boundary, and the run can be resumed.
func TestSignalsStopAtABoundary(t *testing.T) {
	mingle(t)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			b := startBox(t, nil)
			l := begin(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
			l.until(func(one line) bool { return one.Step == "lame-duck" && one.State == "waiting" })
			if err := l.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := l.end(); code != 130 {
				t.Fatalf("exit %d\n%s", code, l.errs.String())
			}
			got := vmtui(t, b.ConfigPath(), "runs", "resume", l.run(), "--yes", "--json")
			if end := last(t, got.out); got.code != 0 || end.State != "done" {
				t.Fatalf("exit %d, %+v\n%s", got.code, end, got.err)
			}
			intact(t, b)
		})
	}
}

// Drained, a worker is out, on hold and stopped; undone, it serves as before.
func TestDrainUndoAndReturn(t *testing.T) {
	t.Parallel()
	b, a := waylaid(t, func(o *box.Options) { o.Pace.Job = 8 * time.Second }) // so that there is something to wait for when the undo is asked for
	got := vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json", "--set", "why=kernel")
	if end := last(t, got.out); got.code != 0 || end.State != "done" {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "hold", "--json"); !strings.Contains(got.out, `"kernel"`) || !strings.Contains(got.out, "worker-2") {
		t.Errorf("hold: %s%s", got.out, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "hold", "set", "worker-2", "--why", "disk"); got.code != 3 || !strings.Contains(got.err, "vmtui run worker-return worker-2") {
		t.Errorf("a hold whose run is done: exit %d\n%s", got.code, got.err)
	}
	if got = vmtui(t, b.ConfigPath(), "run", "worker-return", "worker-2", "--yes", "--json"); got.code != 0 {
		t.Fatalf("return: exit %d\n%s\n%s", got.code, got.err, last(t, got.out).Detail)
	}
	serving(t, b)

	held := a.stops("stop") // should no job be waited for
	l := begin(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
	if !l.until(func(one line) bool {
		return one.Step == "sidekiq-quiet" && one.State == "waiting" || one.Step == "stop" && one.State == "intent"
	}) {
		t.Fatalf("it never came so far\n%s", transcript(t, b, l.run()))
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "undo", l.run()); got.code != 0 {
		t.Fatalf("undo: exit %d\n%s", got.code, got.err)
	}
	held.letGo()
	if code := l.end(); code != 0 || !l.seen(func(one line) bool { return one.Type == "result" && one.State == "undone" }) {
		t.Fatalf("exit %d\n%s", code, transcript(t, b, l.run()))
	}
	intact(t, b)
	serving(t, b)
}

// Past the rebuild there is no way back, and undo says so. A run that was stopped there is not stopped again: what is left is to go on.
func TestUndoIsRefusedPastTheRebuild(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	l := begin(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	l.until(func(one line) bool { return one.Step == "come-back" })
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.end()
	got := vmtui(t, b.ConfigPath(), "runs", "undo", l.run(), "--yes")
	if got.code != 3 || !strings.Contains(got.err, "rebuild") || !strings.Contains(got.err, "runs stop") {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "stop", l.run()); got.code != 0 {
		t.Fatalf("stop: exit %d\n%s", got.code, got.err)
	}
	for _, what := range [][]string{{"runs", "stop", l.run()}, {"runs", "undo", l.run(), "--yes"}, {"hold", "set", "worker-2", "--why", "mine"}} {
		got := vmtui(t, b.ConfigPath(), what...)
		if got.code != 3 || !strings.Contains(got.err, "vmtui runs resume "+l.run()) || strings.Contains(got.err, "vmtui runs stop") || strings.Contains(got.err, "new run") {
			t.Errorf("%v: exit %d\n%s", what, got.code, got.err)
		}
	}
}

func TestDestroyingNeedsTheName(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	for _, confirm := range [][]string{nil, {"--confirm", "worker-1"}} {
		got := vmtui(t, b.ConfigPath(), append([]string{"run", "worker-reimage", "worker-2", "--yes", "--json"}, confirm...)...)
		if end := last(t, got.out); got.code != 3 || end.State != "waiting" || rebuilds(b, "worker-2") != 0 {
			t.Errorf("confirm %v: exit %d, %+v, %d rebuilds", confirm, got.code, end, rebuilds(b, "worker-2"))
		}
	}
}

// With one healthy worker besides the target where two are required, nothing is touched.
func TestBudgetIsRefused(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:worker-3"} })
	before := len(mutations(b))
	got := vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	if end := last(t, got.out); got.code != 3 || end.State != "refused" || !strings.Contains(end.Detail, "too few healthy") {
		t.Errorf("exit %d, %+v\n%s", got.code, end, got.err)
	}
	if after := len(mutations(b)); after != before {
		t.Errorf("%d mutations reached the API: %v", after-before, mutations(b)[before:])
	}
}

// A rate limit is slept out inside a call; who waits for it reads so, on the screen and in the transcript.
func TestARateLimitIsToldInTheTranscript(t *testing.T) {
	t.Parallel()
	b, a := waylaid(t, nil)
	a.strikes("remove", "limit-changes:2") // however late the change comes
	l := begin(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
	a.struck(l, "remove")
	if code := l.end(); code != 0 {
		t.Fatalf("exit %d\n%s", code, transcript(t, b, l.run()))
	}
	if said := transcript(t, b, l.run()); !strings.Contains(said, "rate limit") || !l.seen(func(one line) bool { return one.Type == "output" && strings.Contains(one.Detail, "rate limit") }) {
		t.Errorf("nothing says what was waited for:\n%s", said)
	}
	intact(t, b)
}

// A worker whose pages come later than its peers' is not let go of, though none of its answers is an error.
func TestAWorkerThatCameBackSlowIsNoticed(t *testing.T) {
	t.Parallel()
	b, a := waylaid(t, nil)
	vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes")
	a.strikes("sidekiq-start", "slow:worker-2=1200ms") // far more than a busy machine takes for its peers' pages
	l := begin(t, b.ConfigPath(), "run", "worker-return", "worker-2", "--yes", "--json")
	a.struck(l, "sidekiq-start")
	if code := l.end(); code != 3 || l.last().Step != "watch" || !strings.Contains(l.last().Detail, "slower than its peers") {
		t.Fatalf("exit %d, %+v\n%s", code, l.last(), transcript(t, b, l.run()))
	}
	if err := b.Heal("slow:worker-2"); err != nil {
		t.Fatal(err)
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "resume", l.run(), "--yes", "--json"); got.code != 0 {
		t.Errorf("exit %d\n%s", got.code, transcript(t, b, l.run()))
	}
	serving(t, b)
}

// A first boot that ended degraded is a question, with what cloud-init warns of; --yes is an answer to it, and stands in the transcript.
func TestADegradedBootIsAQuestion(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"degraded-boot:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2", "--json")
	if end := last(t, got.out); end.State != "done" {
		t.Fatalf("%+v\n%s", end, got.err)
	}
	asked := slices.IndexFunc(lines(t, got.out), func(l line) bool {
		return l.Type == "gate" && l.State == "open" && l.Step == "first-boot" && strings.Contains(l.Detail, "degraded")
	})
	if asked < 0 || !strings.Contains(got.out, "ntpsec") {
		t.Errorf("nobody was asked:\n%s", got.out)
	}
}

// Where untagging a worker would cut its jobs off from Redis and PostgreSQL, nothing is touched.
func TestATagThatFeedsTheDatabasesIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"shared-tag"} })
	got := vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
	if end := last(t, got.out); got.code != 3 || end.State != "refused" || !strings.Contains(end.Detail, "cut off") || len(mutations(b)) != 0 {
		t.Errorf("exit %d, %+v, sent %q\n%s", got.code, end, mutations(b), got.err)
	}
}

// Of two operators at once one is refused, and reads who is at work.
func TestTwoOperators(t *testing.T) {
	t.Parallel()
	b, a := waylaid(t, nil)
	other := another(t, b, "spock")
	held := a.stops("lame-duck")
	l := begin(t, b.ConfigPath(), "run", "worker-drain", "worker-2", "--yes", "--json")
	held.holds()
	got := vmtui(t, other, "run", "worker-drain", "worker-3", "--yes", "--json")
	held.letGo()
	if got.code != 3 || !strings.Contains(got.out+got.err, "at work") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	if code := l.end(); code != 0 {
		t.Errorf("the first operator's run: exit %d\n%s", code, l.errs.String())
	}
	intact(t, b)
}

// Who takes a lease over has read whose it is and how old, is told how long that takes, and the former owner acts no more.
func TestALeaseIsTakenOver(t *testing.T) {
	t.Parallel()
	b, a := waylaid(t, nil)
	kirk, spock := hasty(t, another(t, b, "kirk"), ""), hasty(t, b.ConfigPath(), "spock")
	held := a.stops("lame-duck") // the walk is at work for as long as what is refused first
	l := begin(t, spock, "run", "worker-drain", "worker-2", "--yes", "--json")
	held.holds()
	for _, verb := range []string{"take", "clear"} {
		got := vmtui(t, kirk, "lease", verb)
		if got.code != 3 || !strings.Contains(got.err, "spock") || !strings.Contains(got.err, "renewed") || !strings.Contains(got.err, "--confirm spock") {
			t.Errorf("%s: exit %d\n%s", verb, got.code, got.err)
		}
	}
	taken := make(chan said, 1)
	go func() { taken <- vmtui(t, kirk, "lease", "take", "--confirm", "spock") }()
	await.Until(t, "kirk's name in the lease", func() bool {
		text, err := b.Machine("exec").ReadFile("/var/lib/vmtui/lease")
		return err == nil && strings.Contains(string(text), "kirk")
	})
	held.letGo()
	got := <-taken
	if got.code != 0 || !strings.Contains(got.err, "waiting") || !strings.Contains(got.out, "taken over") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	if code := l.end(); code == 0 || !strings.Contains(transcript(t, b, l.run())+l.errs.String()+l.last().Detail, "lease") {
		t.Errorf("the former owner went on: exit %d, %+v\n%s", code, l.last(), l.errs.String())
	}
	if got := vmtui(t, spock, "runs", "resume", l.run(), "--yes", "--json"); got.code != 0 {
		t.Errorf("it cannot be resumed: exit %d\n%s%s", got.code, got.out, got.err)
	}
	intact(t, b)
}

// hasty is that config with the shortest lease there is, and the operator's name where it has none yet.
func hasty(t *testing.T, config, operator string) string {
	t.Helper()
	file, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	text := "\nlease: {ttl: 10s, longest: 41s}\n"
	if operator != "" {
		text += "operator: " + operator + "\n"
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return config
}

func TestEveryLeaseAndHoldCommandAnswersInJSON(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	for _, x := range []struct {
		args []string
		want string
	}{
		{[]string{"hold", "set", "worker-2", "--why", "disk"}, `"why": "disk"`}, {[]string{"hold"}, `"holds"`},
		{[]string{"hold", "clear", "worker-2"}, `"cleared": true`}, {[]string{"hold", "clear", "worker-2"}, `"cleared": false`},
		{[]string{"lease"}, `"lease": null`}, {[]string{"lease", "take"}, `"taken": false`}, {[]string{"lease", "clear"}, `"cleared": false`},
	} {
		got := vmtui(t, b.ConfigPath(), append(x.args, "--json")...)
		if got.code != 0 || !json.Valid([]byte(got.out)) || !strings.Contains(got.out, x.want) {
			t.Errorf("%v: exit %d\n%s%s", x.args, got.code, got.out, got.err)
		}
	}
}

func TestReadOnlyChangesNothing(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	for _, args := range [][]string{
		{"run", "worker-drain", "worker-2", "--yes"}, {"hold", "set", "worker-2", "--why", "x"}, {"lease", "clear"}, {"lease", "take"},
	} {
		got := vmtui(t, b.ConfigPath(), append([]string{"--read-only"}, args...)...)
		if got.code != 3 || !strings.Contains(got.err, "read-only") {
			t.Errorf("%v: exit %d\n%s", args, got.code, got.err)
		}
	}
	if m := mutations(b); len(m) != 0 {
		t.Errorf("mutations: %v", m)
	}
	if got := vmtui(t, b.ConfigPath(), "--read-only", "run", "worker-drain", "worker-2", "--plan"); got.code != 0 {
		t.Errorf("--plan: exit %d\n%s", got.code, got.err)
	}
}
