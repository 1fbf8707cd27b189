package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/ops/run"
)

// ownBox is a box with the example runbooks beside its config.
func ownBox(t *testing.T) *box.Box {
	t.Helper()
	b, _ := ownWaylaid(t)
	return b
}

// ownWaylaid is ownBox with an ambush.
func ownWaylaid(t *testing.T) (*box.Box, *ambush) {
	t.Helper()
	b, a := waylaid(t, nil)
	if err := offerExamples(b.Dir()); err != nil {
		t.Fatal(err)
	}
	return b, a
}

// killedAt begins a run and kills its process at what a step changes, which is carried out all the same.
func (a *ambush) killedAt(step string, args ...string) string {
	a.t.Helper()
	held := a.stops(step)
	defer held.letGo()
	l := begin(a.t, a.b.ConfigPath(), append([]string{"run"}, args...)...)
	held.holds()
	if err := l.cmd.Process.Kill(); err != nil {
		a.t.Fatal(err)
	}
	l.end()
	return l.run()
}

func done(t *testing.T, b *box.Box, state string, args ...string) said {
	t.Helper()
	got := vmtui(t, b.ConfigPath(), args...)
	if end := last(t, got.out); end.Type != "result" || end.State != state {
		t.Fatalf("vmtui %v: exit %d, %+v\n%s\n%s", args, got.code, end, got.err, transcript(t, b, end.Run))
	}
	return got
}

func TestOwnRunbooksAreOnTheShelf(t *testing.T) {
	t.Parallel()
	b := ownBox(t)
	got := vmtui(t, b.ConfigPath(), "run", "--json")
	for _, want := range []string{`"worker-drain"`, `"rotate-logs"`, `"clean-media"`, `"after-deploy"`, `"version"`, "runbooks/rotate-logs.yaml"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %s in %s%s", want, got.out, got.err)
		}
	}
	if got := vmtui(t, b.ConfigPath(), "config", "check"); got.code != 0 || !strings.Contains(got.out, "3 runbooks of its own") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	ownBook(t, b, "leave-out", "title: T\nsummary: S\nsteps:\n  - {id: out, drain: {node: worker-1}}\n")
	if got := vmtui(t, b.ConfigPath(), "config", "check"); got.code != 0 || !strings.Contains(got.err, "warning: ") || !strings.Contains(got.err, "leave-out.yaml:4") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	path := filepath.Join(b.Dir(), "runbooks", "to-mend.yaml")
	if err := os.WriteFile(path, []byte("title: T\nsummary: S\nsteps:\n  - {id: out, drain: {node: worker-9}}\n  - {id: out, tile: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got = vmtui(t, b.ConfigPath(), "config", "check")
	if got.code != 2 || !strings.Contains(got.err, path+":4") && !strings.Contains(got.err, path+":5") || !strings.Contains(got.err, "next:") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	for _, args := range [][]string{{"run", "to-mend", "--plan"}, {"run", "after-deploy", "--set", "version=4", "--plan"}, {"run", "after-deploy", "--set", "vrsion=v1.2.3", "--plan"}, {"run", "after-deploy", "worker-1", "--set", "version=v1.2.3", "--plan"}} {
		if got := vmtui(t, b.ConfigPath(), args...); got.code != 2 || !strings.Contains(got.err, "next:") {
			t.Errorf("%v: exit %d\n%s%s", args, got.code, got.out, got.err)
		}
	}
	if got := vmtui(t, b.ConfigPath(), "run", "worker-drain", "worker-1", "--plan"); got.code != 0 {
		t.Errorf("a broken file stands in the way of the others: %s", got.err)
	}
}

// purged is what was purged, without what only proved that the token may.
func purged(b *box.Box) []edge.Purge {
	return slices.DeleteFunc(b.Edge().Purges(), func(p edge.Purge) bool { return len(p.Files) == 1 && strings.Contains(p.Files[0], "/.vmtui/") })
}

// The plan changes nothing, a run purges and tells once, a kill in the middle is resumed, and undo leaves no trace to take back.
func TestAfterDeploy(t *testing.T) {
	t.Parallel()
	b, a := ownWaylaid(t)
	set := []string{"after-deploy", "--set", "version=v4.6.5", "--json"}
	if got := vmtui(t, b.ConfigPath(), append([]string{"run", "--plan"}, set...)...); got.code != 0 || !strings.Contains(got.out, "purge_cache") || len(b.Edge().Purges()) != 0 {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	done(t, b, "done", append([]string{"run", "--yes"}, set...)...)
	if got := purged(b); len(got) != 1 || len(got[0].Files) != 3 {
		t.Errorf("%+v", got)
	}
	if got := b.Notices(); len(got) != 1 || !strings.Contains(got[0], "after v4.6.5 on vmst.example") {
		t.Errorf("%q", got)
	}
	id := a.killedAt("purge", append(set, "--yes")...)
	done(t, b, "done", "runs", "resume", id, "--yes", "--json")
	if n, purges := len(b.Notices()), len(purged(b)); n != 2 || purges < 2 || purges > 3 {
		t.Errorf("%d notices, %d purges", n, purges)
	}
	id = a.killedAt("purge", append(set, "--yes")...)
	done(t, b, "undone", "runs", "undo", id, "--yes", "--json")
	if n := len(b.Notices()); n != 2 {
		t.Errorf("%d notices", n)
	}
	secret := filepath.Join(b.Dir(), "webhook-url")
	address, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(transcript(t, b, id), strings.TrimSpace(string(address))) {
		t.Error("the webhook's address is in the transcript")
	}
}

// Removing wants the node's name; a removal that was cut off is done again, because its author says that it may be.
func TestCleanMedia(t *testing.T) {
	t.Parallel()
	b, a := ownWaylaid(t)
	set := []string{"clean-media", "--set", "above=1", "--set", "days=30", "--yes", "--json"}
	if got := vmtui(t, b.ConfigPath(), append([]string{"run", "--plan"}, set...)...); got.code != 0 || !strings.Contains(got.out, "media remove --days 30") {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	done(t, b, "waiting", append([]string{"run"}, set...)...)
	done(t, b, "waiting", append([]string{"run", "--confirm", "worker-1"}, set...)...)
	confirmed := append(set, "--confirm", "exec")
	done(t, b, "done", append([]string{"run"}, confirmed...)...)
	id := a.killedAt("remove", confirmed...)
	done(t, b, "done", "runs", "resume", id, "--yes", "--confirm", "exec", "--json")
	if text := transcript(t, b, id); !strings.Contains(text, "Removed 40 media attachments") {
		t.Error(text)
	}
	id = a.killedAt("remove", confirmed...)
	done(t, b, "undone", "runs", "undo", id, "--yes", "--json")
	got := done(t, b, "done", "run", "clean-media", "--set", "above=100", "--yes", "--json")
	if !strings.Contains(got.out, `"skipped"`) || strings.Contains(got.out, `"intent"`) {
		t.Errorf("a disk that is not full was cleaned: %s", got.out)
	}
}

// rotated are the logs that were put aside on a worker.
func rotated(t *testing.T, b *box.Box, node, id string) bool {
	t.Helper()
	_, err := b.Machine(node).ReadFile("/var/log/nginx/access.log." + id)
	return err == nil
}

func TestRotateLogs(t *testing.T) {
	mingle(t)
	rotate := []string{"rotate-logs", "--set", "above=0", "--yes", "--json"}
	t.Run("killed and resumed", func(t *testing.T) {
		t.Parallel()
		b, a := ownWaylaid(t)
		if got := vmtui(t, b.ConfigPath(), append([]string{"run", "--plan"}, rotate...)...); got.code != 0 || !strings.Contains(got.out, "leave@worker-3.remove") || len(mutations(b)) != 0 {
			t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
		}
		id := a.killedAt("rotate@worker-2", rotate...)
		// What the file says by then is another run's business.
		if err := os.Remove(filepath.Join(b.Dir(), "runbooks", "rotate-logs.yaml")); err != nil {
			t.Fatal(err)
		}
		done(t, b, "done", "runs", "resume", id, "--yes", "--json")
		for _, n := range []string{"worker-1", "worker-2", "worker-3"} {
			if !rotated(t, b, n, id) {
				t.Errorf("the log of %s was not put aside", n)
			}
		}
		intact(t, b)
		serving(t, b)
	})
	t.Run("taken back", func(t *testing.T) {
		t.Parallel()
		b, a := ownWaylaid(t)
		id := a.killedAt("rotate@worker-1", rotate...)
		done(t, b, "undone", "runs", "undo", id, "--yes", "--json")
		if rotated(t, b, "worker-1", id) {
			t.Error("the log is still put aside")
		}
		intact(t, b)
		serving(t, b)
	})
	t.Run("small logs are left alone", func(t *testing.T) {
		t.Parallel()
		b := ownBox(t)
		done(t, b, "done", "run", "rotate-logs", "--yes", "--json")
		if got := mutations(b); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
}

// ownBook puts a runbook beside the box's config.
func ownBook(t *testing.T, b *box.Box, name, text string) {
	t.Helper()
	dir := filepath.Join(b.Dir(), "runbooks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const services = `title: Deploy to one worker
summary: Tries what can be done with services and holds.
target: worker
steps:
  - {id: hold, title: Say it, why: W, hold: {node: target, why: 'trying ${{ target }}'}}
  - {id: pull, title: Pull, why: W, docker: {do: pull, services: [web, streaming]}}
  - {id: stop, title: Stop, why: W, docker: {do: stop, services: [sidekiq]}, undo: {docker: {do: start, services: [sidekiq]}}}
  - {id: start, title: Start, why: W, docker: {do: start, services: [sidekiq]}, undo: none}
  - {id: up, title: Up, why: W, docker: {do: up, services: [streaming]}, undo: none}
  - {id: restart, title: Restart, why: W, docker: {do: restart, services: [sidekiq]}, undo: none}
  - {id: healthy, title: Wait, why: W, wait: {healthy: web, on: target}}
  - {id: sure, title: Ask, why: W, ask: {question: 'Take it off hold?', attended: true}}
  - {id: unhold, title: Take it off, why: W, unhold: {node: target}}
`

func TestServicesAndHolds(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	ownBook(t, b, "try-services", services)
	got := done(t, b, "waiting", "run", "try-services", "worker-2", "--yes", "--json")
	id := last(t, got.out).Run
	if !strings.Contains(got.out, "budget: 2 healthy besides worker-2") {
		t.Error("what stops a service looked at no budget")
	}
	if got := vmtui(t, b.ConfigPath(), "hold", "--json"); !strings.Contains(got.out, "trying worker-2") {
		t.Errorf("%s%s", got.out, got.err)
	}
	done(t, b, "undone", "runs", "undo", id, "--yes", "--json")
	serving(t, b)
}

// A worker that may not stop is not stopped: the budget is looked at just before.
func TestServicesKeepTheBudget(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"exited:worker-3=web"} })
	ownBook(t, b, "try-services", "title: T\nsummary: S\ntarget: worker\nsteps:\n  - {id: restart, title: R, why: W, docker: {do: restart, services: [web]}}\n")
	got := vmtui(t, b.ConfigPath(), "run", "try-services", "worker-2", "--yes", "--json")
	if end := last(t, got.out); got.code != 3 || end.State != "refused" || strings.Contains(got.out, `"intent"`) {
		t.Errorf("exit %d %+v\n%s", got.code, end, got.err)
	}
}

func TestOwnRunbookInTheConsole(t *testing.T) {
	t.Parallel()
	s := sit(t, 120, 36, "demo")
	s.sees("worker-1", "worker-2", "worker-3", "exec")
	s.press("B")
	s.sees("worker-drain", "worker-reimage")
	for range builtIn(t) {
		s.press("j")
	}
	s.sees("has to be said before", "version: what was deployed")
	s.press("\r")
	s.sees("version", "what was deployed", "look at the plan")
	s.press("v4.6.5\r")
	s.sees("Purge the pages", "nothing stands in the way")
	s.press("g")
	s.sees("Purge the pages?", "YOUR TURN")
	// A gate that opened by itself hears nothing until the hand has been quiet; the clock in the header says that it has.
	clock := regexp.MustCompile(`\d\d:\d\d:\d\d`)
	for range 2 {
		now := clock.FindString(s.text())
		for clock.FindString(s.text()) == now {
			<-s.drawn
		}
	}
	s.press("g")
	s.sees("run done")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Fatalf("exit %d\n%s", code, s.text())
	}
}

// builtIn are the runbooks that are built in, which the instance's own stand behind.
func builtIn(t *testing.T) []run.Book {
	t.Helper()
	return slices.DeleteFunc(inside(t, startBox(t, nil)).desk.Shelf(), func(b run.Book) bool { return b.From != "" })
}
