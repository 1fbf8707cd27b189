package stage

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

// Blocked is a desk whose every method waits until it is closed, whatever its context says: the worst desk there can be.
type Blocked chan struct{}

// Fleet implements ui.Desk.
func (b Blocked) Fleet() fleet.Snapshot { <-b; return fleet.Snapshot{} }

// Changed implements ui.Desk.
func (b Blocked) Changed() <-chan struct{} { <-b; return nil }

// Refresh implements ui.Desk.
func (b Blocked) Refresh() { <-b }

// Verbs implements ui.Desk.
func (b Blocked) Verbs(context.Context, ...string) map[string][]desk.VerbState {
	<-b
	return nil
}

// Runs implements ui.Desk.
func (b Blocked) Runs(context.Context) ([]desk.Run, error) { <-b; return nil, ErrStage }

// Tail implements ui.Desk.
func (b Blocked) Tail(context.Context, string, uint64) iter.Seq2[run.Event, error] {
	return func(func(run.Event, error) bool) { <-b }
}

// Plan implements ui.Desk.
func (b Blocked) Plan(context.Context, string, string, map[string]string) (desk.Plan, error) {
	<-b
	return desk.Plan{}, ErrStage
}

// Start implements ui.Desk.
func (b Blocked) Start(context.Context, string, string, map[string]string, string) (string, error) {
	<-b
	return "", ErrStage
}

// TakeOver implements ui.Desk.
func (b Blocked) TakeOver(context.Context, string) error { <-b; return ErrStage }

// Resume implements ui.Desk.
func (b Blocked) Resume(context.Context, string) error { <-b; return ErrStage }

// Answer implements ui.Desk.
func (b Blocked) Answer(context.Context, string, run.Answer) error { <-b; return ErrStage }

// Stop implements ui.Desk.
func (b Blocked) Stop(context.Context, string) error { <-b; return ErrStage }

// Undo implements ui.Desk.
func (b Blocked) Undo(context.Context, string) error { <-b; return ErrStage }

// Pane implements ui.Desk.
func (b Blocked) Pane(context.Context, string, string) (desk.Pane, error) {
	<-b
	return desk.Pane{}, ErrStage
}

// Commands implements ui.Desk.
func (b Blocked) Commands(context.Context, uint64) (audit.View, error) {
	<-b
	return audit.View{}, ErrStage
}

// Save implements ui.Desk.
func (b Blocked) Save(context.Context, string, string) (string, error) { <-b; return "", ErrStage }

// Order implements ui.Desk.
func (b Blocked) Order(context.Context, string, string, bool) (fanout.Order, error) {
	<-b
	return fanout.Order{}, ErrStage
}

// Exec implements ui.Desk.
func (b Blocked) Exec(context.Context, fanout.Order) (string, error) { <-b; return "", ErrStage }

// Answers implements ui.Desk.
func (b Blocked) Answers(context.Context, string, uint64) (fanout.View, error) {
	<-b
	return fanout.View{}, ErrStage
}

// Cancel implements ui.Desk.
func (b Blocked) Cancel(context.Context, string) error { <-b; return ErrStage }

// Asks implements ui.Desk.
func (b Blocked) Asks() <-chan desk.Ask { <-b; return nil }

// Logs implements ui.Desk.
func (b Blocked) Logs(context.Context, string, string, func(string)) error { <-b; return ErrStage }

// Trail implements ui.Desk.
func (b Blocked) Trail(context.Context) ([]trail.Entry, error) { <-b; return nil, ErrStage }

// Books implements ui.Desk.
func (b Blocked) Books(context.Context) ([]desk.Book, error) { <-b; return nil, ErrStage }

// Where implements ui.Desk.
func (b Blocked) Where(context.Context) (desk.Tootctl, error) { <-b; return desk.Tootctl{}, ErrStage }

// Preflight implements ui.Desk.
func (b Blocked) Preflight(context.Context, *tootctl.Call) []desk.Condition { <-b; return nil }

// RunTootctl implements ui.Desk.
func (b Blocked) RunTootctl(context.Context, *tootctl.Call, string) (job.Begun, error) {
	<-b
	return job.Begun{}, ErrStage
}

// Remembered implements ui.Desk.
func (b Blocked) Remembered(context.Context) (desk.Lines, error) { <-b; return desk.Lines{}, ErrStage }

// Favour implements ui.Desk.
func (b Blocked) Favour(context.Context, string) (desk.Lines, error) {
	<-b
	return desk.Lines{}, ErrStage
}

// Unremember implements ui.Desk.
func (b Blocked) Unremember(context.Context, string) (desk.Lines, error) {
	<-b
	return desk.Lines{}, ErrStage
}

// Password implements ui.Desk: it is no I/O.
func (b Blocked) Password(string) string { return "" }

// ForgetPassword implements ui.Desk.
func (b Blocked) ForgetPassword(string) {}

// Jobs implements ui.Desk.
func (b Blocked) Jobs(context.Context) ([]job.Job, error) { <-b; return nil, ErrStage }

// FollowJob implements ui.Desk.
func (b Blocked) FollowJob(context.Context, job.Record, func(string), *job.Stand) error {
	<-b
	return ErrStage
}

// CancelJob implements ui.Desk.
func (b Blocked) CancelJob(context.Context, job.Record) error { <-b; return ErrStage }

// AnswerJob implements ui.Desk.
func (b Blocked) AnswerJob(context.Context, job.Record, *job.Stand, int, string) error {
	<-b
	return ErrStage
}

// Sidekiq implements ui.Desk.
func (b Blocked) Sidekiq(context.Context) (sidekiq.View, error) {
	<-b
	return sidekiq.View{}, ErrStage
}

// Place implements ui.Desk.
func (b Blocked) Place(context.Context, string) (sidekiq.Place, error) {
	<-b
	return sidekiq.Place{}, ErrStage
}

// Sample implements ui.Desk.
func (b Blocked) Sample(context.Context, sidekiq.Place, sidekiq.Filter) (sidekiq.Histogram, error) {
	<-b
	return sidekiq.Histogram{}, ErrStage
}

// Count implements ui.Desk.
func (b Blocked) Count(context.Context, sidekiq.Place, sidekiq.Filter, func(int)) (sidekiq.Histogram, error) {
	<-b
	return sidekiq.Histogram{}, ErrStage
}

// Browse implements ui.Desk.
func (b Blocked) Browse(context.Context, sidekiq.Place, sidekiq.Filter, int, int, func(int)) (sidekiq.Page, error) {
	<-b
	return sidekiq.Page{}, ErrStage
}

// JobInFull implements ui.Desk.
func (b Blocked) JobInFull(context.Context, sidekiq.Place, string, bool) (sidekiq.Full, error) {
	<-b
	return sidekiq.Full{}, ErrStage
}

// PlanSidekiq implements ui.Desk.
func (b Blocked) PlanSidekiq(context.Context, sidekiq.Order, func(sidekiq.Progress)) (sidekiq.Plan, error) {
	<-b
	return sidekiq.Plan{}, ErrStage
}

// DoSidekiq implements ui.Desk.
func (b Blocked) DoSidekiq(context.Context, sidekiq.Order, sidekiq.Plan) (sidekiq.Report, error) {
	<-b
	return sidekiq.Report{}, ErrStage
}

// SidekiqBackups implements ui.Desk.
func (b Blocked) SidekiqBackups(context.Context) ([]sidekiq.BackupFile, error) {
	<-b
	return nil, ErrStage
}

// Probe implements ui.Desk.
func (b Blocked) Probe(context.Context, string) (cache.Probe, error) {
	<-b
	return cache.Probe{}, ErrStage
}

// PlanPurge implements ui.Desk.
func (b Blocked) PlanPurge(context.Context, cache.Order) (cache.Plan, error) {
	<-b
	return cache.Plan{}, ErrStage
}

// RepeatPurge implements ui.Desk.
func (b Blocked) RepeatPurge(context.Context, string) (cache.Plan, error) {
	<-b
	return cache.Plan{}, ErrStage
}

// Purge implements ui.Desk.
func (b Blocked) Purge(context.Context, cache.Plan, string) (string, error) { <-b; return "", ErrStage }

// PurgeView implements ui.Desk.
func (b Blocked) PurgeView(context.Context, string, uint64) (cache.View, error) {
	<-b
	return cache.View{}, ErrStage
}

// CancelPurge implements ui.Desk.
func (b Blocked) CancelPurge(context.Context, string) error { <-b; return ErrStage }

// Zone implements ui.Desk.
func (b Blocked) Zone(context.Context) (cache.Glance, error) { <-b; return cache.Glance{}, ErrStage }

// Switching implements ui.Desk.
func (b Blocked) Switching(context.Context, string, bool) (cache.Switch, error) {
	<-b
	return cache.Switch{}, ErrStage
}

// Switch implements ui.Desk.
func (b Blocked) Switch(context.Context, cache.Switch) error { <-b; return ErrStage }

// ProveToken implements ui.Desk.
func (b Blocked) ProveToken(context.Context) error { <-b; return ErrStage }

// Errand implements ui.Desk.
func (b Blocked) Errand(context.Context, string) (courier.Errand, error) {
	<-b
	return courier.Errand{}, ErrStage
}

// Carry implements ui.Desk.
func (b Blocked) Carry(context.Context, courier.Errand) (string, error) { <-b; return "", ErrStage }

// Carried implements ui.Desk.
func (b Blocked) Carried(context.Context, string, uint64) (courier.View, error) {
	<-b
	return courier.View{}, ErrStage
}

// Recall implements ui.Desk.
func (b Blocked) Recall(context.Context, string) error { <-b; return ErrStage }

// Past implements ui.Desk.
func (b Blocked) Past(context.Context) ([]string, error) { <-b; return nil, ErrStage }

// Say implements ui.Desk.
func (b Blocked) Say(context.Context, string) error { <-b; return ErrStage }
