package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
)

// quietSidekiq stops the worker's Sidekiq from taking jobs, through Redis: `docker kill -s TSTP` would cancel the container's restart policy.
func (c *crew) quietSidekiq() run.Step {
	if c.in.Dead {
		return c.cannot("sidekiq-quiet", "Let Sidekiq finish its jobs")
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "sidekiq-quiet", Title: "Let Sidekiq finish its jobs", Kind: run.Idempotent, Until: "rebuild", Skip: true,
			Why:   "A job that is killed in the middle is lost for good. A quiet Sidekiq takes no new jobs and finishes those it has.",
			Panes: []string{"sidekiq"}, Usual: "two heartbeats; a backup or a video may take many minutes", Awaits: drain,
		},
		Deadline: c.Config.LoadBalancer.DrainTimeout + time.Minute,
		Plan: plan("redis: LPUSH IDENTITY-signals TSTP; EXPIRE 60   for each process of "+c.node.Name,
			"redis: HMGET IDENTITY busy beat quiet   until busy is 0 on two different heartbeats"),
		Observe: c.observeQuiet,
		Do:      c.sendQuiet,
		Verify:  c.verifyQuiet,
		Undo:    c.unquiet,
		Undone:  c.verifyWorking, UndoPlan: []string{c.unquieting() + "   a quiet Sidekiq works again in no other way"},
	}
}

// hush tells Sidekiq early to take no new jobs, so that it finishes those it has while the balancer is waited for.
func (c *crew) hush() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "hush", Title: "Tell Sidekiq to take no new jobs", Kind: run.Idempotent, Until: "rebuild", Skip: true,
			Why:   "Its jobs finish while the balancer is waited for, instead of afterwards. It is looked at again before anything is stopped.",
			Panes: []string{"sidekiq"},
		},
		Deadline: time.Minute,
		Plan:     plan("redis: LPUSH IDENTITY-signals TSTP; EXPIRE 60   for each process of " + c.node.Name),
		Observe:  c.observeHushed,
		Do:       c.sendQuiet,
		Undo:     c.unquiet,
		Undone:   c.verifyWorking, UndoPlan: []string{c.unquieting() + "   a quiet Sidekiq works again in no other way"},
	}
}

func (c *crew) observeHushed(ctx context.Context, _ *run.Walk) (run.Finding, error) {
	mine, containers, err := c.processes(ctx)
	if err != nil {
		return run.Finding{}, err
	}
	if len(mine) >= len(containers) && countQuiet(mine) == len(mine) {
		return done("all are quiet; processes: %d", len(mine)), nil
	}
	return pending("%d of %s are quiet", countQuiet(mine), spelling.Count(len(mine), "process", "processes")), nil
}

// sidekiqContainers are the short ids of the target's sidekiq containers: Sidekiq's hostname, and so the front of its identity. A native one has the
// host's own name.
func (c *crew) sidekiqContainers(ctx context.Context) ([]string, error) {
	if c.native() {
		return c.sidekiqHosts(ctx)
	}
	all, err := c.containers(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, d := range all {
		if strings.HasPrefix(d.Service, "sidekiq") && d.State == "running" {
			ids = append(ids, d.ID[:min(12, len(d.ID))])
		}
	}
	return ids, nil
}

// processes are the target's live Sidekiq processes. They are resolved anew at every look: `restart: always` brings a killed one back under another name.
func (c *crew) processes(ctx context.Context) (mine []sidekiq.Process, containers []string, err error) {
	if containers, err = c.sidekiqContainers(ctx); err != nil {
		return nil, nil, err
	}
	all, err := c.Jobs.Processes(ctx)
	for _, p := range all {
		if !p.Stale && slices.Contains(containers, p.Hostname) {
			mine = append(mine, p)
		}
	}
	return mine, containers, err
}

func (c *crew) observeQuiet(ctx context.Context, _ *run.Walk) (run.Finding, error) {
	mine, containers, err := c.processes(ctx)
	if err != nil {
		return run.Finding{}, err
	}
	switch {
	case len(containers) == 0 && c.beats != nil:
		return pending("no sidekiq container runs, but one was heard when it was told to be quiet"), nil
	case len(containers) == 0:
		return done("no sidekiq container runs"), nil
	}
	return pending("%d of %s are quiet", countQuiet(mine), spelling.Count(len(mine), "process", "processes")), nil
}

func countQuiet(ps []sidekiq.Process) int {
	n := 0
	for _, p := range ps {
		if p.Quiet {
			n++
		}
	}
	return n
}

func (c *crew) sendQuiet(ctx context.Context, w *run.Walk) error {
	mine, containers, err := c.processes(ctx)
	if err != nil {
		return err
	}
	if len(mine) < len(containers) {
		return &fault.Error{What: "a Sidekiq has no heartbeat", On: c.node.Name, Why: fmt.Sprintf("%s, %s in Redis", spelling.Count(len(containers), "container", "containers"), spelling.Count(len(mine), "process", "processes")), Next: "look at its log; it may have lost Redis, and nobody can tell what it has in hand"}
	}
	var ids []string
	for _, p := range mine {
		if !p.Quiet {
			ids = append(ids, p.Identity)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return c.call(ctx, w, clean.Line("LPUSH "+strings.Join(ids, "-signals TSTP; LPUSH ")+"-signals TSTP"), func(ctx context.Context, p act.Permit) error {
		return c.Jobs.Quiet(ctx, p, ids)
	})
}

// verifyQuiet believes busy 0 only from two different heartbeats of every process, and never from one that vanished. What was heard before, beside the
// balancer's wait, counts the first time.
func (c *crew) verifyQuiet(w *run.Walk) run.Check {
	heard := c.beats
	if c.beats = nil; heard == nil {
		heard = newHeartbeats()
	}
	return func(ctx context.Context) (run.Progress, error) {
		mine, containers, err := c.processes(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if err := c.vanished(ctx, w, mine, heard); err != nil {
			return run.Progress{}, err
		}
		if p, ok := heard.newcomer(mine); ok {
			return run.Progress{}, newcomer(c.node.Name, p)
		}
		c.hear(ctx, heard, mine)
		settled, busy, unheard := heard.count(mine)
		if settled == len(mine) && len(mine) >= len(containers) {
			return run.Progress{Done: true, Detail: "quiet, and busy 0 on two heartbeats"}, nil
		}
		return run.Progress{For: quietly(len(mine), unheard, busy), Again: pace}, nil
	}
}

func quietly(all, unheard, busy int) string {
	switch {
	case unheard > 0:
		return fmt.Sprintf("the signal to be heard at the next heartbeat; by %d of %s it is not yet", unheard, spelling.Count(all, "process", "processes"))
	case busy > 0:
		return fmt.Sprintf("jobs to finish: %d", busy)
	}
	return "a second heartbeat that says busy 0"
}

func newcomer(node string, p sidekiq.Process) error {
	return decided(&fault.Error{What: "a new Sidekiq process appeared", On: node, Why: clean.Line(p.Identity) + " is not quiet; something restarted it", Next: "retry, which quiets it too; if it comes again, look at the container's restart policy"})
}

// vanished tells a process that ended without its last heartbeat saying busy 0: what it had in hand may be lost, which is never "busy 0".
func (c *crew) vanished(ctx context.Context, w *run.Walk, mine []sidekiq.Process, heard *heartbeats) error {
	for id := range heard.seen {
		hands := heard.hands[id]
		if slices.ContainsFunc(mine, func(p sidekiq.Process) bool { return p.Identity == id }) {
			continue
		}
		c.lost = append(c.lost, hands...)
		for _, j := range hands {
			w.Out("possibly lost: %s", jobLine(j))
		}
		if err := w.Remember(ctx, c.about(factJobs), strconv.Itoa(len(c.lost))+", as the transcript names them"); err != nil {
			return decided(err)
		}
		return decided((&fault.Error{What: "a Sidekiq process vanished", On: c.node.Name, Why: fmt.Sprintf("%s stopped its heartbeats with %s last seen in hand", clean.Line(id), spelling.Count(len(hands), "job", "jobs")), Next: "look at its log; retry goes on with the processes that are left, and then asks whether to put the jobs back", Code: fault.Unknown}).Because(errVanished))
	}
	return nil
}

var errVanished = errors.Join(errors.New("a heartbeat vanished"), remote.ErrUnknown)

func jobLine(j sidekiq.Job) string {
	return fmt.Sprintf("%s %s from %s, since %s", j.Class, j.JID, j.Queue, j.Since.Format(time.TimeOnly))
}

// putBack offers the jobs that a vanished process had in hand to the others. Redis forgets them after a minute; this console is the only one that still
// has them, and what they say is not written down.
func (c *crew) putBack() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "put-back", Title: "Put back what may be lost", Kind: run.Once, Skip: true,
			Why: "A Sidekiq that vanished in the middle takes its jobs with it. Whether they were done, only its log knows.", Panes: []string{"sidekiq"},
		},
		Deadline: time.Minute,
		Plan:     plan("redis: RPUSH queue:NAME, for each job that a process had in hand when it vanished; mostly none"),
		Do:       c.sendBack,
		Undo:     func(context.Context, *run.Walk) error { return nil }, // they are in their queues, where they were
		UndoPlan: []string{"nothing: the jobs stay in their queues"},
	}
}

func (c *crew) sendBack(ctx context.Context, w *run.Walk) error {
	if len(c.lost) == 0 {
		w.Out("no job is known to be lost")
		return nil
	}
	if !w.Granted("put-back") {
		ask := run.NeedsGo{Key: "put-back", Attended: true, Cause: fmt.Sprintf("put %s back into their queues?", spelling.Count(len(c.lost), "job", "jobs")), Hint: "one that was done after all, or was given back in time, is done twice; skip leaves them lost"}
		for _, j := range c.lost {
			ask.Details = append(ask.Details, jobLine(j))
		}
		return ask
	}
	return c.call(ctx, w, fmt.Sprintf("RPUSH of %s into their queues", spelling.Count(len(c.lost), "job", "jobs")), func(ctx context.Context, p act.Permit) error {
		return c.Jobs.PutBack(ctx, p, c.lost)
	})
}

// unquiet restarts Sidekiq: quiet cannot be taken back in any other way. One that was told and has not heard it yet would go quiet after the undo;
// one that was started since needs nothing.
func (c *crew) unquiet(ctx context.Context, w *run.Walk) error {
	mine, _, err := c.processes(ctx)
	told := func(p sidekiq.Process) bool {
		return p.Quiet || slices.ContainsFunc(w.Intents(""), func(r run.Recorded) bool { return !r.Undo && strings.Contains(r.What, clean.Line(p.Identity)) })
	}
	if err != nil || !slices.ContainsFunc(mine, told) {
		return err
	}
	if c.native() {
		return c.sendRestart(ctx, w)
	}
	return c.compose(ctx, w, append([]string{"restart", "-t", Grace}, c.sidekiqServices()...)...)
}

func (c *crew) unquieting() string {
	if c.native() {
		return c.shownRestart()[0]
	}
	return c.shown("restart -t " + Grace + " " + strings.Join(c.sidekiqServices(), " "))
}

// verifyWorking waits for a heartbeat of an unquiet Sidekiq of this node.
func (c *crew) verifyWorking(*run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		mine, containers, err := c.processes(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if len(containers) > 0 && len(mine) >= len(containers) && countQuiet(mine) == 0 {
			return run.Progress{Done: true, Detail: fmt.Sprintf("Sidekiq takes jobs; processes: %d", len(mine))}, nil
		}
		return run.Progress{For: fmt.Sprintf("Sidekiq's heartbeat: %d of %s, %d quiet", len(mine), spelling.Count(len(containers), "process", "processes"), countQuiet(mine)), Again: pace, Usual: "its boot, 30 s or so"}, nil
	}
}

// startSidekiq is last: a worker that is not proven equal must never take a job.
func (c *crew) startSidekiq() run.Step {
	if len(c.serving()) == len(c.Config.Reimage.Start) {
		return run.Step{
			StepInfo: run.StepInfo{ID: "sidekiq-start", Title: "No Sidekiq is to run here", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"sidekiq"}, Why: "The worker serves visitors; its jobs are done elsewhere."},
			Plan:     plan("nothing: reimage.start names no sidekiq"),
		}
	}
	services := c.sidekiqServices()
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "sidekiq-start", Title: "Start Sidekiq", Kind: run.Idempotent, Skip: true,
			Why: "Last of all: a worker that is not proven equal and healthy must never take a job.", Panes: []string{"sidekiq"}, NoUndo: "drain it again instead", Usual: "its boot, 30 s or so",
		},
		Deadline: 5 * time.Minute,
		Plan: plan(c.shown("restart -t "+Grace+" "+strings.Join(services, " "))+"   if one runs that is quiet: it works again in no other way",
			c.shown("up -d --no-recreate "+strings.Join(services, " ")), "redis: its heartbeat, not quiet"),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			p, err := c.verifyJobs(w)(ctx)
			if err != nil || !p.Done {
				return pending("%s", p.For), err
			}
			return done("%s", p.Detail), nil
		},
		Do:     c.sendStart,
		Verify: c.verifyJobs,
	}
}

// sendStart starts what does not run, and starts anew what was told to be quiet by a drain that was broken off: waiting would not make that work again.
func (c *crew) sendStart(ctx context.Context, w *run.Walk) error {
	mine, _, err := c.processes(ctx)
	if err != nil {
		return err
	}
	if countQuiet(mine) > 0 {
		if err := c.compose(ctx, w, append([]string{"restart", "-t", Grace}, c.sidekiqServices()...)...); err != nil {
			return err
		}
	}
	return c.up(ctx, w, c.sidekiqServices())
}

// verifyJobs wants each Sidekiq of the compose file to run, where there are several with queues of their own, and all of them to take jobs.
func (c *crew) verifyJobs(w *run.Walk) run.Check {
	working := c.verifyWorking(w)
	return func(ctx context.Context) (run.Progress, error) {
		up, err := c.running(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		if down := slices.DeleteFunc(c.sidekiqServices(), func(s string) bool { return slices.Contains(up, s) }); len(down) > 0 {
			return run.Progress{For: list(down) + " to run", Again: pace}, nil
		}
		return working(ctx)
	}
}
