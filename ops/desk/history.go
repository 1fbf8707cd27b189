package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/ops/run"
)

// far is how far a run was when it was last written to.
type far struct {
	updated time.Time
	at, of  int
}

// progress counts the steps behind an unfinished run. Its log is read again only when it has grown.
func (d *Desk) progress(ctx context.Context, s run.Summary) (at, of int, err error) {
	if s.State.Final() {
		return 0, 0, nil
	}
	d.mu.Lock()
	known, ok := d.far[s.ID]
	d.mu.Unlock()
	if ok && known.updated.Equal(s.Updated) {
		return known.at, known.of, nil
	}
	v, err := d.engine.View(ctx, s.ID)
	if err != nil {
		return 0, 0, err
	}
	for _, step := range v.Steps {
		if step.State == run.StepDone || step.State == run.Already || step.State == run.Skipped {
			at++
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.far[s.ID] = far{updated: s.Updated, at: at, of: len(v.Steps)}
	return at, len(v.Steps), nil
}

// lately is how many finished runs say how long one usually takes.
const lately = 5

// Books are the runbooks on the shelf, with how long each usually takes.
func (d *Desk) Books(ctx context.Context) ([]Book, error) {
	list, err := d.engine.List(ctx)
	if list == nil && err != nil {
		return nil, err
	}
	var out []Book
	for _, b := range d.Shelf() {
		out = append(out, Book{
			ID: b.ID, Title: b.Title, Summary: b.Summary, Danger: b.Danger, Dangers: b.Dangers, Usual: usual(list, b.ID),
			Targets: b.Targets, Inputs: b.Inputs, From: b.From, Off: mistake(b.Off),
		})
	}
	return out, nil
}

// usual is how long a runbook's last runs took, "" when none was finished here.
func usual(list []run.Summary, book string) string {
	var took []time.Duration
	for _, s := range list { // newest first
		if s.Runbook == book && s.State == run.Done && len(took) < lately {
			took = append(took, s.Updated.Sub(s.Started))
		}
	}
	if len(took) == 0 {
		return ""
	}
	slices.Sort(took)
	return fmt.Sprintf("%s (the middle of the last %d)", took[len(took)/2].Round(time.Second), len(took))
}
