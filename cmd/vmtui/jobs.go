package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
)

func newJobs(f *flags) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.listJobs(ctx, f) })
	}
	cmd := withJSON(f, &cobra.Command{Use: "jobs", Short: "tootctl's jobs on the exec node: what runs and how it ended", Args: noArgs, RunE: list})
	cmd.AddCommand(
		withJSON(f, &cobra.Command{Use: "list", Short: "List the jobs, newest first", Args: between(0, 0), RunE: list}),
		withJSON(f, &cobra.Command{Use: "attach JOB", Short: "Show a job's output from its beginning, and stay to its end", Args: between(1, 1), RunE: onJob(f, attachJob)}),
		cancelJob(f),
		withJSON(f, &cobra.Command{Use: "forget JOB", Short: "Remove a job that has ended from the node, its output with it", Args: between(1, 1), RunE: onJob(f, forgetJob)}),
	)
	return cmd
}

// onJob finds the job that is meant.
func onJob(f *flags, do func(context.Context, *flags, *app, *job.Room, job.Job) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
			r := a.room()
			j, err := r.Find(ctx, args[0])
			if err != nil {
				return err
			}
			return do(ctx, f, a, r, j)
		})
	}
}

func attachJob(ctx context.Context, f *flags, a *app, r *job.Room, j job.Job) error {
	if !j.Log {
		return a.howItEnded(ctx, f, r, j.Record, nil)
	}
	return a.attach(ctx, f, r, j.Record)
}

// forgetJob removes what is left of a job. How it ended is in the trail.
func forgetJob(ctx context.Context, f *flags, _ *app, r *job.Room, j job.Job) error {
	if err := r.Forget(ctx, j); err != nil {
		return err
	}
	return f.answer(map[string]any{"forgotten": true, "job": j.ID}, j.Line+" is forgotten on "+r.Node.Name+"; how it ended stays in the trail: vmtui audit")
}

func cancelJob(f *flags) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{Use: "cancel JOB", Short: "End a job and everything it started", Args: between(1, 1)}
	cmd.RunE = onJob(f, func(ctx context.Context, f *flags, _ *app, r *job.Room, j job.Job) error {
		if err := mayCancel(ctx, f, yes, j); err != nil {
			return err
		}
		if err := r.Cancel(ctx, j.Record); err != nil {
			return err
		}
		return f.answer(map[string]any{"cancelled": true, "job": j.ID}, j.Line+" is gone; ps shows nothing of it any more")
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "cancel it without being asked")
	return withJSON(f, cmd)
}

func mayCancel(ctx context.Context, f *flags, yes bool, j job.Job) error {
	if yes {
		return nil
	}
	if !f.attended(false) {
		return &fault.Error{What: "not confirmed", On: j.Line, Why: "nobody sits at a terminal to say yes", Next: "repeat it with --yes", Code: fault.Refused}
	}
	answer, err := f.asker(false).Ask(ctx, desk.Question{Subject: j.Line, Text: "started by " + j.By + ". Cancel it?"})
	if err == nil && !answer.Yes {
		err = &fault.Error{What: "not cancelled", On: j.Line, Why: "the answer was not yes", Next: "it goes on", Code: fault.Refused}
	}
	return err
}

func (a *app) listJobs(ctx context.Context, f *flags) error {
	jobs, err := a.room().List(ctx)
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(map[string]any{"jobs": append([]job.Job{}, jobs...)})
	}
	if len(jobs) == 0 {
		return f.printf("no job was ever started here\n")
	}
	for _, j := range jobs {
		said := fmt.Sprintf("%s  %-21s  %s  by %s", j.ID, j.Ending(), j.Line, j.By)
		if j.Why != "" {
			said += "  (" + j.Why + ")"
		}
		if err := f.printf("%s\n", said); err != nil {
			return err
		}
	}
	return nil
}

// attach prints a job's output until it ends, takes the operator's answers where it asks, and says how it ended. Leaving leaves the job alone.
func (a *app) attach(ctx context.Context, f *flags, r *job.Room, j job.Record) error {
	reading := j.Reading()
	follow, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if j.Asks && f.attended(false) {
		answers := a.answers(follow, f, r, j, stop)
		defer func() { stop(nil); <-answers }()
	}
	heard := f.waits(follow, "Rails starts ("+r.Boot().String()+"), since")
	defer heard()
	err := r.Follow(follow, j, func(l string) {
		heard()
		if err := f.jobLine(j, reading.Take(l), l); err != nil {
			stop(err) // nobody reads any more
		}
	})
	if ctx.Err() != nil {
		f.note("left; it goes on as job " + j.ID + ": vmtui jobs attach " + j.ID)
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	return a.howItEnded(ctx, f, r, j, reading)
}

// waits says in place, on a terminal, for how long nothing has come, until the returned function is called.
func (f *flags) waits(ctx context.Context, what string) (heard func()) {
	if !f.onTerminal() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = fmt.Fprintf(f.err, "\r\x1b[K%s %d s\r", what, n) // it is only for the eye
			}
		}
	}()
	return sync.OnceFunc(func() {
		cancel()
		<-over
		_, _ = fmt.Fprint(f.err, "\r\x1b[K")
	})
}

// answers hands what the operator types to the job.
func (a *app) answers(ctx context.Context, f *flags, r *job.Room, j job.Record, stop context.CancelCauseFunc) <-chan struct{} {
	over := make(chan struct{})
	line := f.terminal().Line
	go func() {
		defer close(over)
		for {
			text, err := line(ctx)
			if err == nil {
				err = r.Answer(ctx, j, text)
			}
			if err != nil {
				if fault.CodeOf(err) != fault.Refused { // it had ended already
					stop(err)
				}
				return
			}
		}
	}()
	return over
}

// jobLine prints a line. A bar is drawn in place on a terminal and left out elsewhere.
func (f *flags) jobLine(j job.Record, bar bool, l string) error {
	switch {
	case f.json:
		b, err := json.Marshal(map[string]any{"job": j.ID, "line": l, "bar": bar, "time": time.Now().UTC()})
		if err != nil {
			return err
		}
		return f.printf("%s\n", b)
	case bar && f.onTerminal():
		_, err := fmt.Fprintf(f.err, "\r\x1b[K%s\r", l)
		return err
	case bar || strings.TrimSpace(l) == "":
		return nil
	case f.onTerminal():
		if _, err := fmt.Fprint(f.err, "\r\x1b[K"); err != nil {
			return err
		}
	}
	return f.printf("%s\n", l)
}

// howItEnded says it, and gives the exit code. Who cannot tell says so.
func (a *app) howItEnded(ctx context.Context, f *flags, r *job.Room, j job.Record, reading *tootctl.Reading) error {
	got, err := r.Find(ctx, j.ID)
	if err != nil {
		return err
	}
	if reading != nil {
		got.Weigh(reading)
	}
	if f.json {
		var b []byte
		if b, err = json.Marshal(map[string]any{"job": got, "result": got.Result, "why": got.Why}); err == nil { // a line, behind the lines
			err = f.writeJSON(f.out, b)
		}
	} else {
		f.note(strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", j.Line, got.Ending(), got.Why), ": "))
	}
	if err != nil {
		return err
	}
	switch got.Result {
	case tootctl.Success:
		return nil
	case tootctl.Unsure:
		return ended(fault.Unknown)
	case tootctl.Cancelled:
		return ended(fault.Interrupted)
	}
	return ended(fault.Failed)
}
