package canvas

import (
	"bytes"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"go.uber.org/goleak"
	"golang.org/x/term"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seat is a terminal with somebody in front of it.
type seat struct {
	t         *testing.T
	far, near *os.File
	vt        vt10x.Terminal
	ended     chan struct{}

	mu    sync.Mutex
	heard bytes.Buffer
}

func sit(t *testing.T) *seat {
	t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(near, &pty.Winsize{Cols: 20, Rows: 3}); err != nil {
		t.Fatal(err)
	}
	s := &seat{t: t, far: far, near: near, vt: vt10x.New(vt10x.WithSize(20, 3)), ended: make(chan struct{})}
	go s.listen()
	t.Cleanup(func() {
		_ = near.Close()
		<-s.ended
		_ = far.Close()
	})
	return s
}

func (s *seat) listen() {
	defer close(s.ended)
	for buf := make([]byte, 4096); ; {
		n, err := s.far.Read(buf)
		s.mu.Lock()
		_, _ = s.vt.Write(buf[:n])
		s.heard.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *seat) has(what func() bool, name string) {
	s.t.Helper()
	locked := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return what()
	}
	for end := time.Now().Add(time.Minute); !locked(); {
		if time.Now().After(end) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.t.Fatalf("%s never came; the screen:\n%s\nheard: %q", name, s.vt.String(), s.heard.String())
		}
		pause := time.NewTimer(time.Millisecond)
		<-pause.C
	}
}

func (s *seat) sees(text string) {
	s.t.Helper()
	s.has(func() bool { return strings.Contains(s.vt.String(), text) }, text)
}

func (s *seat) hears(text string) {
	s.t.Helper()
	s.has(func() bool { return strings.Contains(s.heard.String(), text) }, text)
}

func (s *seat) state() *term.State {
	s.t.Helper()
	state, err := term.GetState(int(s.near.Fd()))
	if err != nil {
		s.t.Fatal(err)
	}
	return state
}

func (s *seat) canvas(env ...string) *Canvas {
	s.t.Helper()
	c, err := Open(s.near, s.near, env)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// lines is a picture of three lines.
func lines(a, b, c string) Picture {
	fill := func(s string) string { return s + strings.Repeat(" ", 20-ansi.StringWidth(s)) }
	return Picture{W: 20, H: 3, Content: strings.Join([]string{fill(a), fill(b), fill(c)}, "\n")}
}

func TestPicturesFollowOneAnother(t *testing.T) {
	s := sit(t)
	c := s.canvas("TERM=xterm-256color")
	c.Show(lines("one", "", "end"))
	s.sees("one")
	p := lines("two 日本", "", "end")
	p.Title, p.Cursor, p.Mouse = "a title", &uv.Position{X: 4, Y: 1}, true
	c.Show(p)
	s.sees("two 日")
	s.has(func() bool {
		return s.vt.Title() == "a title" && s.vt.CursorVisible() && s.vt.Cursor().X == 4 && s.vt.Cursor().Y == 1
	}, "title and cursor")
	s.hears(ansi.SetModeMouseExtSgr)
	c.Say("\a")
	s.hears("\a")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	s.hears(ansi.ResetModeBiDirectionalSupport)
	for _, undone := range []string{ansi.SetModeBiDirectionalSupport, ansi.ResetModeMouseExtSgr, ansi.ResetModeAltScreenSaveCursor, ansi.SetWindowTitle(""), ansi.SetCursorStyle(0)} {
		s.hears(undone)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if all := s.heard.String(); strings.LastIndex(all, ansi.ShowCursor) < strings.LastIndex(all, ansi.HideCursor) {
		t.Errorf("the cursor stays hidden: %q", all)
	}
}

func TestAnUnchangedPictureWritesNothing(t *testing.T) {
	s := sit(t)
	c := s.canvas("TERM=xterm-256color")
	c.Show(lines("one", "", ""))
	s.sees("one")
	s.mu.Lock()
	before := s.heard.Len()
	s.mu.Unlock()
	c.Show(lines("one", "", ""))
	c.Say("!")
	s.hears("!")
	s.mu.Lock()
	if now := s.heard.Len(); now != before+1 {
		t.Errorf("%d bytes for nothing: %q", now-before-1, s.heard.String()[before:])
	}
	s.mu.Unlock()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSomebodyElseHasTheTerminalForAWhile(t *testing.T) {
	s := sit(t)
	before := s.state()
	c := s.canvas("TERM=xterm-256color")
	c.Show(lines("mine", "", ""))
	s.sees("mine")
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, s.state()) {
		t.Error("an editor would get a raw terminal")
	}
	c.Show(lines("later", "", "")) // nobody sees this yet
	if _, err := s.near.WriteString("an editor"); err != nil {
		t.Fatal(err)
	}
	s.sees("an editor")
	if strings.Contains(s.vt.String(), "later") {
		t.Error("the canvas drew over the editor")
	}
	if err := c.Restore(); err != nil {
		t.Fatal(err)
	}
	s.sees("later")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, s.state()) {
		t.Error("the terminal was not left as it was found")
	}
}

func TestATerminalThatTakesNothingIsGivenUp(t *testing.T) {
	far, near, err := pty.Open() // nobody reads: its buffer fills and then every write waits
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = near.Close() }()
	c, err := Open(near, near, []string{"TERM=xterm-256color"})
	if err != nil {
		t.Fatal(err)
	}
	c.Say(strings.Repeat("x", 1<<20))
	for queued := true; queued; runtime.Gosched() { // until it is being written
		c.mu.Lock()
		queued = len(c.later) > 0
		c.mu.Unlock()
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "takes nothing") {
		t.Errorf("got %v", err)
	}
	_ = far.Close() // lets the write end
	<-c.ended
}

func TestWhoIsAskedForItsModes(t *testing.T) {
	for name, x := range map[string]struct {
		env  []string
		want bool
	}{
		"xterm":           {[]string{"TERM=xterm-256color"}, true},
		"iTerm":           {[]string{"TERM_PROGRAM=iTerm.app"}, true},
		"Apple":           {[]string{"TERM_PROGRAM=Apple_Terminal"}, false},
		"over ssh":        {[]string{"TERM=xterm-256color", "SSH_TTY=/dev/pts/1"}, false},
		"ghostty and ssh": {[]string{"TERM=xterm-ghostty", "SSH_TTY=/dev/pts/1"}, true},
	} {
		if got := asksBack(x.env); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestATerminalWithModesGetsThem(t *testing.T) {
	s := sit(t)
	c := s.canvas("TERM=xterm-256color")
	s.hears(ansi.RequestModeSynchronizedOutput)
	c.Reported(ansi.ModeSynchronizedOutput, ansi.ModeReset)
	c.Reported(ansi.ModeUnicodeCore, ansi.ModeReset)
	c.Show(lines("one", "", ""))
	s.hears(ansi.SetModeSynchronizedOutput)
	s.hears(ansi.SetModeUnicodeCore)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	s.hears(ansi.ResetModeUnicodeCore)
}

// Whoever wants to know how large the pictures are is told before one of a new size is drawn, and once for each.
func TestSizesAreTold(t *testing.T) {
	s := sit(t)
	c := s.canvas("TERM=xterm-256color")
	var told [][2]int
	c.OnSize(func(w, h int) { told = append(told, [2]int{w, h}) })
	c.Show(lines("one", "", ""))
	s.sees("one")
	c.Show(lines("two", "", ""))
	s.sees("two")
	c.Show(Picture{W: 10, H: 1, Content: "three     "})
	s.sees("three")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if want := [][2]int{{20, 3}, {10, 1}}; !reflect.DeepEqual(told, want) {
		t.Errorf("told of %v, want %v", told, want)
	}
}
