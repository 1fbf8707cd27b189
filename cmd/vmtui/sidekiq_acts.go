package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/plain"
)

// ackFlags are how an act is confirmed without a terminal.
type ackFlags struct {
	plan, yes      bool
	confirm, again string
}

func (x *ackFlags) add(cmd *cobra.Command, typed bool) {
	cmd.Flags().BoolVar(&x.plan, "plan", false, "show what would be done, and do nothing")
	cmd.Flags().BoolVar(&x.yes, "yes", false, "do it without being asked")
	if typed {
		cmd.Flags().StringVar(&x.confirm, "confirm", "", "unattended: the `NAME` again")
		cmd.Flags().StringVar(&x.again, "again", "", "unattended, where it is asked twice: the `INSTANCE`")
	}
}

// order carries an order out: plan, show, ask, do, report.
func (a *app) order(ctx context.Context, f *flags, x ackFlags, o sidekiq.Order) (sidekiq.Report, error) {
	bar := f.bar()
	defer bar.end()
	p, err := a.desk.PlanSidekiq(ctx, o, bar.tell)
	if err == nil && p.Busy != nil && !x.plan {
		if err = a.desk.AwaitSidekiq(ctx, p.Busy, bar.tell); err == nil {
			p, err = a.desk.PlanSidekiq(ctx, o, bar.tell)
		}
	}
	bar.end()
	if err != nil {
		return sidekiq.Report{}, err
	}
	if x.plan {
		return sidekiq.Report{}, f.planned(p)
	}
	if p.Refusal != nil {
		return sidekiq.Report{}, p.Refusal
	}
	if o.Typed, o.Again, err = a.acknowledged(ctx, f, x, p); err != nil {
		return sidekiq.Report{}, err
	}
	return a.desk.DoSidekiq(ctx, o, p)
}

func (f *flags) planned(p sidekiq.Plan) error {
	var err error
	if f.json {
		err = f.printJSON(p)
	} else {
		err = plain.SidekiqPlan(f.out, p)
	}
	return errors.Join(err, p.Refusal, errPlanned)
}

// acknowledged shows the plan to whoever sits at a terminal and lets them type; a script has said it by flags.
func (a *app) acknowledged(ctx context.Context, f *flags, x ackFlags, p sidekiq.Plan) (typed, again string, err error) {
	switch {
	case a.door.ReadOnly(): // the door says why it refuses
		return p.Confirm, p.Again, nil
	case p.Confirm != "" && x.confirm != "" && (p.Again == "" || x.again != ""):
		return x.confirm, x.again, nil
	case !f.attended(x.yes) && p.Confirm != "":
		asks, next := "it asks for the name", "repeat it with --confirm "+plain.Quoted(p.Confirm)
		if p.Again != "" {
			asks, next = "it is asked about twice", next+" --again "+plain.Quoted(p.Again)
		}
		return "", "", &fault.Error{What: "not confirmed", On: p.What, Why: asks + ": " + cmp.Or(p.Loss.Lost, strings.Join(p.Caution, "; ")), Next: next, Code: fault.Refused}
	case !f.attended(false) && !x.yes:
		return "", "", &fault.Error{What: "not confirmed", On: p.What, Why: "nobody sits at a terminal to say yes", Next: "repeat it with --yes", Code: fault.Refused}
	case x.yes:
		return "", "", nil
	}
	if err := plain.SidekiqPlan(f.err, p); err != nil {
		return "", "", err
	}
	if p.Confirm == "" {
		answer, err := f.asker(false).Ask(ctx, desk.Question{Subject: a.cfg.Instance, Text: "do it?", Details: []string{p.What}})
		if err == nil && !answer.Yes {
			err = notTyped(p)
		}
		return "", "", err
	}
	if typed, err = f.typed(ctx, fmt.Sprintf("Type %s to do it:", p.Confirm), p.Confirm, p); err != nil || p.Again == "" {
		return typed, "", err
	}
	again, err = f.typed(ctx, fmt.Sprintf("It is asked about twice. Type the name of the instance, %s:", p.Again), p.Again, p)
	return typed, again, err
}

func notTyped(p sidekiq.Plan) error {
	return &fault.Error{What: "not done", On: p.What, Why: "it was not confirmed", Next: "nothing was changed", Code: fault.Refused}
}

func (f *flags) typed(ctx context.Context, prompt, want string, p sidekiq.Plan) (string, error) {
	f.note(prompt)
	got, err := f.terminal().Line(ctx)
	if got = strings.TrimSpace(got); err == nil && got != want {
		err = notTyped(p)
	}
	return got, err
}

// acted is a command that carries one order out.
func acted(f *flags, cmd *cobra.Command, x *ackFlags, order func(args []string) (sidekiq.Order, error)) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o, err := order(args)
		if err != nil {
			return err
		}
		return withApp(cmd.Context(), f, f.asker(x.yes), func(ctx context.Context, a *app) error {
			r, err := a.order(ctx, f, *x, o)
			return f.reported(r, err)
		})
	}
	return withJSON(f, cmd)
}

// reported says what was done, also when it was not all.
func (f *flags) reported(r sidekiq.Report, err error) error {
	switch {
	case errors.Is(err, errPlanned):
		var refusal *fault.Error
		if errors.As(err, &refusal) {
			return refusal
		}
		return nil
	case err != nil && r.Nothing():
		return err
	}
	return errors.Join(f.answer(r, plain.SidekiqReport(r)), err)
}

func sidekiqPark(f *flags) *cobra.Command {
	var x ackFlags
	backup := false
	cmd := &cobra.Command{Use: "park QUEUE", Short: "Put a queue aside at once; it can be restored as it was", Args: between(1, 1)}
	x.add(cmd, true)
	cmd.Flags().BoolVar(&backup, "backup", false, backupSays)
	return acted(f, cmd, &x, func(args []string) (sidekiq.Order, error) {
		return sidekiq.Order{Deed: sidekiq.Park, Name: args[0], Backup: backup}, nil
	})
}

const backupSays = "write a backup first; one is written anyway where Redis may drop a parked list (maxmemory_policy allkeys-*)"

func sidekiqRestore(f *flags) *cobra.Command {
	var x ackFlags
	var rate int
	var newer time.Duration
	var backup string
	cmd := &cobra.Command{
		Use: "restore [PARKED]", Short: "Put back what is parked, what an interrupted act left, or a backup", Args: between(0, 1),
		Long: "Without a name it lists what is parked.\n\nA restored queue is as it was, and what has arrived meanwhile follows. With --rate the jobs queue up behind what is there, so many a second.\n" +
			"With --newer-than older jobs stay parked: a stale password reset should not go out.\n--backup FILE reads a backup back: a queue's onto a list of its own, which is then restored; a set's into the set.",
	}
	x.add(cmd, true)
	cmd.Flags().IntVar(&rate, "rate", 0, "put back `N` jobs a second")
	cmd.Flags().DurationVar(&newer, "newer-than", 0, "leave jobs parked that are older than that `TIME`, such as 2h")
	cmd.Flags().StringVar(&backup, "backup", "", "read this `FILE` back")
	withOrder := acted(f, cmd, &x, func(args []string) (sidekiq.Order, error) {
		switch {
		case rate < 0 || newer < 0:
			return sidekiq.Order{}, usage(cmd, "--rate and --newer-than are above zero")
		case backup != "" && len(args) > 0:
			return sidekiq.Order{}, usage(cmd, "name what is parked, or a backup")
		case backup != "":
			return sidekiq.Order{Deed: sidekiq.Load, Name: backup}, nil
		}
		return sidekiq.Order{Deed: sidekiq.Restore, Name: args[0], Rate: rate, Newer: newer}, nil
	})
	run := withOrder.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && backup == "" {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.listParked(ctx, f) })
		}
		return run(cmd, args)
	}
	return cmd
}

func (a *app) listParked(ctx context.Context, f *flags) error {
	v, err := a.desk.Sidekiq(ctx)
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(map[string]any{"parked": append([]sidekiq.Shelf{}, v.Shelves...)})
	}
	return plain.Shelves(f.out, v)
}

// What may follow a flush.
const (
	thenLeave   = "leave"
	thenDelete  = "delete"
	thenRestore = "restore"
)

// flushFlags are what a flush is told.
type flushFlags struct {
	ackFlags

	then, deletion    string // deletion is what confirms it: the park's own confirmation does not
	backup, keepLocks bool
}

func sidekiqFlush(f *flags) *cobra.Command {
	var x flushFlags
	cmd := &cobra.Command{
		Use: "flush QUEUE", Short: "Park a queue, then decide: leave it parked, delete it with a backup, or restore it", Args: between(1, 1),
		Long: "A flush is a park, which can be taken back, and a second decision about what is parked. At a terminal you are asked; a script says --then leave, delete or restore.\n\n" +
			"Deleting is an act of its own, with a confirmation of its own: --confirm QUEUE lets it park, --confirm-delete QUEUE lets it delete what it has parked.",
		Example: "  vmtui sidekiq flush pull\n  vmtui sidekiq flush pull --confirm pull\n  vmtui sidekiq flush pull --confirm pull --then delete --confirm-delete pull",
	}
	x.add(cmd, true)
	cmd.Flags().StringVar(&x.then, "then", "", "unattended: `leave`, delete or restore; leave is the default")
	cmd.Flags().StringVar(&x.deletion, "confirm-delete", "", "unattended, with --then delete: the `QUEUE` once more")
	cmd.Flags().BoolVar(&x.backup, "backup", false, backupSays)
	cmd.Flags().BoolVar(&x.keepLocks, "keep-locks", false, "leave the unique locks of deleted jobs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch x.then {
		case "", thenLeave, thenDelete, thenRestore:
		default:
			return usage(cmd, "--then is leave, delete or restore")
		}
		if x.deletion != "" && x.then != thenDelete {
			return usage(cmd, "--confirm-delete goes with --then delete")
		}
		return withApp(cmd.Context(), f, f.asker(x.yes), func(ctx context.Context, a *app) error { return a.flush(ctx, f, x, args[0]) })
	}
	return withJSON(f, cmd)
}

func (a *app) flush(ctx context.Context, f *flags, x flushFlags, queue string) error {
	if err := x.deletable(f, queue); err != nil {
		return err
	}
	parked, err := a.order(ctx, f, x.ackFlags, sidekiq.Order{Deed: sidekiq.Park, Name: queue, Backup: x.backup})
	if err != nil || parked.Jobs == 0 {
		return f.reported(parked, err)
	}
	then := x.then
	if then == "" && f.attended(x.yes) {
		if then, err = f.decide(ctx, parked); err != nil {
			return errors.Join(f.answer(parked, plain.SidekiqReport(parked)), err)
		}
	}
	switch then {
	case thenRestore:
		back, err := a.order(ctx, f, ackFlags{yes: true}, sidekiq.Order{Deed: sidekiq.Restore, Name: parked.Shelf})
		return f.reported(back, err)
	case thenDelete:
		gone, err := a.order(ctx, f, x.second(parked.Shelf), sidekiq.Order{Deed: sidekiq.Delete, Name: parked.Shelf, KeepLocks: x.keepLocks})
		return f.reported(gone, err)
	}
	return f.reported(parked, nil)
}

// deletable says, before anything is parked, why a script's flush could not end in a deletion.
func (x flushFlags) deletable(f *flags, queue string) error {
	if x.then != thenDelete || x.plan || x.deletion == queue || x.deletion == "" && f.attended(x.yes) {
		return nil
	}
	return &fault.Error{
		What: "not confirmed", On: "deleting what is parked of " + queue, Why: "deleting is a second act, and --confirm is for the park alone",
		Next: "repeat it with --confirm-delete " + plain.Quoted(queue) + " as well; nothing was parked", Code: fault.Refused,
	}
}

// second confirms the deletion: by its own flag, or by whoever sits at the terminal.
func (x flushFlags) second(shelf string) ackFlags {
	if x.deletion == "" {
		return ackFlags{}
	}
	return ackFlags{confirm: shelf, again: x.again}
}

// decide asks what becomes of what was parked.
func (f *flags) decide(ctx context.Context, parked sidekiq.Report) (string, error) {
	f.note(plain.SidekiqReport(parked) + "\nIt can be taken back. What becomes of it?  delete (with a backup), restore, or leave:")
	for {
		got, err := f.terminal().Line(ctx)
		if err != nil {
			return "", err
		}
		switch got = strings.TrimSpace(strings.ToLower(got)); got {
		case "":
			return thenLeave, nil
		case thenDelete, thenRestore, thenLeave:
			return got, nil
		}
		f.note("Type delete, restore or leave:")
	}
}

func sidekiqDelete(f *flags) *cobra.Command {
	var x ackFlags
	var jobs filterFlags
	all, keepLocks, limit := false, false, 0
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete what is parked, or the jobs of a queue or set that a filter means; a backup is written first", Args: between(1, 1),
		Example: "  vmtui sidekiq delete pull-parked-20261126-130102000\n  vmtui sidekiq delete push --host down.example\n  vmtui sidekiq delete dead --filter dead-http\n  vmtui sidekiq restore --backup ~/.local/state/vmtui/vmst.io/sidekiq/….jsonl.gz",
	}
	x.add(cmd, true)
	jobs.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all of a set, without a filter")
	cmd.Flags().BoolVar(&keepLocks, "keep-locks", false, "leave the unique locks of the deleted jobs: the same jobs cannot be enqueued until those expire")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` jobs")
	return acted(f, cmd, &x, func(args []string) (sidekiq.Order, error) {
		filter, err := jobs.filter()
		if err == nil && filter.Empty() && !all && (args[0] == sidekiq.Retry || args[0] == sidekiq.Schedule || args[0] == sidekiq.Dead) {
			err = usage(cmd, "name which jobs by --class, --host, --error, …, or say --all")
		}
		return sidekiq.Order{Deed: sidekiq.Delete, Name: args[0], Filter: filter, KeepLocks: keepLocks, Limit: limit}, err
	})
}

func sidekiqRetry(f *flags) *cobra.Command {
	var x ackFlags
	var jobs filterFlags
	limit, rate := 0, 0
	cmd := &cobra.Command{
		Use: "retry SET", Short: "Let jobs of retry, schedule or dead run now, capped and paced", Args: between(1, 1),
		Example: "  vmtui sidekiq retry retry --host back.example\n  vmtui sidekiq retry dead --class BackupWorker --limit 10",
	}
	x.add(cmd, false)
	jobs.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", sidekiq.RetryLimit, "at most `N` jobs")
	cmd.Flags().IntVar(&rate, "rate", sidekiq.RetryRate, "`N` jobs a second")
	return acted(f, cmd, &x, func(args []string) (sidekiq.Order, error) {
		filter, err := jobs.filter()
		if err == nil && (limit < 1 || rate < 1) {
			err = usage(cmd, "--limit and --rate are above zero: without them a retry floods servers that failed before")
		}
		return sidekiq.Order{Deed: sidekiq.Requeue, Name: args[0], Filter: filter, Limit: limit, Rate: rate}, err
	})
}

func sidekiqKill(f *flags) *cobra.Command {
	var x ackFlags
	var jobs filterFlags
	limit := 0
	cmd := &cobra.Command{Use: "kill NAME", Short: "Give jobs up: from a queue or set to the dead", Args: between(1, 1)}
	x.add(cmd, true)
	jobs.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` jobs")
	return acted(f, cmd, &x, func(args []string) (sidekiq.Order, error) {
		filter, err := jobs.filter()
		if err == nil && filter.Empty() {
			err = usage(cmd, "name which jobs by --class, --host, --error, …")
		}
		return sidekiq.Order{Deed: sidekiq.Kill, Name: args[0], Filter: filter, Limit: limit}, err
	})
}

func sidekiqMove(f *flags) *cobra.Command {
	var x ackFlags
	var jobs filterFlags
	limit := 0
	cmd := &cobra.Command{Use: "move QUEUE TO", Short: "Move jobs to another queue", Args: between(2, 2)}
	x.add(cmd, false)
	jobs.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` jobs")
	return acted(f, cmd, &x, func(args []string) (sidekiq.Order, error) {
		filter, err := jobs.filter()
		return sidekiq.Order{Deed: sidekiq.Move, Name: args[0], To: args[1], Filter: filter, Limit: limit}, err
	})
}

func sidekiqPutBack(f *flags) *cobra.Command {
	var x ackFlags
	cmd := &cobra.Command{
		Use: "put-back [JID…]", Short: "Put back what a process had in hand when it died", Args: between(0, 1000),
		Long: "Waits until each process was heard from or is gone, up to a minute, and then offers what the gone ones had in hand: all of it, or the jobs named.\n\n" +
			"Redis keeps that for a minute after the last heartbeat. After that only the console, or a status --watch, that saw the process alive knows it.\n" +
			"A job that was done after all is done twice: look at the process's log first.",
	}
	x.add(cmd, false)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !x.yes && !x.plan && !f.attended(false) { // not after the wait: what is not taken then is gone
			return &fault.Error{What: "not confirmed", On: "what dead processes had in hand", Why: "nobody sits at a terminal to say yes", Next: "repeat it with --yes", Code: fault.Refused}
		}
		return withApp(cmd.Context(), f, f.asker(x.yes), func(ctx context.Context, a *app) error {
			lost, err := a.lost(ctx, f, args)
			if err != nil {
				return err
			}
			r, err := a.order(ctx, f, x, sidekiq.Order{Deed: sidekiq.PutBack, Lost: lost})
			return f.reported(r, err)
		})
	}
	return withJSON(f, cmd)
}

// rollCall is how long a process may be silent before it is gone, and a look more.
const rollCall = time.Minute + 5*time.Second

// lost are the jobs that dead processes had in hand: those named, or all.
func (a *app) lost(ctx context.Context, f *flags, jids []string) ([]sidekiq.Lost, error) {
	bar, roll, until := f.bar(), sidekiq.RollCall{}, time.Now().Add(rollCall)
	defer bar.end()
	for {
		v, err := a.desk.Sidekiq(ctx)
		if err != nil {
			return nil, err
		}
		missing := roll.Missing(v)
		if len(missing) == 0 || time.Now().After(until) {
			return lostOf(v.Lost, jids)
		}
		bar.tell(sidekiq.Progress{Doing: "hearing from processes", Done: int64(len(v.Processes) - len(missing)), Of: int64(len(v.Processes))})
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// lostOf are the lost jobs with these ids, or all of them.
func lostOf(all []sidekiq.Lost, jids []string) ([]sidekiq.Lost, error) {
	if len(jids) == 0 {
		return all, nil
	}
	var out []sidekiq.Lost
	for _, jid := range jids {
		i := slices.IndexFunc(all, func(l sidekiq.Lost) bool { return l.JID == jid })
		if i < 0 {
			return nil, &fault.Error{What: "that job is not known to be lost", On: jid, Why: fmt.Sprintf("it is none of the %d that dead processes had in hand", len(all)), Next: "say it without ids: all of them are shown before anything is done", Code: fault.Usage}
		}
		out = append(out, all[i])
	}
	return out, nil
}

func sidekiqSignal(f *flags, deed sidekiq.Deed, short string) *cobra.Command {
	var x ackFlags
	cmd := &cobra.Command{
		Use: string(deed) + " PROCESS…", Short: short, Args: between(1, 1000),
		Long: short + ".\n\nPROCESS is an identity, the beginning of one (a hostname), or a node. The signal is left in Redis and heard at the next heartbeat.",
	}
	x.add(cmd, true)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), f, f.asker(x.yes), func(ctx context.Context, a *app) error {
			o := sidekiq.Order{Deed: deed}
			if _, is := a.cfg.Node(args[0]); is && len(args) == 1 {
				o.Name = args[0]
			}
			for _, name := range args {
				found, err := a.desk.SidekiqsOf(ctx, name)
				if err != nil {
					return err
				}
				for _, p := range found {
					o.Identities = append(o.Identities, p.Identity)
				}
			}
			r, err := a.order(ctx, f, x, o)
			return f.reported(r, err)
		})
	}
	return withJSON(f, cmd)
}
