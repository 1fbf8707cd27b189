package stage

import (
	"context"
	"slices"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// Where implements ui.Desk.
func (d *Desk) Where(context.Context) (desk.Tootctl, error) {
	return desk.Tootctl{Node: "exec", How: "native, as mastodon in /home/mastodon/live", Version: tootctl.Version{Major: 4, Minor: 5, Patch: 3}, Seen: Noon.Add(-3 * time.Hour), Boot: tootctl.Boot{9 * time.Second, 14 * time.Second}}, nil
}

// Preflight implements ui.Desk.
func (d *Desk) Preflight(_ context.Context, c *tootctl.Call) []desk.Condition {
	if !c.Command.Interactive {
		return nil
	}
	return []desk.Condition{
		{What: "Sidekiq is stopped everywhere", State: desk.Fails, Said: "1 registered: exec:1:abc", Next: "stop it"},
		{What: "there is a backup of the database", State: desk.Unknown, Said: "that cannot be seen from here"},
	}
}

// RunTootctl implements ui.Desk.
func (d *Desk) RunTootctl(_ context.Context, c *tootctl.Call, typed string) (job.Begun, error) {
	d.told("%s typed %q", c.Line(), typed)
	rec := job.Record{ID: "20260808-120000-abcdef", Words: c.Words(), Line: c.Line(), By: "mike@laptop", Node: "exec", Started: Noon, DryRun: c.Rehearsal(), Asks: c.Command.Interactive}
	if _, ok := c.Rehearse(); ok && !rec.DryRun {
		rec.Rehearsed = Rehearsal().ID
	}
	return job.Begun{Record: rec}, d.Fails
}

// Remembered implements ui.Desk.
func (d *Desk) Remembered(context.Context) (desk.Lines, error) { return Lines(), nil }

// Favour implements ui.Desk.
func (d *Desk) Favour(_ context.Context, line string) (desk.Lines, error) {
	d.told("favour %s", line)
	l := Lines()
	l.Favourites = append([]string{line}, l.Favourites...)
	return l, d.Fails
}

// Unremember implements ui.Desk.
func (d *Desk) Unremember(_ context.Context, line string) (desk.Lines, error) {
	d.told("unremember %s", line)
	l := Lines()
	l.Past = slices.DeleteFunc(l.Past, func(s string) bool { return s == line })
	return l, d.Fails
}

// Lines are what was run before.
func Lines() desk.Lines {
	return desk.Lines{Past: []string{"tootctl media remove --days=14", "tootctl accounts modify spammer --disable"}, Favourites: []string{"tootctl media usage"}}
}

// Jobs implements ui.Desk.
func (d *Desk) Jobs(context.Context) ([]job.Job, error) { return append(Jobs(), Rehearsal()), nil }

// Rehearsal is the dry run of whatever is run here and has one.
func Rehearsal() job.Job {
	code := 0
	return job.Job{
		Record: job.Record{ID: "20260804-120000-ffffff", Words: []string{"media", "remove-orphans", "--dry-run"}, Line: "tootctl media remove-orphans --dry-run", By: "anna@desk", Node: "exec", Started: Noon.Add(-96 * time.Hour), DryRun: true},
		State:  job.Done, Code: &code, Result: tootctl.Success, Why: "Removed 3 orphans (approx. 1.2 MB) (DRY RUN)", Ended: Noon.Add(-95 * time.Hour), Log: true,
	}
}

// FollowJob implements ui.Desk.
func (d *Desk) FollowJob(ctx context.Context, j job.Record, line func(string), _ *job.Stand) error {
	d.told("follow %s", j.ID)
	for _, l := range JobLines() {
		line(l)
	}
	if j.ID == Rehearsal().ID { // it is over
		line("Removed 3 orphans (approx. 1.2 MB) (DRY RUN)")
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// Password implements ui.Desk.
func (d *Desk) Password(string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Word
}

// ForgetPassword implements ui.Desk.
func (d *Desk) ForgetPassword(string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Word = ""
}

// CancelJob implements ui.Desk.
func (d *Desk) CancelJob(_ context.Context, j job.Record) error {
	d.told("cancel %s", j.ID)
	return d.Fails
}

// AnswerJob implements ui.Desk.
func (d *Desk) AnswerJob(_ context.Context, j job.Record, _ *job.Stand, read int, text string) error {
	d.told("answer %s %q behind %d", j.ID, text, read)
	return d.Fails
}

// JobLines are what a job printed until now.
func JobLines() []string {
	return []string{"0/40 |      |  ETA: ??:??:??", "19/40 |===   |  ETA: 00:00:07", "Error processing 20: boom", "20/40 |===   |  ETA: 00:00:06"}
}

// Jobs are one of each state.
func Jobs() []job.Job {
	code := func(n int) *int { return &n }
	rec := func(id, by string, ago time.Duration, words ...string) job.Record {
		c, err := tootctl.Known().Parse(words, tootctl.Version{})
		if err != nil {
			panic(err) // they are written below
		}
		return job.Record{ID: id, Words: c.Words(), Line: c.Line(), By: by, Node: "exec", Started: Noon.Add(-ago), DryRun: c.Rehearsal(), Asks: c.Command.Interactive}
	}
	return []job.Job{
		{Record: rec("20260808-115700-aaaaaa", "mike@laptop", 3*time.Minute, "media", "remove", "--days=14"), State: job.Running, Log: true},
		{Record: rec("20260808-110000-bbbbbb", "anna@desk", time.Hour, "search", "deploy"), State: job.Done, Code: code(0), Result: tootctl.Partly, Failed: 3, Why: "3 failed; Indexed 4711 records, de-indexed 12", Ended: Noon.Add(-30 * time.Minute), Log: true},
		{Record: rec("20260807-120000-cccccc", "anna@desk", 24*time.Hour, "accounts", "refresh", "--all"), State: job.Failed, Code: code(1), Result: tootctl.Failure, Why: "exit status 1: No such account", Ended: Noon.Add(-23 * time.Hour), Log: true},
		{Record: rec("20260806-120000-dddddd", "mike@laptop", 48*time.Hour, "media", "remove-orphans", "--dry-run"), State: job.Cancelled, Code: code(143), Result: tootctl.Cancelled, Why: "cancelled by anna@desk", Dead: "anna@desk", Ended: Noon.Add(-47 * time.Hour), Log: true},
		{Record: rec("20260805-120000-eeeeee", "mike@laptop", 72*time.Hour, "statuses", "remove"), State: job.Unknown, Result: tootctl.Unsure, Why: "the node was restarted while it ran", Log: true},
	}
}
