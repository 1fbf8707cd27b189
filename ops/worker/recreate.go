package worker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

// Recreate is the runbook that makes a worker's containers anew.
const Recreate = "worker-recreate"

func recreateBook(d Deps) run.Book {
	return run.Book{
		ID: Recreate, Title: "Make a worker's containers anew", Danger: act.Changes, Targets: config.RoleWorker, Inputs: []run.Input{whyInput},
		Summary: "Takes a worker out of service and makes its containers anew from the compose file and the environment file as they are now, then returns it, Sidekiq last.",
		Dangers: []string{
			"The others carry its load for some minutes.", "Websockets that are still open are cut; clients reconnect.",
			"What the files say now is what runs then: a mistake in them stops this one worker, before it serves.",
		},
		Untried: drainUntried,
		Build:   living(d, Recreate, "Make anew the containers of", func(c *crew) []run.Step { return c.cycle(c.recreate()) }),
	}
}

// factContainers are the ids of the containers before they were made anew.
const factContainers = "containers"

// recreate makes the containers anew and starts none: that comes in the order of the way back.
func (c *crew) recreate() run.Step {
	services := strings.Join(c.Config.Reimage.Start, " ")
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "recreate", Title: "Make the containers anew", Kind: run.Idempotent, Until: "start", Panes: []string{"containers"}, Usual: "some seconds", NoUndo: "put the files back as they were, and do it again",
			Why: "A container keeps the environment that it was made with: docker's restart, and compose's, do not read an edited file. They are made, and not started yet.",
		},
		Deadline: 5 * time.Minute,
		Plan: plan(c.shown("up --no-start --force-recreate -t "+Grace+" "+services),
			c.node.Name+"$ docker inspect   until each was made after "+strings.Join(configFiles, " and ")+" were last changed"),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			old, err := c.outdated(ctx)
			if err != nil || len(old) > 0 {
				return pending("made before the files were last changed: %s", list(old)), err
			}
			return done("each was made after the files were last changed"), nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			all, err := c.containers(ctx)
			if err != nil {
				return err
			}
			var ids []string
			for _, d := range all {
				ids = append(ids, d.ID)
			}
			if err := w.Remember(ctx, c.about(factContainers), strings.Join(ids, " ")); err != nil {
				return err
			}
			return c.compose(ctx, w, append([]string{"up", "--no-start", "--force-recreate", "-t", Grace}, c.Config.Reimage.Start...)...)
		},
		Verify: c.verifyRecreated,
	}
}

// verifyRecreated wants every service to have a container that was not there before.
func (c *crew) verifyRecreated(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		all, err := c.containers(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		before := strings.Fields(w.Fact(c.about(factContainers)))
		var missing, made []string
		for _, service := range c.Config.Reimage.Start {
			missing = append(missing, service)
			for _, d := range all {
				if d.Service == service && !slices.Contains(before, d.ID) {
					missing, made = missing[:len(missing)-1], append(made, service+" of "+d.Image)
					break
				}
			}
		}
		return run.Progress{Done: len(missing) == 0, For: "new containers of " + list(missing), Detail: "made anew: " + list(made), Again: pace}, nil
	}
}

// configFiles are what a container is made of.
var configFiles = []string{".env.production", "docker-compose.yml"}

// ages prints when the files of a compose project were changed, in seconds, a line each, and then when each of its containers was made.
const ages = `cd "$1" && project=$2 && shift 2 && stat -c %Y "$@" && for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project"); do
docker inspect --format '{{.Created}} {{index .Config.Labels "com.docker.compose.service"}}' "$id"; done`

// outdated are the services whose containers do not know what the files say now: made before they were changed, or in the same second, or not at all.
func (c *crew) outdated(ctx context.Context) ([]string, error) {
	out, err := c.ask(ctx, "comparing the containers with the files they are made of", ages, append([]string{c.node.Mastodon.Dir, c.node.Mastodon.Project}, configFiles...)...)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(out, "\n")
	if len(lines) < len(configFiles) {
		return nil, c.unread(out)
	}
	var changed int64
	for _, line := range lines[:len(configFiles)] {
		at, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return nil, c.unread(line)
		}
		changed = max(changed, at)
	}
	fresh := map[string]bool{}
	for _, line := range lines[len(configFiles):] {
		made, service, _ := strings.Cut(strings.TrimSpace(line), " ")
		at, err := time.Parse(time.RFC3339Nano, made)
		if err != nil {
			return nil, c.unread(line)
		}
		fresh[service] = at.Unix() > changed
	}
	return slices.DeleteFunc(slices.Clone(c.Config.Reimage.Start), func(s string) bool { return fresh[s] }), nil
}

func (c *crew) unread(text string) error {
	return &fault.Error{What: "the answer is not understood", On: c.node.Name, Why: fmt.Sprintf("%q says not when it was made or changed", text), Next: "run `docker ps -a` and `ls -l " + c.node.Mastodon.Dir + "` there and look"}
}

// sums prints what the files hold, without saying it.
const sums = `cd "$1" && shift && sha256sum "$@"`

// Outdated are the worker's services whose containers do not know what the files say now.
func (p Part) Outdated(ctx context.Context) ([]string, error) { return p.c.outdated(ctx) }

// Sums are the checksums of the files that the worker's containers are made of.
func (p Part) Sums(ctx context.Context) (string, error) {
	return p.c.ask(ctx, "reading the files' checksums", sums, append([]string{p.c.node.Mastodon.Dir}, configFiles...)...)
}
