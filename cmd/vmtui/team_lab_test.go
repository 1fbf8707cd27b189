//go:build lab

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/lab/postgres"
	"github.com/vmtui/vmtui/ops/run"
)

// team is an instance in a box whose operators share runs in a real PostgreSQL, which only the exec node reaches.
type team struct {
	*box.Box
	t      *testing.T
	server *postgres.Server
	said   []string // all that was ever printed
}

func newTeam(t *testing.T) *team {
	t.Helper()
	s, err := postgres.New(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Create(t.Context(), "vmtui"); err != nil {
		t.Fatal(err)
	}
	tm := &team{Box: startBox(t, nil), t: t, server: s}
	secret := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(secret, []byte(s.URL(s.Away(), "vmtui")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"kirk", "spock"} {
		tm.config(who, "file:"+secret)
	}
	t.Cleanup(tm.silent)
	return tm
}

// config writes an operator's own config beside the box's.
func (tm *team) config(who, store string) {
	tm.t.Helper()
	text, err := os.ReadFile(tm.ConfigPath())
	if err != nil {
		tm.t.Fatal(err)
	}
	var mine []string
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "store:"):
			line = "store: \"" + store + "\"\nstore_via: exec\noperator: " + who + "\n"
		case strings.HasPrefix(line, "state_dir:"):
			line = "state_dir: \"" + filepath.Join(tm.t.TempDir(), who) + "\"\n"
		}
		mine = append(mine, line)
	}
	if err := os.WriteFile(tm.of(who), []byte(strings.Join(mine, "")), 0o600); err != nil {
		tm.t.Fatal(err)
	}
}

func (tm *team) of(who string) string {
	return filepath.Join(filepath.Dir(tm.ConfigPath()), who+".yaml")
}

// vmtui is a command of one operator.
func (tm *team) vmtui(who string, args ...string) said {
	tm.t.Helper()
	got := vmtui(tm.t, tm.of(who), args...)
	tm.said = append(tm.said, got.out, got.err)
	return got
}

// silent holds everything that was printed against the store's password.
func (tm *team) silent() {
	for _, text := range tm.said {
		if strings.Contains(text, postgres.Password) || strings.Contains(text, "ncc-1701") {
			tm.t.Errorf("the password is shown:\n%s", text)
		}
	}
}

func (tm *team) list(who string) []run.Summary {
	tm.t.Helper()
	var all struct{ Runs []run.Summary }
	got := tm.vmtui(who, "runs", "list", "--json")
	if err := json.Unmarshal([]byte(got.out), &all); err != nil {
		tm.t.Fatalf("%v: %+v", err, got)
	}
	return all.Runs
}

// TestATeamSharesItsRuns has one operator's machine die in the middle of a drain, and another take the run over by name, through the exec node.
func TestATeamSharesItsRuns(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	if got := tm.vmtui("kirk", "config", "check"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	l := begin(t, tm.of("kirk"), "run", "worker-drain", "worker-2", "--yes", "--json")
	l.until(func(x line) bool { return x.Step == "remove" && x.State == "doing" })
	if list := tm.list("spock"); len(list) != 1 || list[0].Store != run.TeamStore || list[0].Operator != "kirk" || list[0].State != run.Running {
		t.Errorf("spock sees %+v", list)
	}
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.end()
	id := l.run()
	if got := tm.vmtui("spock", "runs", "take", id, "--yes"); got.code != 3 || !strings.Contains(got.err, "--from kirk") {
		t.Errorf("taken from nobody: %+v", got)
	}
	got := tm.vmtui("spock", "runs", "take", id, "--from", "kirk", "--yes", "--json")
	if end := last(t, got.out); got.code != 0 || end.State != "done" {
		t.Fatalf("%+v", got)
	}
	got = tm.vmtui("kirk", "runs", "show", id)
	for _, want := range []string{"leg 1 begun by kirk", "leg 2 begun by spock", "run done"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("kirk does not read %q:\n%s", want, got.out)
		}
	}
	if out, err := tm.server.Query(t.Context(), "vmtui", `SELECT count(*) FROM vmtui.events WHERE detail LIKE '%ncc-1701%' OR encode(data, 'escape') LIKE '%ncc-1701%'`); err != nil || strings.TrimSpace(out) != "0" {
		t.Errorf("the store holds its own password: %s %v", out, err)
	}
}

// TestATeamsStoreIsLost stops the database in the middle of a drain: the run goes on in the local store, and not a second time from the other.
func TestATeamsStoreIsLost(t *testing.T) {
	t.Parallel()
	tm := newTeam(t)
	l := begin(t, tm.of("kirk"), "run", "worker-drain", "worker-2", "--yes", "--json")
	l.until(func(x line) bool { return x.Step == "remove" && x.State == "doing" })
	if err := tm.server.Stop(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	code := l.end()
	t.Logf("it ended with %d %s after the loss: %s", code, time.Since(began).Round(time.Millisecond), l.errs.String())
	tm.said = append(tm.said, l.errs.String())
	list := tm.list("kirk")
	if code == 0 || len(list) != 1 || list[0].Store != run.LocalStore || list[0].State != run.Interrupted || !strings.Contains(l.errs.String(), list[0].ID) {
		t.Fatalf("exit %d, %+v: %s", code, list, l.errs.String())
	}
	if got := tm.vmtui("spock", "run", "worker-drain", "worker-1", "--yes"); got.code != 1 || !strings.Contains(got.err, "--store local") {
		t.Errorf("begun without a store: %+v", got)
	}
	got := tm.vmtui("kirk", "runs", "resume", list[0].ID, "--yes", "--json")
	if end := last(t, got.out); got.code != 0 || end.State != "done" {
		t.Fatalf("%+v", got)
	}
	if err := tm.server.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for got = tm.vmtui("spock", "runs", "resume", l.run(), "--yes"); strings.Contains(got.err, "walked already") && time.Now().Before(deadline); {
		got = tm.vmtui("spock", "runs", "resume", l.run(), "--yes")
	}
	if got.code != 3 || !strings.Contains(got.err, list[0].ID) {
		t.Errorf("walked a second time: %+v", got)
	}
	for _, x := range tm.list("spock") {
		if x.ID == l.run() && x.State != run.Stopped {
			t.Errorf("not marked: %+v", x)
		}
	}
}
