package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote/ssh"
)

// jobsOf are the jobs as a script sees them.
func jobsOf(t *testing.T, config string) []struct{ ID, State, Result, Line, By string } {
	t.Helper()
	got := vmtui(t, config, "jobs", "--json")
	var doc struct {
		Jobs []struct{ ID, State, Result, Line, By string }
	}
	if err := json.Unmarshal([]byte(got.out), &doc); got.code != 0 || err != nil {
		t.Fatalf("exit %d: %v: %q %s", got.code, err, got.out, got.err)
	}
	return doc.Jobs
}

// awaitJob waits until a job is running.
func awaitJob(t *testing.T, config string) {
	t.Helper()
	for jobs := jobsOf(t, config); len(jobs) == 0 || jobs[0].State != "running"; jobs = jobsOf(t, config) {
		if t.Context().Err() != nil {
			t.Fatal("no job was started")
		}
	}
}

// tootctl is run on exec as a job, and its result is not read from the exit status alone; what cannot be is refused before anything is sent.
func TestTootctlIsAJob(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"tootctl", "--", "media", "usage"}, 0, "211 GB"},
		{[]string{"tootctl", "--", "media remove --dry-run --days 3"}, 1, "100%, 40 of 40, took"},
		{[]string{"tootctl", "--", "media", "remvoe"}, 2, "did you mean media remove?"},
		{[]string{"tootctl", "--", "media", "remove", "--dayz=3"}, 2, "did you mean --days?"},
		{[]string{"tootctl", "--", "cache", "clear"}, 3, "repeat it with --yes"},
		{[]string{"tootctl", "--yes", "--", "cache", "clear"}, 0, "OK"},
		{[]string{"tootctl", "--yes", "--", "accounts", "delete", "spammer"}, 3, "--confirm vmst.example"},
		{[]string{"tootctl", "--yes", "--confirm", "vmst.example", "--", "accounts", "delete", "spammer"}, 0, "OK"},
		{[]string{"tootctl", "--yes", "--confirm", "vmst.example", "--", "self-destruct"}, 3, "only an operator may answer"},
		{[]string{"--read-only", "tootctl", "--", "media", "usage"}, 3, "read-only"},
		{[]string{"tootctl", "--", "media", "remove", "--keep-interacted", "--dry-run"}, 1, "1 failed"},
		{[]string{"tootctl", "--yes", "--", "accounts", "modify", "troi", "--reset-password"}, 3, "nobody sits at a terminal to be handed it"},
		{[]string{"jobs", "attach", "nonsense"}, 2, "no such job"},
	} {
		got := vmtui(t, b.ConfigPath(), c.args...)
		if got.code != c.code || !strings.Contains(got.out+got.err, c.want) {
			t.Errorf("%v: exit %d: %q\n%s", c.args, got.code, got.out, got.err)
		}
	}
	var lines []string
	for _, j := range jobsOf(t, b.ConfigPath()) {
		lines = append(lines, j.Result+": "+j.Line)
	}
	if got := vmtui(t, b.ConfigPath(), "jobs", "show", jobsOf(t, b.ConfigPath())[0].ID); got.code != 0 || !strings.Contains(got.out, "result:  success with 1 error: 1 failed; Removed 40") || !strings.Contains(got.out, "Error processing 20: boom") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	want := "success with errors: tootctl media remove --keep-interacted --dry-run; success: tootctl accounts delete spammer; success: tootctl cache clear; success with errors: tootctl media remove --dry-run --days=3; success: tootctl media usage"
	if got := strings.Join(lines, "; "); got != want {
		t.Errorf("jobs: %s", got)
	}
	b.Machine("exec").TootItem(0)
	if got := vmtui(t, b.ConfigPath(), "tootctl", "--json", "--", "media", "remove", "--dry-run"); strings.Count(got.out, `"bar":true`) > 4 || !strings.Contains(got.out, `"at":40,"done":true`) {
		t.Errorf("a bar for scripts: exit %d: %s", got.code, got.out)
	}
	got := vmtui(t, b.ConfigPath(), "tootctl", "--yes", "--json", "--", "accounts", "modify", "troi", "--reset-password")
	var told struct {
		Job      struct{ Secret bool }
		Said     string
		Password string `json:"new_password"`
	}
	if err := json.Unmarshal([]byte(got.out), &told); got.code != 0 || err != nil || !told.Job.Secret || told.Password != "engage-troi-1701" || strings.Contains(told.Said, "engage") {
		t.Errorf("for a script: exit %d: %v: %q %s", got.code, err, got.out, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "runs", "list"); !strings.Contains(got.out, "  tootctl  ") {
		t.Errorf("the history: %s", got.out)
	}
}

// A job goes on when its console is killed, is attached again by another one, and the second of two long ones is refused with its name.
func TestAJobSurvivesItsConsole(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	b.Machine("exec").TootItem(time.Minute) // it does not end by itself
	cmd := product(t.Context(), b.ConfigPath(), "tootctl", "--yes", "--", "search", "deploy")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitJob(t, b.ConfigPath())
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	got := vmtui(t, b.ConfigPath(), "tootctl", "--yes", "--", "feeds", "build", "--all")
	if j := jobsOf(t, b.ConfigPath())[0]; j.State != "running" || got.code != 3 || !strings.Contains(got.err, "tootctl search deploy runs since") {
		t.Errorf("%s; exit %d: %s", j.State, got.code, got.err)
	}
	id := jobsOf(t, b.ConfigPath())
	if got = vmtui(t, b.ConfigPath(), "jobs", "show", id[0].ID); got.code != 0 || !strings.Contains(got.out, "stands:  running, ") || strings.Contains(got.out, "result:") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	b.Machine("exec").TootItem(0)
	got = vmtui(t, b.ConfigPath(), "jobs", "attach", id[len(id)-1].ID)
	if got.code != 0 || !strings.Contains(got.out, "Indexed 50 records") {
		t.Errorf("exit %d: %q %s", got.code, got.out, got.err)
	}
}

// Cancelling is seen in ps, and in how the job ended.
func TestAJobIsCancelled(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	b.Machine("exec").TootItem(time.Minute) // it does not end by itself
	got := vmtui(t, b.ConfigPath(), "tootctl", "--yes", "--detach", "--", "search", "deploy")
	id := regexp.MustCompile(`job (\S+);`).FindStringSubmatch(got.out)
	if got.code != 0 || id == nil {
		t.Fatalf("exit %d: %q %s", got.code, got.out, got.err)
	}
	if got = vmtui(t, b.ConfigPath(), "jobs", "cancel", id[1]); got.code != 3 {
		t.Errorf("without --yes: exit %d: %s", got.code, got.err)
	}
	if got = vmtui(t, b.ConfigPath(), "jobs", "cancel", "--yes", id[1]); got.code != 0 {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	if got = vmtui(t, b.ConfigPath(), "exec", "-n", "exec", "--", "ps -eo args | grep -c '[t]ootctl search'"); !strings.Contains(got.out, "0") {
		t.Errorf("ps: %q %s", got.out, got.err)
	}
	if got = vmtui(t, b.ConfigPath(), "jobs", "attach", id[1]); got.code != 130 || !strings.Contains(got.err, "cancelled by") {
		t.Errorf("exit %d: %q %s", got.code, got.out, got.err)
	}
}

// At a terminal the plan is shown, the dry run offered first, and what cannot be taken back wants the instance's name.
func TestTootctlAtATerminal(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	b.Machine("exec").TootItem(time.Second) // the bar is drawn from its first item on, and stays long enough to be seen
	s := sit(t, 120, 50, "--config", b.ConfigPath(), "tootctl", "--", "accounts cull example.org")
	s.sees("danger:", "tootctl itself asks nothing", "Rehearse it first?")
	s.press("yes\r")
	s.sees("░", "of 30")
	b.Machine("exec").TootItem(0)
	s.sees("Visited 30 accounts, removed 2 (DRY RUN)", "Type the name of the instance")
	s.press("vmst.example\r")
	s.sees("its dry run, job ", "success: Visited 30 accounts, removed 2 (DRY RUN)")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if got := vmtui(t, b.ConfigPath(), "jobs", "show", jobsOf(t, b.ConfigPath())[0].ID); got.code != 0 || !strings.Contains(got.out, "result:  success: Visited 30 accounts, removed 2\n") || !strings.Contains(got.out, "dry run: success: Visited 30 accounts, removed 2 (DRY RUN), job ") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	s = sit(t, 120, 50, "--config", b.ConfigPath(), "tootctl", "--", "accounts cull example.com")
	s.sees("Rehearse it first?")
	s.press("no\r")
	s.sees("Type the name of the instance")
	s.press("vmst\r")
	if code := s.ends(); code != 3 {
		t.Errorf("exit %d", code)
	}
	var lines []string
	for _, j := range jobsOf(t, b.ConfigPath()) {
		lines = append(lines, j.Result+": "+j.Line)
	}
	if got := strings.Join(lines, "; "); got != "success: tootctl accounts cull example.org; success: tootctl accounts cull example.org --dry-run" {
		t.Errorf("jobs: %s", got)
	}
}

// Where Mastodon is in containers, tootctl runs in one: in the running one or in its own; cancelling reaches into it.
func TestTootctlInAContainer(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	b.Machine("worker-1").TootItem(time.Minute)
	a := inside(t, b)
	for _, how := range []string{config.TootctlExec, config.TootctlRun} {
		r := a.room()
		r.Node, _ = a.cfg.Node("worker-1")
		r.Host, r.Node.Mastodon.Tootctl, r.Memory = a.host("worker-1"), how, filepath.Join(t.TempDir(), "version")
		if v, err := r.Version(t.Context()); err != nil || v.String() != "4.6.5" {
			t.Errorf("%s: version %s, %v", how, v, err)
		}
		for _, line := range []string{"media usage", "search deploy"} {
			c, err := tootctl.Known().Read(line, tootctl.Version{})
			if err != nil {
				t.Fatal(err)
			}
			begun, err := r.Start(t.Context(), c, "")
			if err != nil {
				t.Fatalf("%s: %v", how, err)
			}
			if line == "search deploy" {
				if err := r.Cancel(t.Context(), begun.Record); err != nil {
					t.Errorf("%s: %v", how, err)
				}
			}
			var got []string
			if err := r.Follow(t.Context(), begun.Record, func(l string) { got = append(got, l) }); err != nil {
				t.Errorf("%s: %v", how, err)
			}
			j, err := r.Find(t.Context(), begun.ID)
			if err != nil || line == "media usage" && (j.State != job.Done || !strings.Contains(strings.Join(got, "\n"), "211 GB")) || line == "search deploy" && j.State != job.Cancelled {
				t.Errorf("%s: %s: %+v, %q, %v", how, line, j, got, err)
			}
		}
		res := r.Host.Look(t.Context(), ssh.Command{For: "look", Script: "ps -eo args | grep '[t]ootctl search' || true"})
		if !res.OK() || strings.TrimSpace(res.Stdout) != "" {
			t.Errorf("%s: %+v", how, res)
		}
	}
}
