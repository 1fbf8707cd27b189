package screen

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/theme"
)

// choices are the bindings that answer a gate.
var choices = map[string]run.Choice{
	"gate-go": run.Go, "gate-retry": run.Retry, "gate-skip": run.Skip, "gate-undo": run.Undo, "gate-stop": run.Stop,
}

// press does what a binding means here.
func (r *Run) press(id string) (Action, tea.Cmd) {
	if choice, ok := choices[id]; ok {
		return r.choose(choice)
	}
	if r.move(id) {
		return nil, tea.Batch(r.lookAtPanes(), r.followBelow())
	}
	if r.parts.press(id) {
		return nil, nil
	}
	switch id {
	case "resume":
		return r.resume()
	case "open":
		return r.openBelow()
	case "next-target":
		return inPlace(r.round.next(r.env))
	}
	return nil, nil
}

// move moves in the part that has the keys.
func (r *Run) move(id string) bool {
	switch r.parts.on {
	case partSteps:
		return r.moveStep(id)
	case partLog:
		return r.scroll(id)
	}
	return r.parts.scroll(r.parts.on).move(id)
}

// moves are the bindings that move about in a part.
var moves = []string{"up", "down", "half-up", "half-down", "page-up", "page-down", "top", "head", "bottom"}

// moveStep looks at another step, from the current one on.
func (r *Run) moveStep(id string) bool {
	if len(r.view.Steps) == 0 || !slices.Contains(moves, id) {
		return false
	}
	if !r.looking {
		r.look.row, r.look.id = max(r.view.Current, 0), ""
	}
	r.looking = true
	return r.look.move(id, r.stepIDs(), r.page)
}

// wheel moves in the part under the pointer. The steps are given the keys with it, because what is looked at moves.
func (r *Run) wheel(m Wheeled) (Action, tea.Cmd) {
	id := m.step()
	switch m.Pane {
	case partSteps:
		r.parts.focus(partSteps)
		r.moveStep(id)
		return nil, r.lookAtPanes()
	case partLog:
		for range 3 {
			r.scroll(id)
		}
	default:
		r.parts.scroll(m.Pane).wheel(m.Down)
	}
	return nil, nil
}

// click looks at a step, or gives a part the keys.
func (r *Run) click(id string) {
	switch kind, what := split(id); kind {
	case "step":
		r.parts.focus(partSteps)
		r.look.id, r.looking = what, true
	case "pane":
		r.parts.focus(what)
	}
}

// StepBack implements Stepper: first back to the current step and the end of the transcript, only then out.
func (r *Run) StepBack() bool {
	moved := r.looking || r.lines > 0
	r.looking, r.lines = false, 0
	return moved
}

// scroll moves through the transcript.
func (r *Run) scroll(id string) bool {
	switch id {
	case "up":
		r.lines++
	case "down":
		r.lines--
	case "half-up":
		r.lines += max(r.logRows/2, 1)
	case "half-down":
		r.lines -= max(r.logRows/2, 1)
	case "page-up":
		r.lines += max(r.logRows-1, 1)
	case "page-down":
		r.lines -= max(r.logRows-1, 1)
	case "head":
		r.lines = len(r.view.Lines)
	case "bottom":
		r.lines = 0
	default:
		return false
	}
	r.lines = max(r.lines, 0)
	return true
}

// resume walks the run on.
func (r *Run) resume() (Action, tea.Cmd) {
	id, d := r.view.ID, r.env.Desk
	r.looking = false
	if r.walked() {
		return OpenWhile{r.takeDialog(), r.whyNoTake}, nil
	}
	return r.ask("resume", "resuming", func(ctx context.Context) error { return d.Resume(ctx, id) })
}

// ask asks for something about this run, one thing at a time.
func (r *Run) ask(what, say string, f func(context.Context) error) (Action, tea.Cmd) {
	if r.Waiting("act") {
		return Say{Text: "what you said before is still on its way"}, nil
	}
	cmd := r.Act("act", func(ctx context.Context) tea.Msg { return acted{what: what, err: f(ctx)} })
	if say == "" {
		return nil, cmd
	}
	return Say{Text: say}, cmd
}

// choose is a key of a gate. What cannot be taken back lightly asks first.
func (r *Run) choose(c run.Choice) (Action, tea.Cmd) {
	if r.view.Gate == nil || !r.walked() {
		return r.outside(c)
	}
	if r.hush.Swallows(r.env.World.Now) {
		return Say{Text: "the gate has only just opened: read it, then press again"}, nil
	}
	g, seq := r.view.Gate, r.view.GateSeq
	tag, over := fmt.Sprintf("%s %d", c, seq), func() string { return r.whyShut(seq) }
	switch {
	case c == run.Go && g.Confirm != "":
		return OpenWhile{r.typed(tag, g), over}, nil
	case c == run.Skip:
		return OpenWhile{&dialog.Reason{
			Tag: tag, Title: "Skip: " + r.stepTitle(), Deed: "skip it", Alarm: theme.Alarm,
			Text: "The step is left out, and what it would have proved is not proved. Why? The words go into the record.",
		}, over}, nil
	case c == run.Undo:
		return OpenWhile{r.undoDialog(tag), over}, nil
	}
	return r.answer(r.view.Answer(c))
}

// typed is the question before something is destroyed.
func (r *Run) typed(tag string, g *run.Gate) dialog.Dialog {
	return &dialog.Typed{
		Tag: tag, Title: r.stepTitle(), Text: g.Cause, Details: g.Details, Name: g.Confirm, Droplet: r.droplet(), Deed: "do it to " + g.Confirm,
	}
}

// takeDialog asks for the name of whoever walks the run: nobody takes over a person they have not read of.
func (r *Run) takeDialog() dialog.Dialog {
	by := r.view.Walker
	return &dialog.Typed{
		Tag: "take", Title: "Take the run over", Name: by.Operator, Deed: "take it over",
		Text: fmt.Sprintf("%s walks it on %s. Talk to them first. This is for a machine that is gone: should it still live, it acts no more, and what it began is looked at.", by.Operator, by.Host),
	}
}

func (r *Run) undoDialog(tag string) dialog.Dialog {
	return &dialog.Choice{
		Tag: tag, Title: "Walk back", Alarm: theme.Alarm,
		Text:    "Every step that is done is taken back, in reverse, as far as there is a way back.",
		Details: r.wayBack(), Options: []dialog.Option{{ID: "undo", Label: "Walk back"}},
	}
}

// outside is a gate's key while no gate is open: stop asks for a stop at the next boundary, undo takes an unfinished run back.
func (r *Run) outside(c run.Choice) (Action, tea.Cmd) {
	switch c {
	case run.Stop:
		return OpenWhile{r.stopDialog(), func() string { return r.whyNot(c) }}, nil
	case run.Undo:
		return OpenWhile{r.undoDialog("request-undo"), func() string { return r.whyNot(c) }}, nil
	}
	return nil, nil
}

// stopDialog says what stopping does: to a run that somebody walks, and to one that is only let go of.
func (r *Run) stopDialog() dialog.Dialog {
	d := &dialog.Choice{
		Tag: "request-stop", Title: "Stop", Alarm: theme.Alarm, Cancel: "Go on",
		Text:    "The run stops at the next step boundary and can be resumed. What the current step began, it finishes.",
		Options: []dialog.Option{{ID: "stop", Label: "Stop there"}},
	}
	if !r.walked() {
		d.Text, d.Cancel = "Nobody walks the run. It counts as stopped from now on; what it did stays as it is, and it can be resumed all the same.", "Leave it"
		d.Options = []dialog.Option{{ID: "stop", Label: "Stop it"}}
	}
	return d
}

// decided takes a dialog's result.
func (r *Run) decided(res dialog.Result) (Action, tea.Cmd) {
	if !res.OK {
		return nil, nil
	}
	id, d := r.view.ID, r.env.Desk
	switch res.Tag {
	case "request-stop":
		say := "it will stop at the next step boundary"
		if !r.walked() {
			say = "stopping it"
		}
		return r.ask("stop", say, func(ctx context.Context) error { return d.Stop(ctx, id) })
	case "take":
		return r.ask("take over", "taking it over: this waits until their last request is over", func(ctx context.Context) error { return d.TakeOver(ctx, id) })
	case "request-undo":
		return r.ask("undo", "walking back", func(ctx context.Context) error { return d.Undo(ctx, id) })
	}
	choice, seq, _ := strings.Cut(res.Tag, " ")
	if r.view.Gate == nil || seq != fmt.Sprint(r.view.GateSeq) {
		return Say{Text: gateShut + "; nothing was done", Bad: true}, nil
	}
	a := r.view.Answer(run.Choice(choice))
	switch a.Choice {
	case run.Go:
		a.Typed = res.Text
	case run.Skip:
		a.Reason = res.Text
	}
	return r.answer(a)
}

// answer sends a decision.
func (r *Run) answer(a run.Answer) (Action, tea.Cmd) {
	id, d := r.view.ID, r.env.Desk
	return r.ask(string(a.Choice), "", func(ctx context.Context) error { return d.Answer(ctx, id, a) })
}

// Bindings implements Screen.
func (r *Run) Bindings() []binding.Binding {
	bs := r.env.World.Keys.At(binding.Run)
	for id, c := range choices {
		off(bs, id, r.whyNot(c))
	}
	if g := r.view.Gate; g != nil && g.Confirm != "" {
		for i := range bs {
			if bs[i].ID == "gate-go" {
				bs[i].Danger = act.Destroys
			}
		}
	}
	off(bs, "resume", r.whyNoResume())
	if s := r.shown(); s == nil || s.Run == "" {
		off(bs, "open", "the step is no run of its own")
	}
	r.round.offer(r.env.World, bs)
	if ended(r.view.State) && !r.round.over() {
		on(bs, "next-target")
	}
	return bs
}

// whyNot says why a choice is off; "" means it is on.
func (r *Run) whyNot(c run.Choice) string {
	g := r.view.Gate
	switch {
	case r.env.World.About.ReadOnly:
		return readOnly
	case r.view.WhyNoResume() != "":
		return r.view.WhyNoResume()
	case !r.walked():
		return r.whyNotLeft(c)
	case g != nil && !slices.Contains(g.Choices, c):
		return "this gate does not offer it"
	case g == nil && c != run.Stop:
		return "no gate is open"
	}
	return ""
}

// whyNotLeft is whyNot for a run that nobody walks. Stopping it is letting go of it, for which nobody is needed.
func (r *Run) whyNotLeft(c run.Choice) string {
	switch c {
	case run.Undo:
		why, _ := r.backTo()
		return why
	case run.Stop:
		return r.view.WhyNoStop()
	}
	return "nobody walks this run: resume it first"
}

// gateShut says that the gate that a question was about has been answered, here or elsewhere.
const gateShut = "that gate is not open any more"

// whyShut says why a gate cannot be answered any more; "" while it is open.
func (r *Run) whyShut(seq uint64) string {
	if r.view.Gate == nil || r.view.GateSeq != seq {
		return gateShut
	}
	return ""
}

// whyNoTake says why there is nobody to take the run over from; "" while somebody walks it elsewhere.
func (r *Run) whyNoTake() string {
	if why := r.whyNoResume(); why != "" || r.walked() {
		return why
	}
	return "nobody walks it any more"
}

// whyNoResume says why the run cannot be resumed.
func (r *Run) whyNoResume() string {
	switch {
	case r.env.World.About.ReadOnly:
		return readOnly
	case r.view.WhyNoResume() != "":
		return r.view.WhyNoResume()
	case r.walked() && r.walkedHere():
		return "it is being walked here"
	}
	return ""
}
