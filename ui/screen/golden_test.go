package screen

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/theme"
)

// runOf is a run screen that has read its log and looked at its panes.
func runOf(e Env, log []run.Event) *Run {
	r := NewRun(e, "01J9ZQ7K3M")
	r.fold(batch{Events: log})
	for _, name := range r.wanted() {
		r.answered(looked{name: name, pane: stage.Pane(name)})
	}
	return r
}

// rollOf is a roll whose worker's own run was read as well.
func rollOf(e Env, log, below []run.Event) *Run {
	r := NewRun(e, "20261126-1148-0c2e")
	r.fold(batch{Events: log})
	r.foldBelow(batchBelow{stage.RolledID, batch{Events: below}})
	for _, name := range r.wanted() {
		r.answered(looked{name: name, pane: stage.Pane(name)})
	}
	return r
}

// planOf is a plan screen that has its plan.
func planOf(e Env, change func(*desk.Plan)) *Plan {
	p := NewPlan(e, "worker-reimage", "worker-2")
	plan := stage.Plan()
	change(&plan)
	p.answered(planned{plan: plan})
	return p
}

// logOf is a command log that was read.
func logOf(e Env) *Log {
	l := NewLog(e)
	l.got(gotCalls{view: stage.Calls()})
	return l
}

// execOf is a command on nodes that would be run.
func execOf(e Env) *Exec {
	x := NewExec(e, "worker-[1-6],exec --sudo -- df -h / | tail -1; nginx -t")
	o := stage.Answers().Order
	o.Sudo = true
	x.answered(ordered{order: o})
	return x
}

// answersOf is a command on nodes that was run.
func answersOf(e Env, over bool) *Exec {
	x := execOf(e)
	x.answered(sent{id: "1"})
	v := stage.Answers()
	if v.Over = over; over {
		v.Waiting = nil
	}
	x.answered(gotAnswers{view: v})
	return x
}

// fileOf is a file that would be copied, or is on its way.
func fileOf(e Env, said string, then ...any) *File {
	f := NewFile(e, said)
	for _, m := range then {
		f.answered(m)
	}
	return f
}

// logsOf is the log of a service that has come.
func logsOf(e Env, filter string) *Logs {
	l := NewLogs(e, "worker-2", "web")
	l.answered(poured{Lines: stage.LogLines(), Dropped: 12})
	l.sift(filter)
	return l
}

// brokenLogs is the log of a node that was never reached.
func brokenLogs(e Env) *Logs {
	l := NewLogs(e, "worker-3", "")
	l.answered(poured{Ended: true, Err: &desk.Fault{What: "read the log of every service", On: "worker-3", Why: "the host does not answer", Next: "look at its console at the provider"}})
	return l
}

// booksOf is the shelf with a plan.
// trailOf is an audit trail that was read.
func trailOf(e Env) *Trail {
	t := NewTrail(e)
	t.got(gotTrail{entries: stage.Trail(), at: e.World.Now})
	return t
}

func booksOf(e Env) *Books {
	b := NewBooks(e, "worker-reimage")
	b.answered(gotBooks{books: stage.Books()})
	b.answered(shelved{of: "worker-reimage " + b.worker(), plan: stage.Plan(), seen: stage.Noon})
	return b
}

// tootOf is tootctl with a command filled in, on a Mastodon that has not everything.
func tootOf(e Env, line, search string) *Toot {
	t := NewToot(e, line)
	w, err := stage.New(nil).Where(e.Ctx)
	t.answered(gotWhere{w, err})
	t.answered(gotLines{lines: stage.Lines()})
	t.answered(foundJobs{jobs: stage.Jobs()})
	t.search = search
	return t
}

// jobOf is a job that has printed something.
func jobOf(e Env, beside *Job) *Job {
	j := NewJob(e, stage.Jobs()[0].Record)
	j.beside = beside
	j.take(poured{Lines: stage.JobLines()})
	return j
}

// endedJob is a dry run that is over.
func endedJob(e Env) *Job {
	j := NewJob(e, stage.Jobs()[1].Record)
	j.take(poured{Lines: append(stage.JobLines(), "Indexed 50 records, de-indexed 0"), Ended: true})
	j.ended = true
	j.judge(foundJobs{jobs: stage.Jobs()})
	return j
}

// jobsOf is the list of jobs.
func jobsOf(e Env) *Jobs {
	j := NewJobs(e)
	j.answered(foundJobs{jobs: stage.Jobs()})
	return j
}

// sidekiqOf is Sidekiq with the keys in a pane.
func sidekiqOf(e Env, on string) *Sidekiq {
	s := NewSidekiq(e)
	s.answered(gotSidekiq{view: stage.Sidekiq()})
	s.queues.at.id, s.stores.at.id = "push", stage.Shelf().ID
	s.answered(inside{of: "push", in: stage.Histogram("push"), seen: stage.Noon})
	s.panes.on, s.list = on, on
	if on == paneInspect {
		s.list = paneQueues
	}
	return s
}

// sidekiqAway is Sidekiq while Redis does not answer.
func sidekiqAway(e Env) *Sidekiq {
	s := sidekiqOf(e, paneQueues)
	s.answered(gotSidekiq{view: stage.Sidekiq(), err: &desk.Fault{What: "read Sidekiq", On: "redis on exec", Why: "stunnel accepts and closes at once", Next: "look at stunnel on exec"}})
	return s
}

func backlogOf(e Env) *Backlog {
	b := NewBacklog(e, "push")
	b.answered(gotPage{place: sidekiq.Place{Name: "push", Size: 12840}, page: stage.Backlog()})
	b.answered(gotCounts{in: stage.Histogram("push")})
	return b
}

func payloadOf(e Env, everything bool) *Payload {
	x := NewPayload(e, sidekiq.Place{Name: "push"}, stage.Backlog().Entries[0])
	x.full, x.known, x.everything, x.seen = stage.Payload(everything), true, everything, e.World.Now
	return x
}

func deedOfPark(e Env) *Deed {
	x := NewDeed(e, sidekiq.Order{Deed: sidekiq.Park, Name: "push"})
	x.answered(plannedDeed{plan: stage.Deed()})
	return x
}

func deedUnderWay(e Env) *Deed {
	x := deedOfPark(e)
	x.work = &work{began: stage.Noon.Add(-8 * time.Second), end: func() {}}
	x.work.tell(sidekiq.Progress{Doing: "waiting for Redis", Done: 93, Of: 600, Unit: "s", Says: "LOADING Redis is loading the dataset in memory; Redis is still reading its data from disk: try again in a moment. It goes on by itself when Redis is back, until 10:13:57 UTC at the latest; whoever ends it before loses nothing"})
	return x
}

func deedDone(e Env) *Deed {
	x := deedUnderWay(e)
	x.answered(didDeed{report: stage.Report()})
	return x
}

// cachesOf is a page that was asked for, with a plan.
func cachesOf(e Env, kind cache.Kind, change func(*Caches)) *Caches {
	c := NewCaches(e, "/@picard")
	c.kind = kind
	c.answered(gotPurgePlan{plan: stage.PurgePlan(c.order())})
	c.answered(gotProbe{probe: stage.Probe()})
	change(c)
	return c
}

// zoneOf is a zone that was seen.
func zoneOf(e Env) *Zone {
	z := NewZone(e)
	z.answered(gotZone{glance: stage.Glance()})
	return z
}

// scenes are the screens as an operator meets them.
func scenes(e Env) map[string]Screen {
	fleet, dead := NewFleet(e), NewFleet(e)
	fleet.nodes.at.id, dead.nodes.at.id = "worker-2", "worker-3"
	lost := *e.World
	lost.Runs, lost.RunsErr = nil, &desk.Fault{What: "cannot read the runs", Why: "disk I/O error", Next: "look at the disk"}
	return map[string]Screen{
		"fleet":          fleet,
		"fleet-dead":     dead,
		"fleet-no-runs":  NewFleet(Env{Ctx: e.Ctx, Desk: e.Desk, World: &lost}),
		"node":           NewNode(e, "worker-2"),
		"runs":           NewRuns(e),
		"log":            logOf(e),
		"logs":           logsOf(e, ""),
		"logs-filtered":  logsOf(e, "!timelines"),
		"logs-broken":    brokenLogs(e),
		"books":          booksOf(e),
		"trail":          trailOf(e),
		"trail-empty":    NewTrail(e),
		"books-looking":  NewBooks(e, ""),
		"toot":           tootOf(e, "media remove --days=14", ""),
		"toot-search":    tootOf(e, "", "orphan"),
		"toot-danger":    tootOf(e, "accounts delete 'a; rm -rf /'", "accounts"),
		"jobs":           jobsOf(e),
		"jobs-empty":     NewJobs(e),
		"job":            jobOf(e, nil),
		"job-beside":     jobOf(e, endedJob(e)),
		"job-over":       endedJob(e),
		"job-begun":      NewJob(e, stage.Jobs()[0].Record),
		"node-dead":      NewNode(e, "worker-3"),
		"log-empty":      NewLog(e),
		"help-fleet":     NewHelp(e, fleet),
		"exec-plan":      execOf(e),
		"exec-awaited":   answersOf(e, false),
		"exec-over":      answersOf(e, true),
		"sidekiq":        sidekiqOf(e, paneQueues),
		"sidekiq-procs":  sidekiqOf(e, paneProcs),
		"sidekiq-stores": sidekiqOf(e, paneStores),
		"sidekiq-inside": sidekiqOf(e, paneInspect),
		"sidekiq-asking": NewSidekiq(e),
		"sidekiq-away":   sidekiqAway(e),
		"backlog":        backlogOf(e),
		"backlog-asking": NewBacklog(e, "push"),
		"payload":        payloadOf(e, false),
		"payload-whole":  payloadOf(e, true),
		"deed":           deedOfPark(e),
		"deed-asking":    NewDeed(e, sidekiq.Order{Deed: sidekiq.Park, Name: "push"}),
		"deed-under-way": deedUnderWay(e),
		"deed-done":      deedDone(e),
		"file-plan":      fileOf(e, "a b", understood{errand: stage.Errand()}),
		"file-under-way": fileOf(e, "a b", understood{errand: stage.Errand()}, underWay{id: "1"}, gotFar{view: stage.Carrying()}),
		"file-refused":   fileOf(e, "a b", understood{err: &desk.Fault{What: "that cannot be copied", On: "golden", Why: "it is a directory, and one file is copied at a time", Next: "pack it into one with tar, or name a file in it"}}),
		"run-waiting":    runOf(e, stage.Waiting()),
		"run-confirm":    runOf(e, stage.Confirming()),
		"run-failing":    runOf(e, stage.Failing()),
		"run-done":       runOf(e, stage.Finished()),
		"run-stopped":    runOf(e, stage.Stopped()),
		"run-empty":      NewRun(e, "01J9ZQ7K3M"),
		"plan":           planOf(e, func(*desk.Plan) {}),
		"caches":         cachesOf(e, cache.ByURL, func(*Caches) {}),
		"caches-all":     cachesOf(e, cache.Everything, func(*Caches) {}),
		"caches-begun":   cachesOf(e, cache.ByURL, func(c *Caches) { c.begun, c.view = true, stage.PurgeView() }),
		"caches-over": cachesOf(e, cache.ByURL, func(c *Caches) {
			c.begun = true
			c.got(gotPurge{view: stage.PurgeOver()})
			c.panes.on = panePurge
		}),
		"caches-empty": NewCaches(e, ""),
		"zone":         zoneOf(e),
		"zone-empty":   NewZone(e),
		"roll":         rollOf(e, stage.Rolling(), stage.Waiting()),
		"roll-stopped": rollOf(e, stage.RollStopped(), stage.Failing()),
		"plan-refused": planOf(e, func(p *desk.Plan) {
			p.Refusals = []desk.Refusal{{Why: "only worker-1 is healthy besides worker-2, and min_healthy is 2", Next: "bring worker-3 back first"}}
		}),
		"plan-looking": NewPlan(e, "worker-reimage", "worker-2"),
	}
}

func TestScreens(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for name, s := range scenes(env(ctx, stage.New(nil))) {
		for _, size := range sizes {
			t.Run(name+"/"+size.name, func(t *testing.T) {
				f := s.Draw(size.w, size.h)
				golden.RequireEqual(t, f.String())
			})
		}
	}
}

// TestFleetGrowsWithTheScreen draws the fleet on the smallest screen and on one as large as a wall.
func TestFleetGrowsWithTheScreen(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for _, size := range [][2]int{{60, 14}, {270, 64}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			f := scenes(env(ctx, stage.New(nil)))["fleet"].Draw(size[0], size[1])
			golden.RequireEqual(t, f.String())
		})
	}
}

// TestEveryCellIsAccountedFor draws every screen at every size and counts cells: nothing overflows a column, nothing is short.
func TestEveryCellIsAccountedFor(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	d := stage.New(nil)
	d.Snapshot.Nodes[1].Health.Value.LogLines = []string{"GET /@日本語👨‍👩‍👧‍👦\u202e HTTP/1.1\x1b[31m"}
	d.Snapshot.Nodes[2].Hold.Why = strings.Repeat("very long words ", 40)
	for name, s := range scenes(env(ctx, d)) {
		for _, size := range [][2]int{{60, 14}, {61, 15}, {80, 22}, {99, 30}, {100, 31}, {107, 20}, {108, 16}, {120, 34}, {170, 40}, {200, 58}, {270, 64}} {
			f := s.Draw(size[0], size[1])
			if len(f.Lines) != size[1] {
				t.Fatalf("%s at %v: %d lines", name, size, len(f.Lines))
			}
			for i, l := range strings.Split(f.Paint(theme.New(true, "red")), "\n") {
				if n := ansi.StringWidth(l); n != size[0] {
					t.Errorf("%s at %v, line %d: %d cells: %q", name, size, i, n, ansi.Strip(l))
				}
			}
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	ctx, end := context.WithCancel(b.Context())
	defer end()
	th := theme.New(true, "red")
	all := scenes(env(ctx, stage.New(nil)))
	for _, name := range []string{"fleet", "run-waiting", "run-confirm", "plan", "help-fleet"} {
		b.Run(name+"/270x66", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f := all[name].Draw(270, 64)
				f.Paint(th)
			}
		})
	}
}
