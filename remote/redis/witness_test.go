package redis

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/internal/journal"
)

func TestTheWitnessHearsOfEveryRoundTrip(t *testing.T) {
	m, j := miniredis.RunT(t), &journal.Journal{}
	c := New(Config{URL: At("redis://:hunter2secret@" + m.Addr() + "/0"), Witness: j.Hear})
	defer func() { _ = c.Close() }()
	m.RequireAuth("hunter2secret")
	hears := func(what string, changes bool, verdict remote.Verdict) remote.Call {
		t.Helper()
		call, end := j.Last(t, what)
		if call.On != "redis" || call.Changes != changes || end.Verdict != verdict || end.Says == "" {
			t.Errorf("%+v ended as %+v", call, end)
		}
		if strings.Contains(call.What+call.Wire+call.Sent+end.Says, "hunter2") {
			t.Errorf("the password is in %+v, %+v", call, end)
		}
		return call
	}
	_, _ = c.Read(t.Context(), Cmd("LLEN", "queue:default"), Cmd("GET", "a b"))
	hears(`LLEN queue:default; GET "a b"`, false, remote.OK)
	_, _ = c.Change(t.Context(), permit(yes), "push", Cmd("LPUSH", "queue:default", strings.Repeat("x", 5000)))
	if call := hears("LPUSH queue:default xxx", true, remote.OK); len(call.Sent) > 300 || !strings.Contains(call.Sent, "(5000 bytes)") {
		t.Errorf("told %d bytes", len(call.Sent))
	}
	m.Close()
	_, _ = c.Read(t.Context(), Cmd("PING"))
	hears("PING", false, remote.Unsent)
}
