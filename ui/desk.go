// Package ui is what the operator sees. Bubble Tea lives in its rooms and nowhere else.
package ui

import (
	"context"
	"iter"

	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/courier"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ops/trail"
)

// Desk is everything a screen may ask for. Screens call it from commands only, never from Update or Draw, so any method may take
// as long as it likes; those with a context end when it does.
type Desk interface {
	// Fleet is the fleet as last observed. It looks at memory, not at the world.
	Fleet() fleet.Snapshot
	// Changed says, coalesced, that the fleet or a run of this process is not what it was.
	Changed() <-chan struct{}
	// Refresh looks at the whole fleet now; what it sees comes by Changed.
	Refresh()
	// Verbs are the things that can be done to each of the targets ("" for those without one), with why each is off just now; nil when ctx has ended.
	Verbs(ctx context.Context, targets ...string) map[string][]desk.VerbState

	Runs(ctx context.Context) ([]desk.Run, error)
	// Tail yields the events of a run after that number, then waits for more; it ends with the context or with the run.
	Tail(ctx context.Context, id string, after uint64) iter.Seq2[run.Event, error]

	// Plan observes and says what a run would do; nothing is changed.
	Plan(ctx context.Context, book, target string, inputs map[string]string) (desk.Plan, error)
	// Start begins a run and returns its id at once. Typed is what the operator typed to confirm, "" when nothing was asked.
	Start(ctx context.Context, book, target string, inputs map[string]string, typed string) (id string, err error)
	Resume(ctx context.Context, id string) error
	// TakeOver walks a run on here that another process walks.
	TakeOver(ctx context.Context, id string) error
	// Answer decides at a gate. By is filled in below.
	Answer(ctx context.Context, id string, answer run.Answer) error
	Stop(ctx context.Context, id string) error
	Undo(ctx context.Context, id string) error

	// Pane looks once at something a step is best watched by.
	Pane(ctx context.Context, id, pane string) (desk.Pane, error)
	// Logs hands on what a node's service writes, "" for all of them: the last lines, then each as it comes, one call at a time, until ctx ends or
	// nothing is left to follow.
	Logs(ctx context.Context, node, service string, line func(string)) error
	// Where says where tootctl runs and which Mastodon that is. An error leaves what is known without asking.
	Where(ctx context.Context) (desk.Tootctl, error)
	// Preflight looks at what must hold before a call that asks is begun.
	Preflight(ctx context.Context, c *tootctl.Call) []desk.Condition
	// RunTootctl starts a call as a job on the exec node. Typed is what the operator typed to confirm.
	RunTootctl(ctx context.Context, c *tootctl.Call, typed string) (job.Begun, error)
	// Remembered are the command lines of tootctl that were run from here, and the favourites; Favour adds one or takes it out, and Unremember forgets
	// that a line was ever here.
	Remembered(ctx context.Context) (desk.Lines, error)
	Favour(ctx context.Context, line string) (desk.Lines, error)
	Unremember(ctx context.Context, line string) (desk.Lines, error)
	Jobs(ctx context.Context) ([]job.Job, error)
	// Password is one that a run was given here and nobody has copied yet, "" for none. It does not block.
	Password(run string) string
	ForgetPassword(run string)
	// FollowJob hands on what a job prints, one call at a time, until it has ended.
	FollowJob(ctx context.Context, j job.Record, line func(string), stand *job.Stand) error
	CancelJob(ctx context.Context, j job.Record) error
	AnswerJob(ctx context.Context, j job.Record, stand *job.Stand, read int, text string) error
	// Probe asks every layer for a page.
	Probe(ctx context.Context, url string) (cache.Probe, error)
	// PlanPurge says what a purge would do, RepeatPurge what is left of an earlier one ("last": the newest that left something); nothing is changed.
	PlanPurge(ctx context.Context, o cache.Order) (cache.Plan, error)
	RepeatPurge(ctx context.Context, id string) (cache.Plan, error)
	// Purge carries a plan out and returns an id at once. Typed is what the operator typed to confirm.
	Purge(ctx context.Context, p cache.Plan, typed string) (id string, err error)
	// PurgeView is how a purge stands ("" is the last one of this console), as soon as there is more of it than in that version.
	PurgeView(ctx context.Context, id string, after uint64) (cache.View, error)
	CancelPurge(ctx context.Context, id string) error
	// Zone is the zone at the edge at a glance. Switching says what switching one of its settings means, Switch does it.
	Zone(ctx context.Context) (cache.Glance, error)
	Switching(ctx context.Context, setting string, on bool) (cache.Switch, error)
	Switch(ctx context.Context, s cache.Switch) error
	// ProveToken proves that the token may purge, by purging what never was.
	ProveToken(ctx context.Context) error
	// Books are the runbooks, with what each does, step by step. Nothing is looked at.
	Books(ctx context.Context) ([]desk.Book, error)
	// Trail is the audit trail, newest first: who did what, when, on what, and how it ended.
	Trail(ctx context.Context) ([]trail.Entry, error)
	// Commands is what was asked of the world, as soon as there is more of it than in that version.
	Commands(ctx context.Context, after uint64) (audit.View, error)
	// Save writes a text into a new file of the instance's state directory and says where.
	Save(ctx context.Context, name, text string) (path string, err error)

	// Order is a command for the nodes that a set names, before it is run.
	Order(ctx context.Context, set, command string, sudo bool) (fanout.Order, error)
	// Exec runs a command on nodes and returns its id at once.
	Exec(ctx context.Context, o fanout.Order) (id string, err error)
	// Answers is what came of a command so far ("" is the last one), as soon as there is more of it than in that version.
	Answers(ctx context.Context, id string, after uint64) (fanout.View, error)
	// Cancel ends a command wherever it still runs.
	Cancel(ctx context.Context, id string) error

	// Sidekiq looks at Sidekiq, in two round trips. An error leaves what was seen last.
	Sidekiq(ctx context.Context) (sidekiq.View, error)
	// Place says what the name of a queue, a set or something parked means just now.
	Place(ctx context.Context, name string) (sidekiq.Place, error)
	// Sample counts both ends of a place; Count all of it, and read hears how far that is.
	Sample(ctx context.Context, p sidekiq.Place, f sidekiq.Filter) (sidekiq.Histogram, error)
	Count(ctx context.Context, p sidekiq.Place, f sidekiq.Filter, read func(int)) (sidekiq.Histogram, error)
	// Browse lists up to most jobs that the filter means, after the first skip of them.
	Browse(ctx context.Context, p sidekiq.Place, f sidekiq.Filter, skip, most int, read func(int)) (sidekiq.Page, error)
	// JobInFull is one job; what is said of people is folded unless everything is asked for.
	JobInFull(ctx context.Context, p sidekiq.Place, jid string, everything bool) (sidekiq.Full, error)
	// PlanSidekiq looks at what an order would do; tell hears of the progress, now and when it is done.
	PlanSidekiq(ctx context.Context, o sidekiq.Order, tell func(sidekiq.Progress)) (sidekiq.Plan, error)
	// DoSidekiq does what was planned. That its context ends is heard between two portions.
	DoSidekiq(ctx context.Context, o sidekiq.Order, p sidekiq.Plan) (sidekiq.Report, error)
	// SidekiqBackups are the backups of jobs that may be read back, the newest first.
	SidekiqBackups(ctx context.Context) ([]sidekiq.BackupFile, error)
	// Past is what the palette was told in earlier sittings, newest last; Say remembers a line for the next.
	Past(ctx context.Context) ([]string, error)
	Say(ctx context.Context, line string) error

	// Errand is what copying a file would be, before anything is copied; the line is FROM TO, one of them NODE:PATH.
	Errand(ctx context.Context, line string) (courier.Errand, error)
	// Carry copies a file and returns its id at once.
	Carry(ctx context.Context, e courier.Errand) (id string, err error)
	// Carried is how far a file is, as soon as it is further than in that version.
	Carried(ctx context.Context, id string, after uint64) (courier.View, error)
	// Recall ends a copy.
	Recall(ctx context.Context, id string) error

	// Asks are questions from below. The channel is never closed while the console is open.
	Asks() <-chan desk.Ask
}
