// Package audit remembers what was asked of the world: every command, request and connection, reads included, with how long it took and how it ended.
package audit

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/ops/edition"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
)

// Kept is how many entries a log holds; older ones are dropped, and counted.
const Kept = 2000

// sentKept is how much is kept of what was sent, in bytes.
const sentKept = 4 << 10

// Verdict is how a call ended.
type Verdict string

// The verdicts.
const (
	Open    Verdict = ""        // still under way
	OK      Verdict = "ok"      // it went well
	Failed  Verdict = "failed"  // it ended, and not well
	Unsent  Verdict = "unsent"  // nothing left
	Unknown Verdict = "unknown" // it left, and no answer came
)

// Entry is one call. Its texts are cleaned, and no known secret is in them.
type Entry struct {
	N       uint64 // from 1, in the order of their beginning
	At      time.Time
	Wire    string // "ssh", "https", "tcp 127.0.0.1:6379"
	On      string // whom it was asked of: a node, "digitalocean", "redis", "site"
	What    string // in a line
	Sent    string // exactly as it was sent, shortened to 4 KiB
	Changes bool   // it may change something
	Verdict Verdict
	Says    string        // "exit 0", "200 OK", the error
	Took    time.Duration // until it ended; 0 while under way
}

// Log holds the last entries. It is safe for concurrent use, and never waits for who reads it.
type Log struct {
	redact func(string) string

	edition edition.Edition

	mu   sync.Mutex
	ring []Entry // entry n stands at n % Kept
	last uint64
}

// New is an empty log. Redact takes secrets out of a text.
func New(redact func(string) string) *Log {
	return &Log{redact: redact, ring: make([]Entry, 0, Kept)}
}

// Witness writes into the log.
func (l *Log) Witness(c remote.Call) (ended func(remote.Ending)) {
	sent := c.Sent
	if sent == "" {
		sent = c.What
	}
	began := time.Now()
	n := l.begin(Entry{
		At: began, Wire: c.Wire, On: l.line(c.On), What: l.line(c.What), Sent: l.text(sent), Changes: c.Changes,
	})
	return func(e remote.Ending) { l.end(n, Verdict(e.Verdict), l.line(e.Says), time.Since(began)) }
}

func (l *Log) line(s string) string {
	return l.redact(clean.Line(strings.Join(strings.Fields(s), " ")))
}

// text redacts before it cuts, so that half a secret is not left over, and after it cleans, so that no escape sequence hides one.
func (l *Log) text(s string) string {
	s = l.redact(clean.Text(s))
	if len(s) > sentKept {
		s = strings.ToValidUTF8(s[:sentKept], "") + "…"
	}
	return s
}

func (l *Log) begin(e Entry) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.N, e.Sent = l.last, l.kept(e.Sent)
	if len(l.ring) < Kept {
		l.ring = append(l.ring, e)
	} else {
		l.ring[l.slot(e.N)] = e
	}
	l.edition.Changed()
	return e.N
}

// kept is a text as it stands in the log already, where it does: a look at a host sends four kilobytes, the same every few seconds.
func (l *Log) kept(text string) string {
	for i := range l.ring {
		if l.ring[i].Sent == text {
			return l.ring[i].Sent
		}
	}
	return text
}

func (l *Log) slot(n uint64) uint64 { return (n - 1) % Kept }

func (l *Log) end(n uint64, v Verdict, says string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.ring[l.slot(n)]
	if e.N != n || e.Verdict != Open { // dropped meanwhile, or told twice
		return
	}
	e.Verdict, e.Says, e.Took = v, says, took
	l.edition.Changed()
}

// View is the log at one time.
type View struct {
	Entries []Entry // newest first
	Dropped uint64  // older ones that are no longer kept
	Version uint64
}

// View is the log as soon as it is newer than that version, and the context's error when that ends first.
func (l *Log) View(ctx context.Context, after uint64) (View, error) {
	if err := l.edition.Newer(ctx, after); err != nil {
		return View{}, err
	}
	version := l.edition.Number()
	l.mu.Lock()
	defer l.mu.Unlock()
	v := View{Entries: slices.Clone(l.ring), Version: version, Dropped: l.last - uint64(len(l.ring))}
	slices.SortFunc(v.Entries, func(a, b Entry) int {
		if a.N > b.N {
			return -1
		}
		return 1
	})
	return v, nil
}
