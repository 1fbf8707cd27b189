package ssh

import (
	"errors"
	"io"
	"sync"
)

// defaultLimit is what is kept of an output when a command sets no limit.
const defaultLimit = 1 << 20

// bounded keeps the beginning of an output and counts the rest: the host must never block on output that nobody reads.
type bounded struct {
	mu      sync.Mutex // a result is taken while a cancelled command may still be writing
	limit   int
	kept    []byte
	dropped int
}

func newBounded(limit int) *bounded {
	if limit <= 0 {
		limit = defaultLimit
	}
	return &bounded{limit: limit}
}

// Write never fails.
func (b *bounded) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keep := min(len(p), b.limit-len(b.kept))
	b.kept = append(b.kept, p[:keep]...)
	b.dropped += len(p) - keep
	return len(p), nil
}

// The room for one read: most commands say little, and hundreds may be under way at once.
const (
	readLeast = 1 << 10
	readMost  = 32 << 10
)

// ReadFrom spares whoever copies into it a large buffer for each output.
func (b *bounded) ReadFrom(r io.Reader) (int64, error) { return drain(b, r) }

// drain copies all of r by small pieces, and by larger ones where much comes.
func drain(to io.Writer, r io.Reader) (int64, error) {
	var all int64
	for room := make([]byte, readLeast); ; {
		n, err := r.Read(room)
		if n > 0 {
			if _, wrong := to.Write(room[:n]); wrong != nil {
				return all, wrong
			}
		}
		all += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		case n == len(room) && n < readMost:
			room = make([]byte, 2*n)
		}
	}
}

func (b *bounded) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.kept)
}

func (b *bounded) missing() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped
}

// tap hands lines on until it is closed.
type tap struct {
	mu     sync.Mutex
	closed bool
	fn     func(string)
}

func (t *tap) line(l string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.fn(l)
	}
}

func (t *tap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}
