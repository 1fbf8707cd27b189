package screen

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

// numbered are so many lines, from a number on.
func numbered(from, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("line %d.", from+i)
	}
	return out
}

// heard says that the answers of a post's questions have come: a test that gives them by hand passes the post by.
func heard(p *Post) {
	for _, t := range p.topics {
		t.waiting = false
	}
}

func drawn(s Screen) string { f := s.Draw(80, 12); return f.String() }

func TestLogsFollowUntilTheReaderScrollsUp(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	l := NewLogs(env(ctx, stage.New(nil)), "worker-2", "web")
	l.answered(poured{Lines: numbered(0, 50)})
	if got := drawn(l); !strings.Contains(got, "line 49.") {
		t.Errorf("it does not follow:\n%s", got)
	}
	l.press("up")
	before := drawn(l)
	l.answered(poured{Lines: numbered(50, 30)})
	after := drawn(l)
	if !strings.Contains(after, "line 48.") || strings.Contains(after, "line 49.") || !strings.Contains(after, "31 newer") {
		t.Errorf("what is being read moves away:\n%s\nbefore:\n%s", after, before)
	}
	l.press("half-up")
	if got := drawn(l); !strings.Contains(got, "line 43.") || strings.Contains(got, "line 44.") {
		t.Errorf("half a page is not five of ten lines:\n%s", got)
	}
	l.press("bottom")
	if got := drawn(l); !strings.Contains(got, "line 79.") {
		t.Errorf("G does not follow again:\n%s", got)
	}
	l.press("top")
	if got := drawn(l); !strings.Contains(got, "line 0.") {
		t.Errorf("g does not go to the first line:\n%s", got)
	}
}

func TestLogsAreFilteredByExpressionAndInverse(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	l := NewLogs(env(ctx, stage.New(nil)), "worker-2", "web")
	l.answered(poured{Lines: numbered(0, 50)})
	l.Update(Filter{Text: `line 4\d\.`})
	l.answered(poured{Lines: numbered(50, 10)})
	if got := drawn(l); strings.Contains(got, "line 50") || !strings.Contains(got, "10 of 60 lines") {
		t.Errorf("the expression lets through:\n%s", got)
	}
	l.Update(Filter{Text: `!line \d\d\.`})
	if got := drawn(l); !strings.Contains(got, "line 9.") || strings.Contains(got, "line 10.") {
		t.Errorf("turned round it lets through:\n%s", got)
	}
}

func TestLogsKeepNoMoreThanTheyMay(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	l := NewLogs(env(ctx, stage.New(nil)), "worker-2", "web")
	for i := range 40 {
		l.answered(poured{Lines: numbered(i*1000, 1000)})
	}
	if len(l.all) > logsMost*5/4 || len(l.all)+l.lost != 40000 {
		t.Errorf("%d kept, %d counted as lost", len(l.all), l.lost)
	}
}

// A flood that the screen does not take is cut, and what was cut is counted: nobody waits, nothing piles up.
func TestAGutterNeverWaits(t *testing.T) {
	g := &gutter{more: make(chan struct{}, 1)}
	for _, line := range numbered(0, 100000) {
		g.take(line)
	}
	p := g.next(t.Context())
	if len(p.Lines) > gutterMost || len(p.Lines)+p.Dropped != 100000 || p.Lines[len(p.Lines)-1] != "line 99999." {
		t.Errorf("%d lines, %d dropped", len(p.Lines), p.Dropped)
	}
}

// A log that breaks off says why, and is read again after a while: the node restarts.
func TestLogsAreReadAgain(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	l := NewLogs(e, "worker-2", "web")
	l.answered(poured{Lines: numbered(0, 3)})
	l.answered(poured{Ended: true, Err: errors.New("the connection was lost")})
	if got := drawn(l); !strings.Contains(got, "the connection was lost") || !strings.Contains(got, "not read since 0s") || !strings.Contains(got, "line 2.") {
		t.Errorf("it does not say so:\n%s", got)
	}
	heard(l.Post)
	if l.again() != nil {
		t.Error("it is read again at once")
	}
	e.World.Now = e.World.Now.Add(logsAgain)
	if l.again() == nil || !strings.Contains(drawn(l), "read again at") {
		t.Error("it is not read again")
	}
}

// The goroutine that carries the lines ends with the screen.
func TestLogsEndWithTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		defer end()
		l := NewLogs(env(ctx, stage.New(nil)), "worker-2", "web")
		var next tea.Cmd
		for cmd := l.Init(); cmd != nil; cmd = next {
			_, next = l.Update(cmd())
			if len(l.all) > 0 {
				break
			}
		}
		l.Close()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(l.all) != len(stage.LogLines()) {
			t.Errorf("%d lines came", len(l.all))
		}
	})
}

// Of one service the title says all that compose writes in front of a line, but for which of its containers wrote it.
func TestALogOfOneServiceDoesNotRepeatItsName(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	all, one := NewLogs(env(ctx, stage.New(nil)), "worker-2", ""), NewLogs(env(ctx, stage.New(nil)), "worker-2", "web")
	for _, l := range []*Logs{all, one} {
		l.answered(poured{Lines: []string{"mastodon-web-1  | method=GET", "web-1  | in compose's newer way", "web-1 of no compose", "mastodon-web-1  | mastodon-web-1 | twice"}})
	}
	if got := drawn(all); !strings.Contains(got, "│ mastodon-web-1  | method=GET") {
		t.Errorf("a log of all services does not say whose a line is:\n%s", got)
	}
	got := drawn(one)
	for _, want := range []string{"│ method=GET", "│ in compose's newer way", "│ web-1 of no compose", "│ mastodon-web-1 | twice"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not there:\n%s", want, got)
		}
	}
	one.answered(poured{Lines: []string{"mastodon-web-2  | method=PUT"}})
	if got := drawn(one); !strings.Contains(got, "│ 1 | method=GET") || !strings.Contains(got, "│ 2 | method=PUT") {
		t.Errorf("two containers cannot be told apart:\n%s", got)
	}
}
