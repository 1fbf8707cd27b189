package root

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// key gives a key to the dialog on top, to the filter being typed, or to the binding it means here.
func (r *Root) key(k tea.KeyPressMsg) tea.Cmd {
	if r.closed.Swallows(r.world.Now) {
		return nil
	}
	press := dialog.Key{Name: k.String(), Text: k.Text, Repeat: k.IsRepeat || r.held(k.String()), Now: r.world.Now}
	if len(r.dialogs) > 0 || r.filter != nil {
		if press.Name = r.world.Keys.Typed(press.Name, press.Text); press.Name == "" {
			return nil
		}
	}
	switch {
	case len(r.dialogs) > 0:
		return r.toDialog(press)
	case r.filter != nil:
		return r.typeFilter(press)
	}
	r.notice = notice{}
	b, ok := binding.Find(r.top().Bindings(), press.Name)
	if !ok || press.Repeat && b.Danger != "" && b.Danger != act.Safe {
		return nil
	}
	return r.pressed(b)
}

// heldFor is the longest time between two of a key that is held down; nobody means to confirm twice that fast.
const heldFor = 250 * time.Millisecond

// held reports that a key comes again too soon to be a second thought. Most terminals do not tell a held key from one that is pressed again.
func (r *Root) held(key string) bool {
	again := key == r.lastKey && r.world.Now.Sub(r.lastAt) < heldFor
	r.lastKey, r.lastAt = key, r.world.Now
	return again
}

// pressed does what a binding means. One that is off says why.
func (r *Root) pressed(b binding.Binding) tea.Cmd {
	if b.Why != "" {
		r.say(fmt.Sprintf("%s is off: %s", b.Word, b.Why), true)
		return nil
	}
	if cmd, went := r.goTo(func(p place) bool { return p.id == b.ID }, ""); went {
		return cmd
	}
	switch b.ID {
	case "palette":
		r.dialogs = append(r.dialogs, asked{dialog: r.palette()})
	case "back":
		return r.back()
	case "quit":
		return r.quit()
	case "suspend":
		return func() tea.Msg { return suspend{} }
	case "filter":
		r.filter = &widget.Input{}
		r.filter.Set(r.filterOn)
	case "copy", "save":
		return r.take(b.ID)
	case "mouse":
		r.mouse = !r.mouse
		r.say(map[bool]string{true: "the mouse is the console's", false: "the mouse is the terminal's: select away"}[r.mouse], false)
	default:
		return r.toTop(screen.Pressed{ID: b.ID})
	}
	return nil
}

// back drops the filter, then leaves what the screen has to leave, then the screen.
func (r *Root) back() tea.Cmd {
	if r.filterOn != "" {
		return r.setFilter("")
	}
	if s, ok := r.top().(screen.Stepper); ok && s.StepBack() {
		return nil
	}
	r.pop()
	return nil
}

// quit leaves, after asking if that would stop something.
func (r *Root) quit() tea.Cmd {
	here := r.walkedHere()
	if len(here) == 0 {
		return tea.Quit
	}
	r.dialogs = append(r.dialogs, asked{moot: r.whyNothingStops, dialog: &dialog.Choice{
		Tag: "quit", Title: "Quit", Alarm: theme.Alarm, Cancel: "Stay",
		Text:    "This console is at work. If you quit, a run stops at the next step boundary, and it can be resumed from here or from anywhere:",
		Details: here, Options: []dialog.Option{{ID: "quit", Label: "Stop there and quit"}},
	}})
	return nil
}

// whyNothingStops says that quitting would stop nothing any more.
func (r *Root) whyNothingStops() string {
	if len(r.walkedHere()) > 0 {
		return ""
	}
	return "nothing is at work here any more; quit again"
}

// walkedHere are the runs that would stop if this process ended, each with the command that resumes it.
func (r *Root) walkedHere() []string {
	var out []string
	for _, x := range r.world.Runs {
		switch {
		case !x.Here || x.State != run.Running && x.State != run.AtGate || r.sawEnd(x.ID):
		case x.Act:
			out = append(out, "the command on "+x.Target+" is ended there, and cannot be resumed")
		default:
			out = append(out, "vmtui runs resume "+x.ID)
		}
	}
	return out
}

// sawEnd reports that a screen knows that a run has ended, whatever the list says that was read before.
func (r *Root) sawEnd(id string) bool {
	return slices.ContainsFunc(r.stack, func(s screen.Screen) bool {
		w, ok := s.(screen.Witness)
		return ok && w.SawEnd(id)
	})
}

// toDialog gives a key to the dialog on top, and its result to whoever opened it.
func (r *Root) toDialog(k dialog.Key) tea.Cmd {
	top := r.dialogs[len(r.dialogs)-1]
	res := top.dialog.Press(k)
	if res == nil {
		r.try(top.dialog)
		return nil
	}
	r.try(nil)
	r.dialogs = slices.DeleteFunc(r.dialogs, func(a asked) bool { return a.dialog == top.dialog })
	switch {
	case top.ask != nil:
		reply, answer := top.ask.Reply, dialog.Answered(top.ask.Question, *res)
		return func() tea.Msg { reply(answer); return nil }
	case top.screen != 0:
		for _, s := range r.stack {
			if s.Number() == top.screen {
				return r.tell(s, *res)
			}
		}
		return nil
	case res.Tag == "quit" && res.OK:
		return tea.Quit
	case res.Tag == "door" && res.OK:
		return r.through(top.door)
	case len(top.excerpts) > 0:
		return r.chosen(top, *res)
	case res.Tag == "palette" && res.OK:
		return r.said(res.Text)
	}
	return nil
}

// closeMoot closes the questions that the world has answered, and says so. What was being typed into one is swallowed, so that it does nothing else.
func (r *Root) closeMoot() {
	r.dialogs = slices.DeleteFunc(r.dialogs, func(a asked) bool {
		why := ""
		if a.moot != nil {
			why = a.moot()
		}
		if why == "" {
			return false
		}
		r.closed = widget.NewHush(r.world.Now)
		r.say("the question was closed, and nothing was done: "+why, true)
		return true
	})
}

// typeFilter edits the filter; what it lets through follows every key.
func (r *Root) typeFilter(k dialog.Key) tea.Cmd {
	switch k.Name {
	case "enter":
		r.filter = nil
	case "esc":
		r.filter = nil
		return r.setFilter("")
	default:
		r.filter.Press(k.Name, k.Text)
		return r.setFilter(r.filter.Text())
	}
	return nil
}

func (r *Root) setFilter(text string) tea.Cmd {
	r.filterOn = text
	return r.toTop(screen.Filter{Text: text})
}

// dropFilter forgets the filter of the screen that is being left or covered; the screen keeps none.
func (r *Root) dropFilter() {
	if r.filterOn != "" {
		r.top().Update(screen.Filter{})
	}
	r.filter, r.filterOn = nil, ""
}

// pasted goes where text is typed, and nowhere else: pasted text is not keys.
func (r *Root) pasted(text string) tea.Cmd {
	k := dialog.Key{Name: "paste", Text: text, Now: r.world.Now}
	switch {
	case len(r.dialogs) > 0:
		return r.toDialog(k)
	case r.filter != nil:
		r.filter.Insert(text)
		return r.setFilter(r.filter.Text())
	}
	return nil
}

// click does what stands under the mouse.
func (r *Root) click(m tea.MouseClickMsg) tea.Cmd {
	id := r.last.At(m.X, m.Y)
	switch {
	case r.closed.Resting(r.world.Now):
		return nil
	case id == "" || m.Button != tea.MouseLeft:
		return nil
	case len(r.dialogs) > 0:
		return r.toDialog(dialog.Key{Name: "hit:" + id, Now: r.world.Now})
	}
	if r.backTo(id) {
		return nil
	}
	if b, ok := findID(r.top().Bindings(), id); ok {
		return r.pressed(b)
	}
	return r.toTop(screen.Clicked{ID: id})
}

// findID is the binding behind a footer's hit.
func findID(bs []binding.Binding, hit string) (binding.Binding, bool) {
	for _, b := range bs {
		if "key:"+b.ID == hit {
			return b, true
		}
	}
	return binding.Binding{}, false
}

// wheel moves what is in the pane under the pointer; where there are no panes, it moves as the arrows do.
func (r *Root) wheel(m tea.MouseWheelMsg) tea.Cmd {
	id := map[tea.MouseButton]string{tea.MouseWheelUp: "up", tea.MouseWheelDown: "down"}[m.Button]
	if id == "" || len(r.dialogs) > 0 {
		return nil
	}
	if pane := r.last.Pane(m.X, m.Y); pane != "" {
		return r.toTop(screen.Wheeled{Pane: pane, Down: id == "down"})
	}
	return r.toTop(screen.Pressed{ID: id})
}
