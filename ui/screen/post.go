package screen

import (
	"context"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"
)

// Post carries a screen's questions to the desk and stamps the answers, so that a late one cannot be taken for a new one: each topic
// has a generation, asking again raises it, and an answer of an older one is dropped. Everything a Post has under way ends with Close.
type Post struct {
	number uint64
	life   context.Context // the console's
	ctx    context.Context // the screen's
	end    context.CancelFunc
	topics map[string]*topic
}

// topic is one kind of question of one screen.
type topic struct {
	generation uint64
	waiting    bool
	end        context.CancelFunc
}

// Answer is what came back, stamped.
type Answer struct {
	Screen     uint64
	Topic      string
	Generation uint64
	Msg        tea.Msg
}

var numbers atomic.Uint64

// NewPost is a post whose questions live no longer than ctx.
func NewPost(ctx context.Context) *Post {
	life := ctx
	ctx, end := context.WithCancel(ctx)
	return &Post{number: numbers.Add(1), life: life, ctx: ctx, end: end, topics: map[string]*topic{}}
}

// Number implements Screen for those that embed a Post.
func (p *Post) Number() uint64 { return p.number }

// Close implements Screen for those that embed a Post.
func (p *Post) Close() { p.end() }

// Ask asks in the background. What was asked before on the same topic is called off and its answer will not be delivered.
func (p *Post) Ask(name string, f func(context.Context) tea.Msg) tea.Cmd {
	t := p.topic(name)
	if t.end != nil {
		t.end()
	}
	return p.ask(p.ctx, t, name, f)
}

// Act asks for something that changes the world. It lives as long as the console, not as long as the screen: leaving a screen takes
// nothing back, and neither does the next act. The answer is stamped as any other; see Failure.
func (p *Post) Act(name string, f func(context.Context) tea.Msg) tea.Cmd {
	return p.ask(p.life, p.topic(name), name, f)
}

func (p *Post) topic(name string) *topic {
	t := p.topics[name]
	if t == nil {
		t = &topic{}
		p.topics[name] = t
	}
	return t
}

func (p *Post) ask(life context.Context, t *topic, name string, f func(context.Context) tea.Msg) tea.Cmd {
	ctx, end := context.WithCancel(life)
	t.generation++
	t.waiting, t.end = true, end
	stamp := Answer{Screen: p.number, Topic: name, Generation: t.generation}
	return func() tea.Msg {
		defer end()
		stamp.Msg = f(ctx)
		return stamp
	}
}

// Waiting reports that a question on the topic is still out.
func (p *Post) Waiting(name string) bool {
	t := p.topics[name]
	return t != nil && t.waiting
}

// Open gives the content of an answer that is still wanted.
func (p *Post) Open(a Answer) (tea.Msg, bool) {
	t := p.topics[a.Topic]
	if a.Screen != p.number || t == nil || t.generation != a.Generation || p.ctx.Err() != nil {
		return nil, false
	}
	t.waiting = false
	t.end()
	return a.Msg, true
}
