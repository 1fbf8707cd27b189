package digitalocean

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// window counts what was sent in the last while, of which only so much is allowed.
type window struct {
	most int
	span time.Duration
	sent []sent
}

type sent struct {
	At time.Time `json:"at"`
	N  int       `json:"n"`
}

// wait is how long n more must wait.
func (w *window) wait(n int, now time.Time) time.Duration {
	w.sent = slices.DeleteFunc(w.sent, func(s sent) bool { return now.Sub(s.At) >= w.span || s.At.Sub(now) > w.span }) // the latter is of a clock that was set back
	room := w.most
	for _, s := range w.sent {
		room -= s.N
	}
	for _, s := range w.sent {
		if room >= n {
			break
		}
		if room += s.N; room >= n {
			return s.At.Add(w.span).Sub(now)
		}
	}
	return 0
}

func (w *window) note(n int, now time.Time) { w.sent = append(w.sent, sent{now, n}) }

// forget takes the last one back: it was refused, and used nothing up.
func (w *window) forget() { w.sent = w.sent[:len(w.sent)-1] }

// flushing keeps the rates, and no two purges under way at once: two equal ones are refused. What was sent is kept in a file, since the API counts what all
// processes send together; the purges of other machines are not known here, and the API's own refusal is waited out.
type flushing struct {
	alone    sync.Mutex
	path     string // "" keeps them for this process only
	requests window
	files    window
}

func newFlushing(path string) *flushing {
	return &flushing{path: path, requests: window{most: 5, span: 10 * time.Second}, files: window{most: MostFiles, span: 20 * time.Second}}
}

// kept is what the file holds.
type kept struct {
	Requests []sent `json:"requests"`
	Files    []sent `json:"files"`
}

// begin keeps every other process of this machine from purging until done, and reads what they have sent. A file that cannot be had keeps nobody from purging.
func (f *flushing) begin(ctx context.Context) (done func(), err error) {
	if f.path == "" || os.MkdirAll(filepath.Dir(f.path), 0o700) != nil {
		return func() {}, nil //nolint:nilerr // it keeps nobody from purging
	}
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return func() {}, nil //nolint:nilerr // see above
	}
	if err := lock(ctx, file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	var had kept
	if text, err := io.ReadAll(file); err == nil && json.Unmarshal(text, &had) == nil {
		f.requests.sent, f.files.sent = had.Requests, had.Files
	}
	return func() {
		if text, err := json.Marshal(kept{f.requests.sent, f.files.sent}); err == nil && file.Truncate(0) == nil {
			_, _ = file.WriteAt(text, 0) // what is lost is what the API itself remembers
		}
		_ = file.Close() // which unlocks it
	}, nil
}

// lockPause is how often a lock is tried for that another process has: it purges, or waits for its turn.
const lockPause = 50 * time.Millisecond

func lock(ctx context.Context, f *os.File) error {
	for told := false; ; told = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // #nosec G115 -- a file descriptor fits
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return (&fault.Error{What: "wait for another vmtui to purge", On: f.Name(), Next: "look at the state directory"}).Because(err)
		}
		if !told {
			remote.Tell(ctx, "waiting for another vmtui of this machine that purges at the CDN")
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
