package screen

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// count is a number for people: 950, 12,345, 1.2 M.
func count(n int64) string {
	if n >= 10_000_000 {
		return fmt.Sprintf("%.1f M", float64(n)/1e6)
	}
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// queueColumns are what a queue shows in the list.
func (s *Sidekiq) queueColumns() []column[sidekiq.Queue] {
	name := func(q sidekiq.Queue) string { return q.Name }
	return []column[sidekiq.Queue]{
		{Column: widget.Column{W: 1}, cell: func(q sidekiq.Queue, _ int) widget.Line { return queueMark(q, s.view.Alarms).line() }},
		{Column: widget.Column{Head: "QUEUE", W: 10, Grow: 1}, by: byText(name), cell: inked(theme.Strong, name)},
		{Column: widget.Column{Head: "SIZE", W: 9, Right: true}, most: true, by: func(a, b sidekiq.Queue) int { return cmp.Compare(a.Size, b.Size) },
			cell: func(q sidekiq.Queue, _ int) widget.Line {
				return widget.L(ghost(q.Size == 0, theme.Plain), count(q.Size))
			}},
		{Column: widget.Column{Head: "LATENCY", W: 8, Right: true}, most: true, by: func(a, b sidekiq.Queue) int { return cmp.Compare(a.Latency, b.Latency) },
			cell: func(q sidekiq.Queue, _ int) widget.Line { return latency(q) }},
		{Column: widget.Column{Head: "SLOPE", W: 8, Right: true, Rank: 1}, cell: func(q sidekiq.Queue, _ int) widget.Line { return slope(q) }},
		{Column: widget.Column{Head: "EMPTY IN", W: 8, Right: true, Rank: 2}, cell: func(q sidekiq.Queue, _ int) widget.Line { return emptyIn(q) }},
		{Column: widget.Column{Head: "WEIGHT", W: 6, Right: true, Rank: 4}, cell: func(q sidekiq.Queue, _ int) widget.Line { return weight(q) }},
		{Column: widget.Column{W: 10, Rank: 3, Grow: 1}, cell: func(q sidekiq.Queue, w int) widget.Line { return widget.Spark(theme.Info, q.Trail, w, 0) }},
	}
}

// ghost is faint where there is nothing to see.
func ghost(empty bool, ink theme.Ink) theme.Ink {
	if empty {
		return theme.Muted
	}
	return ink
}

// queueMark is the worst that is said of a queue.
func queueMark(q sidekiq.Queue, alarms []sidekiq.Alarm) mark {
	m := mark{"●", "well", theme.Good}
	for _, a := range alarms {
		switch {
		case a.On != q.Name:
		case a.Level == sidekiq.Critical:
			return mark{"✗", "critical", theme.Bad}
		case a.Level == sidekiq.Warn:
			m = mark{"▲", "slow", theme.Warn}
		}
	}
	return m
}

// latency is how long the oldest job has waited, in the ink of how bad that is.
func latency(q sidekiq.Queue) widget.Line {
	switch {
	case q.Latency == 0:
		return widget.L(theme.Muted, "—")
	case q.Latency > 2*time.Minute:
		return widget.L(theme.Bad, widget.Since(q.Latency))
	case q.Latency > 30*time.Second:
		return widget.L(theme.Warn, widget.Since(q.Latency))
	case q.Latency < 10*time.Second:
		return widget.L(theme.Plain, fmt.Sprintf("%.1fs", q.Latency.Seconds()))
	}
	return widget.L(theme.Plain, widget.Since(q.Latency))
}

// slope is how a queue grows or shrinks, in jobs a second; unknown until it was seen for long enough.
func slope(q sidekiq.Queue) widget.Line {
	switch {
	case q.Slope == nil:
		return widget.L(theme.Muted, "?")
	case *q.Slope > steady:
		return widget.L(theme.Warn, fmt.Sprintf("+%.1f/s", *q.Slope))
	case *q.Slope < -steady:
		return widget.L(theme.Good, fmt.Sprintf("%.1f/s", *q.Slope))
	}
	return widget.L(theme.Muted, "±0/s")
}

// steady is a slope, in jobs a second, that is none.
const steady = 0.05

// emptyIn is when a queue is empty if it goes on like that.
func emptyIn(q sidekiq.Queue) widget.Line {
	switch {
	case q.Size == 0:
		return widget.L(theme.Muted, "—")
	case q.ETA != nil:
		return widget.L(theme.Plain, widget.Since(*q.ETA))
	case q.Slope == nil:
		return widget.L(theme.Muted, "?")
	case *q.Slope > steady:
		return widget.L(theme.Warn, "never")
	}
	return widget.L(theme.Muted, "steady")
}

func weight(q sidekiq.Queue) widget.Line {
	if q.Weight == 0 {
		return widget.L(theme.Warn, "nobody")
	}
	return widget.L(theme.Plain, strconv.Itoa(q.Weight))
}

// procColumns are what a process shows in the list.
func (s *Sidekiq) procColumns() []column[sidekiq.Process] {
	id := func(p sidekiq.Process) string { return p.Identity }
	queues := func(p sidekiq.Process) string { return strings.Join(p.Queues, " ") }
	return []column[sidekiq.Process]{
		{Column: widget.Column{Head: "PROCESS", W: 16, Grow: 2}, whole: true, by: byText(id), cell: inked(theme.Strong, id)},
		{Column: widget.Column{Head: "NODE", W: 8, Grow: 1, Rank: 3}, by: byText(s.node), cell: inked(theme.Plain, s.node)},
		{Column: widget.Column{Head: "STATE", W: 8}, cell: func(p sidekiq.Process, _ int) widget.Line { return procMark(p).full() }},
		{Column: widget.Column{Head: "BUSY", W: 7, Right: true}, most: true, by: func(a, b sidekiq.Process) int { return cmp.Compare(a.Busy, b.Busy) },
			cell: func(p sidekiq.Process, _ int) widget.Line { return inHand(p) }},
		{Column: widget.Column{Head: "RSS", W: 6, Right: true, Rank: 2}, most: true, by: func(a, b sidekiq.Process) int { return cmp.Compare(a.RSS, b.RSS) }, cell: inked(theme.Plain, rss)},
		{Column: widget.Column{Head: "BEAT", W: 5, Right: true, Rank: 1}, cell: func(p sidekiq.Process, _ int) widget.Line { return s.beat(p) }},
		{Column: widget.Column{Head: "VERS", W: 6, Rank: 4}, cell: inked(theme.Muted, func(p sidekiq.Process) string { return p.Version })},
		{Column: widget.Column{Head: "QUEUES", W: 12, Grow: 2, Rank: 5}, whole: true, cell: inked(theme.Muted, queues)},
	}
}

// procMark is the state of a process.
func procMark(p sidekiq.Process) mark {
	switch {
	case p.Stale:
		return mark{"✗", "gone", theme.Bad}
	case p.Quiet:
		return mark{"◌", "quiet", theme.Warn}
	}
	return mark{"●", "takes", theme.Good}
}

// inHand is how many jobs a process has, of how many it can take; nobody knows of one that is gone.
func inHand(p sidekiq.Process) widget.Line {
	if p.Stale {
		return widget.L(theme.Muted, "?")
	}
	ink := theme.Plain
	if p.Busy >= p.Concurrency && p.Concurrency > 0 {
		ink = theme.Warn
	}
	return widget.L(ink, fmt.Sprintf("%d/%d", p.Busy, p.Concurrency))
}

func rss(p sidekiq.Process) string {
	if p.RSS == 0 {
		return "?"
	}
	return fmt.Sprintf("%d MB", p.RSS>>20)
}

// beat is how long ago the last heartbeat was, by that host's clock.
func (s *Sidekiq) beat(p sidekiq.Process) widget.Line {
	if p.Beat.IsZero() {
		return widget.L(theme.Bad, "none")
	}
	old := s.view.Time.Sub(p.Beat)
	if old > 30*time.Second {
		return widget.L(theme.Warn, widget.Brief(old))
	}
	return widget.L(theme.Muted, widget.Brief(old))
}

// storeColumns are what a set, something parked or something lost shows in the list.
func storeColumns() []column[store] {
	return []column[store]{
		{Column: widget.Column{Head: "SETS, PARKED, LOST", W: 18, Grow: 2}, whole: true, by: byText(func(x store) string { return x.id }), cell: inked(theme.Strong, func(x store) string { return x.id })},
		{Column: widget.Column{Head: "JOBS", W: 9, Right: true}, most: true, by: func(a, b store) int { return cmp.Compare(a.size, b.size) },
			cell: func(x store, _ int) widget.Line { return widget.L(ghost(x.size == 0, theme.Plain), count(x.size)) }},
		{Column: widget.Column{Head: "WHAT", W: 13, Grow: 1, Rank: 1}, cell: func(x store, _ int) widget.Line { return storeMark(x).full() }},
	}
}

// storeMark is what a store is.
func storeMark(x store) mark {
	switch {
	case x.lost != nil:
		return mark{"▲", x.lost.Class, theme.Warn}
	case x.shelf != nil && (x.shelf.Restoring || x.shelf.Deleting != "" || x.shelf.Kind == sidekiq.Filtered):
		return mark{"▲", "interrupted", theme.Warn}
	case x.shelf != nil:
		return mark{"◌", x.kind + " " + x.shelf.Queue, theme.Info}
	}
	return mark{"·", x.kind, theme.Muted}
}
