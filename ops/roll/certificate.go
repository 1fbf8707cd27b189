package roll

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
)

// Certificates is the name of the runbook that brings a renewed certificate to all workers.
const Certificates = "certificate-rollout"

func (d Deps) certificates() run.Book {
	return run.Book{
		ID: Certificates, Title: "Roll a renewed certificate out", Danger: act.Changes, Inputs: []run.Input{workersAbout},
		Summary: "Has nginx read the certificate anew on one worker after another, and believes only the one that is served: a renewed file changes nothing by itself.",
		Dangers: []string{"A certificate that does not fit its key stops at nginx's own test, on the first worker, and what is served stays as it was."},
		Untried: []string{"A balancer that ends TLS itself serves its own certificate, which is the provider's matter and not looked at."},
		Build: func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
			if target != "" {
				return run.Runbook{}, wrong(target, "it is done to all workers", "leave the target out, or name some: --set workers=NAME,NAME")
			}
			r := &roll{Deps: d}
			if err := r.recruit(ctx, given); err != nil {
				return run.Runbook{}, err
			}
			steps := []run.Step{r.onDisk()}
			for _, name := range r.workers {
				steps = append(steps, r.reload(name))
			}
			return run.Runbook{ID: Certificates, Version: 1, Title: "Roll a renewed certificate out", Inputs: r.inputs(), Steps: steps}, nil
		},
	}
}

// factPrint is the certificate that is rolled out.
const factPrint = "certificate"

// onDisk looks at the files: the same one everywhere, good for the instance, and not about to end.
func (r *roll) onDisk() run.Step {
	return r.reading(reading{
		id: "look", title: "Look at the certificate before anybody serves it", why: "A certificate for another name, or one about to end, is worse served by all than by none.",
		plan: []string{"openssl x509 on each worker: the same certificate everywhere, for " + r.Config.Instance + ", good for a week at least"},
	}, func(ctx context.Context, w *run.Walk) ([]string, error) {
		var first worker.Certificate
		var said []string
		for _, name := range r.workers {
			c, err := r.parts[name].OnDisk(ctx)
			if err != nil {
				return said, err
			}
			if first.Print == "" {
				first = c
			}
			if c.Print != first.Print {
				return said, &fault.Error{What: "the workers' certificates differ", On: name, Why: fmt.Sprintf("%s has %s, %s has %s", r.workers[0], first.Print, name, c.Print), Next: "copy the new one to all of them first", Code: fault.Refused}
			}
			said = append(said, fmt.Sprintf("%s: %s, %s", name, c.Print, c.Ends))
		}
		return said, w.Remember(ctx, factPrint, first.Print)
	})
}

// reload is a worker's turn: nginx goes on answering with the old certificate until it has read the new one.
func (r *roll) reload(name string) run.Step {
	part := r.parts[name]
	return run.Step{
		StepInfo: run.StepInfo{
			ID: name, Title: "Serve it on " + name, Kind: run.Idempotent, Panes: []string{"balancer@" + name}, NoUndo: "put the old file back and roll that out",
			Why: "nginx serves what it has read, not what lies in the file. Only a handshake tells which that is.",
		},
		Deadline: 2 * time.Minute,
		Plan:     plan(name+"$ nginx -t && nginx -s reload", part.ShownHandshake()+"   until it shows the one in "+part.CertificateFile()),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			served, err := part.Served(ctx)
			if err != nil {
				return run.Finding{}, err
			}
			if served.Print == w.Fact(factPrint) {
				return run.Finding{Truth: run.IsDone, Detail: "it serves it: " + served.Print + ", " + served.Ends}, nil
			}
			return run.Finding{Truth: run.IsPending, Detail: "it serves another: " + served.Print + ", " + served.Ends}, nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			return part.Change(ctx, w, "nginx -t && nginx -s reload", "nginx -t && nginx -s reload")
		},
		Verify: func(w *run.Walk) run.Check {
			serving := part.Serving(w)
			return func(ctx context.Context) (run.Progress, error) {
				served, err := part.Served(ctx)
				switch {
				case err != nil:
					f := fault.Of(err)
					return run.Progress{For: "a handshake; " + f.What, Again: time.Second}, nil
				case served.Print != w.Fact(factPrint):
					return run.Progress{For: "the new certificate; it serves " + served.Print, Again: time.Second}, nil
				}
				p, err := serving(ctx)
				p.Detail = served.Print + ", " + served.Ends + "; " + p.Detail
				return p, err
			}
		},
	}
}
