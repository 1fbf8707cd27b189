package job

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Identity proves that the Mastodon on the node is the instance that was meant: the name in its own configuration.
func (r *Room) Identity(ctx context.Context) error {
	got, err := r.Setting(ctx, "LOCAL_DOMAIN")
	if err != nil {
		return err
	}
	if got != r.Instance {
		return &fault.Error{
			What: "another instance", On: r.Node.Name, Why: fmt.Sprintf("%s/.env.production says LOCAL_DOMAIN=%s, and the config says %s", r.Node.Mastodon.Dir, got, r.Instance),
			Next: "compare the config with the node", Code: fault.Refused,
		}
	}
	return nil
}

// Setting is a setting of the Mastodon on the node that is no secret, "" where it is not set.
func (r *Room) Setting(ctx context.Context, name string) (string, error) {
	res := r.ask(ctx, setting, name)
	return strings.Trim(strings.TrimSpace(res.Stdout), `"'`), r.unread(res, name)
}

// IsSet tells whether a setting has a value. The value itself does not leave the node.
func (r *Room) IsSet(ctx context.Context, name string) (bool, error) {
	res := r.ask(ctx, isSet, name, 1)
	if res.Outcome == ssh.Exited && res.Code == 1 { // grep found nothing
		return false, nil
	}
	return res.OK(), r.unread(res, name)
}

func (r *Room) ask(ctx context.Context, script, name string, answers ...int) ssh.Result {
	return r.host().Look(ctx, ssh.Command{For: "read " + name + " of Mastodon", Script: script, Args: []string{r.Node.Mastodon.Dir, name}, Answers: answers})
}

// unread is why a setting could not be read. A node that answers, and has no such file, has its Mastodon elsewhere.
func (r *Room) unread(res ssh.Result, name string) error {
	err := res.Err("reading "+name, r.Node.Name)
	if err == nil || res.Outcome != ssh.Exited {
		return err
	}
	f := fault.Of(err)
	f.Next = fmt.Sprintf("say in the config where the Mastodon of %s is: mastodon.dir there is %s", r.Node.Name, r.Node.Mastodon.Dir)
	return f
}
