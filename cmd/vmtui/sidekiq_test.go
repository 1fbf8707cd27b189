package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// parkedOf are the parked lists as a script sees them.
func parkedOf(t *testing.T, config string) []string {
	t.Helper()
	got := vmtui(t, config, "sidekiq", "restore", "--json")
	var doc struct {
		Parked []struct {
			ID    string
			Queue string
		}
	}
	if err := json.Unmarshal([]byte(got.out), &doc); got.code != 0 || err != nil {
		t.Fatalf("exit %d: %v: %q %s", got.code, err, got.out, got.err)
	}
	var ids []string
	for _, p := range doc.Parked {
		ids = append(ids, p.ID)
	}
	return ids
}

// The box's Sidekiq is seen and changed from the command line; nothing is done without its confirmation, and all of it is in the audit trail.
func TestSidekiqFromTheCommandLine(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	type call struct {
		args []string
		code int
		want []string
	}
	check := func(calls ...call) {
		t.Helper()
		for _, c := range calls {
			got := vmtui(t, b.ConfigPath(), append([]string{"sidekiq"}, c.args...)...)
			if got.code != c.code {
				t.Errorf("%v: exit %d: %s\n%s", c.args, got.code, got.out, got.err)
			}
			for _, w := range c.want {
				if !strings.Contains(got.out+got.err, w) {
					t.Errorf("%v: %q is not in\n%s\n%s", c.args, w, got.out, got.err)
				}
			}
		}
	}
	check(
		call{[]string{"status"}, 0, []string{"ingress", "scheduler: indexing_scheduler", "dead 5"}},
		call{[]string{"jobs", "push", "--histogram"}, 0, []string{"ActivityPub::DeliveryWorker", "ds9.example"}},
		call{[]string{"put-back", "--plan"}, 3, []string{"nothing is known to be lost"}},
		call{[]string{"jobs", "dead", "--filter", "dead-http"}, 0, []string{"ThreadResolveWorker", "romulus.example", "3 shown of 5"}},
		call{[]string{"jobs", "nonsense"}, 2, []string{"no such queue"}},
		call{[]string{"park", "puhs"}, 2, []string{"did you mean push?"}},
		call{[]string{"restore", "pull-parked-20260101-000000000", "--yes"}, 2, []string{"nothing is parked under that name", "restored or deleted"}},
		call{[]string{"restore", "pull", "--plan"}, 3, []string{"restore pull\n", "nothing is parked under that name"}},
		call{[]string{"park", "pull"}, 3, []string{"account moves", "--confirm pull"}},
		call{[]string{"park", "pull", "--plan"}, 0, []string{"RENAME queue:pull", "risk:", "medium"}},
		call{[]string{"park", "default", "--confirm", "default"}, 3, []string{"asked about twice", "--confirm default --again vmst.example"}},
		call{[]string{"delete", "dead", "--confirm", "dead"}, 2, []string{"--all"}},
		call{[]string{"delete", "pull", "--confirm", "pull"}, 3, []string{"park it"}},
		call{[]string{"delete", "dead", "--filter", "dead-http", "--confirm", "dead"}, 0, []string{"3 jobs deleted", "backup: "}},
		call{[]string{"retry", "dead", "--class", "ActivityPub::*", "--yes"}, 0, []string{"2 jobs retried"}},
		call{[]string{"park", "pull", "--confirm", "pull"}, 0, []string{"jobs parked", "vmtui sidekiq restore pull-parked-"}},
		call{[]string{"stop", "exec", "--yes"}, 3, []string{"scheduler", "--confirm exec --again vmst.example"}},
		call{[]string{"put-back"}, 3, []string{"repeat it with --yes"}},
		call{[]string{"put-back", "--yes"}, 3, []string{"nothing is known to be lost"}},
		call{[]string{"put-back", "0a1b", "--yes"}, 2, []string{"that job is not known to be lost"}},
		call{[]string{"quiet", "nobody", "--yes"}, 2, []string{"no such Sidekiq process"}},
		call{[]string{"quiet", "worker-1", "--yes"}, 0, []string{"told to quiet"}},
		call{[]string{"restore", "--backup", b.ConfigPath()}, 1, []string{"no compressed file"}},
	)
	if got := vmtui(t, b.ConfigPath(), "--read-only", "sidekiq", "park", "push", "--confirm", "push"); got.code != 3 || !strings.Contains(got.err, "read-only") {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	parked := parkedOf(t, b.ConfigPath())
	if len(parked) != 1 {
		t.Fatalf("parked: %v", parked)
	}
	got := vmtui(t, b.ConfigPath(), "sidekiq", "delete", parked[0], "--confirm", parked[0], "--json")
	var r struct {
		Act     string
		Jobs    int
		Backups []string
	}
	if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.code != 0 || r.Act != "delete" || r.Jobs == 0 || len(r.Backups) != 1 {
		t.Fatalf("exit %d: %v: %s %s", got.code, err, got.out, got.err)
	}
	if info, err := os.Stat(r.Backups[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	check(call{[]string{"restore", "--backup", r.Backups[0], "--confirm", "pull"}, 0, []string{"jobs read back", "no worker sees it yet", "restore pull-loaded-"}})
	loaded := parkedOf(t, b.ConfigPath())
	if len(loaded) != 1 {
		t.Fatalf("read back: %v", loaded)
	}
	check(call{[]string{"restore", loaded[0], "--yes"}, 0, []string{"jobs restored"}})
	trail := vmtui(t, b.ConfigPath(), "audit")
	for _, w := range []string{"park the queue pull", "delete 3 jobs from dead", "quiet 1 Sidekiq", "read "} {
		if !strings.Contains(trail.out, w) {
			t.Errorf("%q is not in the trail:\n%s", w, trail.out)
		}
	}
}

// status --json is an interface that scripts rely on.
func TestSidekiqStatusInJSON(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	got := vmtui(t, b.ConfigPath(), "sidekiq", "status", "--json")
	var doc map[string]any
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil || got.code != 0 {
		t.Fatalf("exit %d: %v: %s", got.code, err, got.err)
	}
	for path, fields := range map[string][]string{
		"queues":    {"name", "size", "latency_seconds", "slope_per_second", "eta_seconds", "weight"},
		"processes": {"identity", "hostname", "busy", "concurrency", "quiet", "queues", "version", "work"},
	} {
		rows, _ := doc[path].([]any)
		if len(rows) == 0 {
			t.Fatalf("no %s", path)
		}
		row, _ := rows[0].(map[string]any)
		for _, f := range fields {
			if _, has := row[f]; !has {
				t.Errorf("%s has no %s: %v", path, f, row)
			}
		}
	}
	for _, f := range []string{"sets", "processed", "failed", "parked", "scheduler", "alarms", "possibly_lost", "stale"} {
		if _, has := doc[f]; !has {
			t.Errorf("no %s", f)
		}
	}
	if strings.Contains(got.out, "args") {
		t.Error("arguments are shown")
	}
}

// At a terminal the danger is shown above the prompt, default is asked about twice, and what was parked is decided on after.
func TestFlushAtATerminal(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 160, 50, "--config", b.ConfigPath(), "sidekiq", "flush", "default")
	s.sees("Type default to do it", "local posts never reach timelines", "FeedInsertWorker", "critical")
	s.press("default\r")
	s.sees("Type the name of the instance")
	s.press("vmst.example\r")
	s.sees("delete (with a backup), restore, or leave")
	s.press("restore\r")
	s.sees("jobs restored")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if left := parkedOf(t, b.ConfigPath()); len(left) != 0 {
		t.Errorf("%v", left)
	}
	// Deleting is a second act, with a plan and a name of its own.
	s = sit(t, 160, 50, "--config", b.ConfigPath(), "sidekiq", "flush", "push")
	s.sees("Type push to do it")
	s.press("push\r")
	s.sees("delete (with a backup), restore, or leave")
	s.press("delete\r")
	s.sees("Type push-parked-", "read back and proved")
	s.press("push\r")
	s.sees("it was not confirmed")
	if code := s.ends(); code != 3 {
		t.Errorf("exit %d", code)
	}
	if left := parkedOf(t, b.ConfigPath()); len(left) != 1 {
		t.Errorf("%v", left)
	}
}
