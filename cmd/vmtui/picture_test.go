package main

import (
	"encoding/xml"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hinshun/vt10x"
)

// A cell of a picture, in its units.
const (
	cellW, cellH = 8.4, 17.0
	margin       = 12.0
)

// The grounds and inks of a terminal that says nothing of its own.
const (
	pictureGround = "#1a1b26"
	pictureInk    = "#c0caf5"
)

// picture is the screen as it stands, as an SVG: what the scripts of the tests see is what the documentation shows.
func (s *terminal) picture() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	cols, rows := s.screen.Size()
	w, h := 2*margin+float64(cols)*cellW, 2*margin+float64(rows)*cellH
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.1f %.1f" font-family="'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="14" xml:space="preserve">`+"\n", w, h)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", pictureGround)
	for y := range rows {
		drawRow(&b, s.screen, cols, y)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// The attributes of a cell, as vt10x counts them.
const (
	underlined = 2
	bold       = 4
	italic     = 16
)

// drawRow draws a row in stretches of one look.
func drawRow(b *strings.Builder, screen vt10x.Terminal, cols, y int) {
	for x := 0; x < cols; {
		first := screen.Cell(x, y)
		var text strings.Builder
		n := 0
		for ; x+n < cols; n++ {
			c := screen.Cell(x+n, y)
			if c.FG != first.FG || c.BG != first.BG || c.Mode != first.Mode {
				break
			}
			text.WriteRune(max(c.Char, ' '))
		}
		drawStretch(b, first, text.String(), x, y, n)
		x += n
	}
}

func drawStretch(b *strings.Builder, look vt10x.Glyph, text string, x, y, n int) {
	left, top, width := margin+float64(x)*cellW, margin+float64(y)*cellH, float64(n)*cellW
	if ground := shade(look.BG, pictureGround); ground != pictureGround {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", left, top, width, cellH, ground)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	style := ""
	if look.Mode&bold != 0 {
		style += ` font-weight="bold"`
	}
	if look.Mode&italic != 0 {
		style += ` font-style="italic"`
	}
	if look.Mode&underlined != 0 {
		style += ` text-decoration="underline"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" fill="%s"%s>%s</text>`+"\n", left, top+13, width, shade(look.FG, pictureInk), style, html.EscapeString(text))
}

// shade is a colour as a picture writes it.
func shade(c vt10x.Color, plain string) string {
	if c >= vt10x.DefaultFG {
		return plain
	}
	return fmt.Sprintf("#%06x", uint32(c))
}

// keep writes the picture into the documentation where that is asked for, and checks in any case that it is one.
func (s *terminal) keep(name string) {
	s.t.Helper()
	s.rests()
	svg := s.picture()
	for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := decoder.Token(); err != nil {
			if err.Error() != "EOF" {
				s.t.Fatalf("%s is no picture: %v", name, err)
			}
			break
		}
	}
	if *pictures {
		if err := os.WriteFile(filepath.Join("..", "..", "docs", name+".svg"), []byte(svg), 0o644); err != nil { // #nosec G306 -- a page of the documentation
			s.t.Fatal(err)
		}
	}
}

func TestAPictureShowsWhatTheScreenShows(t *testing.T) {
	s := &terminal{t: t, screen: vt10x.New(vt10x.WithSize(20, 2))}
	if _, err := s.screen.Write([]byte("a<b \x1b[1;38;2;255;0;16mred\x1b[0m\r\n\x1b[48;2;0;0;32m  \x1b[0m│")); err != nil {
		t.Fatal(err)
	}
	svg := s.picture()
	for _, want := range []string{"a&lt;b ", `fill="#ff0010" font-weight="bold">red<`, `height="17.0" fill="#000020"`, "│"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q is not in\n%s", want, svg)
		}
	}
}
