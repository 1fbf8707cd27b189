package clean

import (
	"bytes"
	"fmt"
)

// DefaultLimit is how many bytes of one line are kept when a Splitter is given no limit.
const DefaultLimit = 64 << 10

// Splitter is a writer that cuts a stream into clean lines, at \n and at a lone \r, so that a progress bar is a series of lines. It holds
// at most one line of bounded length. It is not for concurrent use.
type Splitter struct {
	limit   int
	secrets Secrets
	colours bool
	emit    func(line string)

	line []byte
	over int  // bytes of this line beyond the limit
	cr   bool // the last byte was \r; the next one tells what it meant
	bare bool // the last line ended at a lone \r: a \n right after it is no empty line
}

// Secrets takes secrets out of clean text, and out of text whose end was cut off. Cleaning comes first: an escape sequence in the middle of
// a secret must not hide it.
type Secrets interface {
	Redact(text string) string
	RedactCut(text string) string
}

// NewSplitter calls emit with every line, cleaned and without secrets, and without its end. Lines are cut to limit bytes (DefaultLimit when
// zero) and say how much is missing. Secrets may be nil.
func NewSplitter(limit int, secrets Secrets, emit func(line string)) *Splitter {
	if limit <= 0 {
		limit = DefaultLimit
	}
	return &Splitter{limit: limit, secrets: secrets, emit: emit}
}

// KeepColours makes the lines Coloured ones from now on. One in which a secret was masked has none: colours could stand in the middle of it.
func (s *Splitter) KeepColours() { s.colours = true }

// Write takes any piece of the stream. It never fails.
func (s *Splitter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if s.cr {
			p = s.afterReturn(p)
			continue
		}
		i := bytes.IndexAny(p, "\r\n")
		if i < 0 {
			s.keep(p)
			break
		}
		s.keep(p[:i])
		if s.cr = p[i] == '\r'; !s.cr {
			s.newline()
		}
		p = p[i+1:]
	}
	return n, nil
}

// Close emits what came after the last line end. It never fails.
func (s *Splitter) Close() error {
	s.cr = false
	s.lone()
	return nil
}

// afterReturn decides what the \r before p was and gives back what is still to be read.
func (s *Splitter) afterReturn(p []byte) []byte {
	s.cr = false
	if p[0] == '\n' {
		s.newline()
		return p[1:]
	}
	s.lone()
	return p
}

func (s *Splitter) keep(p []byte) {
	if len(p) > 0 {
		s.bare = false
	}
	if room := s.limit - len(s.line); len(p) > room {
		s.over += len(p) - room
		p = p[:room]
	}
	s.line = append(s.line, p...)
}

func (s *Splitter) newline() {
	if !s.bare || len(s.line) > 0 {
		s.flush()
	}
	s.bare = false
}

func (s *Splitter) lone() {
	if len(s.line) > 0 {
		s.flush()
	}
	s.bare = true
}

func (s *Splitter) flush() {
	raw := string(s.line)
	bare := Line(raw)
	line := s.discreet(bare)
	if s.colours && line == bare {
		line = Coloured(raw)
	}
	if s.over > 0 {
		line += fmt.Sprintf(" … (%d bytes more)", s.over)
	}
	s.line, s.over = s.line[:0], 0
	s.emit(line)
}

func (s *Splitter) discreet(line string) string {
	switch {
	case s.secrets == nil:
		return line
	case s.over > 0:
		return s.secrets.RedactCut(line)
	}
	return s.secrets.Redact(line)
}
