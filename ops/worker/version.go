package worker

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// pageText is a page's text, as exec gets it.
const pageText = `curl -fsS "$@"`

// Version is what the worker's own /api/v2/instance says that it runs, asked from exec by its private address.
func (p Part) Version(ctx context.Context) (string, error) {
	c := p.c
	ask := c.in.pageCommand(c.Config.Instance, c.in.Private)
	out, err := askOn(ctx, c.exec(), c.Config.Exec().Name, "asking "+c.node.Name+" for its version", pageText, ask.Args...)
	if err != nil {
		return "", err
	}
	var instance struct{ Version string }
	if err := json.Unmarshal([]byte(out), &instance); err != nil || instance.Version == "" {
		return "", &fault.Error{What: "its version is not said", On: c.node.Name, Why: fmt.Sprintf("/api/v2/instance answers %q", clean.Short(out, 100)), Next: "look at the page"}
	}
	return clean.Line(instance.Version), nil
}

// Name is the worker's.
func (p Part) Name() string { return p.c.node.Name }

// Images are the images that the worker's compose file names, each with what it is here, or absent.
func (p Part) Images(ctx context.Context) (string, error) {
	return p.c.ask(ctx, "reading the images", imagesScript, p.c.node.Mastodon.Dir, p.c.node.Mastodon.Project)
}

// Compose changes something by docker compose on the worker.
func (p Part) Compose(ctx context.Context, w *run.Walk, sub ...string) error {
	return p.c.compose(ctx, w, sub...)
}

// ChangeOn runs a changing command on whatever node, through the door.
func ChangeOn(ctx context.Context, d Deps, w *run.Walk, node, what, script string, args ...string) error {
	n, _ := d.Config.Node(node)
	c := &crew{Deps: d, node: n}
	return w.Act(ctx, act.Act{Verb: "command", Target: node, What: what, Danger: act.Changes}, func(ctx context.Context, p act.Permit) error {
		return c.host().Do(ctx, p, ssh.Command{For: what, Script: script, Args: args}).Err(what, node)
	})
}
