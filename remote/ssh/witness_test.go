package ssh

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/internal/journal"
)

func TestTheWitnessHearsOfEverything(t *testing.T) {
	j := &journal.Journal{}
	s := newServer(t, nil)
	h := reach(t, s, func(p *Pool) { p.config.Witness = j.Hear })
	ctx := within10s(t)
	refused := permit(func(context.Context) error { return errors.New("the lease is somebody else's") })
	hears := func(what string, changes bool, verdict remote.Verdict, says string) {
		t.Helper()
		c, e := j.Last(t, what)
		if c.Wire != "ssh" || c.On != h.Name() || c.Changes != changes || e.Verdict != verdict || !strings.Contains(e.Says, says) {
			t.Errorf("%+v ended as %+v", c, e)
		}
	}
	h.Look(ctx, Command{Script: "echo one\n  echo two", Args: []string{"a b"}})
	hears("echo one echo two $1=a b", false, remote.OK, "exit 0")
	hears("log in at "+s.addr(), false, remote.OK, "logged in")
	if c, _ := j.Last(t, "echo one"); c.Sent != "/bin/sh -c 'echo one\n  echo two' vmtui 'a b'" {
		t.Errorf("sent %q", c.Sent)
	}
	h.Do(ctx, allowed, Command{For: "fail", Script: "echo no >&2; exit 3"})
	hears("fail", true, remote.Failed, "exit 3: no")
	h.Look(ctx, Command{For: "see", Script: "test -e /nowhere", Answers: []int{1}})
	hears("see", false, remote.OK, "exit 1, which is an answer")
	h.Look(ctx, Command{For: "see badly", Script: "exit 2", Answers: []int{1}})
	hears("see badly", false, remote.Failed, "exit 2")
	h.Do(ctx, refused, Command{Script: "reboot"})
	hears("reboot", true, remote.Unsent, "somebody else's")
	h.Stream(ctx, Command{Script: "echo streamed"}, func(string) {})
	hears("echo streamed", false, remote.OK, "exit 0")
	if _, err := h.Dial(ctx, "tcp", "127.0.0.1:1"); err == nil {
		t.Error("somebody listens on port 1")
	}
	hears("connect on to 127.0.0.1:1", false, remote.Failed, "")
	s.close()
	h.Drop()
	h.Look(ctx, Command{Script: "true"})
	hears("true", false, remote.Unsent, "no SSH connection")
}

func TestAnUnknownOutcomeIsToldAsOne(t *testing.T) {
	j := &journal.Journal{}
	s := newServer(t, func(s *server) { s.exec = func(c *channel) { _ = c.conn.Close() } })
	h := reach(t, s, func(p *Pool) { p.config.Witness = j.Hear })
	if r := h.Do(within10s(t), allowed, Command{Script: "reboot"}); r.Outcome != Unknown {
		t.Fatalf("%+v", r)
	}
	if _, e := j.Last(t, "reboot"); e.Verdict != remote.Unknown || e.Says == "" {
		t.Errorf("ended as %+v", e)
	}
}
