package screen

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// logPause keeps the command log from being read more often than anybody can follow.
const logPause = 200 * time.Millisecond

// Log is every command, request and connection that this console made, newest first: what did it do?
type Log struct {
	*Post
	env    Env
	view   audit.View
	calls  browser[audit.Entry]
	follow bool // the selection stays on the newest
}

// The log's panes.
const (
	paneCalls = "calls"
	paneCall  = "call"
)

// gotCalls is the log as it was a moment ago.
type gotCalls struct {
	view audit.View
	err  error
}

// NewLog opens the command log.
func NewLog(env Env) *Log {
	l := &Log{Post: NewPost(env.Ctx), env: env, follow: true}
	l.calls = browser[audit.Entry]{
		list: list[audit.Entry]{id: callNumber, cols: l.columns(), fixed: 3, page: 5}, panes: newPanes(paneCalls, paneCall), kind: "call",
		all: func() []audit.Entry { return l.view.Entries }, says: callSays, moved: l.moved,
	}
	return l
}

func callNumber(e audit.Entry) string { return strconv.FormatUint(e.N, 10) }

// columns are what a call shows in the list.
func (l *Log) columns() []column[audit.Entry] {
	on := func(e audit.Entry) string { return e.On }
	what := func(e audit.Entry) string { return e.What }
	took := func(a, b audit.Entry) int { return cmp.Compare(l.lasting(a), l.lasting(b)) }
	return []column[audit.Entry]{
		{Column: widget.Column{Head: "TIME", W: 8}, most: true, by: func(a, b audit.Entry) int { return cmp.Compare(a.N, b.N) },
			cell: inked(theme.Muted, func(e audit.Entry) string { return e.At.Local().Format("15:04:05") })},
		{Column: widget.Column{W: 1}, cell: func(e audit.Entry, _ int) widget.Line { return verdictMarks[e.Verdict].line() }},
		{Column: widget.Column{Head: "ON", W: 12}, by: byText(on), cell: inked(theme.Plain, on)},
		{Column: widget.Column{W: 6}, cell: func(e audit.Entry, _ int) widget.Line { return changeWord(e) }},
		{Column: widget.Column{Head: "WHAT", W: 20, Grow: 4}, by: byText(what), cell: func(e audit.Entry, _ int) widget.Line { return widget.L(whatInk(e), e.What) }},
		{Column: widget.Column{Head: "TOOK", W: 6, Right: true}, most: true, by: took, cell: func(e audit.Entry, _ int) widget.Line { return l.took(e) }},
		{Column: widget.Column{Head: "ANSWER", W: 12, Grow: 1, Least: 76}, by: byText(answerOf), cell: func(e audit.Entry, _ int) widget.Line {
			return widget.L(verdictMarks[e.Verdict].ink, answerOf(e))
		}},
	}
}

// Crumb implements Screen.
func (l *Log) Crumb() string { return "Log" }

// Place implements Screen.
func (l *Log) Place() binding.Place { return binding.Log }

// Init implements Screen.
func (l *Log) Init() tea.Cmd { return l.read() }

// read waits until the log is newer than what is shown, and for what comes close behind.
func (l *Log) read() tea.Cmd {
	d, after := l.env.Desk, l.view.Version
	return l.Ask("calls", func(ctx context.Context) tea.Msg {
		v, err := news(ctx, after, logPause, func(audit.View) bool { return false }, d.Commands)
		return gotCalls{v, err}
	})
}

// Update implements Screen.
func (l *Log) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter, Clicked, Wheeled:
		l.calls.take(msg)
	case Answer:
		if m, ok := l.Open(msg); ok {
			return nil, l.got(m)
		}
	case Pressed:
		l.calls.press(msg.ID)
	}
	return nil, nil
}

// got takes a newer log and asks for the next.
func (l *Log) got(m tea.Msg) tea.Cmd {
	got, ok := m.(gotCalls)
	if !ok || got.err != nil {
		return nil // the console is being left
	}
	l.view = got.view
	if l.follow {
		l.calls.at = cursor{}
	}
	return l.read()
}

// moved follows the newest again once it is selected.
func (l *Log) moved() { l.follow = l.calls.at.row == 0 && l.calls.order.by == "" }

// callSays is what the filter looks into.
func callSays(e audit.Entry) string {
	return strings.Join([]string{kind(e), e.Wire, e.On, e.What, e.Sent, string(e.Verdict), e.Says}, " ")
}

// kind is whether a call may change something.
func kind(e audit.Entry) string {
	if e.Changes {
		return "change"
	}
	return "read"
}

// Bindings implements Screen.
func (l *Log) Bindings() []binding.Binding { return l.env.World.Keys.At(binding.Log) }

// Excerpts implements Copier.
func (l *Log) Excerpts() []Excerpt {
	e, ok := l.calls.selected()
	if !ok {
		return nil
	}
	return []Excerpt{
		{Name: "the command", Text: e.Sent},
		{Name: "the call and how it ended", Text: callText(e)},
		{Name: "the whole log, as filtered", Text: logText(l.calls.visible())},
	}
}
