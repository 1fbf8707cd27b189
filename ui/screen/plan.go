package screen

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
)

// Plan shows what a run would do before anything is done: every step with its commands, the dangers, and why it is refused.
type Plan struct {
	*Post
	env          Env
	book, target string
	asks         []run.Input       // what is said before there is a plan
	said         map[string]string // what was said
	first        map[string]string // what stands there at first

	plan  desk.Plan
	known bool
	asked time.Time // since when it is looked for
	seen  time.Time // when it was found
	err   error
	at    cursor
	page  int
	from  int // of the step's detail
	round *Round
}

// NewPlan opens the plan of a runbook on a target.
func NewPlan(env Env, book, target string) *Plan {
	return &Plan{Post: NewPost(env.Ctx), env: env, book: book, target: target, page: 5}
}

// NewPlanOf opens the plan of a runbook that takes inputs: they are asked for first, unless what is given is enough.
func NewPlanOf(env Env, book run.Book, target string, given map[string]string) *Plan {
	p := NewPlan(env, book.ID, target)
	p.asks, p.first = book.Inputs, given
	if chosen := len(given) > 0 || target != "" && book.Targets == ""; chosen && book.Missing(target, given) == "" {
		p.said = maps.Clone(given)
	}
	return p
}

// unsaid is that the inputs must be asked for.
type unsaid struct{}

// planned is what the desk found.
type planned struct {
	plan desk.Plan
	err  error
}

// started is the run that began.
type started struct {
	id  string
	err error
}

// Failed implements Failure.
func (s started) Failed() Action {
	if s.err == nil {
		return nil
	}
	return refusal("start", s.err)
}

// Crumb implements Screen.
func (p *Plan) Crumb() string {
	return p.round.name("Plan " + shortName(desk.Run{Summary: summaryOf(p.book, p.target)}))
}

// Place implements Screen.
func (p *Plan) Place() binding.Place { return binding.Plan }

// Init implements Screen.
func (p *Plan) Init() tea.Cmd {
	if len(p.asks) > 0 && p.said == nil {
		return p.Ask("inputs", func(context.Context) tea.Msg { return unsaid{} })
	}
	return p.look()
}

// askInputs asks for what the runbook takes.
func (p *Plan) askInputs() Action {
	form := &dialog.Form{Tag: "inputs", Title: p.Crumb(), Text: "What it is to be done with. Nothing is changed yet: its plan comes next.", Deed: "look at the plan"}
	for _, in := range p.asks {
		value, said := p.first[in.Name]
		if !said {
			value = in.Default
		}
		form.Fields = append(form.Fields, dialog.Field{Name: in.Name, About: inputAbout(in), Value: value, Values: in.Values, Needed: in.Needed})
	}
	return Open{form}
}

// fill takes what the form was filled with. What was given beyond its fields stays: the runbook passes it on.
func (p *Plan) fill(values map[string]string) {
	said := maps.Clone(p.first)
	maps.DeleteFunc(said, func(name, _ string) bool {
		return slices.ContainsFunc(p.asks, func(in run.Input) bool { return in.Name == name })
	})
	if said == nil {
		said = map[string]string{}
	}
	maps.Copy(said, values)
	p.said, p.first = said, said
}

// inputAbout explains an input; that it is text goes without saying.
func inputAbout(in run.Input) string {
	if in.Type == "" || in.Type == "string" {
		return in.About
	}
	return strings.TrimSpace(in.Type + "  " + in.About)
}

// look asks what the run would do.
func (p *Plan) look() tea.Cmd {
	d, book, target, said := p.env.Desk, p.book, p.target, p.said
	p.asked = p.env.World.Now
	return p.Ask("plan", func(ctx context.Context) tea.Msg {
		plan, err := d.Plan(ctx, book, target, said)
		return planned{plan: plan, err: err}
	})
}

// Update implements Screen.
func (p *Plan) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := p.Open(msg); ok {
			return p.answered(m)
		}
	case dialog.Result:
		switch {
		case msg.Tag == "inputs" && !msg.OK:
			return Pop{}, nil
		case msg.Tag == "inputs":
			p.fill(msg.Values)
			return nil, p.look()
		case msg.OK:
			return p.start(msg.Text)
		}
	case Clicked:
		if kind, id := split(msg.ID); kind == "step" {
			p.at.id, p.from = id, 0
		}
	case Pressed:
		return p.press(msg.ID)
	}
	return nil, nil
}

// answered takes what the desk said.
func (p *Plan) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case unsaid:
		return p.askInputs(), nil
	case planned:
		p.plan, p.err, p.known, p.seen = m.plan, m.err, true, p.env.World.Now
		p.at.settle(p.ids())
	case started:
		if m.err != nil {
			return refusal("start", m.err), nil
		}
		p.round.begun(m.id)
		r := NewRun(p.env, m.id)
		r.round, r.plan = p.round, &p.plan
		return Swap{r}, nil
	}
	return nil, nil
}

func (p *Plan) press(id string) (Action, tea.Cmd) {
	if p.at.move(id, p.ids(), p.page) {
		p.from = 0
		return nil, nil
	}
	switch id {
	case "start":
		return p.confirm()
	case "look-again":
		p.known = false
		if len(p.asks) > 0 {
			p.said = nil
		}
		return nil, p.Init()
	case "next-target":
		return inPlace(p.round.next(p.env))
	case "left":
		p.from = max(p.from-1, 0)
	case "right":
		p.from++
	}
	return nil, nil
}

// confirm asks for the name if the run destroys something, and starts it otherwise.
func (p *Plan) confirm() (Action, tea.Cmd) {
	if p.plan.Confirm == "" {
		return p.start("")
	}
	return Open{&dialog.Typed{
		Title:   p.round.name(p.plan.Title),
		Text:    p.warning(),
		Details: p.plan.Dangers, Name: p.plan.Confirm, Droplet: p.plan.Droplet, Deed: strings.TrimSuffix("start on "+p.target, " on "),
	}}, nil
}

// warning says what cannot be taken back.
func (p *Plan) warning() string {
	if p.plan.Droplet != 0 {
		return fmt.Sprintf("This cannot be taken back once %s has its new disk. Until then every step can be undone.", p.target)
	}
	return "A step of this cannot be taken back; it is marked in the plan."
}

// start begins the run.
func (p *Plan) start(typed string) (Action, tea.Cmd) {
	if p.Waiting("start") {
		return Say{Text: "it is being started"}, nil
	}
	d, book, target, said := p.env.Desk, p.book, p.target, p.said
	return Say{Text: "starting: " + shortName(desk.Run{Summary: summaryOf(book, target)})}, p.Act("start", func(ctx context.Context) tea.Msg {
		id, err := d.Start(ctx, book, target, said, typed)
		return started{id: id, err: err}
	})
}

// stands says why the run cannot be started; "" means nothing stands in the way.
func (p *Plan) stands() string {
	switch {
	case p.env.World.About.ReadOnly:
		return readOnly
	case p.target != "" && gone(p.env.World, p.target):
		return p.target + " is not in the fleet any more"
	case !p.known:
		return "the plan is still being made"
	case p.err != nil:
		return brief(p.err)
	case len(p.plan.Refusals) > 0:
		return p.plan.Refusals[0].Why
	}
	return ""
}

// Bindings implements Screen.
func (p *Plan) Bindings() []binding.Binding {
	bs := p.env.World.Keys.At(binding.Plan)
	off(bs, "start", p.stands())
	p.round.offer(p.env.World, bs)
	for i := range bs {
		if bs[i].ID == "start" && p.plan.Danger != "" {
			bs[i].Danger = p.plan.Danger
		}
	}
	return bs
}

func (p *Plan) ids() []string {
	ids := make([]string, len(p.plan.Steps))
	for i, s := range p.plan.Steps {
		ids[i] = s.ID
	}
	return ids
}

// danger is how the plan's danger is named. A change past which there is no way back is not said to have one.
func (p *Plan) danger() mark {
	m := danger(p.plan.Danger)
	lasting := slices.ContainsFunc(p.plan.Steps, func(s desk.PlanStep) bool { return s.Kind == run.Once && s.NoUndo != "" && !s.LeftOut })
	if p.plan.Danger == act.Changes && lasting {
		m.word = "changes, and not all of it can be taken back"
	}
	return m
}

// danger is how a plan's danger is named and inked.
func danger(d act.Danger) mark {
	switch d {
	case act.Destroys:
		return mark{"▲", "destroys", theme.Peril}
	case act.Changes:
		return mark{"◐", "changes, and can be taken back", theme.Warn}
	}
	return mark{"○", "only looks", theme.Good}
}
