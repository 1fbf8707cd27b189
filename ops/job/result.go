package job

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/tootctl"
)

// Reading understands what the job prints.
func (r Record) Reading() *tootctl.Reading {
	if c, err := tootctl.Known().Parse(r.Words, tootctl.Version{}); err == nil {
		return tootctl.NewReading(c.Command)
	}
	return tootctl.NewReading(&tootctl.Command{})
}

// Result weighs what the node knows and what was read, nil for nothing: how the job ended, and why.
func (j Job) Result(read *tootctl.Reading) (tootctl.Result, string) {
	switch {
	case j.State == Cancelled:
		return tootctl.Cancelled, j.Why
	case j.State == Running:
		return tootctl.Unsure, "it still runs, and nothing more is read of it"
	case j.Code == nil:
		return tootctl.Unsure, j.Why
	case read != nil:
		return read.Result(*j.Code)
	case j.State == Done:
		return tootctl.Success, ""
	}
	return tootctl.Failure, j.Why
}

// Long reports a job that must not run beside another such one.
func (r Record) Long() bool {
	c, err := tootctl.Known().Parse(r.Words, tootctl.Version{})
	return err == nil && c.Command.Long
}

// Standing is how far a job is, by the end of what it printed.
func (j Job) Standing(end []string) string {
	for i := len(end) - 1; i >= 0; i-- {
		p, ok := tootctl.ReadProgress(end[i])
		if !ok {
			continue
		}
		said := fmt.Sprintf("%d of an unknown number", p.At)
		if p.Of > 0 {
			said = fmt.Sprintf("%d of %d", p.At, p.Of)
		}
		if p.Left > 0 {
			said += ", " + p.Left.String() + " left"
		}
		return strings.TrimSpace(p.Title + " " + said)
	}
	return fmt.Sprintf("%s, since %s", j.Line, time.Since(j.Started).Round(time.Second))
}
