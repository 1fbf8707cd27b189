package screen

import (
	"fmt"

	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Draw implements Screen.
func (f *File) Draw(w, h int) widget.Frame {
	out := widget.Blank(w, h)
	lines := f.ends(w - 4)
	out.Put(0, 0, widget.Box{Title: title("Copy a file"), Right: f.size(), Lines: lines, Ink: theme.Focus}.Draw(w, min(len(lines)+2, h)))
	return out
}

// ends are both ends of the way, how far it is, and which key goes on.
func (f *File) ends(w int) []widget.Line {
	var lines []widget.Line
	if f.known {
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "from  "), theme.Strong, f.errand.From(), w)...)
		lines = append(lines, widget.Hang(widget.L(theme.Muted, "to    "), theme.Strong, f.errand.To(), w)...)
		lines = append(lines, nil)
	}
	return append(lines, f.stand(w)...)
}

func (f *File) stand(w int) []widget.Line {
	keys := f.env.World.Keys
	switch err := f.failure(); {
	case err != nil:
		lines := widget.Hang(widget.L(theme.Bad, "✗ "), theme.Plain, brief(err), w)
		return append(lines, widget.Hang(widget.L(theme.Muted, "  → "), theme.Plain, nextStep(err), w)...)
	case f.view.Over:
		return widget.Hang(widget.L(theme.Good, "✓ "), theme.Plain, "it is there, whole, with its mode", w)
	case f.given:
		bar := widget.Join(widget.Gap(2), widget.L(theme.Info, "◐"), widget.Bar(theme.Accent, float64(f.view.Percent()), max(min(w-40, 60), 8)),
			widget.L(theme.Strong, fmt.Sprintf("%3d%%", f.view.Percent())))
		return []widget.Line{bar.Add(widget.Gap(2), widget.S(theme.Key, keys.Get("file-cancel").Cap()), widget.S(theme.Muted, " calls it off"))}
	case !f.known:
		return []widget.Line{widget.L(theme.Muted, "◌ no file yet")}
	case f.errand.Up && f.env.World.About.ReadOnly:
		return []widget.Line{widget.L(theme.Warn, "○ "+readOnly+": a file may take the place of another")}
	}
	lines := widget.Hang(widget.L(theme.Muted, "› "), theme.Plain, f.place(), w)
	return append(lines, widget.Line{widget.S(theme.Muted, "nothing was copied yet"), widget.Gap(2), widget.S(theme.Key, keys.Get("file-copy").Cap()), widget.S(theme.Muted, " copies it"),
		widget.Gap(2), widget.S(theme.Key, keys.Get("file-other").Cap()), widget.S(theme.Muted, " another")})
}

// place says what becomes of a file that is there already.
func (f *File) place() string {
	switch {
	case f.errand.Up:
		return "it gets its name in one move when it is whole, in place of a file that may be there; the mode is kept"
	case f.errand.Over:
		return "the file that is here already gives way in one move when this one is whole"
	}
	return "it gets its name in one move when it is whole; the mode is kept"
}

// failure is why it is not there.
func (f *File) failure() error {
	if f.err != nil {
		return f.err
	}
	return f.view.Err
}

// size is how large the file is, and how much of it is there.
func (f *File) size() widget.Line {
	switch {
	case f.given && f.view.Of > 0:
		return widget.L(theme.Muted, fmt.Sprintf("%s of %s", widget.Bytes(f.view.Done), widget.Bytes(f.view.Of)))
	case f.known && f.errand.Up:
		return widget.L(theme.Muted, widget.Bytes(f.errand.Size))
	}
	return nil
}
