package tootctl

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/spelling"
)

// Pace is how fast a bar moves, by what was seen of it in the last seconds. The zero one has seen nothing.
type Pace struct {
	began time.Time // when its title was first seen
	bar   Progress
	looks []look
}

type look struct {
	when time.Time
	at   int
}

// How far back a pace looks, and how long nothing is believed of a new bar: whoever attaches gets all that the log has at once.
const (
	paceSpan    = 15 * time.Second
	paceSettles = time.Second
)

// Take takes a bar as it was seen at a time.
func (p *Pace) Take(now time.Time, bar Progress) {
	if p.began.IsZero() || bar.Title != p.bar.Title || bar.At < p.bar.At {
		*p = Pace{began: now}
	}
	p.bar = bar
	if now.Sub(p.began) < paceSettles {
		return
	}
	if n := len(p.looks); n > 1 && now.Sub(p.looks[n-2].when) < time.Second {
		p.looks = p.looks[:n-1]
	}
	p.looks = append(p.looks, look{now, bar.At})
	for len(p.looks) > 2 && now.Sub(p.looks[0].when) > paceSpan {
		p.looks = p.looks[1:]
	}
}

// Rate is how many a second it does, 0 when that cannot be said yet.
func (p *Pace) Rate() float64 {
	if len(p.looks) < 2 {
		return 0
	}
	first, last := p.looks[0], p.looks[len(p.looks)-1]
	between := last.when.Sub(first.when)
	if between < time.Second {
		return 0
	}
	return float64(last.at-first.at) / between.Seconds()
}

// left is how long it will take still: what tootctl says, or else what the rate says; below 0 for nobody knows.
func (p *Pace) left() time.Duration {
	rate := p.Rate()
	if p.bar.Left >= 0 || p.bar.Of == 0 || rate <= 0 {
		return p.bar.Left
	}
	return time.Duration(float64(p.bar.Of-p.bar.At) / rate * float64(time.Second))
}

// Words are the bar's count, its rate and what is left, with how many items failed.
func (p *Pace) Words(failed int) string {
	said := []string{p.bar.Count()}
	if rate := p.Rate(); rate > 0 && !p.bar.Done {
		said = append(said, fmt.Sprintf("%.1f a second", rate))
	}
	switch left := p.left(); {
	case p.bar.Done:
		said = append(said, "took "+spelling.Span(p.bar.Took))
	case left >= time.Second:
		said = append(said, spelling.Span(left)+" left")
	}
	if failed > 0 {
		said = append(said, fmt.Sprintf("%d failed", failed))
	}
	return strings.Join(said, " · ")
}

// Said is the same for scripts: what nobody knows is null, and times are seconds.
func (p *Pace) Said(failed int) map[string]any {
	said := map[string]any{
		"title": p.bar.Title, "at": p.bar.At, "of": nil, "percent": nil, "per_second": nil, "seconds_left": nil, "seconds_taken": nil, "failed": failed, "done": p.bar.Done,
	}
	if p.bar.Of > 0 {
		said["of"] = p.bar.Of
	}
	if percent := p.bar.Percent(); percent >= 0 {
		said["percent"] = percent
	}
	if rate := p.Rate(); rate > 0 && !p.bar.Done {
		said["per_second"] = math.Round(rate*10) / 10
	}
	if left := p.left(); left >= 0 {
		said["seconds_left"] = int(left.Seconds())
	}
	if p.bar.Done && p.bar.Took >= 0 {
		said["seconds_taken"] = int(p.bar.Took.Seconds())
	}
	return said
}
