package edition_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/vmtui/vmtui/ops/edition"
)

// An effort is looked at as it changes, is called off by its context or by Cancel, and is waited for to its end.
func TestEffort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, e := edition.Begin(t.Context(), func(version uint64) uint64 { return version })
		go func() {
			e.Changed()
			<-ctx.Done()
			e.Changed()
			e.End()
		}()
		if v, err := e.View(t.Context(), 0); v != 1 || err != nil {
			t.Error(v, err)
		}
		seen := make(chan uint64)
		go func() { seen <- e.Wait() }()
		synctest.Wait()
		if e.Over() {
			t.Error("it is over although nobody has called it off")
		}
		e.Cancel()
		if v := <-seen; v != 2 || !e.Over() {
			t.Error(v, e.Over())
		}
		past, end := context.WithCancel(t.Context())
		end()
		if v, err := e.View(past, 2); v != 0 || !errors.Is(err, context.Canceled) {
			t.Error(v, err)
		}
	})
}
