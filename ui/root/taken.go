package root

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
	"github.com/vmtui/vmtui/ui/widget"
)

// clipboardMost is the longest text, in bytes, that is sent to a clipboard: terminals drop an OSC 52 of more than 100,000 bytes, silently, and base64
// makes four bytes of three.
const clipboardMost = 74_994

// takeHow is what shall be done with an excerpt: "copy" or "save".
type takeHow = string

// take copies or saves what the screen on top has to give. Where that is more than one thing, it asks which.
func (r *Root) take(how takeHow) tea.Cmd {
	c, ok := r.top().(screen.Copier)
	var all []screen.Excerpt
	if ok {
		all = screen.Filled(c)
	}
	switch len(all) {
	case 0:
		r.say("there is nothing here to "+how, true)
		return nil
	case 1:
		return r.takeOne(how, all[0])
	}
	d := &dialog.Choice{Tag: how, Title: map[takeHow]string{"copy": "Copy what?", "save": "Save what?"}[how]}
	for i, e := range all {
		key := fmt.Sprint(i + 1)
		d.Details = append(d.Details, fmt.Sprintf("%s  %s, %s", key, e.Name, size(len(e.Text))))
		d.Options = append(d.Options, dialog.Option{ID: key, Key: key, Label: key})
	}
	r.dialogs = append(r.dialogs, asked{dialog: d, excerpts: all})
	return nil
}

// chosen takes the excerpt that was chosen in a dialog of take.
func (r *Root) chosen(a asked, res dialog.Result) tea.Cmd {
	for i, e := range a.excerpts {
		if res.Choice == fmt.Sprint(i+1) {
			return r.takeOne(res.Tag, e)
		}
	}
	return nil
}

func (r *Root) takeOne(how takeHow, e screen.Excerpt) tea.Cmd {
	once, ok := r.top().(screen.Once)
	if !ok || !once.Secret(e) {
		once = nil
	}
	why := ""
	switch {
	case how != "copy" && once != nil:
		r.say("a secret goes into no file: copy it", true)
		return nil
	case how == "copy" && len(e.Text) <= clipboardMost:
		return r.reach(reached{e: e, once: once})
	case how == "copy":
		why = fmt.Sprintf("%s is too long for a clipboard (%s): ", e.Name, size(len(e.Text)))
	}
	d := r.env.Desk
	return r.post.Act("save", func(ctx context.Context) tea.Msg {
		path, err := d.Save(ctx, e.Name, e.Text)
		return saved{why: why, path: path, err: err}
	})
}

// reached is an excerpt on its way to the clipboard, and why it does not get there, as far as that can be known: "" where it may.
type reached struct {
	e    screen.Excerpt
	once screen.Once // whose secret it is; nil: it is none
	not  string
}

// reach asks whether there is a way to a clipboard before anything is sent, or given away for good.
func (r *Root) reach(c reached) tea.Cmd {
	ask := r.opts.Clipboard
	if ask == nil {
		return r.copy(c)
	}
	return r.post.Act("clipboard", func(ctx context.Context) tea.Msg {
		c.not = ask(ctx)
		return c
	})
}

// copy sends an excerpt to the clipboard and says what went which way. No terminal says that it took it, so what else can be done is said too.
func (r *Root) copy(c reached) tea.Cmd {
	otherwise := r.world.Keys.Get("save").Cap() + " saves it"
	if c.once != nil {
		otherwise = "a new one must be made"
	}
	if c.not != "" {
		if c.once != nil {
			otherwise = "it is kept"
		}
		r.say(fmt.Sprintf("%s was not copied; %s: %s", c.e.Name, otherwise, c.not), true)
		return nil
	}
	if c.once != nil {
		c.once.Forget()
	}
	r.say(fmt.Sprintf("%s, %s, sent %s; not in the clipboard? %s", c.e.Name, size(len(c.e.Text)), r.opts.Reach.clipboardWay(), otherwise), false)
	return tea.Raw(r.opts.Reach.Clipboard(c.e.Text))
}

// saved is where an excerpt was written, or why it was not.
type saved struct {
	why, path string
	err       error
}

func (r *Root) wasSaved(s saved) {
	if s.err != nil {
		r.say(s.why+s.err.Error(), true)
		return
	}
	r.say(s.why+"saved in "+s.path, false)
}

// size is a number of bytes for people.
func size(n int) string {
	if n < 10_000 {
		return widget.Count(n, "byte", "bytes")
	}
	return fmt.Sprintf("%d KB", (n+500)/1000)
}
