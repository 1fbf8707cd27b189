package desk

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// Lines are the command lines that this state directory remembers, newest first.
type Lines struct {
	Past       []string `json:"past"`
	Favourites []string `json:"favourites"`
}

// pastMost is how many lines are remembered.
const pastMost = 100

// Tootctl is where tootctl runs, and what is known there.
type Tootctl struct {
	Node    string
	How     string // "native, as mastodon in /home/mastodon/live"
	Version tootctl.Version
	Seen    time.Time    // when the version was read
	Boot    tootctl.Boot // how long Rails takes to start there
}

// Where says where tootctl runs and which Mastodon that is; the version is read once a day.
func (d *Desk) Where(ctx context.Context) (Tootctl, error) {
	t := Tootctl{Node: d.jobs.Node.Name, How: d.jobs.How()}
	var err error
	t.Version, err = d.jobs.Version(ctx)
	t.Boot, t.Seen = d.jobs.Boot(), d.jobs.VersionSeen()
	return t, err
}

// RunTootctl starts a line as a job and remembers it. That a line could not be remembered is no reason to hide the job that runs.
func (d *Desk) RunTootctl(ctx context.Context, c *tootctl.Call, typed string) (job.Begun, error) {
	if err := Unfit(c, d.Preflight(ctx, c)); err != nil {
		return job.Begun{}, err
	}
	b, err := d.jobs.Start(ctx, c, typed)
	if err == nil {
		_, _ = d.keepLines(func(l *Lines) {
			l.Past = append([]string{b.Line}, slices.DeleteFunc(l.Past, func(s string) bool { return s == b.Line })...)
			l.Past = l.Past[:min(len(l.Past), pastMost)]
		})
	}
	return b, err
}

// Jobs is every job on the exec node, newest first.
func (d *Desk) Jobs(ctx context.Context) ([]job.Job, error) { return d.jobs.List(ctx) }

// FollowJob hands on what a job prints from its beginning to its end; the stand is where it asks.
func (d *Desk) FollowJob(ctx context.Context, j job.Record, line func(string), stand *job.Stand) error {
	return d.jobs.Attend(ctx, j, func(l string) { line(d.secrets.Redact(l)) }, stand)
}

// CancelJob ends a job.
func (d *Desk) CancelJob(ctx context.Context, j job.Record) error { return d.jobs.Cancel(ctx, j) }

// AnswerJob types the operator's answer into a job that asks, for the question behind the lines that they had read.
func (d *Desk) AnswerJob(ctx context.Context, j job.Record, stand *job.Stand, read int, text string) error {
	return d.jobs.Answer(ctx, j, stand, read, text)
}

// Remembered are the command lines.
func (d *Desk) Remembered(context.Context) (Lines, error) { return d.readLines() }

// Favour keeps a line among the favourites, or takes it out if it is there.
func (d *Desk) Favour(_ context.Context, line string) (Lines, error) {
	return d.keepLines(func(l *Lines) {
		if i := slices.Index(l.Favourites, line); i >= 0 {
			l.Favourites = slices.Delete(l.Favourites, i, i+1)
			return
		}
		l.Favourites = append([]string{line}, l.Favourites...)
	})
}

// Unremember forgets a line, the favourite as well.
func (d *Desk) Unremember(_ context.Context, line string) (Lines, error) {
	is := func(s string) bool { return s == line }
	return d.keepLines(func(l *Lines) {
		l.Past, l.Favourites = slices.DeleteFunc(l.Past, is), slices.DeleteFunc(l.Favourites, is)
	})
}

func (d *Desk) linesFile() string { return filepath.Join(d.cfg.StateDir, "tootctl-lines.json") }

func (d *Desk) readLines() (l Lines, err error) {
	err = readKept(d.linesFile(), &l)
	return l, err
}

// keepLines changes what is remembered.
func (d *Desk) keepLines(change func(*Lines)) (Lines, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, err := d.readLines()
	if err != nil {
		return l, err
	}
	change(&l)
	return l, keep(d.linesFile(), l)
}
