package desk

import (
	"context"
	"sync"
	"testing"
)

// Whoever begins something while the console is left begins it in time to be waited for, or not at all.
func TestNothingBeginsOnceTheDeskIsClosed(t *testing.T) {
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		d := &Desk{ctx: ctx, cancel: cancel}
		var begun, over, late sync.Map
		var hands sync.WaitGroup
		for n := range 4 {
			hands.Go(func() {
				if !d.leg(func() {
					begun.Store(n, true)
					<-ctx.Done()
					over.Store(n, true)
				}) {
					late.Store(n, true)
				}
			})
		}
		d.Close()
		begun.Range(func(n, _ any) bool {
			if _, is := over.Load(n); !is {
				t.Errorf("%v goes on", n)
			}
			return true
		})
		hands.Wait()
		for n := range 4 {
			_, was := begun.Load(n)
			if _, is := late.Load(n); was == is {
				t.Errorf("%d began: %v, and was too late: %v", n, was, is)
			}
		}
	}
}
