package worker

import (
	"testing"

	"github.com/vmtui/vmtui/remote/digitalocean"
)

func TestPassesOn(t *testing.T) {
	for name, c := range map[string]struct {
		rule digitalocean.Rule
		want bool
	}{
		"http":                  {digitalocean.Rule{EntryProtocol: "http", TargetProtocol: "http"}, false},
		"TLS ends before it":    {digitalocean.Rule{EntryProtocol: "https", TargetProtocol: "http"}, false},
		"TLS is passed on":      {digitalocean.Rule{EntryProtocol: "https", TargetProtocol: "https", Passthrough: true}, true},
		"tcp":                   {digitalocean.Rule{EntryProtocol: "tcp", TargetProtocol: "tcp"}, true},
		"tcp, in other letters": {digitalocean.Rule{EntryProtocol: "TCP", TargetProtocol: "TCP"}, true},
	} {
		if got := passesOn(digitalocean.Balancer{Forwarding: []digitalocean.Rule{{TargetProtocol: "http"}, c.rule}}); got != c.want {
			t.Errorf("%s: passes connections on: %v", name, got)
		}
	}
}

// Kept connections are ended once nothing new is sent, and before anybody waits for what is in flight.
func TestKeptConnectionsAreEndedBetweenLameDuckAndWait(t *testing.T) {
	c := sample(t)
	if at, _, _ := aroundKept(c); at >= 0 {
		t.Error("a balancer that sends requests one by one needs no such step")
	}
	c.in.Keeps = true
	if at, duck, idle := aroundKept(c); duck < 0 || at != duck+1 || idle != at+1 {
		t.Errorf("lame duck is step %d, kept connections %d, the wait %d", duck, at, idle)
	}
	c.in.Check.Protocol = "tcp" // no lame duck: new connections keep coming, and ending the old ones would only move them about
	if at, _, _ := aroundKept(c); at >= 0 {
		t.Error("kept connections are ended although the balancer still sends new ones")
	}
}

func aroundKept(c *crew) (kept, duck, idle int) {
	kept, duck, idle = -1, -1, -1
	for at, s := range c.out() {
		switch s.ID {
		case "keepalive":
			kept = at
		case "lame-duck":
			duck = at
		case "idle":
			idle = at
		}
	}
	return kept, duck, idle
}
