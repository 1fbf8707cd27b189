package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/plain"
)

func newSidekiq(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use: "sidekiq", Short: "Sidekiq's queues: what waits, and what to do about it", Args: noArgs,
		Long: "Sees and changes Sidekiq's data in Redis directly, without a Rails boot.\n\n" +
			"NAME is a queue (pull), a set (retry, schedule, dead) or something parked (pull-parked-…).\n" +
			"What is destroyed asks for its name: at a terminal it is asked for, a script says --confirm NAME. default and scheduler are asked about twice:\n" +
			"a script says --again INSTANCE as well. --plan shows what would be done, and does nothing.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		sidekiqStatus(f), sidekiqJobs(f), sidekiqPark(f), sidekiqRestore(f), sidekiqFlush(f), sidekiqDelete(f), sidekiqRetry(f), sidekiqKill(f), sidekiqMove(f), sidekiqPutBack(f),
		sidekiqSignal(f, sidekiq.Quiet, "Let processes finish what they have and take nothing new; only a restart takes that back"),
		sidekiqSignal(f, sidekiq.Stop, "Stop processes; under a restart policy they are back at once"),
		sidekiqSignal(f, sidekiq.Dump, "Let processes write the backtraces of their threads into their logs"),
	)
	return cmd
}

// lookEvery is how often a status that watches looks.
const lookEvery = 2 * time.Second

func sidekiqStatus(f *flags) *cobra.Command {
	watch := false
	cmd := &cobra.Command{
		Use: "status", Short: "Queues, processes, sets and what is parked, at a glance", Args: between(0, 0),
		Long: "Queues, processes, sets, the scheduler and what is parked, in two round trips.\n\nSlopes, times until empty and rates need several looks: --watch goes on looking, and with --json prints one object a line.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.sidekiqStatus(ctx, f, watch) })
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "look again every 2 s, until it is interrupted")
	return withJSON(f, cmd)
}

func (a *app) sidekiqStatus(ctx context.Context, f *flags, watch bool) error {
	for first := true; ; first = false {
		v, err := a.desk.Sidekiq(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (first || !watch):
			return err
		case err != nil:
			f.note("vmtui: " + err.Error())
		case f.json && watch:
			err = f.lineJSON(v)
		case f.json:
			err = f.printJSON(v)
		default:
			err = plain.Sidekiq(f.out, v)
		}
		if err != nil && v.Err == nil || !watch {
			return err
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lineJSON writes one document on a line of its own.
func (f *flags) lineJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.writeJSON(f.out, b)
}

// filterFlags are how jobs are chosen.
type filterFlags struct {
	sidekiq.Filter
	builtin string
}

func (x *filterFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&x.Classes, "class", nil, "only jobs of these `CLASSES`, such as 'ActivityPub::*'")
	cmd.Flags().StringSliceVar(&x.Hosts, "host", nil, "only jobs that go to these `HOSTS`, such as '*.example'")
	cmd.Flags().StringSliceVar(&x.Errors, "error", nil, "only jobs with an error of these `CLASSES`, or with these words in its message")
	cmd.Flags().StringVar(&x.Args, "args", "", "only jobs with these `WORDS` in their arguments")
	cmd.Flags().StringSliceVar(&x.JIDs, "jid", nil, "only the jobs with these `IDS`")
	cmd.Flags().DurationVar(&x.Older, "older-than", 0, "only jobs that wait longer than that `TIME`, such as 2h")
	cmd.Flags().DurationVar(&x.Newer, "newer-than", 0, "only jobs that wait less long than that `TIME`")
	cmd.Flags().StringVar(&x.builtin, "filter", "", "a filter with a `NAME`: dead-http, what dead servers leave behind")
}

// filter is the filter that was said.
func (x *filterFlags) filter() (sidekiq.Filter, error) {
	if x.builtin == "" {
		return x.Filter, x.Check()
	}
	given, known := sidekiq.Builtin[x.builtin]
	if !known {
		return given, &fault.Error{What: "no such filter", On: x.builtin, Why: "there is dead-http", Next: "use --class and --error for another", Code: fault.Usage}
	}
	if len(x.Classes) > 0 {
		given.Classes = x.Classes
	}
	if len(x.Errors) > 0 {
		given.Errors = x.Errors
	}
	given.Hosts, given.Args, given.JIDs, given.Older, given.Newer = x.Hosts, x.Args, x.JIDs, x.Older, x.Newer
	return given, given.Check()
}

// jobsFlags are what a list of jobs is told.
type jobsFlags struct {
	filterFlags
	histogram, whole, everything bool
	limit, skip                  int
}

func sidekiqJobs(f *flags) *cobra.Command {
	var x jobsFlags
	cmd := &cobra.Command{
		Use: "jobs NAME", Short: "What is in a queue or set: a list, a histogram, one job in full", Args: between(1, 1),
		Example: "  vmtui sidekiq jobs pull --histogram\n  vmtui sidekiq jobs push --host down.example --limit 20\n  vmtui sidekiq jobs dead --error HTTP::TimeoutError --histogram --whole\n  vmtui sidekiq jobs retry --jid 3a9f…",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.sidekiqJobs(ctx, f, &x, args[0]) })
		},
	}
	x.add(cmd)
	cmd.Flags().BoolVar(&x.histogram, "histogram", false, "count by class, host and error: of a sample of both ends")
	cmd.Flags().BoolVar(&x.whole, "whole", false, "count all, not a sample")
	cmd.Flags().BoolVar(&x.everything, "everything", false, "with one --jid: unfold what its arguments say of people")
	cmd.Flags().IntVar(&x.limit, "limit", 50, "at most `N` jobs")
	cmd.Flags().IntVar(&x.skip, "skip", 0, "pass over the first `N`")
	return withJSON(f, cmd)
}

func (a *app) sidekiqJobs(ctx context.Context, f *flags, x *jobsFlags, name string) error {
	filter, err := x.filter()
	if err != nil {
		return err
	}
	if x.limit < 1 || x.skip < 0 {
		return &fault.Error{What: "that is no part of a list", Why: "--limit is 1 or more, and --skip 0 or more", Next: "see vmtui sidekiq jobs --help", Code: fault.Usage}
	}
	p, err := a.desk.Place(ctx, name)
	if err != nil {
		return err
	}
	bar := f.bar()
	defer bar.end()
	read := func(n int) { bar.tell(sidekiq.Progress{Doing: "reading " + p.Name, Done: int64(n), Of: p.Size}) }
	switch {
	case x.histogram && x.whole:
		h, err := a.desk.Count(ctx, p, filter, read)
		return f.show(bar, err, h, func() error { return plain.Histogram(f.out, h) })
	case x.histogram:
		h, err := a.desk.Sample(ctx, p, filter)
		return f.show(bar, err, h, func() error { return plain.Histogram(f.out, h) })
	case len(filter.JIDs) == 1:
		full, err := a.desk.JobInFull(ctx, p, filter.JIDs[0], x.everything)
		return f.show(bar, err, full, func() error { return plain.Job(f.out, full) })
	}
	page, err := a.desk.Browse(ctx, p, filter, x.skip, x.limit, read)
	return f.show(bar, err, page, func() error { return plain.Jobs(f.out, page) })
}

// show prints what was found, in JSON or in words.
func (f *flags) show(bar *bar, err error, doc any, words func() error) error {
	bar.end()
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(doc)
	}
	return words()
}

// bar shows on a terminal how far something is, in place.
type bar struct {
	f     *flags
	shown bool
	last  time.Time
	says  string
}

func (f *flags) bar() *bar { return &bar{f: f} }

// tell draws, at most ten times a second. Why nothing happens is said everywhere, once.
func (b *bar) tell(p sidekiq.Progress) {
	if p.Says != "" && p.Says != b.says {
		b.f.note(p.Doing + ": " + p.Says)
		b.says = p.Says
	}
	if !b.f.onTerminal() || time.Since(b.last) < 100*time.Millisecond {
		return
	}
	b.last, b.shown = time.Now(), true
	line := fmt.Sprintf("%s %d", p.Doing, p.Done)
	if p.Of > 0 {
		line = strings.TrimRight(fmt.Sprintf("%s %d of %d %s", p.Doing, p.Done, p.Of, p.Unit), " ")
	}
	_, _ = fmt.Fprintf(b.f.err, "\r\x1b[K%s", line) // what is done counts, not how it is shown
}

func (b *bar) end() {
	if b.shown {
		_, _ = fmt.Fprint(b.f.err, "\r\x1b[K")
		b.shown = false
	}
}

// errPlanned ends a command that was only to plan.
var errPlanned = errors.New("planned")
