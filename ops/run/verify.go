package run

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// verify looks until the effect is proved, at the pace of the world, and records the step as done.
func (a *attempt) verify(ctx context.Context, deadline time.Time) error {
	if a.s.Verify == nil {
		return a.step(ctx, StepDone, "")
	}
	if log := a.l.j.stepLog(a.s.ID); log.phase != Verifying {
		if err := a.step(ctx, Verifying, ""); err != nil {
			return err
		}
	}
	p, err := a.until(ctx, a.s.Verify(a.w), deadline)
	if err != nil {
		return err
	}
	return a.step(ctx, StepDone, p.Detail)
}

// until looks again and again. It ends with the proof, a failure, the deadline, or what the operator asks.
func (a *attempt) until(ctx context.Context, check Check, deadline time.Time) (Progress, error) {
	since, said := time.Now(), ""
	look, cancel := context.WithDeadlineCause(ctx, deadline, errDeadline)
	defer cancel()
	for {
		p, err := check(look)
		if ctx.Err() != nil {
			return p, context.Cause(ctx)
		}
		if look.Err() != nil && !p.Done && !unknown(err) {
			return p, a.late(said, err)
		}
		if err != nil {
			return p, a.failed(look, err)
		}
		if p.Done {
			return p, nil
		}
		if p.For != said || said == "" {
			said = p.For
			w := Wait{For: p.For, Since: since, Until: deadline, Usual: cmp.Or(p.Usual, a.s.Usual)}
			if _, err := a.l.j.add(ctx, Waiting, a.s.ID, "", p.For, w); err != nil {
				return p, err
			}
			if err := a.l.above.waits(ctx, a, w); err != nil {
				return p, err
			}
		}
		if err := a.l.rest(look, p.Again); errors.Is(err, errDeadline) {
			return p, a.late(said, nil)
		} else if err != nil {
			return p, err
		}
	}
}

// late is the failure of a wait that took too long: nothing is wrong but time.
func (a *attempt) late(awaited string, err error) error {
	why := "still waiting for " + awaited
	if awaited == "" {
		why = "nothing is known yet"
	}
	if err != nil {
		why = words(why, err.Error())
	}
	return &failure{err: a.tooLong(why), late: true}
}

// rest waits for the next look. A request of the operator, or the end of ctx, ends it early.
func (l *leg) rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		d = time.Second
	}
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		if err := l.requested(ctx); err != nil {
			return err
		}
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.j.news:
		case <-l.above.news():
		}
	}
}
