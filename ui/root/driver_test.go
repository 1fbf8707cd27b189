package root

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/ui"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC
	goleak.VerifyTestMain(m)
}

// driver runs the console without a terminal: it carries out commands as Bubble Tea would, and knows when nothing more will happen
// until time passes or somebody does something.
type driver struct {
	t    *testing.T
	root *Root
	w, h int
	quit bool
	bell int
	raw  []string // what went to the terminal beside pictures and the bell
	end  context.CancelFunc

	mu   sync.Mutex
	msgs []tea.Msg
}

// drive opens a console of that size inside a bubble of virtual time.
func drive(t *testing.T, d ui.Desk, o Options, w, h int) *driver {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	r, err := New(ctx, d, o)
	if err != nil {
		t.Fatal(err)
	}
	dr := &driver{t: t, root: r, w: w, h: h, end: end}
	dr.start(r.Init())
	dr.send(tea.WindowSizeMsg{Width: w, Height: h})
	return dr
}

// options are the stage's.
func options() Options { return Options{About: stage.About(), Fleet: stage.Fleet()} }

// opened is a console on the stage with a run in some state.
func opened(t *testing.T, d *stage.Desk, w, h int) *driver {
	t.Helper()
	return drive(t, d, options(), w, h)
}

// stop ends the console and everything it has under way.
func (d *driver) stop() {
	d.end()
	d.root.Close()
}

// start carries out a command in the background.
func (d *driver) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				d.start(c)
			}
		default:
			d.mu.Lock()
			defer d.mu.Unlock()
			d.msgs = append(d.msgs, msg)
		}
	}()
}

// settle delivers messages until there are none.
func (d *driver) settle() {
	for {
		synctest.Wait()
		d.mu.Lock()
		msgs := d.msgs
		d.msgs = nil
		d.mu.Unlock()
		if len(msgs) == 0 {
			return
		}
		for _, m := range msgs {
			d.update(m)
		}
	}
}

func (d *driver) update(m tea.Msg) {
	switch m := m.(type) {
	case tea.QuitMsg:
		d.quit = true
	case tea.RawMsg:
		if seq := fmt.Sprint(m.Msg); seq == "\a" {
			d.bell++
		} else {
			d.raw = append(d.raw, seq)
		}
	}
	_, cmd := d.root.Update(m)
	d.root.picture() // as after every message
	d.start(cmd)
}

// send delivers one message and what comes of it.
func (d *driver) send(m tea.Msg) {
	d.t.Helper()
	d.update(m)
	d.settle()
}

// named are the keys that have names.
var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "backspace": tea.KeyBackspace,
	"left": tea.KeyLeft, "right": tea.KeyRight, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "f12": tea.KeyF12, "space": tea.KeySpace,
}

// keyOf is the message of a key.
func keyOf(name string) tea.KeyPressMsg {
	if r, ok := named[name]; ok {
		return tea.KeyPressMsg{Code: r}
	}
	if r, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: []rune(r)[0], Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// press presses keys one after another.
func (d *driver) press(names ...string) {
	d.t.Helper()
	for _, n := range names {
		d.send(keyOf(n))
	}
}

// write types text.
func (d *driver) write(text string) { d.press(strings.Split(text, "")...) }

// rest lets time pass, with what happens meanwhile.
func (d *driver) rest(t time.Duration) {
	for end := time.Now().Add(t); time.Now().Before(end); {
		<-time.After(min(100*time.Millisecond, time.Until(end)))
		d.settle()
	}
}

// screen is what the operator sees.
func (d *driver) screen() string {
	f := d.root.Draw(d.w, d.h)
	return f.String()
}

// sees fails unless all of that is on the screen.
func (d *driver) sees(texts ...string) {
	d.t.Helper()
	s := d.screen()
	for _, text := range texts {
		if !strings.Contains(s, text) {
			d.t.Fatalf("%q is not on the screen:\n%s", text, s)
		}
	}
}

// lacks fails if any of that is on the screen.
func (d *driver) lacks(texts ...string) {
	d.t.Helper()
	s := d.screen()
	for _, text := range texts {
		if strings.Contains(s, text) {
			d.t.Fatalf("%q is on the screen:\n%s", text, s)
		}
	}
}

// bubble runs a test in virtual time, with the stage set at its beginning.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		before := stage.Noon
		defer func() { stage.Noon = before }()
		stage.Noon = time.Now()
		f(t)
	})
}
