package roll

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// Configuration is the name of the runbook that brings an edited configuration to all workers.
const Configuration = "config-rollout"

func (d Deps) configuration() run.Book {
	return run.Book{
		ID: Configuration, Title: "Roll an edited configuration out", Danger: act.Changes, Inputs: []run.Input{workersAbout},
		Summary: "Makes the containers of every worker anew, one worker after another, after .env.production or docker-compose.yml was edited. Who has read the files already is left alone.",
		Dangers: []string{
			"A restart would not do: a container keeps the environment that it was made with.", "One worker less serves until it is over, and while it lasts the workers differ.",
			"The exec node's own services are not touched: " + worker.SidekiqRestart + " and systemctl are for them.",
		},
		Untried: []string{"What the page of " + worker.Recreate + " says, which it walks; beyond that it only looks."},
		Build: func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
			if target != "" {
				return run.Runbook{}, wrong(target, "it is done to all workers", "leave the target out, or name some: --set workers=NAME,NAME")
			}
			b, err := d.Book(worker.Recreate)
			if err != nil {
				return run.Runbook{}, err
			}
			r := &roll{Deps: d, book: b}
			if err := r.recruit(ctx, given); err != nil {
				return run.Runbook{}, err
			}
			r.given[whyInput] = "an edited configuration"
			r.ahead, r.needs = []run.Step{r.compare()}, stale
			return run.Runbook{ID: Configuration, Version: 1, Title: "Roll an edited configuration out", Inputs: r.inputs(), Steps: r.steps()}, nil
		},
	}
}

// stale reports that some of a worker's containers do not know what the files say now.
func stale(ctx context.Context, p worker.Part) (bool, string, error) {
	old, err := p.Outdated(ctx)
	if err != nil || len(old) > 0 {
		return true, "", err
	}
	return false, "its containers were made after the files were last changed", nil
}

// compare says who has not read the files as they are, and refuses when the workers would not be made of the same.
func (r *roll) compare() run.Step {
	return r.reading(reading{
		id: "compare", title: "See who has not read the files as they are",
		why:  "A container was made of what the files said then. Workers made of different files would answer differently.",
		plan: []string{"sha256sum of .env.production and docker-compose.yml on each: the same everywhere", "docker inspect on each: which containers are older than the files"},
	}, func(ctx context.Context, _ *run.Walk) ([]string, error) {
		var said []string
		first := ""
		for _, name := range r.workers {
			sums, err := r.parts[name].Sums(ctx)
			if err != nil {
				return said, err
			}
			if first == "" {
				first = sums
			}
			if sums != first {
				return said, &fault.Error{What: "the workers' files differ", On: name, Why: fmt.Sprintf("%s has %q, %s has %q", r.workers[0], first, name, sums), Next: "edit them all, or the shared directory, and begin again", Code: fault.Refused}
			}
			old, err := r.parts[name].Outdated(ctx)
			if err != nil {
				return said, err
			}
			line := name + ": every container was made after the last change; it is left alone"
			if len(old) > 0 {
				line = name + ": made before the last change: " + strings.Join(old, ", ")
			}
			said = append(said, line)
		}
		return append(strings.Split(first, "\n"), said...), nil
	})
}
