package screen

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
)

// Caches is the caches at hand: a page is asked for at every layer, purged from the origin outwards, and proved.
type Caches struct {
	*Post
	env   Env
	panes panes
	field cursor // of the form

	kind  cache.Kind
	items string // as they were typed, with blanks between
	at    map[cache.Where]bool

	plan    cache.Plan
	planErr error
	planned string // the form that the plan is of
	repeats bool   // the plan is the rest of an earlier purge

	probe    cache.Probe
	probeErr error

	id      string // the purge that is followed
	view    cache.View
	viewErr error
	begun   bool
}

// The panes of the caches.
const (
	paneForms  = "what"
	paneLayers = "layers"
	panePurge  = "purge"
)

// What the desk said.
type (
	gotPurgePlan struct {
		of      string
		plan    cache.Plan
		err     error
		repeats bool
	}
	gotProbe struct {
		probe cache.Probe
		err   error
	}
	purgeBegun struct {
		id  string
		err error
	}
	gotPurge struct {
		view cache.View
		err  error
	}
)

// Failed implements Failure.
func (p purgeBegun) Failed() Action {
	if p.err == nil {
		return nil
	}
	return refusal("purge", p.err)
}

// The fields of the form.
const (
	fieldKind  = "by"
	fieldItems = "what"
)

// NewCaches opens the caches, with a page filled in or with "".
func NewCaches(env Env, page string) *Caches {
	return &Caches{
		Post: NewPost(env.Ctx), env: env, panes: newPanes(paneForms, paneLayers, panePurge), kind: cache.ByURL, items: page,
		at: map[cache.Where]bool{cache.Origin: true, cache.TheEdge: true},
	}
}

// Crumb implements Screen.
func (c *Caches) Crumb() string { return "Caches" }

// Place implements Screen.
func (c *Caches) Place() binding.Place { return binding.Caches }

// Headline implements Titled.
func (c *Caches) Headline() (string, int, bool) {
	all := len(c.view.Items)
	if all == 0 || c.view.Over {
		return c.Crumb(), -1, false
	}
	return "purging", (all - len(c.view.Rest())) * 100 / all, false
}

// Init implements Screen. A purge that this console began before is shown again.
func (c *Caches) Init() tea.Cmd {
	return tea.Batch(c.replan(), c.ask(), c.follow(0))
}

// replan asks what the form would do.
func (c *Caches) replan() tea.Cmd {
	if c.items == "" && c.kind != cache.Everything {
		c.plan, c.planErr, c.planned = cache.Plan{}, nil, ""
		return nil
	}
	d, o, of := c.env.Desk, c.order(), c.order().Words()
	return c.Ask("plan", func(ctx context.Context) tea.Msg {
		p, err := d.PlanPurge(ctx, o)
		return gotPurgePlan{of: of, plan: p, err: err}
	})
}

// order is what the form says.
func (c *Caches) order() cache.Order {
	var at []cache.Where
	for _, w := range []cache.Where{cache.Origin, cache.CDN, cache.TheEdge} {
		if c.at[w] {
			at = append(at, w)
		}
	}
	return cache.Ordered(c.kind, strings.Fields(c.items), at...)
}

// page is what is asked of every layer: the first thing of the form, where that is a page.
func (c *Caches) page() string {
	first, _, _ := strings.Cut(strings.TrimSpace(c.items), " ")
	switch {
	case c.kind == cache.Everything, c.kind == cache.ByTag:
		return "/"
	case first == "", c.kind == cache.ByURL, strings.HasPrefix(first, "/"):
		return first
	}
	return "https://" + first
}

// ask asks every layer for the page.
func (c *Caches) ask() tea.Cmd {
	page := c.page()
	if page == "" {
		return nil
	}
	d := c.env.Desk
	return c.Ask("probe", func(ctx context.Context) tea.Msg {
		p, err := d.Probe(ctx, page)
		return gotProbe{p, err}
	})
}

// follow waits for more of the purge.
func (c *Caches) follow(after uint64) tea.Cmd {
	d, id := c.env.Desk, c.id
	return c.Ask("purge", func(ctx context.Context) tea.Msg {
		v, err := news(ctx, after, gather, func(v cache.View) bool { return v.Over }, func(ctx context.Context, after uint64) (cache.View, error) { return d.PurgeView(ctx, id, after) })
		return gotPurge{v, err}
	})
}

// Update implements Screen.
func (c *Caches) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := c.Open(msg); ok {
			return c.answered(m)
		}
	case Clicked:
		return c.click(msg.ID)
	case Wheeled:
		c.panes.focus(msg.Pane)
		c.panes.wheel(msg)
	case dialog.Result:
		return c.decided(msg)
	case Pressed:
		return c.press(msg.ID)
	}
	return nil, nil
}

func (c *Caches) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case gotPurgePlan:
		c.plan, c.planErr, c.planned, c.repeats = m.plan, m.err, m.of, m.repeats
		if m.repeats && m.err != nil {
			c.repeats = false
			return refusal("repeat", m.err), c.replan()
		}
	case gotProbe:
		c.probe, c.probeErr = m.probe, m.err
	case purgeBegun:
		if m.err != nil {
			return refusal("purge", m.err), nil
		}
		c.id, c.begun, c.repeats = m.id, true, false
		c.panes.focus(panePurge)
		return Reload{}, c.follow(0)
	case gotPurge:
		return c.got(m)
	case acted:
		if m.err != nil {
			return refusal(m.what, m.err), nil
		}
	}
	return nil, nil
}

// got takes newer news of the purge. At its end the page has been asked for again.
func (c *Caches) got(m gotPurge) (Action, tea.Cmd) {
	if m.err != nil {
		if c.begun {
			c.viewErr = m.err
		}
		return nil, nil
	}
	c.view, c.viewErr, c.begun = m.view, nil, true
	if !m.view.Over {
		return nil, c.follow(m.view.Version)
	}
	if n := len(m.view.Proofs); n > 0 {
		c.probe, c.probeErr = m.view.Proofs[0], nil
	}
	return Reload{}, nil
}

// fields are those of the form, from the top.
func (c *Caches) fields() []string {
	return []string{fieldKind, fieldItems, string(cache.Origin), string(cache.CDN), string(cache.TheEdge)}
}

func (c *Caches) press(id string) (Action, tea.Cmd) {
	if c.panes.on == paneForms && c.field.move(id, c.fields(), 2) || c.panes.on != paneForms && c.panes.scroll(c.panes.on).move(id) || c.panes.press(id) {
		return nil, nil
	}
	d := c.env.Desk
	switch id {
	case "open":
		c.panes.focus(paneForms)
		return c.change()
	case "probe":
		return nil, c.ask()
	case "purge":
		return c.confirm()
	case "purge-repeat":
		return Say{Text: "looking what the last purge left"}, c.Ask("plan", func(ctx context.Context) tea.Msg {
			p, err := d.RepeatPurge(ctx, "last")
			return gotPurgePlan{of: p.Order.Words(), plan: p, err: err, repeats: true}
		})
	case "purge-cancel":
		return Say{Text: "what was not sent yet is called off"}, c.Act("cancel", func(ctx context.Context) tea.Msg { return acted{what: "cancel", err: d.CancelPurge(ctx, c.id)} })
	}
	return nil, nil
}

// change changes the selected field: the kind goes to the next, what is purged is typed, a cache is switched on or off.
func (c *Caches) change() (Action, tea.Cmd) {
	all := c.fields()
	switch name := all[max(c.field.settle(all), 0)]; name {
	case fieldKind:
		kinds := []cache.Kind{cache.ByURL, cache.ByPrefix, cache.ByHost, cache.ByTag, cache.Everything}
		c.kind = kinds[(slices.Index(kinds, c.kind)+1)%len(kinds)]
	case fieldItems:
		p := &dialog.Prompt{Tag: fieldItems, Title: "What to purge", Text: "Pages such as /@picard, or whole URLs; by prefix and host without https://. Several stand behind one another.", Empty: true}
		return Open{p.Set(c.items)}, nil
	default:
		c.at[cache.Where(name)] = !c.at[cache.Where(name)]
	}
	c.repeats = false
	return nil, c.replan()
}

// confirm asks by the danger. The rule that keeps the page is named before it is purged.
func (c *Caches) confirm() (Action, tea.Cmd) {
	p := c.plan
	var details []string
	for _, b := range p.Rules {
		details = append(details, "kept by "+b.String()+": mend it first, or it is kept again")
	}
	details = slices.Concat(details, p.Warnings, p.Lines)
	if p.Danger == act.Destroys {
		return Open{&dialog.Typed{Tag: "purge", Title: "Empty a cache", Text: strings.Join(p.Load, " "), Details: details, Name: p.Confirm, Deed: "purge"}}, nil
	}
	return Open{&dialog.Choice{
		Tag: "purge", Title: "Purge", Alarm: theme.Alarm, Text: p.Order.Words() + ".", Details: details, Options: []dialog.Option{{ID: "purge", Key: "g", Label: "Purge it"}},
	}}, nil
}

func (c *Caches) decided(res dialog.Result) (Action, tea.Cmd) {
	switch {
	case !res.OK:
		return nil, nil
	case res.Tag == fieldItems:
		c.items, c.repeats = strings.TrimSpace(res.Text), false
		return nil, tea.Batch(c.replan(), c.ask())
	case c.Waiting("begin"):
		return Say{Text: "it is being sent"}, nil
	}
	d, p, typed := c.env.Desk, c.plan, res.Text
	return nil, c.Act("begin", func(ctx context.Context) tea.Msg {
		id, err := d.Purge(ctx, p, typed)
		return purgeBegun{id, err}
	})
}

func (c *Caches) click(id string) (Action, tea.Cmd) {
	switch kind, what := split(id); kind {
	case "field":
		c.panes.focus(paneForms)
		if c.field.id == what {
			return c.change()
		}
		c.field.id = what
	case "pane":
		c.panes.focus(what)
	}
	return nil, nil
}

// Bindings implements Screen.
func (c *Caches) Bindings() []binding.Binding {
	bs := c.env.World.Keys.At(binding.Caches)
	switch {
	case c.env.World.About.ReadOnly:
		off(bs, "purge", readOnly)
		off(bs, "purge-repeat", readOnly)
	case c.begun && !c.view.Over:
		off(bs, "purge", "one is under way")
	case c.planErr != nil:
		off(bs, "purge", brief(c.planErr))
	case len(c.plan.Items) == 0 || c.Waiting("plan"):
		off(bs, "purge", "there is no plan yet")
	}
	if c.page() == "" {
		off(bs, "probe", "name a page first")
	}
	if !c.begun || c.view.Over {
		off(bs, "purge-cancel", "nothing is under way")
	}
	return bs
}

// Excerpts implements Copier.
func (c *Caches) Excerpts() []Excerpt {
	out := []Excerpt{}
	if c.probe.URL != "" {
		out = append(out, Excerpt{"the answers", c.probe.URL + "\n" + strings.Join(c.probe.Lines(), "\n") + "\n"})
	}
	if len(c.plan.Lines) > 0 {
		out = append(out, Excerpt{"the plan", strings.Join(c.plan.Lines, "\n") + "\n"})
	}
	if c.begun {
		out = append(out, Excerpt{"the purge", drawnText(c.purgeLines(excerptWidth))})
	}
	return out
}
