package plain

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ops/tootctl"
)

// Meter keeps the bar of a job in sight: drawn in place on a terminal, and elsewhere as a line now and then.
type Meter struct {
	Out   io.Writer
	Width func() int // of the terminal it is drawn on; nil where there is none

	mu      sync.Mutex
	pace    tootctl.Pace
	bar     tootctl.Progress
	failed  int
	shown   time.Time
	pending *time.Timer // what came too soon is still to be drawn
	lines   Sparing     // where it is not drawn
	drawn   bool
	err     error
}

// meterBeat is how soon it is drawn again.
const meterBeat = time.Second / 10

// Take takes the bar as it is now, and how many items have failed until now. It tells why it cannot be written any more.
func (m *Meter) Take(bar tootctl.Progress, failed int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.pace.Take(now, bar)
	m.bar, m.failed = bar, failed
	switch since := now.Sub(m.shown); {
	case m.Width == nil:
		line := m.line()
		_ = m.lines.Take(bar, func() error { m.write(line + "\n"); return nil }) // write keeps why it cannot
	case m.pending != nil:
	case since >= meterBeat || bar.Done:
		m.show()
	default:
		m.pending = time.AfterFunc(meterBeat-since, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.pending != nil {
				m.pending = nil
				m.show()
			}
		})
	}
	return m.err
}

// Away takes it from the terminal, so that something else can be written there.
func (m *Meter) Away() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calm()
	if m.drawn {
		m.drawn = false
		m.write("\r" + ansi.EraseLineRight)
	}
	return m.err
}

// End takes it away for good. Where it is not drawn, how far it came is the last line.
func (m *Meter) End() error {
	m.mu.Lock()
	_ = m.lines.End()
	m.mu.Unlock()
	return m.Away()
}

// calm forgets what is still to be drawn.
func (m *Meter) calm() {
	if m.pending != nil {
		m.pending.Stop()
		m.pending = nil
	}
}

func (m *Meter) show() {
	m.calm()
	m.shown, m.drawn = time.Now(), true
	m.write("\r" + ansi.EraseLineRight + ansi.Truncate(m.picture(m.Width()-1), m.Width()-1, "…") + "\r")
}

func (m *Meter) write(text string) {
	if m.err == nil {
		_, m.err = io.WriteString(m.Out, text)
	}
}

// line is the bar in words.
func (m *Meter) line() string {
	said := strings.ReplaceAll(m.pace.Words(m.failed), " · ", ", ")
	if percent := m.bar.Percent(); percent >= 0 {
		said = fmt.Sprintf("%d%%, %s", percent, said)
	}
	if m.bar.Title != "" {
		said = m.bar.Title + ": " + said
	}
	return said
}

// meterCells is how wide the bar itself is at most.
const meterCells = 30

// picture is the bar as one, on so many columns.
func (m *Meter) picture(w int) string {
	said := m.pace.Words(m.failed)
	percent := m.bar.Percent()
	if percent < 0 {
		return strings.TrimSpace(m.bar.Title + " " + said)
	}
	said = fmt.Sprintf("%3d%% %s", percent, said)
	room := w - ansi.StringWidth(m.bar.Title) - ansi.StringWidth(said) - 2
	if cells := min(room, meterCells); cells > 3 {
		full := cells * percent / 100
		said = strings.Repeat("█", full) + strings.Repeat("░", cells-full) + " " + said
	}
	return strings.TrimSpace(m.bar.Title + " " + said)
}
