package screen

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Zone is the zone at the edge at a glance, with the two switches of an incident.
type Zone struct {
	*Post
	env    Env
	panes  panes
	glance cache.Glance
	err    error
	seen   bool
	about  cache.Switch // that is being confirmed
	filter matcher      // of the records
}

// The panes of the zone.
const (
	paneZone    = "zone"
	paneRecords = "records"
)

type (
	gotZone struct {
		glance cache.Glance
		err    error
	}
	switching struct {
		about cache.Switch
		err   error
	}
)

// NewZone opens the zone.
func NewZone(env Env) *Zone {
	return &Zone{Post: NewPost(env.Ctx), env: env, panes: newPanes(paneZone, paneRecords)}
}

// Crumb implements Screen.
func (z *Zone) Crumb() string { return "Zone" }

// Place implements Screen.
func (z *Zone) Place() binding.Place { return binding.Zone }

// Init implements Screen.
func (z *Zone) Init() tea.Cmd {
	d := z.env.Desk
	return z.Ask("zone", func(ctx context.Context) tea.Msg {
		g, err := d.Zone(ctx)
		return gotZone{g, err}
	})
}

// Update implements Screen.
func (z *Zone) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := z.Open(msg); ok {
			return z.answered(m)
		}
	case Filter:
		z.filter, z.panes.scroll(paneRecords).from = newMatcher(msg.Text), 0
	case Clicked:
		if kind, what := split(msg.ID); kind == "pane" {
			z.panes.focus(what)
		}
	case Wheeled:
		z.panes.focus(msg.Pane)
		z.panes.wheel(msg)
	case dialog.Result:
		return z.decided(msg)
	case Pressed:
		return z.press(msg.ID)
	}
	return nil, nil
}

func (z *Zone) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case gotZone:
		z.glance, z.err, z.seen = m.glance, m.err, true
	case switching:
		if m.err != nil {
			return refusal("switch", m.err), nil
		}
		z.about = m.about
		return Open{&dialog.Choice{
			Tag: "switch", Title: "Set " + m.about.Setting + " to " + m.about.To, Alarm: theme.Alarm, Text: strings.Join(m.about.Text, " "),
			Details: []string{"it is " + m.about.Was + " now; the fleet reminds you until it is switched back"}, Options: []dialog.Option{{ID: "switch", Key: "g", Label: "Switch it"}},
		}}, nil
	case acted:
		if m.err != nil {
			return refusal(m.what, m.err), z.Init()
		}
		return Say{Text: m.what + ": done"}, z.Init()
	}
	return nil, nil
}

func (z *Zone) press(id string) (Action, tea.Cmd) {
	if z.panes.scroll(z.panes.on).move(id) || z.panes.press(id) {
		return nil, nil
	}
	d := z.env.Desk
	turn := func(setting string, on bool) (Action, tea.Cmd) {
		return nil, z.Ask("switching", func(ctx context.Context) tea.Msg {
			s, err := d.Switching(ctx, setting, on)
			return switching{s, err}
		})
	}
	switch id {
	case "look-again":
		return nil, z.Init()
	case "zone-dev":
		return turn(cache.Development, !z.glance.Developing())
	case "zone-attack":
		return turn(cache.Attack, !z.glance.UnderAttack())
	case "zone-prove":
		return Say{Text: "purging a URL that never was"}, z.Act("act", func(ctx context.Context) tea.Msg { return acted{what: "prove", err: d.ProveToken(ctx)} })
	}
	return nil, nil
}

func (z *Zone) decided(res dialog.Result) (Action, tea.Cmd) {
	if !res.OK {
		return nil, nil
	}
	d, s := z.env.Desk, z.about
	return nil, z.Act("act", func(ctx context.Context) tea.Msg {
		return acted{what: "set " + s.Setting + " to " + s.To, err: d.Switch(ctx, s)}
	})
}

// Bindings implements Screen.
func (z *Zone) Bindings() []binding.Binding {
	bs := z.env.World.Keys.At(binding.Zone)
	for _, id := range []string{"zone-dev", "zone-attack", "zone-prove"} {
		switch {
		case z.env.World.About.ReadOnly:
			off(bs, id, readOnly)
		case !z.seen || z.err != nil:
			off(bs, id, "the zone was not seen yet")
		}
	}
	return bs
}

// Excerpts implements Copier.
func (z *Zone) Excerpts() []Excerpt {
	if !z.seen || z.err != nil {
		return nil
	}
	return []Excerpt{{"the zone", strings.Join(z.glance.Lines(z.env.World.Now), "\n") + "\n"}}
}

// Draw implements Screen.
func (z *Zone) Draw(w, h int) widget.Frame {
	z.panes.begin()
	out := widget.Blank(w, h)
	if w >= 110 {
		left := w / 2
		out.Put(0, 0, z.zoneBox(left, h))
		out.Put(left, 0, z.recordsBox(w-left, h))
		return out
	}
	top := h - max(h/3, 7)
	out.Put(0, 0, z.zoneBox(w, top))
	out.Put(0, top, z.recordsBox(w, h-top))
	return out
}

func (z *Zone) zoneBox(w, h int) widget.Frame {
	box := widget.Box{Title: title("Zone"), Lines: z.zoneLines(w - 4)}
	if z.seen && z.err == nil {
		box.Title = title("Zone " + z.glance.Zone.Value.Name)
		box.Right = seenAgo(z.glance.At, z.env.World.Now)
	}
	return z.panes.text(paneZone, box, w, h)
}

func (z *Zone) zoneLines(w int) []widget.Line {
	switch {
	case z.err != nil:
		return append(widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(z.err), w), widget.Hang(widget.L(theme.Muted, "→ "), theme.Muted, nextStep(z.err), w)...)
	case !z.seen:
		return []widget.Line{widget.L(theme.Muted, "◌ asking the edge")}
	}
	g, now := z.glance, z.env.World.Now
	var out []widget.Line
	fact := func(name, value string, ink theme.Ink) {
		for i, l := range widget.Wrap(ink, value, max(w-11, 10)) {
			head := ""
			if i == 0 {
				head = name
			}
			out = append(out, append(widget.L(theme.Muted, head).Fit(11), l...).Fit(w))
		}
	}
	loud := func(on bool) theme.Ink {
		if on {
			return theme.Peril
		}
		return theme.Plain
	}
	for _, m := range g.Reminders {
		out = append(out, widget.Hang(widget.L(theme.Warn, "▲ "), theme.Warn, m.Words(now), w)...)
	}
	if g.Zone.Value.Paused {
		out = append(out, widget.Hang(widget.L(theme.Peril, "▲ "), theme.Peril, cache.Paused, w)...)
	}
	fact("plan", g.PlanWords(), theme.Plain)
	fact("token", g.TokenWords(now), theme.Plain)
	fact("dev mode", g.DevelopmentWords(), loud(g.Developing()))
	fact("security", g.SecurityWords(), loud(g.UnderAttack()))
	fact("allows", g.Limits, theme.Muted)
	out = append(out, nil, widget.L(theme.Head, "CERTIFICATES"))
	for _, c := range g.Certificates {
		m := []mark{{"●", "", theme.Good}, {"▲", "", theme.Warn}, {"✗", "", theme.Bad}}[c.Worry(now)]
		out = append(out, widget.Hang(widget.L(m.ink, m.sign+" "), theme.Plain, c.Words(now), w)...)
	}
	out = append(out, nil, widget.L(theme.Head, "THE EDGE KEEPS BY"))
	for _, r := range g.Rules.Value {
		out = append(out, widget.Hang(widget.L(theme.Warn, "▲ "), theme.Plain, r.String(), w)...)
	}
	if len(g.Rules.Value) == 0 && g.Rules.Err == nil {
		out = append(out, widget.L(theme.Plain, "● no rule: what is static only").Fit(w))
	}
	return append(out, z.silences(w)...)
}

// silences say what could not be seen, and why.
func (z *Zone) silences(w int) []widget.Line {
	var out []widget.Line
	for _, err := range z.glance.Errors() {
		out = append(out, widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(err)+" → "+nextStep(err), w)...)
	}
	return out
}

func (z *Zone) recordsBox(w, h int) widget.Frame {
	inner := w - 4
	box := widget.Box{Title: z.filter.title("DNS records")}
	g := z.glance
	if !z.seen || z.err != nil {
		return z.panes.text(paneRecords, box, w, h)
	}
	for _, d := range g.Differences.Value {
		box.Lines = append(box.Lines, widget.Hang(widget.L(theme.Bad, "✗ "), theme.Strong, d, inner)...)
	}
	if len(box.Lines) == 0 && g.Differences.Err == nil {
		box.Lines = []widget.Line{widget.L(theme.Good, "● they lead to the load balancer")}
	}
	rows := sifted(z.filter, g.Records.Value, cache.RecordWords)
	for _, r := range rows {
		box.Lines = append(box.Lines, widget.L(theme.Plain, cache.RecordWords(r)).Fit(inner))
	}
	box.Right = widget.L(theme.Muted, fmt.Sprint(len(g.Records.Value)))
	if z.filter.on() {
		box.Right = widget.L(theme.Muted, fmt.Sprintf("%d of %d", len(rows), len(g.Records.Value)))
	}
	if z.filter.on() && len(rows) == 0 {
		box.Lines = append(box.Lines, widget.L(theme.Muted, "no record matches the filter"))
	}
	return z.panes.text(paneRecords, box, w, h)
}
