package root

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What comes close behind a change is seen with it, and is not taken for another one.
func TestABunchOfChangesIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(chan struct{}, 1)
		ch <- struct{}{}
		behind := time.AfterFunc(coalesce/2, func() { ch <- struct{}{} })
		defer behind.Stop()
		if !changed(t.Context(), ch) {
			t.Fatal("a change was not seen")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if changed(ctx, ch) {
			t.Error("what came behind it was seen as another change")
		}
	})
}
