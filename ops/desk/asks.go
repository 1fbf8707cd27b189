package desk

import (
	"context"

	"github.com/vmtui/vmtui/keys"
)

// Asks carries questions from below to whoever sits at the console. It is the console's keys.Asker.
type Asks struct{ ch chan Ask }

// NewAsks makes a carrier that nobody reads yet.
func NewAsks() *Asks { return &Asks{ch: make(chan Ask)} }

// Ask waits for the operator's answer, or for ctx.
func (a *Asks) Ask(ctx context.Context, q keys.Question) (keys.Answer, error) {
	reply := make(chan keys.Answer, 1)
	ask := Ask{Question: q, Reply: func(answer Answer) {
		select {
		case reply <- answer:
		default:
		}
	}}
	select {
	case a.ch <- ask:
	case <-ctx.Done():
		return keys.Answer{}, ctx.Err()
	}
	select {
	case answer := <-reply:
		return answer, nil
	case <-ctx.Done():
		return keys.Answer{}, ctx.Err()
	}
}
