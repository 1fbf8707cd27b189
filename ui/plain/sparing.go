package plain

import (
	"time"

	"github.com/vmtui/vmtui/ops/tootctl"
)

// Sparing picks the bars that are worth a line of their own, where lines stay: the first and the last of each title, the one that is done, and one every
// ten seconds.
type Sparing struct {
	shown time.Time
	last  tootctl.Progress // that was written
	owed  func() error     // writes the newest, which came too soon
}

// meterLines is how soon another line is written.
const meterLines = 10 * time.Second

// Take takes a bar and what writes it, which is called now, later or never.
func (s *Sparing) Take(bar tootctl.Progress, write func() error) error {
	now := time.Now()
	anew := bar.Title != s.last.Title
	if anew {
		if err := s.End(); err != nil {
			return err
		}
	}
	s.owed = write
	if !anew && bar.Done == s.last.Done && now.Sub(s.shown) < meterLines {
		return nil
	}
	s.shown, s.last = now, bar
	return s.End()
}

// End writes the newest, unless it is written already.
func (s *Sparing) End() error {
	write := s.owed
	s.owed = nil
	if write == nil {
		return nil
	}
	return write()
}
