package worker

import (
	"context"
	"maps"
	"strings"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// saying is a host that answers every command alike, and knows a key of ours.
type saying struct {
	Host
	out string
}

func (h saying) Look(context.Context, ssh.Command) ssh.Result {
	return ssh.Result{Outcome: ssh.Exited, Stdout: h.out}
}

func (h saying) PublicKeys(context.Context) ([]string, error) {
	return []string{"ssh-ed25519 AAAAours mike@laptop"}, nil
}

// imaging is a provider that has one image.
type imaging struct {
	Cloud
	image digitalocean.Image
}

func (c imaging) ImageByName(context.Context, string) (digitalocean.Image, error) {
	return c.image, nil
}

// nobodyHome is a provider whose balancer has no members.
type nobodyHome struct{ Cloud }

func (nobodyHome) Balancer(context.Context, string) (digitalocean.Balancer, error) {
	return digitalocean.Balancer{ID: "4de7ac8b", Status: "active"}, nil
}

// noRecords is an exec node on which nobody is on hold.
type noRecords struct{ Records }

func (noRecords) Hold(context.Context, string) (*fleet.Hold, error) { return nil, nil }

// telling is a host that answers a command by the first of its words that stands in the script or its arguments, and nothing to any other.
type telling struct {
	Host
	words map[string]string
}

func (h telling) Look(_ context.Context, c ssh.Command) ssh.Result {
	line := c.Script + " " + strings.Join(c.Args, " ")
	for word, out := range h.words {
		if strings.Contains(line, word) {
			return ssh.Result{Outcome: ssh.Exited, Stdout: out}
		}
	}
	return ssh.Result{Outcome: ssh.Exited}
}

// heard is a host that answers every command alike, and remembers its arguments.
type heard struct {
	Host
	into map[string][]string
	node string
}

func (h heard) Look(_ context.Context, c ssh.Command) ssh.Result {
	h.into[h.node] = append(h.into[h.node], c.Args...)
	return ssh.Result{Outcome: ssh.Exited, Stdout: "answer"}
}

// with is words with some of them said otherwise.
func with(words map[string]string, pairs ...string) map[string]string {
	out := maps.Clone(words)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// acting is a provider that did these to the droplet.
type acting struct {
	Cloud
	actions []digitalocean.Action
}

func (c acting) DropletActions(context.Context, int) ([]digitalocean.Action, error) {
	return c.actions, nil
}
