// Package canvas puts pictures on a terminal: the newest at once, one at a time, and nothing while nothing changes.
//
// Bubble Tea's own renderer looks for a new picture at a fixed rate, which wakes the process for as long as it is open and makes every key and
// the first frame wait for the next look. Here a picture is drawn because it came. What is written to the terminal is Ultraviolet's
// work, as it is Bubble Tea's.
package canvas

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// Picture is everything a terminal shows.
type Picture struct {
	W, H     int
	Content  string // lines of exactly W cells, with their colours
	Cursor   *uv.Position
	Title    string
	Progress uv.ProgressBar
	Mouse    bool // the mouse is ours; a selection needs the terminal's own key
}

// Canvas is a terminal in the console's hands. Its methods may be called from any goroutine; none but Open, Release, Restore and Close waits for the
// terminal.
type Canvas struct {
	in, out *os.File
	env     []string
	profile colorprofile.Profile
	screen  *screen
	cooked  *term.State // as the terminal was found

	wake  chan struct{}
	quit  chan struct{}
	ended chan struct{}

	mu    sync.Mutex
	next  *Picture
	later []func() // what is no picture, in the order it was wished for: the bell, a question to the terminal

	sized func(w, h int)

	drawing sync.Mutex // held while the terminal is written to
	last    Picture
	away    bool // the terminal is somebody else's for a while
	synced  bool // a picture can be written as one: mode 2026
	cluster bool // what belongs together is measured together: mode 2027
}

// Open takes the terminal: raw, on its alternate screen. It fails if in or out is no terminal. Env is the process's environment.
func Open(in, out *os.File, env []string) (*Canvas, error) {
	cooked, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("the terminal cannot be set to answer every key: %w", err)
	}
	c := &Canvas{
		in: in, out: out, env: env, profile: profile(out, env), cooked: cooked,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	c.screen = newScreen(out, env, c.profile)
	c.enter()
	if asksBack(env) {
		c.Say(ansi.RequestModeSynchronizedOutput + ansi.RequestModeUnicodeCore)
	}
	go c.paint()
	return c, nil
}

// Size is the terminal's, in cells.
func (c *Canvas) Size() (w, h int, err error) { return term.GetSize(int(c.out.Fd())) }

// Files are the terminal's input and output, for whoever has it after Release.
func (c *Canvas) Files() (in, out *os.File) { return c.in, c.out }

// OnSize has f told of every size from now on, before the first picture of that size is drawn. It is set before anything is shown.
func (c *Canvas) OnSize(f func(w, h int)) { c.sized = f }

// Profile is which colours the terminal has, or which of them are wanted.
func (c *Canvas) Profile() colorprofile.Profile { return c.profile }

func profile(out *os.File, env []string) colorprofile.Profile {
	p := colorprofile.Detect(out, env)
	if colorless(env) {
		return min(p, colorprofile.ASCII)
	}
	return p
}

// Show makes a picture the one to be seen. A picture that was not drawn yet is forgotten for it.
func (c *Canvas) Show(p Picture) {
	c.mu.Lock()
	c.next = &p
	c.mu.Unlock()
	c.poke()
}

// Say writes a sequence that is no part of a picture.
func (c *Canvas) Say(sequence string) {
	c.afterwards(func() { _, _ = io.WriteString(c.out, sequence) })
}

// Reported hears what the terminal says of its modes.
func (c *Canvas) Reported(mode ansi.Mode, value ansi.ModeSetting) {
	c.afterwards(func() {
		switch mode {
		case ansi.ModeSynchronizedOutput:
			c.synced = value == ansi.ModeReset
		case ansi.ModeUnicodeCore:
			c.cluster = value == ansi.ModeReset || value == ansi.ModeSet || value == ansi.ModePermanentlySet
		}
		c.useModes()
	})
}

// useModes switches on what the terminal said it has.
func (c *Canvas) useModes() {
	c.screen.synced = c.synced
	if c.cluster {
		c.screen.say(ansi.SetModeUnicodeCore)
	}
}

// Colors changes which colours the terminal is believed to have.
func (c *Canvas) Colors(p colorprofile.Profile) {
	c.afterwards(func() { c.screen.rend.SetColorProfile(p) })
}

// afterwards has something done by the one goroutine that writes to the terminal.
func (c *Canvas) afterwards(f func()) {
	c.mu.Lock()
	c.later = append(c.later, f)
	c.mu.Unlock()
	c.poke()
}

func (c *Canvas) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// paint draws what comes until Close. It is the only goroutine here and may wait for a slow terminal as long as that takes.
func (c *Canvas) paint() {
	defer close(c.ended)
	for {
		select {
		case <-c.wake:
			c.draw()
		case <-c.quit:
			return
		}
	}
}

// take is what there is to draw.
func (c *Canvas) take() (*Picture, []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, later := c.next, c.later
	c.next, c.later = nil, nil
	return p, later
}

// draw writes what changed. A terminal that is gone is noticed by whoever reads from it.
func (c *Canvas) draw() {
	c.drawing.Lock()
	defer c.drawing.Unlock()
	if c.away {
		return
	}
	p, later := c.take()
	for _, f := range later {
		f()
	}
	if p == nil || same(*p, c.last) {
		return
	}
	c.set(*p)
	c.last = *p
}

func same(a, b Picture) bool {
	if (a.Cursor == nil) != (b.Cursor == nil) || a.Cursor != nil && *a.Cursor != *b.Cursor {
		return false
	}
	a.Cursor, b.Cursor = nil, nil
	return a == b
}

// set brings the terminal from the last picture to this one.
func (c *Canvas) set(p Picture) {
	s, before := c.screen, c.last.Content
	if p.W != c.last.W || p.H != c.last.H {
		if c.sized != nil {
			c.sized(p.W, p.H)
		}
		s.resize(p.W, p.H)
		before = ""
	}
	if p.Mouse != c.last.Mouse {
		c.setMouse(p.Mouse)
	}
	if p.Title != c.last.Title {
		_ = uv.EncodeWindowTitle(&s.buf, p.Title)
	}
	if p.Progress != c.last.Progress {
		_ = uv.EncodeProgressBar(&s.buf, &p.Progress)
	}
	s.point(p.Cursor)
	s.put(p.Content, before)
	s.flush()
}

func (c *Canvas) setMouse(on bool) {
	mode, encoding := uv.MouseModeNone, uv.MouseEncodingLegacy
	if on {
		mode, encoding = uv.MouseModeDrag, uv.MouseEncodingSGR
	}
	_ = uv.EncodeMouseMode(&c.screen.buf, mode)
	_ = uv.EncodeMouseEncoding(&c.screen.buf, encoding)
}

// enter takes the screen.
func (c *Canvas) enter() {
	c.screen.enter()
	// A stranger's Hebrew or Arabic name must not turn the rest of the row round: everything stands where it was put.
	c.screen.say(ansi.SetModeBracketedPaste + ansi.ResetModeBiDirectionalSupport)
	c.useModes()
	c.screen.write()
}

// leave gives the screen back as it was.
func (c *Canvas) leave() {
	s := c.screen
	if c.last.Mouse {
		c.setMouse(false)
	}
	if c.last.Title != "" {
		_ = uv.EncodeWindowTitle(&s.buf, "")
	}
	if c.last.Progress.State != uv.ProgressBarNone {
		_ = uv.EncodeProgressBar(&s.buf, nil)
	}
	if c.last.Cursor != nil {
		s.say(ansi.SetCursorStyle(0)) // what the terminal itself prefers
	}
	s.point(nil)
	if c.cluster {
		s.say(ansi.ResetModeUnicodeCore)
	}
	s.say(ansi.SetModeBiDirectionalSupport + ansi.ResetModeBracketedPaste)
	s.synced = false
	s.leave()
	s.say(ansi.ShowCursor)
	s.write()
	c.last = Picture{}
}

// Release gives the terminal to somebody else, an editor or the shell, until Restore. It waits for what is being written.
func (c *Canvas) Release() error {
	c.drawing.Lock()
	defer c.drawing.Unlock()
	if c.away {
		return nil
	}
	c.away = true
	c.leave()
	return term.Restore(int(c.in.Fd()), c.cooked)
}

// Restore takes the terminal back; the next picture is drawn whole.
func (c *Canvas) Restore() error {
	c.drawing.Lock()
	defer c.drawing.Unlock()
	if !c.away {
		return nil
	}
	if _, err := term.MakeRaw(int(c.in.Fd())); err != nil {
		return err
	}
	c.away = false
	c.enter()
	c.poke()
	return nil
}

// lastWords is how long a terminal that takes nothing is waited for at the end: one that was stopped with ^S, or whose other end is gone
// without a word. A run that was told to stop must not hang on it.
const lastWords = 2 * time.Second

// Close gives the terminal back for good, as it was found, or says that it takes nothing any more.
func (c *Canvas) Close() error {
	close(c.quit)
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-c.ended:
		return c.Release()
	case <-timer.C:
		return errors.New("the terminal takes nothing any more and was left as it is: `reset` helps if it comes back")
	}
}
