package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/plain"
)

// follow shows a run's log as it grows: as JSON lines, or as plain ones with a prompt at each gate when somebody attends. The returned func waits
// until everything is shown. Deaf is called when somebody attends and can no longer be told anything: a gate would wait for ever.
func (a *app) follow(ctx context.Context, f *flags, id string, leg int, attended bool, deaf func()) func() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var showing sync.WaitGroup
	if f.json {
		showing.Go(func() { a.followJSON(ctx, f, id, leg) })
	} else {
		term := plain.Terminal{Out: f.out}
		if attended {
			term = f.terminal()
		}
		showing.Go(func() {
			// Where nobody attends the run goes on; its log has what could not be shown.
			if _, err := plain.Follow(ctx, a.desk, id, leg, term); err != nil && attended && ctx.Err() == nil {
				deaf()
			}
		})
	}
	return func() {
		timer := time.AfterFunc(lastWords, cancel)
		defer timer.Stop()
		showing.Wait()
		cancel()
	}
}

// lastWords is how long the end of a log may take to be shown; a leg that was overtaken or lost its log writes none.
const lastWords = 5 * time.Second

// followJSON prints the log from its first event until this leg is let go of.
func (a *app) followJSON(ctx context.Context, f *flags, id string, leg int) {
	for e, err := range a.stores.Tail(ctx, id, 0) {
		if err != nil {
			return
		}
		if text, ok := run.JSONLine(id, e); ok {
			_ = f.writeJSON(f.out, text)
		}
		if (e.Type == run.Result || e.Type == run.LegEnd) && e.Leg >= leg {
			return
		}
	}
}

// redacting is an output with every secret in use taken out. A text is written at once: what is cut in two could hide half a secret in each.
type redacting struct {
	secrets *keys.Redactor
	w       io.Writer
}

// Write implements io.Writer.
func (r redacting) Write(p []byte) (int, error) {
	if _, err := io.WriteString(r.w, r.secrets.Redact(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// showPlan observes and prints what would be done, behind what is dangerous about it.
func (a *app) showPlan(ctx context.Context, f *flags, b run.Book, rb run.Runbook) error {
	if !f.json {
		if err := f.printf("%s\n", headText(b, rb)); err != nil {
			return err
		}
	}
	n := 0
	for s, err := range a.engine.Plan(ctx, rb) {
		if err != nil {
			return err
		}
		n++
		if err := f.showStep(n, s); err != nil {
			return err
		}
	}
	return nil
}

func (f *flags) showStep(n int, s run.StepPlan) error {
	if f.json {
		state := s.Finding.Truth
		if s.Moved && state == run.IsDone {
			state = run.IsPending // it is so now, and will not be when its turn comes
		}
		line, err := json.Marshal(map[string]any{"type": "plan", "run": "", "step": s.ID, "state": state, "detail": s.Title, "plan": s.Plan, "time": time.Now().UTC()})
		if err != nil {
			return err
		}
		return f.writeJSON(f.out, line)
	}
	return f.printf("%s\n", planText(n, s))
}

// meant is what a finding means for its step, where that is not what was to be expected.
var meant = map[run.Truth]string{run.IsDone: " (so already)", run.UnderWay: " (under way)", run.Conflict: " (refused)", run.LeftOut: " (left out)"}

// headText is what a runbook does, and its dangers.
func headText(b run.Book, rb run.Runbook) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s   (%s)\n%s\n", rb.Title, b.Danger, b.Summary)
	for _, d := range b.Dangers {
		fmt.Fprintf(&text, "danger: %s\n", d)
	}
	return text.String()
}

func planText(n int, s run.StepPlan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%2d. %s (%s)\n    %s\n", n, s.Title, s.ID, s.Why)
	for _, line := range s.Plan {
		fmt.Fprintf(&b, "      %s\n", line)
	}
	if s.Confirm != "" {
		fmt.Fprintf(&b, "    asks for %s, typed\n", s.Confirm)
	}
	if s.Err != nil {
		fmt.Fprintf(&b, "    could not look: %v\n", s.Err)
	} else if s.Finding.Detail != "" && (!s.Moved || s.Finding.Truth != run.IsDone) {
		fmt.Fprintf(&b, "    now: %s%s\n", s.Finding.Detail, meant[s.Finding.Truth])
	}
	for _, d := range s.Finding.Details {
		fmt.Fprintf(&b, "      %s\n", d)
	}
	return b.String()
}

// note tells a person, beside the answer, what is waited for.
func (f *flags) note(text string) {
	if !f.json {
		_, _ = fmt.Fprintln(f.err, text)
	}
}
