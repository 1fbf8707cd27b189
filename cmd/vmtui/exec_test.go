package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestExecFoldsAnswers(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	if err := b.Fault("dead:worker-3"); err != nil {
		t.Fatal(err)
	}
	got := vmtui(t, b.ConfigPath(), "exec", "-n", "worker-[1-3]", "--timeout", "10s", "--json", "--", "echo hello; echo careful >&2")
	var doc execDoc
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
		t.Fatalf("%v: %s%s", err, got.out, got.err)
	}
	if got.code != 1 || len(doc.Results) != 2 {
		t.Fatalf("%d: %s", got.code, got.out)
	}
	both, dead := doc.Results[0], doc.Results[1]
	if !slices.Equal(both.Nodes, []string{"worker-1", "worker-2"}) || both.Outcome != "exited" || both.Code == nil || *both.Code != 0 || both.Stdout != "hello\n" || both.Stderr != "careful\n" {
		t.Errorf("%+v", both)
	}
	if !slices.Equal(dead.Nodes, []string{"worker-3"}) || dead.Outcome != "unreachable" || dead.Code != nil || dead.Why == "" {
		t.Errorf("%+v", dead)
	}
	if list := vmtui(t, b.ConfigPath(), "runs", "list"); !strings.Contains(list.out, "  exec  ") || !strings.Contains(list.out, "worker-[1-3]") {
		t.Errorf("it is not in the history: %s", list.out)
	}
}

func TestExecInWords(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"exec", "-n", "@worker", "--", "echo", "a  b"}, 0, "worker-[1-3] (3): exit 0\n  a  b\n"},
		{[]string{"exec", "-n", "worker-1", "--", "sh", "-c", "echo no >&2; exit 3"}, 1, "worker-1 (1): exit 3\n  stderr: no\n"},
		{[]string{"exec", "-n", "worker-[1-4]", "--", "true"}, 2, `there is no node "worker-4"`},
		{[]string{"exec", "-n", "wroker-1", "--", "true"}, 2, "the nearest is worker-1"},
		{[]string{"exec", "-n", "worker-1"}, 2, "it takes nodes and a command"},
		{[]string{"exec", "--", "true"}, 2, "it takes nodes and a command"},
		{[]string{"--read-only", "exec", "-n", "worker-1", "--", "true"}, 3, "read-only"},
		{[]string{"exec", "-n", "worker-1", "--timeout", "10s", "--", "sleep", "60"}, 4, "it had not ended in time"},
	} {
		got := vmtui(t, b.ConfigPath(), x.args...)
		if got.code != x.code || !strings.Contains(got.out+got.err, x.says) {
			t.Errorf("%q: %d, want %d and %q:\n%s%s", x.args, got.code, x.code, x.says, got.out, got.err)
		}
	}
}
