package screen

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
)

// Deed is one act on Sidekiq: first what it would do and what that loses, then how far it is, then what it did.
type Deed struct {
	*Post
	env   Env
	order sidekiq.Order
	round *Round

	plan    sidekiq.Plan
	planned bool
	seen    time.Time // when the plan was found
	err     error

	teller *work // hears of the progress, of looking and of doing
	work   *work // the teller while something is under way
	report sidekiq.Report
	done   bool // the report is there
	text   scroll
}

// work is an act, or a look at much, under way: how far it is, and a way to call it off.
type work struct {
	began time.Time
	end   context.CancelFunc
	far   atomic.Pointer[sidekiq.Progress]
	over  atomic.Bool // it was brought to its end, whatever that is; who has left its screen is not told otherwise
}

func (x *work) tell(p sidekiq.Progress) { x.far.Store(&p) }

type (
	plannedDeed struct {
		plan sidekiq.Plan
		err  error
	}
	didDeed struct {
		report sidekiq.Report
		err    error
	}
)

// Failed implements Failure.
func (d didDeed) Failed() Action {
	if d.err == nil {
		return nil
	}
	return refusal("sidekiq", d.err)
}

// NewDeed opens what an order would do. Nothing is done yet.
func NewDeed(env Env, o sidekiq.Order) *Deed {
	return &Deed{Post: NewPost(env.Ctx), env: env, order: o}
}

// Crumb implements Screen.
func (x *Deed) Crumb() string {
	return x.round.name(strings.TrimSpace(string(x.order.Deed) + " " + orderOn(x.order)))
}

// orderOn is what an order is about: a backup's is a file, and jobs and processes have no one name.
func orderOn(o sidekiq.Order) string {
	if o.Name == "" {
		return ""
	}
	return path.Base(o.Name)
}

// Headline implements Titled.
func (x *Deed) Headline() (string, int, bool) {
	if x.work == nil || x.done {
		return x.Crumb(), -1, false
	}
	if p := x.work.far.Load(); p != nil && p.Of > 0 {
		return x.Crumb(), int(p.Done * 100 / p.Of), false
	}
	return x.Crumb(), -1, false
}

// Place implements Screen.
func (x *Deed) Place() binding.Place { return binding.Deed }

// Init implements Screen.
func (x *Deed) Init() tea.Cmd {
	d, o, w := x.env.Desk, x.order, &work{began: x.env.World.Now}
	x.teller, x.work, x.planned, x.err = w, w, false, nil
	return x.Ask("plan", func(ctx context.Context) tea.Msg {
		p, err := d.PlanSidekiq(ctx, o, w.tell)
		return plannedDeed{p, err}
	})
}

// Update implements Screen.
func (x *Deed) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		if m, ok := x.Open(msg); ok {
			return x.answered(m)
		}
	case Wheeled:
		x.text.wheel(msg.Down)
	case dialog.Result:
		return x.decided(msg)
	case Pressed:
		return x.press(msg.ID)
	}
	return nil, nil
}

func (x *Deed) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case plannedDeed:
		x.plan, x.err, x.planned, x.work, x.seen = m.plan, m.err, m.err == nil, nil, x.env.World.Now
	case didDeed:
		x.work.end()
		x.report, x.err, x.done, x.work = m.report, m.err, true, nil
		x.text.from = 0
		return Reload{}, nil
	}
	return nil, nil
}

func (x *Deed) press(id string) (Action, tea.Cmd) {
	if x.text.move(id) {
		return nil, nil
	}
	switch id {
	case "deed-do":
		return x.confirm()
	case "deed-how":
		return Open{x.form()}, nil
	case "deed-halt":
		x.work.end()
		return Say{Text: "it stops between two portions, and loses nothing"}, nil
	case "next-target":
		return inPlace(x.round.next(x.env))
	case "sidekiq-restore":
		return Swap{NewDeed(x.env, sidekiq.Order{Deed: sidekiq.Restore, Name: x.report.Shelf})}, nil
	case "sidekiq-delete":
		return Swap{NewDeed(x.env, sidekiq.Order{Deed: sidekiq.Delete, Name: x.report.Shelf})}, nil
	}
	return nil, nil
}

// confirm asks for what has to be typed, one name after the other, and then does it.
func (x *Deed) confirm() (Action, tea.Cmd) {
	switch {
	case x.plan.Confirm != "" && x.order.Typed == "":
		return Open{x.typed("confirm", x.plan.Confirm, x.plan.Loss.Lost)}, nil
	case x.plan.Again != "" && x.order.Again == "":
		return Open{x.typed("again", x.plan.Again, "It is asked about twice. The second name is the instance's.")}, nil
	}
	return nil, x.do()
}

func (x *Deed) typed(tag, name, text string) dialog.Dialog {
	details := append(x.atStake(), x.plan.Caution[:min(len(x.plan.Caution), 2)]...)
	return &dialog.Typed{Tag: tag, Title: x.round.name(x.plan.What), Text: text, Details: details, Name: name, Deed: string(x.order.Deed)}
}

// atStake is what is in it, in a line or two: the dialog covers the plan.
func (x *Deed) atStake() []string {
	in := x.plan.In
	var out, top []string
	for _, c := range in.Classes[:min(len(in.Classes), 3)] {
		top = append(top, c.Name+" "+count(int64(c.Count)))
	}
	if len(top) > 0 {
		out = append(out, fmt.Sprintf("of %s looked at: %s", count(int64(in.Counted)), strings.Join(top, ", ")))
	}
	if !in.Oldest.IsZero() {
		out = append(out, "the oldest waited for "+age(in.Oldest, x.seen))
	}
	return out
}

// do does it. It goes on when the screen is left.
func (x *Deed) do() tea.Cmd {
	ctx, end := context.WithCancel(x.life)
	d, o, p := x.env.Desk, x.order, x.plan
	x.work = x.teller
	x.work.began, x.work.end = x.env.World.Now, end
	x.work.far.Store(nil)
	w := x.work
	x.round.acts(w)
	return x.Act("do", func(context.Context) tea.Msg {
		defer w.over.Store(true)
		r, err := d.DoSidekiq(ctx, o, p)
		return didDeed{r, err}
	})
}

func (x *Deed) decided(res dialog.Result) (Action, tea.Cmd) {
	if !res.OK {
		x.order.Typed, x.order.Again = "", ""
		return nil, nil
	}
	switch res.Tag {
	case "confirm":
		x.order.Typed = res.Text
		return x.confirm()
	case "again":
		x.order.Again = res.Text
		return x.confirm()
	case "how":
		if err := x.fill(res.Values); err != nil {
			return Say{Text: err.Error(), Bad: true}, nil
		}
		return nil, x.Init()
	}
	return nil, nil
}

// hows are what can be said about how a deed is done.
var hows = map[sidekiq.Deed][]dialog.Field{
	sidekiq.Park:    {{Name: "backup", About: "write a backup first; needed where Redis may drop a parked list", Values: []string{"no", "yes"}}},
	sidekiq.Restore: {{Name: "rate", About: "jobs a second; empty for all at once"}, {Name: "newer than", About: "such as 2h: what is older stays parked"}},
	sidekiq.Delete:  {{Name: "limit", About: "at most so many jobs; empty for all that are meant"}, {Name: "keep locks", About: "leave the unique locks of what is deleted", Values: []string{"no", "yes"}}},
	sidekiq.Requeue: {{Name: "limit", About: "at most so many jobs", Needed: true}, {Name: "rate", About: "jobs a second", Needed: true}},
	sidekiq.Kill:    {{Name: "limit", About: "at most so many jobs; empty for all that are meant"}, {Name: "keep locks", About: "leave the unique locks of what is given up", Values: []string{"no", "yes"}}},
	sidekiq.Move:    {{Name: "to", About: "the queue", Needed: true}, {Name: "limit", About: "at most so many jobs; empty for all that are meant"}},
}

// form asks how it shall be done.
func (x *Deed) form() dialog.Dialog {
	f := &dialog.Form{Tag: "how", Title: "How to " + x.Crumb(), Deed: "Look at that"}
	now := map[string]string{
		"backup": yesOr(x.order.Backup), "keep locks": yesOr(x.order.KeepLocks), "to": x.order.To, "rate": positive(x.order.Rate), "limit": positive(x.order.Limit),
	}
	if x.order.Newer > 0 {
		now["newer than"] = x.order.Newer.String()
	}
	for _, field := range hows[x.order.Deed] {
		field.Value = now[field.Name]
		f.Fields = append(f.Fields, field)
	}
	return f
}

// fill takes what was said of how; nothing changes when something cannot be read.
func (x *Deed) fill(v map[string]string) error {
	o, err := x.order, error(nil)
	number := func(name string, into *int) {
		if text, said := v[name]; said && err == nil {
			*into, err = above(name, text)
		}
	}
	number("rate", &o.Rate)
	number("limit", &o.Limit)
	if text, said := v["newer than"]; said && err == nil {
		o.Newer, err = span("newer than", text)
	}
	if err != nil {
		return err
	}
	o.Backup, o.KeepLocks, o.To = v["backup"] == "yes", v["keep locks"] == "yes", strings.TrimSpace(v["to"])
	o.Typed, o.Again = "", ""
	x.order = o
	return nil
}

func yesOr(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }

func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Bindings implements Screen.
func (x *Deed) Bindings() []binding.Binding {
	bs := x.env.World.Keys.At(binding.Deed)
	doing := x.work != nil && x.planned && !x.done
	switch {
	case x.done:
		why := "it was done"
		if x.err != nil {
			why = "it was begun; what it says shows how to go on"
		}
		off(bs, "deed-do", why)
		off(bs, "deed-how", why)
	case doing:
		off(bs, "deed-do", "it is under way")
		off(bs, "deed-how", "it is under way")
	case x.err != nil:
		off(bs, "deed-do", "it could not be looked at; go back and open it again")
	case !x.planned:
		off(bs, "deed-do", "it is still being looked at")
	case x.plan.Refusal != nil:
		off(bs, "deed-do", brief(x.plan.Refusal))
	}
	if len(hows[x.order.Deed]) == 0 {
		off(bs, "deed-how", "there is nothing to choose")
	}
	if !doing {
		off(bs, "deed-halt", "nothing is under way")
	}
	x.round.offer(x.env.World, bs)
	if x.report.Shelf == "" {
		off(bs, "sidekiq-restore", "nothing was parked here")
		off(bs, "sidekiq-delete", "nothing was parked here")
	}
	if x.env.World.About.ReadOnly {
		for _, id := range []string{"deed-do", "sidekiq-restore", "sidekiq-delete"} {
			off(bs, id, readOnly)
		}
	}
	return bs
}

// Excerpts implements Copier.
func (x *Deed) Excerpts() []Excerpt {
	out := []Excerpt{{"what it says", drawnText(x.lines(excerptWidth))}}
	if x.report.Shelf != "" {
		out = append(out, Excerpt{"the command that takes it back", "vmtui sidekiq restore " + x.report.Shelf})
	}
	return out
}
