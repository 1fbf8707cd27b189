package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// alarmsShown is how many alarms have a line of their own.
const alarmsShown = 3

// Draw implements Screen.
func (s *Sidekiq) Draw(w, h int) widget.Frame {
	s.spend()
	s.panes.begin()
	out := widget.Blank(w, h)
	now := s.nowBox(w, h)
	out.Put(0, 0, now)
	rest := h - now.H
	left := w
	if w >= 110 {
		left = min(max(w*3/5, 68), 130)
		out.Put(left, now.H, s.insideBox(w-left, rest))
	}
	queues, procs := s.heights(rest, w < 110)
	out.Put(0, now.H, s.queuesBox(left, queues))
	out.Put(0, now.H+queues, s.procsBox(left, procs))
	last := rest - queues - procs
	if w < 110 && s.panes.on == paneInspect {
		out.Put(0, now.H+queues+procs, s.insideBox(w, last))
	} else {
		out.Put(0, now.H+queues+procs, s.storesBox(left, last))
	}
	if w < 110 {
		s.panes.drawn[paneInspect] = true // a key leads to it: it takes the last box's room
	}
	return out
}

// heights are how many lines the queues and the processes get; what is left is for the sets and what is aside. Where there is one column, what has the
// keys grows.
func (s *Sidekiq) heights(h int, narrow bool) (queues, procs int) {
	want := []int{len(s.visibleQueues()) + 3, len(s.visibleProcs()) + 3, len(s.visibleStores()) + 3}
	got := []int{3, 3, 3}
	if narrow && s.panes.on == paneInspect {
		got[2] = max(h/2, 3)
	}
	order := []int{0, 2, 1}
	if s.panes.on == paneProcs {
		order = []int{1, 0, 2}
	}
	for room := h - got[0] - got[1] - got[2]; room > 0; {
		grown := false
		for _, i := range order {
			if got[i] < want[i] && room > 0 {
				got[i], room, grown = got[i]+1, room-1, true
			}
		}
		if !grown {
			break
		}
	}
	return got[0], got[1]
}

// nowBox is Sidekiq in a line, and under it what is wrong.
func (s *Sidekiq) nowBox(w, h int) widget.Frame {
	inner := w - 4
	lines := []widget.Line{s.nowLine(inner).Fit(inner)}
	if s.err != nil {
		lines = append(lines, widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(s.err), inner)...)
	}
	room := alarmsShown
	if h < 30 {
		room = 1
	}
	for i, a := range s.view.Alarms {
		if i == room && len(s.view.Alarms) > room {
			lines = append(lines, widget.L(theme.Muted, fmt.Sprintf("  and %d more: vmtui sidekiq status says them all", len(s.view.Alarms)-i)))
			break
		}
		said := alarmLines(a, inner)
		if most := max(h/10, 1); len(said) > most {
			said = append(said[:most-1], said[most-1].Add(widget.S(theme.Muted, " …")))
		}
		lines = append(lines, said...)
	}
	if l := s.round.line(s.env.World); l != nil {
		lines = append(lines, l.Fit(inner))
	}
	box := widget.Box{Title: s.filter.title("Sidekiq"), Lines: lines}
	if s.known {
		box.Right = seenAgo(s.view.Time, s.env.World.Now)
	}
	return box.Draw(w, len(lines)+2)
}

// nowLine is what goes through; where there is little room the scheduler is not told by its last job's name.
func (s *Sidekiq) nowLine(w int) widget.Line {
	if !s.known {
		return widget.L(theme.Muted, "◌ asking Redis")
	}
	v := s.view
	l := widget.Line{
		widget.S(theme.Strong, perSecond(v.ProcessedRate)), widget.S(theme.Muted, " done  "),
		widget.S(theme.Strong, perSecond(v.FailedRate)), widget.S(theme.Muted, " failed  today "),
		widget.S(theme.Plain, count(v.Today)), widget.S(theme.Muted, ", "+inPercent(v.TodayBad, v.Today)+" failed  "),
	}
	if len(v.Ticks) > 0 && !v.Ticks[0].At.IsZero() {
		name, ago := strings.TrimSuffix(v.Ticks[0].Name, "_scheduler")+" ", age(v.Ticks[0].At, v.Time)+" ago"
		if l.Width()+len("scheduler "+name+ago) > w {
			name, ago = "", strings.TrimSuffix(ago, " ago")
		}
		l = l.Add(widget.S(theme.Muted, "scheduler "), widget.S(theme.Plain, name), widget.S(theme.Muted, ago))
	}
	return l
}

// alarmLines are an alarm whole: what to do about it stands at its end.
func alarmLines(a sidekiq.Alarm, w int) []widget.Line {
	m := mark{"▲", "", theme.Warn}
	if a.Level == sidekiq.Critical {
		m = mark{"✗", "", theme.Bad}
	}
	return widget.Hang(widget.L(m.ink, m.sign+" "), theme.Plain, a.On+": "+a.Why+" → "+a.Next, w)
}

// perSecond is a rate; unknown until enough was seen.
func perSecond(r *float64) string {
	if r == nil {
		return "?/s"
	}
	return fmt.Sprintf("%.1f/s", *r)
}

// inPercent is a part of a whole.
func inPercent(part, of int64) string {
	if of == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(part)/float64(of))
}

func (s *Sidekiq) queuesBox(w, h int) widget.Frame {
	rows := s.visibleQueues()
	lines, hits := s.queues.draw(rows, "queue", w-4, h-2)
	var jobs int64
	for _, q := range rows {
		jobs += q.Size
	}
	box := widget.Box{Title: title("Queues"), Right: widget.L(theme.Muted, count(jobs)+" jobs wait"), Foot: widget.Join(widget.Gap(2), s.queues.note(rows), s.queues.foot()), Lines: lines, Hits: hits}
	return s.panes.box(paneQueues, box).Draw(w, h)
}

func (s *Sidekiq) procsBox(w, h int) widget.Frame {
	rows := s.visibleProcs()
	lines, hits := s.procs.draw(rows, "process", w-4, h-2)
	busy, threads := 0, 0
	for _, p := range s.view.Processes {
		busy, threads = busy+p.Busy, threads+p.Concurrency
	}
	box := widget.Box{Title: title("Processes"), Right: widget.L(theme.Muted, fmt.Sprintf("%d of %s busy", busy, spelling.Count(threads, "thread", "threads"))), Foot: widget.Join(widget.Gap(2), s.procs.note(rows), s.procs.foot()), Lines: lines, Hits: hits}
	return s.panes.box(paneProcs, box).Draw(w, h)
}

func (s *Sidekiq) storesBox(w, h int) widget.Frame {
	rows := s.visibleStores()
	lines, hits := s.stores.draw(rows, "store", w-4, h-2)
	box := widget.Box{Title: title("Aside"), Foot: widget.Join(widget.Gap(2), s.stores.note(rows), s.stores.foot()), Lines: lines, Hits: hits}
	if n := len(s.view.Shelves); n > 0 {
		box.Right = widget.L(theme.Info, fmt.Sprintf("%d parked", n))
	}
	return s.panes.box(paneStores, box).Draw(w, h)
}

// insideBox is the selected one in full.
func (s *Sidekiq) insideBox(w, h int) widget.Frame {
	box := widget.Box{Title: title("Selected")}
	switch s.listed() {
	case paneQueues:
		if q, ok := s.queue(); ok {
			box.Title, box.Lines = title(q.Name), s.queueLines(q, w-4)
		}
	case paneProcs:
		if p, ok := s.proc(); ok {
			box.Title, box.Lines = title(p.Hostname), s.procLines(p, w-4)
		}
	case paneStores:
		if x, ok := s.store(); ok {
			box.Title, box.Lines = title(x.id), s.storeLines(x, w-4)
		}
	}
	return s.panes.text(paneInspect, box, w, h)
}

func (s *Sidekiq) queueLines(q sidekiq.Queue, w int) []widget.Line {
	lines := []widget.Line{
		fact("jobs", widget.L(theme.Strong, count(q.Size))), fact("latency", latency(q)), fact("slope", slope(q)), fact("empty in", emptyIn(q)), fact("weight", weight(q)),
	}
	if len(q.Trail) > 1 {
		lines = append(append(lines, nil), widget.Chart(theme.Info, q.Trail, w, 3, slices.Max(q.Trail))...)
	}
	lines = append(lines, lossLines(sidekiq.LossOf(q.Name), w)...)
	if q.Size == 0 { // Redis has no list of that name then
		return append(lines, nil, widget.L(theme.Head, "WHAT IS IN IT"), widget.L(theme.Muted, "nothing"))
	}
	return append(lines, s.insideLines(q.Name, w)...)
}

// fact is a labelled value.
func fact(label string, value widget.Line) widget.Line {
	return append(widget.L(theme.Muted, label).Fit(12), value...)
}

// lossLines say what emptying it for good would lose.
func lossLines(l sidekiq.Loss, w int) []widget.Line {
	ink := map[string]theme.Ink{"critical": theme.Bad, "high": theme.Bad, "medium": theme.Warn}[l.Severity]
	lines := []widget.Line{nil, widget.L(theme.Head, "IF IT WERE DELETED")}
	lines = append(lines, widget.Hang(widget.L(ink, l.Severity+": "), theme.Plain, l.Lost, w)...)
	return append(lines, widget.Hang(widget.L(theme.Muted, "comes back: "), theme.Plain, l.Again, w)...)
}

// insideLines are what the sample of a place says, if there is one of it.
func (s *Sidekiq) insideLines(name string, w int) []widget.Line {
	lines := []widget.Line{nil, widget.L(theme.Head, "WHAT IS IN IT")}
	switch {
	case s.inside.of != name:
		return append(lines, widget.L(theme.Muted, "◌ taking a sample"))
	case s.inside.err != nil:
		return append(lines, widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(s.inside.err), w)...)
	}
	lines[1] = append(lines[1].Add(widget.Gap(2)), seenAgo(s.inside.seen, s.env.World.Now)...)
	return append(lines, histogramLines(s.inside.in, s.inside.seen, w, 6)...)
}

// histogramLines are what is in a place: first of what that was counted, then the largest of each kind, and how long the oldest had
// waited when that was seen: it may be gone by now.
func histogramLines(h sidekiq.Histogram, seen time.Time, w, most int) []widget.Line {
	if h.Counted == 0 {
		return []widget.Line{widget.L(theme.Muted, "nothing")}
	}
	of := "all " + count(int64(h.Counted))
	if h.Sample {
		of = fmt.Sprintf("a sample: %s of %s, from both ends", count(int64(h.Counted)), count(h.Size))
	}
	if h.Meant != h.Counted {
		of += fmt.Sprintf("; %s match", count(int64(h.Meant)))
	}
	lines := []widget.Line{widget.L(theme.Muted, of).Fit(w)}
	for _, part := range []struct {
		head string
		all  []sidekiq.Share
	}{{"class", h.Classes}, {"to host", h.Hosts}, {"error", h.Errors}} {
		lines = append(lines, shareLines(part.head, part.all, h.Meant, w, most)...)
	}
	if !h.Oldest.IsZero() {
		lines = append(lines, widget.L(theme.Plain, "the oldest waited for "+age(h.Oldest, seen)).Fit(w))
	}
	if h.Locked > 0 {
		lines = append(lines, widget.L(theme.Plain, fmt.Sprintf("%d say they hold a unique lock", h.Locked)).Fit(w))
	}
	return lines
}

func shareLines(head string, all []sidekiq.Share, of, w, most int) []widget.Line {
	if len(all) == 0 {
		return nil
	}
	t := widget.NewTable(w, widget.Column{Head: head, W: 16, Grow: 3}, widget.Column{W: 9, Right: true}, widget.Column{W: 8, Grow: 1, Rank: 1})
	lines := []widget.Line{t.Row(widget.L(theme.Muted, head))}
	for i, x := range all {
		if i == most {
			return append(lines, widget.L(theme.Muted, fmt.Sprintf("and %d more", len(all)-i)))
		}
		percent := 100 * float64(x.Count) / float64(max(of, 1))
		lines = append(lines, t.Row(widget.L(theme.Plain, x.Name), widget.L(theme.Strong, count(int64(x.Count))), widget.Bar(theme.Info, percent, t.Wide(2))))
	}
	return lines
}

func (s *Sidekiq) procLines(p sidekiq.Process, w int) []widget.Line {
	if p.Stale {
		return widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, "registered, without a heartbeat for a minute or more: it died, or cannot reach Redis. What it had in hand may be lost.", w)
	}
	lines := []widget.Line{
		fact("identity", widget.L(theme.Plain, p.Identity)).Fit(w), fact("node", widget.L(theme.Plain, s.node(p))).Fit(w), fact("state", procMark(p).full()), fact("busy", inHand(p)), fact("rss", widget.L(theme.Plain, rss(p))),
		fact("beat", s.beat(p)), fact("started", widget.L(theme.Plain, age(p.Started, s.view.Time)+" ago")), fact("version", widget.L(theme.Plain, p.Version)),
	}
	lines = append(lines, nil, widget.L(theme.Head, "QUEUES"))
	for _, q := range p.Queues {
		l := widget.L(theme.Plain, q)
		if weight, told := p.Weights[q]; told {
			l = l.Add(widget.S(theme.Muted, fmt.Sprintf("  weight %d", weight)))
		}
		lines = append(lines, l)
	}
	lines = append(lines, nil, widget.L(theme.Head, "IN HAND"))
	if len(p.Work) == 0 {
		lines = append(lines, widget.L(theme.Muted, "nothing, as of the last heartbeat"))
	}
	for _, j := range p.Work {
		lines = append(lines, widget.Line{widget.S(theme.Strong, j.Class), widget.S(theme.Muted, "  "+j.Queue+"  "+age(j.Since, s.view.Time)+"  "+j.JID)}.Fit(w))
	}
	return lines
}

func (s *Sidekiq) storeLines(x store, w int) []widget.Line {
	switch {
	case x.lost != nil:
		lines := []widget.Line{
			fact("class", widget.L(theme.Strong, x.lost.Class)), fact("queue", widget.L(theme.Plain, x.lost.Queue)), fact("process", widget.L(theme.Plain, x.lost.Process)).Fit(w),
			fact("last seen", widget.L(theme.Plain, age(x.lost.Seen, s.view.Time)+" ago")), nil,
		}
		return append(lines, widget.Wrap(theme.Plain, "Its process died with it in hand. Whether it was done, only that process's log knows. Put back, it may be done twice.", w)...)
	case x.shelf != nil:
		lines := []widget.Line{
			fact("belongs to", widget.L(theme.Strong, x.shelf.Queue)), fact("parked by", widget.L(theme.Plain, x.shelf.By)),
			fact("since", widget.L(theme.Plain, age(x.shelf.At, s.view.Time)+" ago")), fact("oldest", widget.L(theme.Plain, widget.Since(x.shelf.Oldest))),
		}
		return append(append(lines, lossLines(sidekiq.LossOf(x.shelf.Queue), w)...), s.insideLines(x.id, w)...)
	}
	return append(lossLines(sidekiq.LossOf(x.id), w)[1:], s.insideLines(x.id, w)...)
}
