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
	lines int           // that were handed on
	last  string        // of them
	at    int           // how far the log is; 0 while more comes
	asks  bool          // a question stands there
	wake  chan struct{} // closed when something changes
}

// settles is how long it may take until what was read last is known to be all.
const settles = 5 * time.Second

// Says hands on one more line. Nobody counts the lines meanwhile: who sees a line has it counted.
func (s *Stand) Says(line string, hand func(string)) {
	s.change(func() {
		hand(line)
		s.lines, s.last, s.at, s.asks = s.lines+1, line, 0, false
	})
}

// Rests is that there is no more for now.
func (s *Stand) Rests(at int, asks bool) { s.change(func() { s.at, s.asks = at, asks }) }

func (s *Stand) change(how func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how()
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

// Lines is how many lines were handed on. Who takes down what somebody types takes down this with it.
func (s *Stand) Lines() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines
}

// Asks reports that a question stands right behind as many lines.
func (s *Stand) Asks(read int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asks && s.lines == read
}

// seen is how it stands, and what tells of a change.
type seen struct {
	lines, at int
	asks      bool
	last      string
	changed   <-chan struct{}
}

func (s *Stand) look() seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return seen{s.lines, s.at, s.asks, s.last, s.wake}
}

// settled is the question behind as many lines, and how far the log is there. What was typed when they had been read must not answer what comes next: a
// return that was pressed twice is no answer, and neither is a word that was typed while nothing was asked.
func (s *Stand) settled(ctx context.Context, j Record, read int) (at int, question string, err error) {
	if read == 0 {
		return 0, "", &fault.Error{What: "not answered", On: j.Line, Why: "it has asked nothing yet", Next: "answer when its question stands", Code: fault.Refused}
	}
	enough := time.NewTimer(settles)
	defer enough.Stop()
	for {
		now := s.look()
		switch {
		case now.lines != read:
			return 0, "", unanswered(j)[movedOn]
		case now.asks:
			return now.at, now.last, nil
		case now.at != 0:
			return 0, "", nothingAsked(j)
		}
		select {
		case <-ctx.Done():
			return 0, "", ctx.Err()
		case <-enough.C:
			return 0, "", nothingAsked(j)
		case <-now.changed:
		}
	}
}
