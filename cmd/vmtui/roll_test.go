package main

import (
	"crypto/tls"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/provider"
)

// typed runs a command on a machine of the box, as somebody at its keyboard would.
func typed(t *testing.T, b *box.Box, node, command string) string {
	t.Helper()
	out, code := b.Machine(node).Run(t.Context(), command)
	if code != 0 {
		t.Fatalf("%s$ %s: %d %s", node, command, code, out)
	}
	return strings.TrimSpace(out)
}

// turns are the runs that a roll has begun, oldest first: "worker-1 done".
func turns(t *testing.T, b *box.Box, roll string) []string {
	t.Helper()
	var doc struct {
		Runs []struct{ ID, Target, State, Parent string }
	}
	got := vmtui(t, b.ConfigPath(), "runs", "--json")
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
		t.Fatalf("%v\n%s%s", err, got.out, got.err)
	}
	var out []string
	for _, r := range doc.Runs {
		if r.Parent == roll {
			out = append([]string{r.Target + " " + r.State}, out...)
		}
	}
	return out
}

const touch = `title: Touch a worker
summary: Does next to nothing to a worker.
target: worker
steps:
  - {id: look, title: Look at it, why: W, run: {script: 'while test -e /tmp/busy; do sleep 0.1; done', read: true}}
  - {id: touch, title: Touch it, why: W, run: {script: 'test ! -e /tmp/broken && echo x >> /tmp/touched', idempotent: true}}
`

// killedAtOnce begins a run and kills its process as soon as a step is being done.
func killedAtOnce(t *testing.T, b *box.Box, step string, args ...string) string {
	t.Helper()
	l := begin(t, b.ConfigPath(), append([]string{"run"}, args...)...)
	if !l.until(func(one line) bool { return one.Step == step && one.State == "intent" }) {
		t.Fatalf("%s was never begun: %+v\n%s", step, l.last(), l.errs.String())
	}
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.end()
	return l.run()
}

// A roll is killed when its first worker's run is begun, goes on, stops at the second which fails, keeps another roll out, stops again when a peer dies
// because of the budget, and ends: each worker has one run, and each run is done.
func TestRollStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	ownBook(t, b, "touch-it", touch)
	typed(t, b, "worker-2", "touch /tmp/broken")
	typed(t, b, "worker-1", "touch /tmp/busy")
	id := killedAtOnce(t, b, "worker-1", "workers-roll", "touch-it", "--yes", "--json")
	typed(t, b, "worker-1", "rm /tmp/busy")

	got := done(t, b, "waiting", "runs", "resume", id, "--yes", "--json")
	if now := turns(t, b, id); !slices.Equal(now, []string{"worker-1 done", "worker-2 waiting"}) {
		t.Errorf("%v", now)
	}
	if end := last(t, got.out); got.code != 3 || !strings.Contains(end.Detail, "worker-2") || !strings.Contains(end.Detail, "exit status 1") {
		t.Errorf("exit %d, %+v", got.code, end)
	}
	if got := vmtui(t, b.ConfigPath(), "run", "workers-roll", "touch-it", "--yes"); got.code != 3 || !strings.Contains(got.out+got.err, id) {
		t.Errorf("a second roll: exit %d\n%s%s", got.code, got.out, got.err)
	}

	typed(t, b, "worker-2", "rm /tmp/broken")
	if err := b.Fault("exited:worker-1=web"); err != nil {
		t.Fatal(err)
	}
	got = done(t, b, "waiting", "runs", "resume", id, "--yes", "--json")
	if end := last(t, got.out); !strings.Contains(end.Detail, "too few healthy workers would remain") {
		t.Errorf("%+v", end)
	}
	if now := turns(t, b, id); !slices.Equal(now, []string{"worker-1 done", "worker-2 done"}) {
		t.Errorf("the budget did not stop it: %v", now)
	}

	if err := b.Heal("exited:worker-1=web"); err != nil {
		t.Fatal(err)
	}
	typed(t, b, "worker-1", "cd /root/mastodon && docker compose -p mastodon up -d --wait web")
	ownBook(t, b, "touch-it", touch+"  - {id: more, title: More, why: W, run: {script: 'true', idempotent: true}}\n")
	got = done(t, b, "waiting", "runs", "resume", id, "--yes", "--json")
	if end := last(t, got.out); !strings.Contains(end.Detail, "has changed since the roll began") {
		t.Errorf("%+v", end)
	}
	ownBook(t, b, "touch-it", touch)
	done(t, b, "done", "runs", "resume", id, "--yes", "--json")
	if now := turns(t, b, id); !slices.Equal(now, []string{"worker-1 done", "worker-2 done", "worker-3 done"}) {
		t.Errorf("%v", now)
	}
	if said := typed(t, b, "worker-1", "wc -l < /tmp/touched"); said != "1" {
		t.Errorf("worker-1 was touched %s times", said)
	}
	listed := vmtui(t, b.ConfigPath(), "runs").out
	if at := strings.Index(listed, id); at < 0 || !strings.Contains(listed[at:], "└ touch-it") {
		t.Errorf("the turns do not stand under their roll:\n%s", listed)
	}
	for _, args := range [][]string{{"worker-drain"}, {"sidekiq-restart"}, {"touch-it", "--set", "colour=red"}, {"touch-it", "--set", "workers=worker-9"}, {}} {
		if got := vmtui(t, b.ConfigPath(), append([]string{"run", "workers-roll", "--plan"}, args...)...); got.code != 2 || !strings.Contains(got.err, "next:") {
			t.Errorf("%v: exit %d\n%s", args, got.code, got.err)
		}
	}
}

// All disks are replaced, one after another, under load, and nothing is lost. What destroys wants the names of all.
func TestRollOfReimages(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = 30 })
	got := vmtui(t, b.ConfigPath(), "run", "workers-roll", "worker-reimage", "--yes", "--json")
	if end := last(t, got.out); got.code != 3 || end.State != "waiting" || !strings.Contains(got.out, `worker-1,worker-2,worker-3`) {
		t.Errorf("without the names: exit %d, %+v", got.code, end)
	}
	l := begin(t, b.ConfigPath(), "run", "workers-roll", "worker-reimage", "--yes", "--confirm", "worker-1,worker-2,worker-3", "--json")
	l.until(func(one line) bool { return one.Step == "worker-1" && strings.Contains(one.Detail, "to notice") })
	if got := leftovers(t, b); len(got) != 0 {
		t.Errorf("what is under way was called left behind: %q", got)
	}
	if code := l.end(); code != 0 {
		t.Fatalf("exit %d, %+v\n%s", code, l.last(), transcript(t, b, l.run()))
	}
	for _, w := range []string{"worker-1", "worker-2", "worker-3"} {
		if n := rebuilds(b, w); n != 1 {
			t.Errorf("%s was rebuilt %d times", w, n)
		}
	}
	intact(t, b)
	serving(t, b)
}

// An edited environment reaches every worker: a restart does not bring it, new containers do. Then nothing is left to do. Then exec is rebooted, under
// the same load, and what ran there runs again.
func TestConfigurationIsRolledOutAndExecRebooted(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = 20 })
	quiet := done(t, b, "done", "run", "config-rollout", "--yes", "--json")
	if n := len(turns(t, b, last(t, quiet.out).Run)); n != 0 {
		t.Errorf("nothing was edited, and %d workers had a turn", n)
	}
	typed(t, b, "exec", "echo MAX_THREADS=7 >> /export/mastodon/.env.production")
	before := started(t, b, "worker-1", "streaming")
	typed(t, b, "worker-1", "cd /root/mastodon && docker compose -p mastodon restart -t 60 streaming")
	if now := started(t, b, "worker-1", "streaming"); now == before || now[:64] != before[:64] {
		t.Errorf("a restart is a restart of the same container: %s, then %s", before, now)
	}
	id := walked(t, done(t, b, "done", "run", "config-rollout", "--yes", "--json"))
	if now := turns(t, b, id); !slices.Equal(now, []string{"worker-1 done", "worker-2 done", "worker-3 done"}) {
		t.Errorf("%v", now)
	}
	if now := started(t, b, "worker-1", "streaming"); now[:64] == before[:64] {
		t.Error("the container is the same as before")
	}
	said := transcript(t, b, id)
	if !strings.Contains(said, "worker-1: made before the last change: web, streaming, sidekiq") {
		t.Errorf("who has not read it is not said:\n%s", said)
	}
	if strings.Contains(said, "SECRET_KEY_BASE=") {
		t.Error("the file's content is in the transcript")
	}
	again := done(t, b, "done", "run", "config-rollout", "--yes", "--json")
	if n := len(turns(t, b, last(t, again.out).Run)); n != 0 {
		t.Errorf("it was rolled out, and %d workers had another turn", n)
	}

	boot := b.Machine("exec").BootID()
	typed(t, b, "exec", "systemctl stop mastodon-streaming && systemctl disable mastodon-streaming && systemctl start mastodon-streaming")
	got := done(t, b, "refused", "run", "exec-reboot", "--yes", "--json") // what was never enabled does not come back
	if end := last(t, got.out); !strings.Contains(end.Detail, "mastodon-streaming.service runs, and is not enabled") || b.Machine("exec").BootID() != boot {
		t.Errorf("%+v", end)
	}
	typed(t, b, "exec", "systemctl enable mastodon-streaming")
	got = done(t, b, "done", "run", "exec-reboot", "--yes", "--json")
	if b.Machine("exec").BootID() == boot {
		t.Error("it was not rebooted")
	}
	if said := transcript(t, b, walked(t, got)); !strings.Contains(said, "report: no scheduler for ") {
		t.Errorf("the gap is not said:\n%s", said)
	}
	intact(t, b)
	serving(t, b)
}

// walked is the run that a command walked.
func walked(t *testing.T, got said) string {
	t.Helper()
	return last(t, got.out).Run
}

// served is the serial number of the certificate that a worker shows.
func servedBy(t *testing.T, b *box.Box, worker string) string {
	t.Helper()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", b.Machine(worker).TLSAddr()) // #nosec G402 -- who signed it is not the question
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	secure, ok := conn.(*tls.Conn)
	if !ok {
		t.Fatal("no TLS")
	}
	return secure.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// A renewed certificate lies on the share, and nobody serves it. One that does not fit its key stops at the first worker, which goes on serving the old one;
// the right one is served by all, and by a second rollout nobody is told anything.
func TestCertificateIsServedAndNotOnlyThere(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = 20 })
	before := servedBy(t, b, "worker-1")
	cert, key, err := box.RenewedCertificate()
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(b.Dir(), "share", "certificates", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("fullchain.pem", cert) // and not its key
	got := done(t, b, "waiting", "run", "certificate-rollout", "--yes", "--json")
	if !strings.Contains(got.out, "key values mismatch") || servedBy(t, b, "worker-1") != before {
		t.Errorf("a certificate without its key: %s", got.out)
	}
	put("privkey.pem", key)
	if servedBy(t, b, "worker-1") != before {
		t.Fatal("nginx serves what it has not read")
	}
	id := walked(t, done(t, b, "done", "runs", "resume", walked(t, got), "--yes", "--json"))
	for _, w := range []string{"worker-1", "worker-2", "worker-3"} {
		if servedBy(t, b, w) == before {
			t.Errorf("%s serves the old one", w)
		}
	}
	if said := transcript(t, b, id); !strings.Contains(said, "sha256 Fingerprint=") {
		t.Errorf("what is served is not said:\n%s", said)
	}
	if again := done(t, b, "done", "run", "certificate-rollout", "--yes", "--json"); strings.Contains(again.out, `"intent"`) {
		t.Error("everybody serves it, and something was sent")
	}
	intact(t, b)
}

// An upgrade under load: the console is killed while the first migration runs, and goes on with the job that went on without it; each migration is walked
// once, in order, past the pool; nothing is refused and no job is lost; a second upgrade to the same version does nothing.
func TestUpgradeWithoutAPause(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = 20 })
	for version, why := range map[string]string{"v4.8.0": "passes over a minor version", "v4.6.4": "it is older", "v5.0.0": "another major version"} {
		if got := vmtui(t, b.ConfigPath(), "run", "workers-upgrade", version, "--yes", "--set", "backup=nightly", "--json"); got.code != 3 || !strings.Contains(got.out, why) {
			t.Errorf("%s: exit %d\n%s%s", version, got.code, got.out, got.err)
		}
	}
	if got := vmtui(t, b.ConfigPath(), "run", "workers-upgrade", "latest", "--plan"); got.code != 2 {
		t.Errorf("exit %d %s", got.code, got.err)
	}
	for why, kept := range map[string][]provider.Backup{
		"the newest backup of majel is 3 days old, and upgrade.backup_age is 24h00m": {{Age: 80 * time.Hour, GB: 12}, {Age: 104 * time.Hour, GB: 12}}, "the provider has no backup of majel": nil,
	} {
		b.API().SetBackups("majel", kept...)
		if end := last(t, done(t, b, "waiting", "run", "workers-upgrade", "v4.6.6", "--yes", "--json").out); !strings.Contains(end.Detail, why) {
			t.Errorf("%s: %+v", why, end)
		}
	}
	b.API().SetBackups("majel", provider.Backup{Age: 29 * time.Hour, GB: 12}, provider.Backup{Age: 5 * time.Hour, GB: 5.5})

	l := begin(t, b.ConfigPath(), "run", "workers-upgrade", "v4.7.0", "--yes", "--json")
	if !l.until(func(one line) bool {
		return one.Step == "pre-migrate" && strings.Contains(one.Detail, "goes on without this run")
	}) {
		t.Fatalf("no migration was begun: %+v\n%s", l.last(), l.errs.String())
	}
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.end()
	id := l.run()
	done(t, b, "done", "runs", "resume", id, "--yes", "--json")
	if walked := b.Database().Walked(); !slices.Equal(walked, []string{"pre v4.7.0", "post v4.7.0"}) {
		t.Errorf("%v", walked)
	}
	if now := turns(t, b, id); !slices.Equal(now, []string{"exec done", "worker-1 done", "worker-2 done", "worker-3 done"}) {
		t.Errorf("%v", now)
	}
	said := transcript(t, b, id)
	for _, want := range []string{"DB_PORT=25060 DB_NAME=mastodon_production SKIP_POST_DEPLOYMENT_MIGRATIONS=true bin/rails db:migrate", "it serves 4.7.0",
		"backup: the newest of majel that the provider has was made 5h00m ago", "5.50 GB, the one before 12.00 GB; warning: it is less than half as large",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if out := typed(t, b, "worker-2", "grep -c ':v4.7.0' /root/mastodon/docker-compose.yml; ls /root/mastodon"); !strings.HasPrefix(out, "3\n") || !strings.Contains(out, "docker-compose.yml.before-v4.7.0") {
		t.Errorf("the compose file: %s", out)
	}
	for _, want := range []string{"worker-3 serves 4.7.0; v4.7.0 in ", "exec: begun since the code was checked out: mastodon-sidekiq.service, mastodon-streaming.service, mastodon-web.service", "4 Sidekiqs live"} {
		if !strings.Contains(said, want) {
			t.Errorf("what was looked at for old code: no %q in\n%s", want, said)
		}
	}
	// Somebody puts one streaming back, past the compose file: its pages, and its file, are those of the new version.
	typed(t, b, "worker-3", `cd /root/mastodon && sed 's/mastodon-streaming:v4.7.0/mastodon-streaming:v4.6.5/' docker-compose.yml >old.yml &&
docker compose -p mastodon -f old.yml up -d streaming && rm old.yml`)
	stopped := done(t, b, "waiting", "run", "workers-upgrade", "v4.7.0", "--yes", "--set", "backup=the same", "--set", "search=none", "--json")
	if end := last(t, stopped.out); !strings.Contains(end.Detail, "mastodon-streaming-1 on worker-3 is of v4.6.5") {
		t.Errorf("an old streaming: %+v", end)
	}
	typed(t, b, "worker-3", "cd /root/mastodon && docker compose up -d streaming")
	b.API().SetBackups("majel") // the word that was said when the run began stands
	again := done(t, b, "done", "runs", "resume", walked(t, stopped), "--yes", "--json")
	if now := turns(t, b, walked(t, again)); !slices.Equal(now, []string{"exec done"}) {
		t.Errorf("it was upgraded already: %v", now)
	}
	intact(t, b)
	serving(t, b)
}
