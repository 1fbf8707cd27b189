package worker

import (
	"context"
	"slices"
	"testing"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// ends is a host on which each command ends with a status.
type ends struct {
	Host
	with  int
	out   string
	asked ssh.Command
}

func (h *ends) Look(_ context.Context, c ssh.Command) ssh.Result {
	h.asked = c
	return ssh.Result{Outcome: ssh.Exited, Code: h.with, Stdout: h.out}
}

// An exit status that a look takes for an answer is said to be one at its call: nobody sees it as a failure in the log of commands.
func TestAnswersThatAreNoFailure(t *testing.T) {
	for name, c := range map[string]struct {
		with int
		out  string
		look func(context.Context, *crew) (no bool, err error)
	}{
		"a probe that is refused": {7, "000 0.0", func(ctx context.Context, c *crew) (bool, error) {
			h, err := c.probe(ctx, "10.0.0.12")
			return !h.up, err
		}},
		"a connection that is refused": {1, "", func(ctx context.Context, c *crew) (bool, error) {
			c.in.Check.Protocol = "tcp"
			h, err := c.probe(ctx, "10.0.0.12")
			return !h.up, err
		}},
		"a page that does not come": {28, "000 10.0", func(ctx context.Context, c *crew) (bool, error) {
			status, _, err := c.realPage(ctx, "10.0.0.12")
			return status == 0, err
		}},
		"no cloud-init": {notFound, "", func(ctx context.Context, c *crew) (bool, error) {
			p, err := c.verifyFirstBoot(&run.Walk{})(ctx)
			return p.Done, err
		}},
		"no nginx": {1, "", func(ctx context.Context, c *crew) (bool, error) { runs, err := c.nginxRuns(ctx); return !runs, err }},
	} {
		h, crew := &ends{with: c.with, out: c.out}, sample(t)
		crew.Host = func(string) Host { return h }
		if no, err := c.look(t.Context(), crew); !no || err != nil || !slices.Contains(h.asked.Answers, c.with) {
			t.Errorf("%s: taken for it: %v, %v; its answers are %v", name, no, err, h.asked.Answers)
		}
		if slices.Contains(h.asked.Answers, 126) {
			t.Errorf("%s: a command that cannot be run is no answer", name)
		}
	}
}
