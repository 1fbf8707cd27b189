package sidekiq

import (
	"context"
	"fmt"
)

// A Redis that is at its memory limit and may drop nothing takes nothing new. What only moves jobs or ends them goes on there all the same, see room.lua; what
// brings jobs does not. Sidekiq itself is in trouble there: it takes a job out of its queue, and can put none into retry.

// full reports a Redis that takes nothing new.
func (s server) full() bool { return s.most > 0 && s.used >= s.most && !mayDrop(s.policy) }

// fullWhy says it.
func (s server) fullWhy() string {
	return fmt.Sprintf("Redis is at its memory limit (%.1f of %.1f MB)", float64(s.used)/1e6, float64(s.most)/1e6)
}

// makeRoom is what to do about it.
const makeRoom = "give it more memory, or delete what is parked or dead; then do it again"

// runsWhereFull warns of an act that lets jobs run in a full Redis. One that does not say how full it is was not asked in vain for anything else.
func (a *Acts) runsWhereFull(ctx context.Context, p *Plan) {
	if s, err := a.Jobs.server(ctx); err == nil && s.full() {
		p.warn("%s: the jobs are put back all the same, but one that fails then cannot be put into retry, and is lost; nor can one enqueue another. Make room first: delete what is parked or dead, or give Redis more memory", s.fullWhy())
	}
}

// growsWhereFull refuses what a full Redis would not take.
func (a *Acts) growsWhereFull(ctx context.Context, p *Plan) {
	if s, err := a.Jobs.server(ctx); err == nil && s.full() {
		p.refuse(s.fullWhy()+", and this brings jobs that it has no room for", makeRoom)
	}
}
