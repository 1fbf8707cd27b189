package edition

import "context"

// Effort is something that goes on by itself until it is over or is called off: a command on nodes, a purge, a file that is copied. Whoever carries it out
// embeds one, says Changed, and at last End; everybody else looks at it as V.
type Effort[V any] struct {
	Edition

	look   func(version uint64) V
	cancel context.CancelFunc
	done   chan struct{} // closed when it is over
}

// Begin is an effort, and the context that it is carried out with. Look gives its state, which is that of the version or a newer one.
func Begin[V any](ctx context.Context, look func(version uint64) V) (context.Context, *Effort[V]) {
	ctx, cancel := context.WithCancel(ctx) // #nosec G118 -- End and Cancel call it
	return ctx, &Effort[V]{look: look, cancel: cancel, done: make(chan struct{})}
}

// End says that it is over: nothing changes any more. It is said once.
func (e *Effort[V]) End() {
	e.cancel()
	close(e.done)
}

// Cancel calls it off; what that means for what is under way is its own affair.
func (e *Effort[V]) Cancel() { e.cancel() }

// Over reports that nothing more happens.
func (e *Effort[V]) Over() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// Wait is what came of it, once it is over.
func (e *Effort[V]) Wait() V {
	<-e.done
	return e.now()
}

// View is the state as soon as it is newer than that version, and ctx's error when that ends first.
func (e *Effort[V]) View(ctx context.Context, after uint64) (V, error) {
	if err := e.Newer(ctx, after); err != nil {
		var nothing V
		return nothing, err
	}
	return e.now(), nil
}

// now takes the number before the state, so that no change is missed.
func (e *Effort[V]) now() V { return e.look(e.Number()) }
