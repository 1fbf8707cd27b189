package screen

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Payload is one job in full. What its arguments say of people is folded until it is asked for.
type Payload struct {
	*Post
	env        Env
	place      sidekiq.Place
	entry      sidekiq.Entry
	everything bool
	full       sidekiq.Full
	known      bool
	err        error
	seen       time.Time
	text       scroll
	filter     matcher // of its arguments and its backtrace
}

type gotPayload struct {
	full sidekiq.Full
	err  error
}

// NewPayload opens a job.
func NewPayload(env Env, p sidekiq.Place, e sidekiq.Entry) *Payload {
	return &Payload{Post: NewPost(env.Ctx), env: env, place: p, entry: e}
}

// Crumb implements Screen.
func (x *Payload) Crumb() string { return x.entry.Class }

// Place implements Screen.
func (x *Payload) Place() binding.Place { return binding.Payload }

// Init implements Screen.
func (x *Payload) Init() tea.Cmd {
	d, p, jid, everything := x.env.Desk, x.place, x.entry.JID, x.everything
	return x.Ask("job", func(ctx context.Context) tea.Msg {
		full, err := d.JobInFull(ctx, p, jid, everything)
		return gotPayload{full, err}
	})
}

// Update implements Screen.
func (x *Payload) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := x.Open(msg); ok {
			if got, is := m.(gotPayload); is {
				x.full, x.err, x.known, x.seen = got.full, got.err, got.err == nil, x.env.World.Now
			}
		}
	case Filter:
		x.filter, x.text.from = newMatcher(msg.Text), 0
	case Wheeled:
		x.text.wheel(msg.Down)
	case Pressed:
		if x.text.move(msg.ID) {
			return nil, nil
		}
		switch msg.ID {
		case "payload-unfold":
			x.everything = !x.everything
			return nil, x.Init()
		case "look-again":
			return nil, x.Init()
		}
	}
	return nil, nil
}

// Bindings implements Screen.
func (x *Payload) Bindings() []binding.Binding {
	bs := x.env.World.Keys.At(binding.Payload)
	if x.known && !x.full.Folded && !x.everything {
		off(bs, "payload-unfold", "nothing is folded")
	}
	return bs
}

// Draw implements Screen.
func (x *Payload) Draw(w, h int) widget.Frame {
	lines := x.lines(w - 4)
	box := widget.Box{Title: x.filter.title("Job " + x.entry.JID), Lines: lines, Ink: theme.Focus}
	var fold widget.Line
	switch {
	case x.everything:
		fold = widget.L(theme.Warn, "unfolded: people's words are on the screen")
	case x.full.Folded:
		fold = widget.L(theme.Muted, "what may be about people is folded")
	}
	box.Right = widget.Join(widget.S(theme.Muted, " · "), fold, seenAgo(x.seen, x.env.World.Now))
	box.From = x.text.show(len(lines), h-2)
	return box.Draw(w, h)
}

func (x *Payload) lines(w int) []widget.Line {
	if x.err != nil {
		return faultLines(x.err, w)
	}
	if !x.known {
		return []widget.Line{widget.L(theme.Muted, "◌ looking for it in "+x.place.Name)}
	}
	j, now := x.full, x.env.World.Now
	said := func(label, value string, lines []widget.Line) []widget.Line {
		if value == "" {
			return lines
		}
		return append(lines, widget.Hang(widget.L(theme.Muted, label).Fit(13), theme.Plain, value, w)...)
	}
	lines := []widget.Line{append(widget.L(theme.Muted, "class").Fit(13), widget.S(theme.Strong, j.Class)).Fit(w)}
	lines = said("queue", j.Queue, lines)
	if !j.At.IsZero() {
		lines = said("enqueued", age(j.At, now)+" ago", lines)
	}
	lines = said("goes to", j.Host, lines)
	lines = said("retry", j.Retry, lines)
	if j.Error != "" {
		lines = said("error", j.Error, lines)
		lines = said("message", j.ErrorHas, lines)
		lines = said("tries", fmt.Sprint(j.Retries+1), lines)
	}
	if !j.Failed.IsZero() {
		lines = said("first failed", age(j.Failed, now)+" ago", lines)
	}
	if !j.Due.IsZero() {
		lines = said(j.DueSays(), j.Due.Local().Format("2006-01-02 15:04:05"), lines)
	}
	lines = said("unique lock", j.Digest, lines)
	lines = append(lines, nil, widget.L(theme.Head, "ARGUMENTS"))
	for i, a := range j.Args {
		if !x.filter.lets(a) {
			continue
		}
		lines = append(lines, widget.Hang(widget.L(theme.Muted, fmt.Sprintf("%d  ", i+1)), theme.Plain, a, w)...)
	}
	if len(j.Backtrace) > 0 {
		lines = append(lines, nil, widget.L(theme.Head, "BACKTRACE"))
	}
	for _, l := range sifted(x.filter, j.Backtrace, func(l string) string { return l }) {
		lines = append(lines, widget.L(theme.Muted, l).Fit(w))
	}
	return lines
}

// Excerpts implements Copier.
func (x *Payload) Excerpts() []Excerpt {
	return []Excerpt{{"the job's id", x.entry.JID}, {"the job, as it is shown", drawnText(x.lines(excerptWidth))}}
}
