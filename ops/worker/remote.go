package worker

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// ask runs a reading command on the target and gives back its trimmed output.
func (c *crew) ask(ctx context.Context, what, script string, args ...string) (string, error) {
	return askOn(ctx, c.host(), c.node.Name, what, script, args...)
}

func askOn(ctx context.Context, h Looker, name, what, script string, args ...string) (string, error) {
	res := h.Look(ctx, ssh.Command{For: what, Script: script, Args: args})
	if err := res.Err(what, name); err != nil {
		return "", err
	}
	return strings.TrimSpace(res.Stdout), nil
}

// change runs a mutating command on the target through the door.
func (c *crew) change(ctx context.Context, w *run.Walk, what string, cmd ssh.Command) error {
	a := act.Act{Verb: "command", Target: c.node.Name, What: what, Danger: act.Changes}
	return w.Act(ctx, a, func(ctx context.Context, p act.Permit) error {
		cmd.For = cmp.Or(cmd.For, what)
		res := c.host().Do(ctx, p, cmd)
		for line := range strings.Lines(res.Stdout + res.Stderr) {
			w.Out("%s", strings.TrimRight(line, "\n"))
		}
		return res.Err(what, c.node.Name)
	})
}

// call makes a mutating API call through the door.
func (c *crew) call(ctx context.Context, w *run.Walk, what string, fn func(context.Context, act.Permit) error) error {
	return w.Act(ctx, act.Act{Verb: "api", Target: c.node.Name, What: what, Danger: act.Changes}, fn)
}

// count asks for a number.
func (c *crew) count(ctx context.Context, what, script string, args ...string) (int, error) {
	out, err := c.ask(ctx, what, script, args...)
	if err != nil {
		return 0, err
	}
	return number(what, c.node.Name, out)
}

// number reads what a host was asked to count.
func number(what, on, out string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(out))
	if err != nil {
		return 0, fmt.Errorf("%s on %s: %q is not a number", what, on, out)
	}
	return n, nil
}

// composeScript runs `docker compose` for a project: $1 is the directory, $2 the project, the rest the subcommand.
const composeScript = `cd "$1" && project=$2 && shift 2 && docker compose -p "$project" "$@"`

// compose changes something by docker compose on the target.
func (c *crew) compose(ctx context.Context, w *run.Walk, sub ...string) error {
	return c.change(ctx, w, "docker compose "+strings.Join(sub, " "), Compose(c.node, sub...))
}

// Compose is `docker compose` for a node's project, with that subcommand.
func Compose(n config.Node, sub ...string) ssh.Command {
	return ssh.Command{Script: composeScript, Args: append([]string{n.Mastodon.Dir, n.Mastodon.Project}, sub...)}
}

// shown is a compose command as a person would type it.
func (c *crew) shown(sub string) string {
	return fmt.Sprintf("%s$ cd %s && docker compose -p %s %s", c.node.Name, c.node.Mastodon.Dir, c.node.Mastodon.Project, sub)
}

// plan makes a Plan of fixed lines.
func plan(lines ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return lines, nil }
}

func done(format string, args ...any) run.Finding {
	return run.Finding{Truth: run.IsDone, Detail: fmt.Sprintf(format, args...)}
}

func pending(format string, args ...any) run.Finding {
	return run.Finding{Truth: run.IsPending, Detail: fmt.Sprintf(format, args...)}
}
