package worker

import (
	"context"

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
