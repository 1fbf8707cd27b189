package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/trail"
)

// Runs and single acts are in one trail, which proves itself, and says so when somebody has written in it.
func TestAuditTrail(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	conf := b.ConfigPath()
	for _, args := range [][]string{{"hold", "set", "worker-3", "--why", "its disk is loud"}, {"run", "worker-drain", "worker-1", "--yes"}, {"hold", "clear", "worker-3"}} {
		if got := vmtui(t, conf, args...); got.code != 0 && args[0] != "run" {
			t.Fatalf("%v: exit %d\n%s", args, got.code, got.err)
		}
	}
	entries := entriesOf(t, conf)
	verbs := map[string]bool{}
	for _, e := range entries {
		verbs[e.Runbook] = true
		if e.By == "" || e.On == "" || e.Time.IsZero() || e.Kind == trail.Act && (e.What == "" || e.Host == "" || e.Outcome == "") {
			t.Errorf("it does not say who did what on what: %+v", e)
		}
	}
	if !verbs["hold/set"] || !verbs["worker-drain"] || !verbs["hold/clear"] {
		t.Errorf("not all is in the trail: %v", verbs)
	}
	if got := entriesOf(t, conf, "--on", "worker-3", "--kind", "act", "--outcome", "done"); len(got) != 2 {
		t.Errorf("%+v", got)
	}
	if got := vmtui(t, conf, "audit", "verify"); got.code != 0 || !strings.Contains(got.out, "agrees with 1 anchor") {
		t.Errorf("exit %d %s %s", got.code, got.out, got.err)
	}
	report := vmtui(t, conf, "runs", "report", entries[len(entries)/2].Run)
	if report.code != 0 || !strings.Contains(report.out, "## Where the time went") {
		t.Errorf("exit %d %s %s", report.code, report.out, report.err)
	}
	prunes(t, conf)
	rewrites(t, conf)
}

func entriesOf(t *testing.T, conf string, args ...string) []trail.Entry {
	t.Helper()
	got := vmtui(t, conf, append([]string{"audit", "--json"}, args...)...)
	var said struct{ Entries []trail.Entry }
	if err := json.Unmarshal([]byte(got.out), &said); err != nil || got.code != 0 {
		t.Fatalf("exit %d, %v\n%s", got.code, err, got.err)
	}
	return said.Entries
}

// prunes takes the output out, and finds every act where it was.
func prunes(t *testing.T, conf string) {
	t.Helper()
	before := len(entriesOf(t, conf))
	for _, x := range []struct {
		args []string
		code int
	}{
		{[]string{"runs", "prune", "--older-than", "0h"}, 3},
		{[]string{"--read-only", "runs", "prune", "--older-than", "0h", "--yes"}, 3},
		{[]string{"runs", "prune", "--older-than", "soon", "--yes"}, 2},
		{[]string{"runs", "prune", "--older-than", "0h", "--yes"}, 0},
		{[]string{"audit", "verify"}, 0},
	} {
		if got := vmtui(t, conf, x.args...); got.code != x.code {
			t.Errorf("%v: exit %d, not %d\n%s%s", x.args, got.code, x.code, got.out, got.err)
		}
	}
	if after := len(entriesOf(t, conf)); after != before+1 { // and the pruning itself
		t.Errorf("%d entries before, %d after", before, after)
	}
}

// rewrites makes somebody else the one who did it.
func rewrites(t *testing.T, conf string) {
	t.Helper()
	cfg, err := config.Load(conf)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(cfg.StateDir, "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `UPDATE events SET data = replace(data, 'worker-3', 'worker-2') WHERE type = 'intent'`); err != nil {
		t.Fatal(err)
	}
	if got := vmtui(t, conf, "audit", "verify", "--json"); got.code != 1 || !strings.Contains(got.err, "not what was written") {
		t.Errorf("exit %d %s %s", got.code, got.out, got.err)
	}
}

// When exec cannot be asked, the chain is proved and the anchors are not: that is no yes.
func TestVerifyWithoutExecIsUnknown(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dead:exec"} })
	if got := vmtui(t, b.ConfigPath(), "audit", "verify"); got.code != 4 || !strings.Contains(got.err, "not compared") {
		t.Errorf("exit %d %s %s", got.code, got.out, got.err)
	}
}

// A store that was put back from an older copy has lost what exec remembers.
func TestVerifyFindsAnOlderCopy(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	f := newFlags(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
	f.config = b.ConfigPath()
	err := withApp(t.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
		h, err := a.engine.Chains()[0].Head(ctx)
		if err != nil {
			return err
		}
		return a.keeper.Anchor(ctx, run.Anchor{Head: run.Head{Store: h.Store, N: h.N + 3, Sum: "aa"}, By: "mike@laptop"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := vmtui(t, b.ConfigPath(), "audit", "verify"); got.code != 1 || !strings.Contains(got.err, "cut off") {
		t.Errorf("exit %d %s %s", got.code, got.out, got.err)
	}
}
