package run

import (
	"context"
	"errors"
	"sync"
	"time"
)

var errDeadline = errors.New("the deadline of the step has passed")

// outlive gives a context for acting: it ends at the deadline, at once when the log is lost, and only after the grace when the operator
// leaves, so that what was begun is finished. The function must be called when the acting is over.
func (l *leg) outlive(ctx context.Context, deadline time.Time) (context.Context, func()) {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	timed, cancelTimer := context.WithDeadlineCause(out, deadline, errDeadline)
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		grace := time.NewTimer(l.e.grace())
		defer grace.Stop()
		select {
		case <-over:
		case <-l.j.gone:
			cancel(l.j.lost())
		case <-grace.C:
			cancel(context.Cause(ctx))
		}
	})
	return timed, func() {
		close(over)
		wg.Wait()
		cancelTimer()
		cancel(nil)
	}
}
