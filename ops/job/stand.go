package job

import (
	"context"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// Stand is where a job that asks stands still, as far as it was read: what an answer is for. The zero one has read nothing.
type Stand struct {
	mu    sync.Mutex
	lines int
	at    int           // how far the log is; 0 while more comes
	wake  chan struct{} // closed when something changes
}

// settles is how long it may take until what was read last is known to be all.
const settles = 5 * time.Second

func (s *Stand) moves()      { s.change(1, 0) }
func (s *Stand) rests(a int) { s.change(0, a) }

func (s *Stand) change(lines, at int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines, s.at = s.lines+lines, at
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

// look is how it stands, and what tells of a change.
func (s *Stand) look() (lines, at int, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return s.lines, s.at, s.wake
}

// settled is how far the log is behind what has been read by now. An answer to that must not answer what comes next: a return that was pressed twice is none.
func (s *Stand) settled(ctx context.Context, j Record) (int, error) {
	enough := time.NewTimer(settles)
	defer enough.Stop()
	read, at, changed := s.look()
	if read == 0 {
		return 0, &fault.Error{What: "not answered", On: j.Line, Why: "it has asked nothing yet", Next: "answer when its question stands", Code: fault.Refused}
	}
	for now := read; at == 0 || now != read; now, at, changed = s.look() {
		if now != read {
			return 0, unanswered(j)[movedOn]
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-enough.C:
			return 0, &fault.Error{What: "not answered", On: j.Line, Why: "it asks nothing now", Next: "answer when its question stands", Code: fault.Refused}
		case <-changed:
		}
	}
	return at, nil
}
