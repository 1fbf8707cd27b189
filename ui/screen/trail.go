package screen

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/trail"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/binding"
)

// Trail is the audit trail: who did what, when, on what, and how it ended, newest first.
type Trail struct {
	*Post
	env     Env
	entries browser[trail.Entry]
	all     []trail.Entry
	known   bool
	err     error
	seen    time.Time
}

// The trail's panes.
const (
	paneEntries = "entries"
	paneEntry   = "entry"
)

// gotTrail is the trail as it was when it was read.
type gotTrail struct {
	entries []trail.Entry
	err     error
	at      time.Time
}

// NewTrail opens the audit trail.
func NewTrail(env Env) *Trail {
	t := &Trail{Post: NewPost(env.Ctx), env: env}
	t.entries = browser[trail.Entry]{
		list: list[trail.Entry]{id: trail.Entry.ID, cols: t.columns(), fixed: 2, page: 5}, panes: newPanes(paneEntries, paneEntry), kind: "entry",
		all: func() []trail.Entry { return t.all }, says: func(e trail.Entry) string { return string(e.Kind) + " " + e.Text() },
	}
	return t
}

// Crumb implements Screen.
func (t *Trail) Crumb() string { return "Audit trail" }

// Place implements Screen.
func (t *Trail) Place() binding.Place { return binding.Trail }

// Init implements Screen.
func (t *Trail) Init() tea.Cmd { return t.read() }

func (t *Trail) read() tea.Cmd {
	d := t.env.Desk
	return t.Ask("trail", func(ctx context.Context) tea.Msg {
		entries, err := d.Trail(ctx)
		return gotTrail{entries, err, time.Now()}
	})
}

// Update implements Screen.
func (t *Trail) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter, Clicked, Wheeled:
		t.entries.take(msg)
	case Answer:
		if m, ok := t.Open(msg); ok {
			t.got(m)
		}
	case Pressed:
		return t.press(msg.ID)
	}
	return nil, nil
}

func (t *Trail) got(m tea.Msg) {
	if got, ok := m.(gotTrail); ok {
		t.all, t.err, t.known, t.seen = got.entries, got.err, true, got.at
	}
}

func (t *Trail) press(id string) (Action, tea.Cmd) {
	switch id {
	case "look-again":
		return nil, t.read()
	case "open":
		return t.open()
	}
	t.entries.press(id)
	return nil, nil
}

// open shows the run that an entry is of, with its whole transcript.
func (t *Trail) open() (Action, tea.Cmd) {
	e, ok := t.entries.selected()
	if !ok {
		return nil, nil
	}
	return Push{NewRun(t.env, e.Run)}, nil
}

// Bindings implements Screen.
func (t *Trail) Bindings() []binding.Binding {
	bs := t.env.World.Keys.At(binding.Trail)
	if _, ok := t.entries.selected(); !ok {
		off(bs, "open", "there is no entry here")
	}
	return bs
}

// Excerpts implements Copier.
func (t *Trail) Excerpts() []Excerpt {
	e, ok := t.entries.selected()
	if !ok {
		return nil
	}
	var all strings.Builder
	for _, x := range t.entries.visible() {
		all.WriteString(entryText(x))
	}
	return []Excerpt{{"the command", e.What}, {"the entry and its output", entryText(e) + strings.Join(e.Output, "\n") + "\n"}, {"the whole trail, as filtered", all.String()}}
}

// entryText is an entry as it is handed on.
func entryText(e trail.Entry) string {
	return fmt.Sprintf("%s  %s  %s  on %s  %s: %s  (run %s, %s) %s\n", e.Time.UTC().Format(time.RFC3339), e.Kind, whose(e), e.On, e.What, outcomeOf(e).word, e.Run, verb.Place(e.Runbook, e.Step), e.Detail)
}

func whose(e trail.Entry) string {
	if e.Host == "" {
		return e.By
	}
	return e.By + "@" + e.Host
}
