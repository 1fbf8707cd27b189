package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each runbook of upkeep does what it is for, by its jobs and in the world; the dry run's result stands before the real one.
func TestUpkeep(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	for _, c := range []struct {
		args []string
		code int
		says []string // in this order
	}{
		{[]string{"media-cleanup", "--yes", "--set", "days=30"}, 0, []string{"Attachments    211 GB   9.42 GB", "tootctl media remove --days=30 --concurrency=5 --dry-run", "(DRY RUN)", "GATE: rehearsed", "Error processing 20: boom", "success with 1 error: 1 failed", "its dry run: success with 1 error", "before: attachments 211 GB (9.42 GB", "now: attachments 204 GB (9.42 GB"}},
		{[]string{"media-orphans", "--yes"}, 3, []string{"newest post 42s ago", "Removed 3 orphans (approx. 1.2 MB) (DRY RUN)", "GATE: rehearsed"}},
		{[]string{"media-orphans", "--yes", "--confirm", "vmst.example"}, 0, []string{"(DRY RUN)", "known before: attachments", "danger: Never right after a restore", "said beforehand: vmst.example", "Removed 3 orphans (approx. 1.2 MB)", "its dry run: success: Removed 3", "Look what is left", "nothing orphaned is left", "run done"}},
		{[]string{"preview-cards", "--yes"}, 0, []string{"(DRY RUN)", "Removed 40 preview cards", "before and now: ", "run done"}},
		{[]string{"search-reindex", "--yes"}, 0, []string{"green, 1 node, heap 43 % and disk 61 % full; instances 0 of 1000", "--only instances accounts tags", "--only public_statuses statuses", "accounts 2000 of 2010", "public_statuses 4000 of 3900", "statuses 5000, of which 4800 from here belong there", "run done"}},
		{[]string{"old-statuses", "--yes", "--confirm", "vmst.example"}, 0, []string{"98000 rows, 120 dead", "past the database's pool: DB_PORT=25060 DB_NAME=mastodon_production", "GATE: this cannot be taken back", "98000 rows, 120 dead", "danger: There is no dry run", "removed 20 out of 20 statuses", "now:", "61000 rows, 37120 dead"}},
		{[]string{"account-support", "--yes", "username=wesley", "approve=true"}, 0, []string{"approved: no", "wesley is approved", "run done"}},
		{[]string{"account-support", "--yes", "--set", "username=troi", "--set", "reset_password=true"}, 3, []string{"not begun", "nobody sits at a terminal", "--json", "--show-password"}},
		{[]string{"account-support", "--yes", "--show-password", "--set", "username=troi", "--set", "reset_password=true", "--set", "disable_2fa=true"}, 0, []string{"second factor: yes, sessions: 2", "troi is without a second factor", "New password: engage-troi-1701", "another password, and no session"}},
		{[]string{"account-support", "--yes", "--set", "username=picard", "--set", "disable_2fa=true"}, 3, []string{"picard is one of the team: Admin"}},
		{[]string{"account-support", "--yes", "--set", "username=weslye", "--set", "approve=true"}, 3, []string{"no such account", "did you mean wesley?"}},
		{[]string{"registrations-close", "--yes"}, 0, []string{"registrations are: open", "success: OK; registrations are: none"}},
		{[]string{"registrations-close", "--yes"}, 0, []string{"already: registrations are: none"}},
		{[]string{"registrations-open", "--yes"}, 0, []string{"settings registrations approved", "registrations are: approved"}},
		{[]string{"domain-purge", "--yes", "--confirm", "vmst.example", "--set", "domain=spam.example"}, 0, []string{"12 accounts, 4 custom emoji, 3 follows", "Removed 4 custom emojis (DRY RUN)", "GATE: rehearsed", "known before: 12 accounts", "Removed 12 accounts (DRY RUN)", "danger: Accounts come back", "success: Removed 12 accounts; Removed 4 custom emojis", "known of spam.example: 0 accounts and 0 custom emoji"}},
		{[]string{"domain-purge", "--yes", "--set", "domain=vmst.example"}, 3, []string{"that is this instance"}},
		{[]string{"domain-purge", "--yes", "--confirm", "vmst.example", "--set", "domain=spam.exmaple"}, 3, []string{"GATE: no account and no custom emoji of spam.exmaple is known", "did you mean spam.example?", "0 accounts, 0 custom emoji, 0 follows"}},
		{[]string{"account-support", "--yes", "--set", "username=wesley"}, 2, []string{"nothing is to be done", "--set approve=true"}},
		{[]string{"domain-purge", "--yes"}, 2, []string{"it has to be said"}},
		{[]string{"domain-purge", "--yes", "--set", "domain=--limited-federation-mode"}, 2, []string{"is not a domain"}},
		{[]string{"preview-cards", "--yes", "--set", "days=3"}, 2, []string{"no number from 14"}},
		{[]string{"media-cleanup", "worker-1", "--yes"}, 2, []string{"it has no target"}},
	} {
		got := vmtui(t, b.ConfigPath(), append([]string{"run"}, c.args...)...)
		rest := got.out + got.err
		if got.code != c.code {
			t.Errorf("%v: exit %d, want %d:\n%s", c.args, got.code, c.code, rest)
			continue
		}
		for _, want := range c.says {
			_, after, found := strings.Cut(rest, want)
			if !found {
				t.Errorf("%v: no %q behind what came before:\n%s%s", c.args, want, got.out, got.err)
				break
			}
			rest = after
		}
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "list", "--json"); strings.Contains(got.out, "engage") {
		t.Error("the password is in the history")
	}
}

// At a terminal the dangers come before the first question, and stand again at the gate beside the dry run; a wrong name does nothing, and whoever resumes is
// asked anew.
func TestAPurgeAtATerminal(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 160, 60, "--config", b.ConfigPath(), "run", "domain-purge", "--set", "domain=borg.example")
	s.sees("Purge a domain: borg.example   (destroys)", "danger: Accounts come back while", "Begin?")
	s.press("yes\r")
	s.sees("GATE: rehearsed", "known before: 7 accounts", "= success: Removed 7 accounts (DRY RUN)", "your decision")
	s.press("go\r")
	s.sees("Type vmst.example")
	s.press("borg.example\r")
	s.sees("Nothing was done")
	s.press("stop\r")
	if code := s.ends(); code != 3 {
		t.Errorf("exit %d:\n%s", code, s.text())
	}
	jobs := jobsOf(t, b.ConfigPath())
	if len(jobs) != 1 || !strings.Contains(jobs[0].Line, "--dry-run") {
		t.Errorf("jobs: %v", jobs)
	}
	var doc struct{ Runs []struct{ ID string } }
	if got := vmtui(t, b.ConfigPath(), "runs", "list", "--json"); json.Unmarshal([]byte(got.out), &doc) != nil || len(doc.Runs) != 1 {
		t.Fatal(got.out)
	}
	got := vmtui(t, b.ConfigPath(), "runs", "resume", doc.Runs[0].ID, "--yes")
	if got.code != 3 || !strings.Contains(got.out, "danger: Accounts come back") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	got = vmtui(t, b.ConfigPath(), "runs", "resume", doc.Runs[0].ID, "--yes", "--confirm", "vmst.example")
	if got.code != 0 || !strings.Contains(got.out, "known of borg.example: 0 accounts and 0 custom emoji") || len(jobsOf(t, b.ConfigPath())) != 2 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
}

// A run that is killed in the middle of its job attaches to it when it is resumed, and starts it no second time.
func TestAKilledRunFindsItsJob(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	b.Machine("exec").TootItem(time.Minute) // it does not end by itself
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := product(ctx, b.ConfigPath(), "run", "search-reindex", "--yes")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitJob(t, b.ConfigPath())
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	b.Machine("exec").TootItem(0)
	var doc struct {
		Runs []struct{ ID, Runbook string }
	}
	got := vmtui(t, b.ConfigPath(), "runs", "list", "--json")
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil || len(doc.Runs) != 1 {
		t.Fatalf("%v: %s", err, got.out)
	}
	got = vmtui(t, b.ConfigPath(), "runs", "resume", doc.Runs[0].ID, "--yes")
	if got.code != 0 || !strings.Contains(got.out, "run done") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	var lines []string
	for _, j := range jobsOf(t, b.ConfigPath()) {
		lines = append(lines, j.State+" "+j.Line)
	}
	want := []string{"ended tootctl search deploy --concurrency=2 --only public_statuses statuses", "ended tootctl search deploy --concurrency=2 --only instances accounts tags"}
	if !slices.Equal(lines, want) {
		t.Errorf("jobs: %q", lines)
	}
}
