package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/plain"
)

func newJobs(f *flags) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.listJobs(ctx, f) })
	}
	cmd := withJSON(f, &cobra.Command{Use: "jobs", Short: "tootctl's jobs on the exec node: what runs and how it ended", Args: noArgs, RunE: list})
	cmd.AddCommand(
		withJSON(f, &cobra.Command{Use: "list", Short: "List the jobs, newest first", Args: between(0, 0), RunE: list}),
		withJSON(f, &cobra.Command{Use: "attach JOB", Short: "Show a job's output from its beginning, and stay to its end", Args: between(1, 1), RunE: onJob(f, attachJob)}),
		withJSON(f, &cobra.Command{Use: "show JOB", Short: "Show a job: who started it, how it ended, what failed, and its dry run beside it", Args: between(1, 1), RunE: onJob(f, showJob)}),
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

// shownFailures is how many of the items that failed are shown.
const shownFailures = 20

// showJob shows all that is known of a job but its output.
func showJob(ctx context.Context, f *flags, a *app, r *job.Room, j job.Job) error {
	_, dry, err := r.Pair(ctx, j.ID)
	if err != nil {
		return err
	}
	reading := j.Reading()
	unread := j.State == job.Cancelled || j.State == job.Unknown // nothing was written down of what failed
	if j.Log && (j.Failed > 0 || unread) {
		if err := r.Follow(ctx, j.Record, func(l string) { reading.Take(l) }); err != nil {
			return err
		}
		if unread {
			j.Weigh(reading)
		}
	}
	stands := ""
	if j.State == job.Running {
		_, tail, _, err := r.Look(ctx, j.ID)
		if err != nil {
			return err
		}
		stands = j.Standing(tail)
	}
	if f.json {
		return f.printJSON(map[string]any{"job": j, "failed": append([]string{}, reading.Errors...), "stands": stands, "rehearsal": dry})
	}
	lines := []string{j.Line, fmt.Sprintf("  job:     %s on %s", j.ID, j.Node), fmt.Sprintf("  started: %s by %s", clockOf(j.Started), j.By)}
	lines = append(lines, ending(j, stands))
	if j.Result == tootctl.Unsure && j.State != job.Running {
		lines = append(lines, "  next:    look at the instance before it is run again: some of it has happened, or all")
	}
	for _, l := range reading.Errors[:min(len(reading.Errors), shownFailures)] {
		lines = append(lines, "    "+l)
	}
	if more := reading.Count - shownFailures; more > 0 {
		lines = append(lines, fmt.Sprintf("    … and %d more: vmtui jobs attach %s", more, j.ID))
	}
	switch {
	case dry != nil:
		lines = append(lines, fmt.Sprintf("  dry run: %s, job %s at %s by %s", dry.Account(), dry.ID, clockOf(dry.Started), dry.By))
	case j.Rehearsed != "":
		lines = append(lines, "  dry run: job "+j.Rehearsed+", which is forgotten")
	}
	return f.printf("%s\n", strings.Join(lines, "\n"))
}

// ending is when a job ended and how, or how far it is.
func ending(j job.Job, stands string) string {
	if j.State == job.Running {
		return "  stands:  " + j.Account() + ", " + stands
	}
	result := "  result:  " + j.Account()
	if j.Ended.IsZero() {
		return result
	}
	ended := "  ended:   " + clockOf(j.Ended)
	if d, known := j.Lasted(); known {
		ended += ", after " + d.Round(time.Second).String()
	}
	return ended + "\n" + result
}

// clockOf is a time as people read it.
func clockOf(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

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
	if j.State != job.Running {
		return &fault.Error{What: "it does not run", On: j.Line, Why: j.Account(), Next: "see all of it: vmtui jobs show " + j.ID, Code: fault.Refused}
	}
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
		said := fmt.Sprintf("%s  %s  %-21s  %s  by %s", j.ID, j.Started.Local().Format("2006-01-02 15:04"), j.Ending(), j.Line, j.By)
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
	var stand job.Stand
	unsent := func() {}
	switch why := a.deaf(f); {
	case !j.Asks:
	case why != "":
		f.note("it asks, and is only followed here: " + why)
	default:
		answers := a.answers(follow, f, r, j, &stand, stop)
		defer func() { stop(nil); <-answers }()
		unsent = f.unsent
	}
	lines := &jobLines{f: f, job: j.ID, reading: reading, meter: f.meter()}
	r.Tell = func(text string) {
		_ = lines.meter.Away() // it is only for the eye
		f.note(text)
	}
	heard := f.waits(follow, "Rails starts ("+r.Boot().String()+"), since")
	defer heard()
	err := r.Attend(follow, j, func(l string) {
		heard()
		unsent()
		if err := lines.take(l); err != nil {
			stop(err) // nobody reads any more
		}
	}, &stand)
	err = errors.Join(err, lines.end())
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

// meter shows a job's bar: drawn on a terminal, written as lines elsewhere and by --plain.
func (f *flags) meter() *plain.Meter {
	m := &plain.Meter{Out: f.err}
	if errs, ok := beneath(f.err).(*os.File); ok && f.onTerminal() && !f.plain {
		m.Width = func() int {
			if w, _, err := term.GetSize(int(errs.Fd())); err == nil && w > 0 {
				return w
			}
			return usualWidth
		}
	}
	return m
}

// usualWidth is how wide a terminal is that does not say so.
const usualWidth = 80

// jobLines prints a job's lines; a bar is shown beside them, and for scripts now and then.
type jobLines struct {
	f       *flags
	job     string
	reading *tootctl.Reading
	meter   *plain.Meter
	pace    tootctl.Pace // what the meter shows, for scripts
	bars    plain.Sparing
}

func (x *jobLines) take(l string) error {
	bar := x.reading.Take(l)
	switch {
	case x.f.json:
		return x.document(l, bar)
	case bar:
		return x.meter.Take(x.reading.Bar, x.reading.Count)
	case strings.TrimSpace(l) == "":
		return nil
	}
	return errors.Join(x.meter.Away(), x.f.printf("%s\n", l))
}

// document writes a line as one of JSON.
func (x *jobLines) document(l string, bar bool) error {
	said := map[string]any{"job": x.job, "line": l, "bar": bar, "time": time.Now().UTC()}
	write := func() error {
		b, err := json.Marshal(said)
		if err != nil {
			return err
		}
		return x.f.printf("%s\n", b)
	}
	if !bar {
		return write()
	}
	x.pace.Take(time.Now(), x.reading.Bar)
	said["progress"] = x.pace.Said(x.reading.Count)
	return x.bars.Take(x.reading.Bar, write)
}

// end writes what is still owed of a bar.
func (x *jobLines) end() error { return errors.Join(x.bars.End(), x.meter.End()) }

// howItEnded says it, and gives the exit code. Who cannot tell says so.
func (a *app) howItEnded(ctx context.Context, f *flags, r *job.Room, j job.Record, reading *tootctl.Reading) error {
	got, dry, err := r.End(ctx, j)
	if err != nil {
		return err
	}
	if reading != nil {
		got.Weigh(reading)
	}
	if f.json {
		var b []byte
		if b, err = json.Marshal(map[string]any{"job": got, "result": got.Result, "why": got.Why, "rehearsal": dry}); err == nil { // a line, behind the lines
			err = f.writeJSON(f.out, b)
		}
	} else {
		f.note(j.Line + ": " + got.Account())
		if dry != nil {
			f.note("its dry run, job " + dry.ID + ": " + dry.Account())
		}
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
