package worker

import (
	"context"

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
