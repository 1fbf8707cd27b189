package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/nodeset"
	"github.com/vmtui/vmtui/ui/plain"
)

// manyHosts is how much garbage, in percent of what lives, is let lie while hundreds of hosts are spoken with at once: each has buffers of its own, and twice
// that is more than a command needs.
const manyHosts = 30

// execFlags are what exec is told besides the command.
type execFlags struct {
	nodes   string
	sudo    bool
	timeout time.Duration
	yes     bool
}

func newExec(f *flags) *cobra.Command {
	var x execFlags
	cmd := &cobra.Command{
		Use: "exec -n NODES -- COMMAND…", Short: "Run a command on many nodes at once; equal answers are folded",
		Long: "Runs a command on many nodes at once and folds equal answers.\n\n" +
			"NODES is a set in the manner of ClusterShell: worker-[1-3],exec; ! takes away, & leaves what both sides have; worker-*, @worker and @all name many.\n" +
			"One word behind -- is a shell script: -- 'df -h | tail -1'. Several are a command and its arguments, which no shell reads again.",
		Example: "  vmtui exec -n 'worker-[1-3]' -- uptime\n  vmtui exec -n '@all!exec' --sudo -- systemctl restart nginx\n  vmtui exec -n @worker --json -- 'df -h / | tail -1'",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || x.nodes == "" {
				return usage(cmd, "it takes nodes and a command: "+cmd.Use)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(x.yes), func(ctx context.Context, a *app) error { return a.exec(ctx, f, x, args) })
		},
	}
	cmd.Flags().StringVarP(&x.nodes, "nodes", "n", "", "the `NODES`: worker-[1-3],exec")
	cmd.Flags().BoolVar(&x.sudo, "sudo", false, "run it as root, by sudo")
	cmd.Flags().DurationVar(&x.timeout, "timeout", 0, "for each node, `D` such as 30s; without it a command may take as long as it likes")
	cmd.Flags().BoolVar(&x.yes, "yes", false, "at a terminal: run it without being asked")
	return withJSON(f, cmd)
}

func (a *app) exec(ctx context.Context, f *flags, x execFlags, words []string) error {
	nodes, err := nodeset.Parse(x.nodes, a.cfg.NodeSets())
	if err != nil {
		return err
	}
	o := fanout.Order{Nodes: nodes, Words: words, Sudo: x.sudo, Timeout: x.timeout}
	if err := a.mayExec(ctx, f, x, o); err != nil {
		return err
	}
	debug.SetGCPercent(manyHosts)
	w, err := a.fan().Start(ctx, o)
	if err != nil {
		return err
	}
	f.watch(ctx, w)
	return f.answers(ctx, w.Wait())
}

func (a *app) fan() fanout.Fan {
	return fanout.Fan{Host: func(name string) fanout.Host { return a.host(name) }, Door: a.door, Journal: a.engine.Single(), Redact: a.secrets.Redact}
}

// mayExec shows whoever sits at a terminal what will be sent where, and wants a yes. A script has said what it wants.
func (a *app) mayExec(ctx context.Context, f *flags, x execFlags, o fanout.Order) error {
	if !f.attended(x.yes) || a.door.ReadOnly() { // the door says why it refuses
		return nil
	}
	answer, err := f.asker(false).Ask(ctx, desk.Question{
		Subject: fmt.Sprintf("%s (%d)", o.Folded(), len(o.Nodes)), Text: "this is what will be run there. Run it?", Details: []string{f.secrets.Redact(o.Line())},
	})
	if err != nil {
		return err
	}
	if !answer.Yes {
		return &fault.Error{What: "not run", On: o.Folded(), Why: "the answer was not yes", Next: "nothing was sent; --yes runs it without being asked", Code: fault.Refused}
	}
	return nil
}

// watch shows on a terminal who has answered, until all have.
func (f *flags) watch(ctx context.Context, w *fanout.Work) {
	if errs, ok := beneath(f.err).(*os.File); ok && !f.json && term.IsTerminal(int(errs.Fd())) {
		plain.Progress(context.WithoutCancel(ctx), f.aside.over(errs), w.View)
	}
}

// answers prints what came of it and gives the exit code.
func (f *flags) answers(ctx context.Context, v fanout.View) error {
	var err error
	if f.json {
		err = f.printJSON(execJSON(v))
	} else {
		err = plain.Answers(f.out, v)
	}
	switch {
	case err != nil:
		return err
	case v.Err != nil:
		return v.Err
	case ctx.Err() != nil:
		return ended(fault.Interrupted)
	case v.Code() != 0:
		return ended(v.Code())
	}
	return nil
}

// The shape of `vmtui exec --json`. Fields are added, never renamed.
type (
	execDoc struct {
		Results []execResult `json:"results"`
	}
	execResult struct {
		Nodes   []string `json:"nodes"`
		Outcome string   `json:"outcome"`
		Code    *int     `json:"code"` // null unless it exited
		Signal  string   `json:"signal,omitempty"`
		Stdout  string   `json:"stdout"`
		Stderr  string   `json:"stderr"`
		Dropped int      `json:"dropped_bytes,omitempty"`
		Why     string   `json:"why,omitempty"`
		Next    string   `json:"next,omitempty"`
	}
)

func execJSON(v fanout.View) execDoc {
	doc := execDoc{Results: []execResult{}}
	for _, a := range v.Answers {
		r := execResult{Nodes: a.Nodes, Outcome: string(a.Outcome), Signal: a.Signal, Stdout: a.Stdout, Stderr: a.Stderr, Dropped: a.Dropped, Why: a.Why, Next: strings.TrimSpace(a.Next)}
		if a.Outcome == fanout.Exited {
			r.Code = &a.Code
		}
		doc.Results = append(doc.Results, r)
	}
	return doc
}
