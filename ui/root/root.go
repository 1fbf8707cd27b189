// Package root is the console: a stack of screens, which is the breadcrumb, a stack of dialogs, one header and one footer. It routes
// and does nothing else: keys become bindings, bindings go to the screen on top, answers go to the screen that asked, and what a
// dialog decided goes back to whoever opened it.
//
// Update and View never wait: everything that may is a command, and its answer comes back stamped.
package root

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/screen"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Options are what a console is opened with.
type Options struct {
	About desk.About
	Fleet fleet.Snapshot    // what is known before anything is asked: the first frame
	Verbs Verbs             // what can be done, likewise: the first key may be a verb's
	Keys  map[string]string // remapped keys, by binding id
	Open  string            // the id of a run to open at once
	Look  config.Look       // how it shall look

	Terminal Terminal // what is known of it already; Run looks for itself

	Config string        // the path of the config in use
	Doors  func() []Door // finds the instances that can be entered from here, this one among them; may take a while
	Edit   Edit          // nil: the config cannot be edited from here
	Shell  Shell         // nil: no shell can be opened from here
	Notice string        // said at the start

	Reach Reach // how the operator is reached
	// Clipboard says why no text gets to a clipboard from here, "" where one may; it may take a while. nil: nobody knows.
	Clipboard func(context.Context) string
}

// Root is the console.
type Root struct {
	env     screen.Env
	world   *screen.World
	post    *screen.Post
	stack   []screen.Screen
	dialogs []asked
	opts    Options

	theme *theme.Theme
	looks looks
	w, h  int
	last  widget.Frame

	filter   *widget.Input // being typed; nil when not
	filterOn string
	notice   notice
	mouse    bool
	lastKey  string          // pressed last
	lastAt   time.Time       // and when
	closed   widget.Hush     // keys that were meant for a dialog that closed by itself
	past     []string        // what the palette was told, newest last
	rung     map[string]bool // runs whose open gate was rung for
	way      Way             // where to go when the console is left
	doors    []Door
}

// asked is a dialog and whom its result is for: a screen, a question from below, or root itself.
type asked struct {
	dialog dialog.Dialog
	screen uint64
	moot   func() string // why it makes no sense any more; nil: it always does
	ask    *desk.Ask
	door   Door

	excerpts []screen.Excerpt // what can be chosen in it
}

// notice is a line that stands in the footer's place for a while.
type notice struct {
	text  string
	bad   bool
	until time.Time
}

// New is a console that has asked nothing yet. It fails only on bindings that contradict one another.
func New(ctx context.Context, d ui.Desk, o Options) (*Root, error) {
	keys, err := binding.New(o.Keys)
	if err != nil {
		return nil, err
	}
	r := &Root{opts: o, looks: newLooks(o), mouse: o.Look.MouseAtStart(), rung: map[string]bool{}}
	r.world = &screen.World{About: o.About, Fleet: o.Fleet, Keys: keys, Now: time.Now(), Verbs: o.Verbs}
	r.post = screen.NewPost(ctx)
	r.env = screen.Env{Ctx: ctx, Desk: d, World: r.world}
	r.stack = []screen.Screen{screen.NewFleet(r.env)}
	if o.Open != "" {
		r.stack = append(r.stack, screen.NewRun(r.env, o.Open))
	}
	r.repaint()
	if o.Notice != "" {
		r.say(o.Notice, true)
	}
	return r, nil
}

// Close ends everything that the screens have under way.
func (r *Root) Close() {
	for _, s := range r.stack {
		s.Close()
	}
	r.post.Close()
}

// top is the screen the operator looks at.
func (r *Root) top() screen.Screen { return r.stack[len(r.stack)-1] }

// Init implements tea.Model.
func (r *Root) Init() tea.Cmd {
	cmds := []tea.Cmd{r.askGround(), r.nextTick(), r.askFleet(false), r.askRuns(), r.askVerbs(), r.awaitAsk(), r.findDoors(), r.askPast()}
	for _, s := range r.stack {
		cmds = append(cmds, s.Init())
	}
	return tea.Batch(cmds...)
}

// Update implements tea.Model.
func (r *Root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	r.world.Now = time.Now()
	cmd := r.route(msg)
	r.closeMoot()
	return r, cmd
}

// route gives a message to whom it is for.
func (r *Root) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return r.key(msg)
	case tea.PasteMsg:
		return r.pasted(msg.Content)
	case tea.MouseClickMsg:
		return r.click(msg)
	case tea.MouseWheelMsg:
		return r.wheel(msg)
	case screen.Answer:
		return r.answer(msg)
	case edited:
		return r.reload(msg)
	case knocked:
		return r.knockedAt(msg)
	case left:
		return r.backFrom(msg)
	case tea.WindowSizeMsg:
		r.w, r.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		r.ground(msg.IsDark())
	case tea.ColorProfileMsg:
		r.looks.profile = msg.Profile
		r.repaint()
	}
	return nil
}

// toTop tells the screen on top what happened.
func (r *Root) toTop(msg tea.Msg) tea.Cmd { return r.tell(r.top(), msg) }

// tell tells a screen what happened, and does what it wants.
func (r *Root) tell(s screen.Screen, msg tea.Msg) tea.Cmd {
	action, cmd := s.Update(msg)
	return tea.Batch(cmd, r.do(s, action))
}

// do does what a screen wants.
func (r *Root) do(from screen.Screen, action screen.Action) tea.Cmd {
	switch a := action.(type) {
	case screen.Push:
		return r.push(a.Screen)
	case screen.Swap:
		r.pop()
		if !r.notice.bad { // what was under way is there
			r.notice = notice{}
		}
		return tea.Batch(r.push(a.Screen), r.askRuns())
	case screen.Pop:
		r.pop()
	case screen.Open:
		r.dialogs = append(r.dialogs, asked{dialog: a.Dialog, screen: from.Number()})
	case screen.OpenWhile:
		r.dialogs = append(r.dialogs, asked{dialog: a.Dialog, screen: from.Number(), moot: a.Moot})
	case screen.Say:
		r.say(a.Text, a.Bad)
	case screen.Both:
		return tea.Batch(r.do(from, a.First), r.do(from, a.Then))
	case screen.Ring:
		return tea.Batch(r.ring(a.Run, a.Why), r.askRuns())
	case screen.Enter:
		return r.knock(a.Node)
	case screen.Reload:
		return tea.Batch(r.askRuns(), r.askVerbs())
	}
	return nil
}

// push opens a screen.
func (r *Root) push(s screen.Screen) tea.Cmd {
	r.dropFilter()
	r.stack = append(r.stack, s)
	return s.Init()
}

// pop leaves the screen on top; the first one is never left.
func (r *Root) pop() {
	if len(r.stack) == 1 {
		return
	}
	r.dropFilter()
	r.top().Close()
	r.stack = r.stack[:len(r.stack)-1]
}

// say shows a notice for as long as it takes to read.
func (r *Root) say(text string, bad bool) {
	stay := 5*time.Second + time.Duration(len(text))*40*time.Millisecond
	r.notice = notice{text: text, bad: bad, until: r.world.Now.Add(stay)}
}
