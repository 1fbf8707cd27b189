// Package screen holds the places of the console. A screen is a plain struct: it keeps what it shows, asks the desk by commands, and
// draws what it has. Nothing is asked, waited for or decided while drawing.
//
// Invariant: an answer reaches a screen only if the screen is still there and has not asked again since. See Post.
package screen

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ui"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/widget"
)

// Screen is a place of the console.
type Screen interface {
	// Crumb is the screen's name in the breadcrumb.
	Crumb() string
	// Place says which bindings hold here.
	Place() binding.Place
	// Init is called once, when the screen is opened.
	Init() tea.Cmd
	// Update takes what happened: Pressed, Filter, Clicked, Tick, Changed, a dialog's Result, or an answer to a question of its own.
	Update(msg tea.Msg) (Action, tea.Cmd)
	// Draw draws the screen into exactly w by h cells.
	Draw(w, h int) widget.Frame
	// Bindings are those of this place, with why each is off just now.
	Bindings() []binding.Binding
	// Number tells screens apart, for answers that come late.
	Number() uint64
	// Close ends everything the screen has under way.
	Close()
}

// Titled is a screen that has something to say in the terminal's title and progress bar.
type Titled interface {
	// Headline is a few words, and how far it is from 0 to 100; below 0 means no progress is shown.
	Headline() (words string, percent int, needsYou bool)
}

// Stepper is a screen with something to leave before it is left itself.
type Stepper interface {
	// StepBack leaves it, and reports whether there was something.
	StepBack() bool
}

// Marker is a screen with rows that can be marked.
type Marker interface {
	// Marked are the targets that a verb would be done to instead of the selected one; none when nothing is marked.
	Marked() []string
}

// Witness is a screen that follows a run, and knows of its end before the list of runs does.
type Witness interface {
	// SawEnd reports that the run of that id has ended.
	SawEnd(id string) bool
}

// Env is what every screen is made with.
type Env struct {
	Ctx   context.Context
	Desk  ui.Desk
	World *World
}

// World is what is known without asking. Root keeps it; screens read it.
type World struct {
	About desk.About
	Fleet fleet.Snapshot
	Runs  []desk.Run // newest first
	// RunsErr is why Runs is not the latest; RunsSeen is when it was read, zero for never.
	RunsErr  error
	RunsSeen time.Time
	Verbs    map[string][]desk.VerbState // by target
	Keys     *binding.Table
	Now      time.Time
}

// Messages that root sends to the screen on top.
type (
	// Pressed says that a binding was pressed that is not off.
	Pressed struct{ ID string }
	// Filter says that the filter's text is now this.
	Filter struct{ Text string }
	// Clicked says that the mouse hit something that a frame named.
	Clicked struct{ ID string }
	// Wheeled says that the wheel was turned over a pane.
	Wheeled struct {
		Pane string
		Down bool
	}
	// Tick comes once a second.
	Tick struct{}
	// Changed says that something in World has changed.
	Changed struct{}
)

// step is the binding that the wheel turns into where rows are chosen.
func (w Wheeled) step() string {
	if w.Down {
		return "down"
	}
	return "up"
}

// Action is what a screen wants of root. Nil is nothing.
type Action interface{ action() }

// The actions.
type (
	// Push opens a screen on top of this one.
	Push struct{ Screen Screen }
	// Swap opens a screen in place of this one.
	Swap struct{ Screen Screen }
	// Pop leaves this screen.
	Pop struct{}
	// Open asks a question; its Result comes back by Update.
	Open struct{ Dialog dialog.Dialog }
	// OpenWhile asks a question that the world can overtake. Moot says why it makes no sense any more, "" while it does; then it is closed, and nothing is
	// decided.
	OpenWhile struct {
		Dialog dialog.Dialog
		Moot   func() string
	}
	// Say shows a notice for a few seconds.
	Say struct {
		Text string
		Bad  bool
	}
	// Both is one thing and then another.
	Both struct{ First, Then Action }
	// Ring calls the operator: that run waits for a decision.
	Ring struct{ Run, Why string }
	// Enter opens a shell on a node.
	Enter struct{ Node string }
	// Reload says that the lists of runs have changed.
	Reload struct{}
)

func (Push) action()      {}
func (Swap) action()      {}
func (Pop) action()       {}
func (Open) action()      {}
func (OpenWhile) action() {}
func (Say) action()       {}
func (Both) action()      {}
func (Ring) action()      {}
func (Enter) action()     {}
func (Reload) action()    {}
