package cache

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
)

// outcome is how it ended, for the record. It needs the lock.
func (w *Work) outcome(err error) act.Outcome {
	v := w.view()
	out := act.Outcome{Effect: v.ID + ": " + v.Tally()}
	for _, i := range v.Items {
		if len(out.Said) == transcriptLines {
			out.Said = append(out.Said, "and more: see `vmtui purge show "+v.ID+"`")
			break
		}
		out.Said = append(out.Said, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", i.State, i.At, i.On, i.What, i.Why)))
	}
	out.Said = append(out.Said, v.Notes...)
	for _, p := range v.Proofs {
		_, said := p.Worked()
		out.Said = append(out.Said, p.URL+": "+said)
	}
	out.Err = errors.Join(err, v.failure(err, w.why))
	return out
}

const transcriptLines = 400

// failure is nil when nothing is left. It says why by the first thing that went wrong, and what is to be done about that.
func (v View) failure(err, first error) error {
	rest := v.Rest()
	if err != nil || len(rest) == 0 {
		return nil //nolint:nilerr // an error is told by itself
	}
	f := &fault.Error{What: "not everything was purged", On: rest[0].On, Why: v.Tally(), Next: then("", v.ID), Code: fault.Failed}
	if first != nil {
		f.Why += "; " + brief(first)
		f.Next = then(fault.Of(first).Next, v.ID)
	}
	for _, i := range rest {
		switch i.State {
		case Unknown, Sent:
			f.Code = fault.Unknown
			return errors.Join(f, remote.ErrUnknown)
		case Unreached:
			f.Code = fault.Unknown
			f.Why += "; " + i.On + ": " + i.Why
		case Waiting, Purged, Absent, Failed:
		}
	}
	return f
}

// look is the state.
func (w *Work) look(version uint64) View {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.view()
	v.Version = version
	return v
}

// view needs the lock.
func (w *Work) view() View {
	v := View{Record: w.record, Now: w.now, Notes: slices.Clone(w.notes), Proofs: slices.Clone(w.proofs), Over: w.over, Err: w.err}
	v.Items = slices.Clone(w.record.Items)
	return v
}

// brief is why an error is one, in a line.
func brief(err error) string {
	if err == nil {
		return ""
	}
	f := fault.Of(fault.All(err)[0])
	if f.Why == "" {
		return f.What
	}
	return f.Why
}
