package screen

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/widget"
)

// Exec is one command on many nodes: first what would be run and where, then the answers as they arrive, equal ones folded.
type Exec struct {
	*Post
	env     Env
	set     string // the nodes, as they were named
	command string
	sudo    bool

	order fanout.Order // before it is run
	given bool         // it was run
	id    string       // then; "" is the console's last one
	view  fanout.View
	err   error

	rows browser[fanout.Answer]
	text wrapped // of the selected answer
}

// The panes of a command on nodes.
const (
	paneAnswers = "answers"
	paneOutput  = "output"
)

// waitingRow is the row of the nodes that have not answered yet.
const waitingRow = "waiting"

// NewExec opens a command on nodes: `worker-[1-3] -- uptime`, with --sudo before the --. Without a command it asks for one; without anything it shows
// the last one.
func NewExec(env Env, said string) *Exec {
	x := &Exec{Post: NewPost(env.Ctx), env: env}
	set, command, _ := strings.Cut(" "+said+" ", " -- ")
	for word := range strings.FieldsSeq(set) {
		if word == "--sudo" {
			x.sudo = true
			continue
		}
		x.set = strings.TrimSpace(x.set + " " + word)
	}
	x.command = strings.TrimSpace(command)
	x.rows = browser[fanout.Answer]{
		list: list[fanout.Answer]{id: func(a fanout.Answer) string { return a.ID }, cols: x.columns(), page: 5}, panes: newPanes(paneAnswers, paneOutput), kind: "answer",
		all: x.answers, says: answerSays,
	}
	return x
}

type (
	// wanted asks the operator for the command.
	wantsCommand struct{}
	// ordered is the order as the desk understood it.
	ordered struct {
		order fanout.Order
		err   error
	}
	// sent is an order that was given.
	sent struct {
		id  string
		err error
	}
	// gotAnswers is what came of it so far.
	gotAnswers struct {
		view fanout.View
		err  error
	}
	// cancelled is how calling it off ended.
	cancelled struct{ err error }
)

// Failed implements Failure.
func (s sent) Failed() Action {
	if s.err == nil {
		return nil
	}
	return refusal("exec", s.err)
}

// Crumb implements Screen.
func (x *Exec) Crumb() string {
	if !x.given {
		return strings.TrimSpace("Exec " + x.set)
	}
	return "Exec " + x.view.Order.Folded()
}

// Headline implements Titled.
func (x *Exec) Headline() (string, int, bool) {
	all := len(x.view.Order.Nodes)
	if all == 0 || x.view.Over {
		return x.Crumb(), -1, false
	}
	return x.Crumb(), (all - len(x.view.Waiting)) * 100 / all, false
}

// Place implements Screen.
func (x *Exec) Place() binding.Place { return binding.Exec }

// Init implements Screen.
func (x *Exec) Init() tea.Cmd {
	switch {
	case x.set == "":
		return x.follow("", 0)
	case x.command == "":
		return x.Ask("command", func(context.Context) tea.Msg { return wantsCommand{} })
	}
	return x.prepare()
}

// prepare asks what the order would be.
func (x *Exec) prepare() tea.Cmd {
	d, set, command, sudo := x.env.Desk, x.set, x.command, x.sudo
	return x.Ask("order", func(ctx context.Context) tea.Msg {
		o, err := d.Order(ctx, set, command, sudo)
		return ordered{o, err}
	})
}

// follow waits for more answers, and for what comes close behind.
func (x *Exec) follow(id string, after uint64) tea.Cmd {
	d := x.env.Desk
	return x.Ask("answers", func(ctx context.Context) tea.Msg {
		v, err := news(ctx, after, gather, func(v fanout.View) bool { return v.Over }, func(ctx context.Context, after uint64) (fanout.View, error) { return d.Answers(ctx, id, after) })
		return gotAnswers{v, err}
	})
}

// Update implements Screen.
func (x *Exec) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case Filter, Clicked, Wheeled:
		x.rows.take(msg)
	case dialog.Result:
		return x.typed(msg)
	case Answer:
		if m, ok := x.Open(msg); ok {
			return x.answered(m)
		}
	case Pressed:
		return x.press(msg.ID)
	}
	return nil, nil
}

func (x *Exec) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case wantsCommand:
		return x.ask(), nil
	case ordered:
		x.order, x.err = m.order, m.err
	case sent:
		if m.err != nil {
			return refusal("exec", m.err), nil
		}
		x.id, x.given = m.id, true
		return Reload{}, x.follow(m.id, 0)
	case gotAnswers:
		return x.got(m)
	case cancelled:
		if m.err != nil {
			return refusal("cancel", m.err), nil
		}
	}
	return nil, nil
}

// got takes newer answers and waits for the next.
func (x *Exec) got(m gotAnswers) (Action, tea.Cmd) {
	if m.err != nil {
		x.err = m.err
		return nil, nil
	}
	x.view, x.err, x.given = m.view, nil, true
	if x.set == "" { // the last one
		x.set, x.command, x.sudo = m.view.Order.Folded(), strings.Join(m.view.Order.Words, " "), m.view.Order.Sudo
	}
	if m.view.Over {
		return Reload{}, nil
	}
	return nil, x.follow(x.id, m.view.Version)
}

// ask asks for the command.
func (x *Exec) ask() Action {
	return Open{&dialog.Reason{Tag: "command", Title: "Run on " + x.set, Deed: "Show what will be run",
		Text: "The command, as a shell on each node reads it. Nothing is sent yet: first you see exactly what will be run, and where."}}
}

// typed takes the command. Who gives none at the start goes back to where they came from.
func (x *Exec) typed(r dialog.Result) (Action, tea.Cmd) {
	switch {
	case r.Tag != "command":
		return nil, nil
	case !r.OK && x.command == "":
		return Pop{}, nil
	case !r.OK:
		return nil, nil
	}
	x.command, x.id, x.given, x.view = strings.TrimSpace(r.Text), "", false, fanout.View{}
	return nil, x.prepare()
}

func (x *Exec) press(id string) (Action, tea.Cmd) {
	if x.rows.press(id) {
		return nil, nil
	}
	d := x.env.Desk
	switch id {
	case "send":
		return x.send()
	case "cancel":
		work := x.id
		return Say{Text: "ending it on " + strings.Join(x.view.Waiting, ", ")}, x.Act("cancel", func(ctx context.Context) tea.Msg { return cancelled{d.Cancel(ctx, work)} })
	case "other":
		return x.ask(), nil
	case "sudo":
		x.sudo = !x.sudo
		return nil, x.prepare()
	}
	return nil, nil
}

// send gives the order.
func (x *Exec) send() (Action, tea.Cmd) {
	if x.Waiting("send") {
		return Say{Text: "it is being sent"}, nil
	}
	d, o := x.env.Desk, x.order
	return nil, x.Act("send", func(ctx context.Context) tea.Msg {
		id, err := d.Exec(ctx, o)
		return sent{id, err}
	})
}

// answers are those that were given, and behind them the nodes that have not given one.
func (x *Exec) answers() []fanout.Answer {
	out := x.view.Answers
	if len(x.view.Waiting) > 0 {
		out = append(out[:len(out):len(out)], fanout.Answer{ID: waitingRow, Nodes: x.view.Waiting})
	}
	return out
}

// answerSays is what the filter looks into: who said it, how it ended, and all that was said.
func answerSays(a fanout.Answer) string {
	return a.Folded() + " " + strings.Join(a.Nodes, " ") + " " + answerMark(a).word + "\n" + a.Why + "\n" + a.Stdout + "\n" + a.Stderr
}

// Bindings implements Screen.
func (x *Exec) Bindings() []binding.Binding {
	bs := x.env.World.Keys.At(binding.Exec)
	running := x.given && !x.view.Over
	switch {
	case x.given:
		off(bs, "send", "it was run; another command is typed with "+x.env.World.Keys.Get("other").Cap())
		off(bs, "sudo", "it was run already")
	case len(x.order.Nodes) == 0 || x.err != nil:
		off(bs, "send", "there is nothing to run yet")
	}
	if !running {
		off(bs, "cancel", "nothing is running")
	}
	if x.set == "" || running {
		off(bs, "other", "one command at a time: it is still running")
	}
	if x.env.World.About.ReadOnly {
		for _, id := range []string{"send", "sudo", "other"} {
			off(bs, id, readOnly)
		}
	}
	return bs
}

// Excerpts implements Copier.
func (x *Exec) Excerpts() []Excerpt {
	if !x.given {
		return []Excerpt{{"the command", x.order.Line()}}
	}
	var out []Excerpt
	if a, ok := x.rows.selected(); ok && a.ID != waitingRow {
		out = append(out, Excerpt{"what " + a.Folded() + " said", a.Stdout + a.Stderr})
	}
	var all strings.Builder
	for _, a := range x.view.Answers {
		fmt.Fprintf(&all, "%s (%d): %s\n", a.Folded(), len(a.Nodes), a.Verdict())
		for line := range a.Lines() {
			all.WriteString("  " + line + "\n")
		}
	}
	return append(out, Excerpt{"all answers", all.String()}, Excerpt{"the command", x.view.Order.Line()})
}

// wrapped is a text in lines as wide as a pane, made anew only when one of them changes.
type wrapped struct {
	id    string
	width int
	nodes int
	lines []widget.Line
}
