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
	calls  list[audit.Entry]
	follow bool // the selection stays on the newest
	filter matcher
	panes  panes
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
	l := &Log{Post: NewPost(env.Ctx), env: env, follow: true, panes: newPanes(paneCalls, paneCall)}
	l.calls = list[audit.Entry]{id: callNumber, cols: l.columns(), fixed: 3, page: 5}
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
		v, err := d.Commands(ctx, after)
		if err == nil && after > 0 && wait(ctx, logPause) {
			v, err = d.Commands(ctx, after)
		}
		return gotCalls{v, err}
	})
}

// wait reports that the time passed before the context ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Update implements Screen.
func (l *Log) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter:
		l.filter = newMatcher(msg.Text)
	case Clicked:
		l.click(msg.ID)
	case Wheeled:
		l.wheel(msg)
	case Answer:
		if m, ok := l.Open(msg); ok {
			return nil, l.got(m)
		}
	case Pressed:
		l.press(msg.ID)
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

// press moves in the pane that has the keys.
func (l *Log) press(id string) {
	switch {
	case l.panes.on == paneCall && l.panes.scroll(paneCall).move(id):
	case l.calls.press(id, l.visible()):
		l.settled()
	default:
		l.panes.press(id)
	}
}

// settled follows the newest again once it is selected, and shows a call from its beginning.
func (l *Log) settled() {
	l.follow = l.calls.at.row == 0 && l.calls.order.by == ""
	l.panes.scroll(paneCall).from = 0
}

func (l *Log) click(id string) {
	kind, what := split(id)
	switch {
	case kind == "pane":
		l.panes.focus(what)
	case l.calls.click(kind, what, "call"):
		l.panes.focus(paneCalls)
		l.calls.at.settle(l.calls.ids(l.visible()))
		l.settled()
	}
}

func (l *Log) wheel(m Wheeled) {
	if m.Pane == paneCall {
		l.panes.scroll(paneCall).wheel(m.Down)
		return
	}
	l.panes.focus(paneCalls)
	l.press(map[bool]string{false: "up", true: "down"}[m.Down])
}

// visible are the calls that the filter lets through, in their order.
func (l *Log) visible() []audit.Entry {
	var out []audit.Entry
	for _, e := range l.view.Entries {
		if l.filter.lets(strings.Join([]string{kind(e), e.Wire, e.On, e.What, e.Sent, string(e.Verdict), e.Says}, " ")) {
			out = append(out, e)
		}
	}
	return l.calls.arrange(out)
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

// selected is the call under the cursor.
func (l *Log) selected() (audit.Entry, bool) {
	seen := l.visible()
	i := l.calls.at.settle(l.calls.ids(seen))
	if i < 0 {
		return audit.Entry{}, false
	}
	return seen[i], true
}

// Excerpts implements Copier.
func (l *Log) Excerpts() []Excerpt {
	e, ok := l.selected()
	if !ok {
		return nil
	}
	return []Excerpt{
		{Name: "the command", Text: e.Sent},
		{Name: "the call and how it ended", Text: callText(e)},
		{Name: "the whole log, as filtered", Text: logText(l.visible())},
	}
}
