package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/ops/config"
)

// What others have written on exec is shown without what a terminal would obey, and replaced only by somebody who read it.
func TestHoldsAreReadBeforeTheyAreReplaced(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	other := another(t, b, "spock")
	if got := vmtui(t, other, "hold", "set", "worker-3", "--why", "x\x1b]52;c;YQ==\ay\nz"); got.code != 0 {
		t.Fatalf("exit %d\n%s", got.code, got.err)
	}
	for _, args := range [][]string{{"hold"}, {"status"}, {"hold", "--json"}} {
		if got := vmtui(t, b.ConfigPath(), args...); got.code != 0 || strings.ContainsAny(got.out, "\x1b\a") || !strings.Contains(got.out, "spock") {
			t.Errorf("%v: exit %d %q %s", args, got.code, got.out, got.err)
		}
	}
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("⚑ worker-3 held", "by spock")
	s.insists(":drain worker-3\r", func() bool { return s.says([]string{"drain is off: worker-3 is on hold by spock"}) })
	s.press("q")
	s.ends()
	if got := vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-3", "--plan"); !strings.Contains(got.out, "already on hold by spock") {
		t.Errorf("the plan says nothing of it: %s", got.out)
	}
	if got := vmtui(t, b.ConfigPath(), "hold", "set", "worker-3", "--why", "mine"); got.code != 3 || !strings.Contains(got.err, "--confirm spock") {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "hold", "set", "worker-3", "--why", "mine", "--confirm", "spock"); got.code != 0 {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "hold", "clear", "worker-9"); got.code != 2 {
		t.Errorf("an unknown worker: exit %d\n%s", got.code, got.err)
	}
}

// A single act stands in the list of runs, but there is nothing to walk.
func TestASingleActIsNotWalked(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	vmtui(t, b.ConfigPath(), "hold", "set", "worker-3", "--why", "disk")
	var list struct {
		Runs []struct{ ID, Runbook, State string }
	}
	got := vmtui(t, b.ConfigPath(), "runs", "list", "--json")
	if err := json.Unmarshal([]byte(got.out), &list); err != nil || len(list.Runs) != 1 || list.Runs[0].State != "done" {
		t.Fatalf("%v\n%s%s", err, got.out, got.err)
	}
	for _, verb := range []string{"resume", "undo"} {
		if got := vmtui(t, b.ConfigPath(), "runs", verb, list.Runs[0].ID, "--yes"); got.code != 2 || !strings.Contains(got.err, "a single act") {
			t.Errorf("%s: exit %d\n%s", verb, got.code, got.err)
		}
	}
}

// ^C at a question gives the terminal its echo back.
func TestAQuestionCanBeLeft(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 100, 30, "--config", locked(t, b), "run", "worker-drain", "worker-1", "--plan")
	s.sees("type it, unseen:")
	s.press("\x03")
	<-s.gone
	if state, err := unix.IoctlGetTermios(int(s.pty.Fd()), unix.TCGETS); err != nil || state.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal was left without echo: %+v, %v", state, err)
	}
	if code := s.ends(); code != 130 {
		t.Errorf("exit %d", code)
	}
}

// locked is the box's config with its key behind a passphrase.
func locked(t *testing.T, b *box.Box) string {
	t.Helper()
	cfg, err := config.Load(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(cfg.SSH.Identities[0])
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "id")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(filepath.Dir(b.ConfigPath()), "locked.yaml")
	if err := os.WriteFile(changed, bytes.ReplaceAll(text, []byte(cfg.SSH.Identities[0]), []byte(path)), 0o600); err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestNobodySaidYes(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	if got := vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-3"); got.code != 3 || !strings.Contains(got.err, "--yes") {
		t.Errorf("exit %d\n%s", got.code, got.err)
	}
	if got := mutations(b); len(got) != 0 {
		t.Errorf("mutations: %v", got)
	}
}

func TestWhoSitsThereIsAskedFirst(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 120, 36, "--config", b.ConfigPath(), "run", "worker-drain", "worker-3")
	s.sees("Begin?", "yes or no")
	s.press("no\n")
	if code := s.ends(); code != 3 || !strings.Contains(s.text(), "nothing was changed") {
		t.Errorf("exit %d\n%s", code, s.text())
	}
	if got := mutations(b); len(got) != 0 {
		t.Errorf("mutations: %v", got)
	}
}

// A Sidekiq that vanishes with jobs in hand is unknown, and who sits there is offered to put the jobs back.
func TestJobsOfAVanishedSidekiqAreOffered(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Pace.Job = 20 * time.Second }) // it has jobs in hand when it is killed
	s := sit(t, 160, 50, "--config", b.ConfigPath(), "run", "worker-drain", "worker-2")
	s.sees("Begin?")
	s.press("yes\n")
	s.sees("the balancer to notice") // its heartbeats are listened to meanwhile
	if out, code := b.Machine("worker-2").Run(t.Context(), "docker kill -s KILL $(docker ps -q --filter name=sidekiq)"); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	s.sees("GATE: ", "a Sidekiq process vanished", "retry")
	s.press("retry\n")
	s.sees("jobs back into their queues?", "done twice")
	s.press("go\n")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d\n%s", code, s.text())
	}
}

// A run whose reader has gone (`| head -1`) goes on to its end, and another operator may not stop it from a read-only console.
func TestARunOutlivesItsReader(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := product(t.Context(), b.ConfigPath(), "run", "worker-drain", "worker-3", "--yes", "--json")
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	list := vmtui(t, b.ConfigPath(), "runs", "--json")
	id := idIn(list.out)
	for _, what := range []string{"stop", "undo"} {
		if got := vmtui(t, b.ConfigPath(), "--read-only", "runs", what, id); got.code != 3 || !strings.Contains(got.err, "read-only") {
			t.Errorf("%s: exit %d\n%s%s", what, got.code, got.out, got.err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the run: %v", err)
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "show", id); !strings.Contains(got.out, "done by") {
		t.Errorf("the run ended as\n%s", got.out)
	}
}

func idIn(list string) string {
	_, rest, _ := strings.Cut(list, `"id": "`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func TestWhoStopsReadingAnAnswerIsNoError(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `"$0" --config "$1" status | true`, os.Args[0], b.ConfigPath()) // #nosec G204 -- this very binary
	cmd.Env = append(os.Environ(), asProduct+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) != 0 {
		t.Errorf("%v %q", err, out)
	}
}

func TestPlainInAPipeIsTheStatus(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	if got := vmtui(t, b.ConfigPath(), "--plain"); got.code != 0 || !strings.Contains(got.out, "worker-3") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
}
