package screen

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/audit"
	"github.com/vmtui/vmtui/ui/binding"
)

// logPause keeps the command log from being read more often than anybody can follow.
const logPause = 200 * time.Millisecond

// Log is every command, request and connection that this console made, newest first: what did it do?
type Log struct {
	*Post
	env    Env
	calls  audit.View
	at     cursor
	follow bool // the selection stays on the newest
	filter matcher
	page   int
	from   int // first line shown of the one selected
}

// gotCalls is the log as it was a moment ago.
type gotCalls struct {
	view audit.View
	err  error
}

// NewLog opens the command log.
func NewLog(env Env) *Log { return &Log{Post: NewPost(env.Ctx), env: env, page: 5, follow: true} }

// Crumb implements Screen.
func (l *Log) Crumb() string { return "Log" }

// Place implements Screen.
func (l *Log) Place() binding.Place { return binding.Log }

// Init implements Screen.
func (l *Log) Init() tea.Cmd { return l.read() }

// read waits until the log is newer than what is shown, and for what comes close behind.
func (l *Log) read() tea.Cmd {
	d, after := l.env.Desk, l.calls.Version
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
		_, l.at.id = split(msg.ID)
		l.follow, l.from = false, 0
	case Answer:
		if m, ok := l.Open(msg); ok {
			return l.took(m)
		}
	case Pressed:
		l.press(msg.ID)
	}
	return nil, nil
}

func (l *Log) took(m tea.Msg) (Action, tea.Cmd) {
	got, ok := m.(gotCalls)
	if !ok || got.err != nil {
		return nil, nil // the console is being left
	}
	l.calls = got.view
	if l.follow {
		l.at = cursor{}
	}
	return nil, l.read()
}

// press moves among the calls, and with left and right in what was sent.
func (l *Log) press(id string) {
	switch id {
	case "left":
		l.from = max(l.from-1, 0)
	case "right":
		l.from++
	default:
		if l.at.move(id, l.ids(), l.page) {
			l.follow, l.from = l.at.row == 0, 0
		}
	}
}

// visible are the calls that the filter lets through.
func (l *Log) visible() []audit.Entry {
	var out []audit.Entry
	for _, e := range l.calls.Entries {
		if l.filter.lets(kind(e) + " " + e.Wire + " " + e.On + " " + e.What + " " + e.Sent + " " + string(e.Verdict) + " " + e.Says) {
			out = append(out, e)
		}
	}
	return out
}

// kind is whether a call may change something.
func kind(e audit.Entry) string {
	if e.Changes {
		return "change"
	}
	return "read"
}

func (l *Log) ids() []string {
	var ids []string
	for _, e := range l.visible() {
		ids = append(ids, strconv.FormatUint(e.N, 10))
	}
	return ids
}

// Bindings implements Screen.
func (l *Log) Bindings() []binding.Binding { return l.env.World.Keys.At(binding.Log) }

// Excerpts implements Copier.
func (l *Log) Excerpts() []Excerpt {
	seen := l.visible()
	i := l.at.settle(l.ids())
	if i < 0 {
		return nil
	}
	e := seen[i]
	return []Excerpt{
		{Name: "the command", Text: e.Sent},
		{Name: "the call and how it ended", Text: callText(e)},
		{Name: "the whole log, as filtered", Text: logText(seen)},
	}
}
