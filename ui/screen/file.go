package screen

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/courier"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
)

// File is one file that goes to a node or comes from one: first from where to where, then how far it is.
type File struct {
	*Post
	env  Env
	said string // FROM TO, as it was typed; the name of a node when nothing was yet

	errand courier.Errand // before it is copied
	known  bool           // the errand is
	given  bool           // it was begun
	id     string
	view   courier.View
	err    error
}

// NewFile opens a copy: `provision.sh worker-1:/root/`. With less than two paths it asks for them.
func NewFile(env Env, said string) *File {
	return &File{Post: NewPost(env.Ctx), env: env, said: strings.TrimSpace(said)}
}

type (
	// wantsPaths asks the operator for both ends.
	wantsPaths struct{}
	// understood is the errand as the desk read it.
	understood struct {
		errand courier.Errand
		err    error
	}
	// underWay is a copy that was begun.
	underWay struct {
		id  string
		err error
	}
	// gotFar is how far it is.
	gotFar struct {
		view courier.View
		err  error
	}
	// recalled is how calling it off ended.
	recalled struct{ err error }
)

// Failed implements Failure.
func (u underWay) Failed() Action {
	if u.err == nil {
		return nil
	}
	return refusal("copy", u.err)
}

// Crumb implements Screen.
func (f *File) Crumb() string {
	if f.known {
		return "File " + f.errand.From()
	}
	return "File"
}

// Headline implements Titled.
func (f *File) Headline() (string, int, bool) {
	if !f.given || f.view.Over {
		return f.Crumb(), -1, false
	}
	return f.Crumb(), f.view.Percent(), false
}

// Place implements Screen.
func (f *File) Place() binding.Place { return binding.File }

// Init implements Screen.
func (f *File) Init() tea.Cmd {
	if len(strings.Fields(f.said)) < 2 {
		return f.Ask("paths", func(context.Context) tea.Msg { return wantsPaths{} })
	}
	return f.read()
}

// read asks what would be copied.
func (f *File) read() tea.Cmd {
	d, said := f.env.Desk, f.said
	return f.Ask("errand", func(ctx context.Context) tea.Msg {
		e, err := d.Errand(ctx, said)
		return understood{e, err}
	})
}

// follow waits until it is further, and for what comes close behind.
func (f *File) follow(after uint64) tea.Cmd {
	d, id := f.env.Desk, f.id
	return f.Ask("far", func(ctx context.Context) tea.Msg {
		v, err := news(ctx, after, gather, func(v courier.View) bool { return v.Over }, func(ctx context.Context, after uint64) (courier.View, error) { return d.Carried(ctx, id, after) })
		return gotFar{v, err}
	})
}

// Update implements Screen.
func (f *File) Update(msg tea.Msg) (Action, tea.Cmd) {
	switch msg := msg.(type) {
	case dialog.Result:
		return f.typed(msg)
	case Answer:
		if m, ok := f.Open(msg); ok {
			return f.answered(m)
		}
	case Pressed:
		return f.press(msg.ID)
	}
	return nil, nil
}

func (f *File) answered(m tea.Msg) (Action, tea.Cmd) {
	switch m := m.(type) {
	case wantsPaths:
		return f.ask(), nil
	case understood:
		f.errand, f.err, f.known = m.errand, m.err, m.err == nil
	case underWay:
		if m.err != nil {
			return refusal("copy", m.err), nil
		}
		f.id, f.given = m.id, true
		return Reload{}, f.follow(0)
	case gotFar:
		if m.err != nil {
			f.err = m.err
			return nil, nil
		}
		if f.view = m.view; m.view.Over {
			return Reload{}, nil
		}
		return nil, f.follow(m.view.Version)
	case recalled:
		if m.err != nil {
			return refusal("cancel", m.err), nil
		}
	}
	return nil, nil
}

// ask asks for both ends.
func (f *File) ask() Action {
	text := "From where, and to where; the one on a node is NODE:PATH. Nothing is copied yet: first you see what goes where."
	if f.said != "" && len(strings.Fields(f.said)) < 2 {
		text += "\n\nprovision.sh " + f.said + ":/root/\n" + f.said + ":/var/log/syslog ."
	}
	return Open{&dialog.Reason{Tag: "paths", Title: "Copy a file", Deed: "Show what will be copied", Text: text}}
}

// typed takes both ends. Who gives none at the start goes back to where they came from.
func (f *File) typed(r dialog.Result) (Action, tea.Cmd) {
	switch {
	case r.Tag != "paths":
		return nil, nil
	case !r.OK && !f.known && f.err == nil:
		return Pop{}, nil
	case !r.OK:
		return nil, nil
	}
	f.said, f.known, f.given, f.view, f.err = r.Text, false, false, courier.View{}, nil
	return nil, f.read()
}

func (f *File) press(id string) (Action, tea.Cmd) {
	d, trip, errand := f.env.Desk, f.id, f.errand
	switch id {
	case "file-copy":
		if f.Waiting("carry") {
			return Say{Text: "it is on its way"}, nil
		}
		return nil, f.Act("carry", func(ctx context.Context) tea.Msg {
			id, err := d.Carry(ctx, errand)
			return underWay{id, err}
		})
	case "file-cancel":
		return Say{Text: "calling it off"}, f.Act("recall", func(ctx context.Context) tea.Msg { return recalled{d.Recall(ctx, trip)} })
	case "file-other":
		return f.ask(), nil
	}
	return nil, nil
}

// Bindings implements Screen.
func (f *File) Bindings() []binding.Binding {
	bs := f.env.World.Keys.At(binding.File)
	running := f.given && !f.view.Over
	switch {
	case f.given:
		off(bs, "file-copy", "it was copied, or is on its way; another is typed with "+f.env.World.Keys.Get("file-other").Cap())
	case !f.known:
		off(bs, "file-copy", "there is nothing to copy yet")
	case f.errand.Up && f.env.World.About.ReadOnly:
		off(bs, "file-copy", readOnly)
	}
	if !running {
		off(bs, "file-cancel", "nothing is being copied")
	} else {
		off(bs, "file-other", "one at a time: this one is still on its way")
	}
	return bs
}

// Excerpts implements Copier.
func (f *File) Excerpts() []Excerpt {
	if !f.known {
		return nil
	}
	return []Excerpt{{"from where to where", f.errand.From() + " " + f.errand.To()}}
}
