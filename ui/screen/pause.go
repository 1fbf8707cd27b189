package screen

import (
	"context"
	"time"
)

// Pause reports that the time passed before the context ended.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// news is what a look gives as soon as there is more than in the version after, and with it what comes close behind: within that time, unless it is
// the last there is. The first look does not wait.
func news[V any](ctx context.Context, after uint64, behind time.Duration, last func(V) bool, look func(ctx context.Context, after uint64) (V, error)) (V, error) {
	v, err := look(ctx, after)
	if err == nil && after > 0 && !last(v) && Pause(ctx, behind) {
		return look(ctx, after)
	}
	return v, err
}
