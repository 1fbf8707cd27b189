package screen

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// ask asks something that answers with itself.
func ask(p *Post, topic, text string) func() tea.Msg {
	return p.Ask(topic, func(context.Context) tea.Msg { return text })
}

func TestALateAnswerIsDropped(t *testing.T) {
	p := NewPost(t.Context())
	defer p.Close()
	first, second := ask(p, "fleet", "old"), ask(p, "fleet", "new")
	other := ask(p, "runs", "runs")
	late, now, beside := first().(Answer), second().(Answer), other().(Answer)
	if m, ok := p.Open(now); !ok || m != "new" {
		t.Errorf("the new answer: %v %v", m, ok)
	}
	if m, ok := p.Open(late); ok {
		t.Errorf("the late answer got through: %v", m)
	}
	if m, ok := p.Open(beside); !ok || m != "runs" {
		t.Errorf("another topic's answer: %v %v", m, ok)
	}
}

func TestAskingAgainEndsWhatWasAskedBefore(t *testing.T) {
	p := NewPost(t.Context())
	defer p.Close()
	var first context.Context
	p.Ask("x", func(ctx context.Context) tea.Msg { first = ctx; return nil })()
	ask(p, "x", "again")
	if first.Err() == nil {
		t.Error("the first question goes on for nobody")
	}
}

func TestNothingReachesAClosedScreenOrAnother(t *testing.T) {
	p, q := NewPost(t.Context()), NewPost(t.Context())
	defer q.Close()
	a := ask(p, "x", "for p")().(Answer)
	if _, ok := q.Open(a); ok {
		t.Error("q opened p's answer")
	}
	p.Close()
	if _, ok := p.Open(a); ok {
		t.Error("a closed screen opened an answer")
	}
}

func TestAnActOutlivesItsScreen(t *testing.T) {
	p := NewPost(t.Context())
	var act, look error
	cmds := []tea.Cmd{
		p.Act("act", func(ctx context.Context) tea.Msg { act = ctx.Err(); return nil }),
		p.Ask("look", func(ctx context.Context) tea.Msg { look = ctx.Err(); return nil }),
	}
	p.Close()
	for _, cmd := range cmds {
		cmd()
	}
	if act != nil || look == nil {
		t.Errorf("the act: %v, the look: %v", act, look)
	}
}

// What was begun is not called off because something else is begun.
func TestAnActLeavesTheOneBeforeAlone(t *testing.T) {
	p := NewPost(t.Context())
	defer p.Close()
	first := p.Act("act", func(ctx context.Context) tea.Msg { return ctx.Err() })
	second := p.Act("act", func(ctx context.Context) tea.Msg { return ctx.Err() })
	for i, cmd := range []tea.Cmd{first, second} {
		if a := cmd().(Answer); a.Msg != nil {
			t.Errorf("act %d: %v", i, a.Msg)
		}
	}
}

func TestSelectionStaysWithItsThing(t *testing.T) {
	c := cursor{id: "worker-2"}
	if i := c.settle([]string{"worker-3", "exec", "worker-2"}); i != 2 {
		t.Errorf("row %d", i)
	}
	if c.settle([]string{"worker-3", "exec"}); c.id != "exec" {
		t.Errorf("the thing is gone, the nearest is %q", c.id)
	}
}
