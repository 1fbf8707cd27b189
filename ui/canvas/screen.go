package canvas

import (
	"bytes"
	"io"
	"strings"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// screen is the terminal's alternate screen, and what is on its way there. It holds its cells twice, as they are and as they shall be, and no third time as
// uv.TerminalScreen does: a cell takes a hundred bytes, and a large window has 18,000.
type screen struct {
	out    io.Writer
	buf    bytes.Buffer // not written yet
	rend   *uv.TerminalRenderer
	cells  cells
	cursor *uv.Position // where it blinks; nil: it is hidden
	synced bool         // what is written is shown at once: mode 2026
}

// cells are what shall be seen. Both ways of measuring agree on what a picture holds (ui/widget sees to that). The other one takes two megabytes for a
// table.
type cells struct{ *uv.RenderBuffer }

// WidthMethod implements uv.Screen.
func (cells) WidthMethod() uv.WidthMethod { return ansi.GraphemeWidth }

func newScreen(out io.Writer, env []string, p colorprofile.Profile) *screen {
	s := &screen{out: out, cells: cells{uv.NewRenderBuffer(0, 0)}}
	s.rend = uv.NewTerminalRenderer(&s.buf, env)
	s.rend.SetColorProfile(p)
	s.rend.SetWidthMethod(ansi.GraphemeWidth)
	s.rend.SetFullscreen(true)
	return s
}

// enter takes the alternate screen, of which nothing is known.
func (s *screen) enter() {
	s.say(ansi.SetModeAltScreenSaveCursor + ansi.HideCursor)
	s.rend.SaveCursor()
	s.rend.Erase()
}

// leave goes back to where enter was called.
func (s *screen) leave() {
	s.say(ansi.ResetModeAltScreenSaveCursor + ansi.HideCursor)
	s.rend.RestoreCursor()
	s.cursor = nil
}

// resize makes it as large as its terminal, which has moved what stood there.
func (s *screen) resize(w, h int) {
	s.cells.Resize(w, h)
	s.rend.Resize(w, h)
	s.rend.Erase()
}

// put makes the cells those of a content. Lines that are what they were before stay as they are: on a console left alone a second changes two or three of
// them, and to read a line is most of what a picture costs.
func (s *screen) put(content, before string) {
	old := strings.Split(before, "\n")
	for y, line := range strings.Split(content, "\n") {
		if y >= len(old) || line != old[y] {
			uv.NewStyledString(line).Draw(s.cells, uv.Rect(0, y, s.cells.Width(), 1))
		}
	}
}

// point makes the cursor blink there, or hides it.
func (s *screen) point(at *uv.Position) {
	switch {
	case at == nil && s.cursor != nil:
		s.say(ansi.HideCursor)
	case at != nil && s.cursor == nil:
		_ = uv.EncodeCursorStyle(&s.buf, uv.CursorBar, true)
		s.say(ansi.ShowCursor)
	}
	s.cursor = at
}

// say has a sequence written with what comes next.
func (s *screen) say(sequence string) { s.buf.WriteString(sequence) }

// flush brings the terminal to the cells.
func (s *screen) flush() {
	s.rend.Render(s.cells.RenderBuffer)
	if s.cursor != nil {
		s.rend.MoveTo(s.cursor.X, s.cursor.Y)
	}
	_ = s.rend.Flush() // into a buffer, as all that is encoded: that takes everything
	s.write()
}

// write writes what is on its way, as one. A terminal that is gone is noticed by whoever reads from it.
func (s *screen) write() {
	if s.buf.Len() == 0 {
		return
	}
	before, after := "", ""
	switch {
	case s.synced:
		before, after = ansi.SetModeSynchronizedOutput, ansi.ResetModeSynchronizedOutput
	case s.cursor != nil: // it would be seen running about
		before, after = ansi.HideCursor, ansi.ShowCursor
	}
	_, _ = io.WriteString(s.out, before+s.buf.String()+after)
	s.buf.Reset()
}
