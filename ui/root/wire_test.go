package root

import (
	"bytes"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ui/canvas"
)

// wired is everything that a terminal with that environment is sent while somebody walks through the console, in a theme.
func wired(t *testing.T, themeName string, env ...string) string {
	t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	heard, marks := make(chan string), make(chan struct{}, 256)
	go func() { heard <- readAll(far, marks) }()
	c, err := canvas.Open(near, near, env)
	if err != nil {
		t.Fatal(err)
	}
	var pictures []canvas.Picture
	bubble(t, func(t *testing.T) {
		d := dressed(t, config.Look{Theme: themeName}, know(c))
		defer d.stop()
		for _, p := range d.stroll() {
			pictures = append(pictures, p)
		}
	})
	for _, p := range pictures {
		c.Show(p)
		for range 2 { // what is said comes before the picture that was shown before it, the first time
			c.Say(mark)
			<-marks
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	_ = near.Close()
	all := <-heard
	_ = far.Close()
	return all
}

// mark is a sequence that no terminal knows.
const mark = "\x1b[?7777h"

// readAll reads a terminal until nobody writes to it any more, and says when it reads a mark.
func readAll(f *os.File, marks chan<- struct{}) string {
	var all bytes.Buffer
	for buf := make([]byte, 32<<10); ; {
		n, err := f.Read(buf)
		before := bytes.Count(all.Bytes(), []byte(mark))
		all.Write(buf[:n])
		for range bytes.Count(all.Bytes(), []byte(mark)) - before {
			marks <- struct{}{}
		}
		if err != nil {
			return all.String()
		}
	}
}

var sgr = regexp.MustCompile(`\x1b\[([0-9:;]*)m`)

// colors are the colours in a stream, as parameters of SGR: "32", "38;5;240", "48;2;1;2;3". Going back to the terminal's own is none.
func colors(stream string) map[string]int {
	out := map[string]int{}
	for _, m := range sgr.FindAllStringSubmatch(stream, -1) {
		p := strings.Split(strings.ReplaceAll(m[1], ":", ";"), ";")
		for i := 0; i < len(p); i++ {
			n, _ := strconv.Atoi(p[i]) // nothing is 0
			switch {
			case n == 38 || n == 48 || n == 58:
				size := map[string]int{"5": 3, "2": 5}[p[min(i+1, len(p)-1)]]
				out[strings.Join(p[i:min(i+size, len(p))], ";")]++
				i += size - 1
			case n >= 30 && n <= 37, n >= 40 && n <= 47, n >= 90 && n <= 97, n >= 100 && n <= 107:
				out[p[i]]++
			}
		}
	}
	return out
}

// sixteen are the colours every terminal with colours has.
var sixteen = regexp.MustCompile(`^(3|4|9|10)[0-7]$`)

func TestWhatIsWrittenHasOnlyTheColoursThereAre(t *testing.T) {
	for name, x := range map[string]struct {
		env  []string
		good *regexp.Regexp // each colour; nil when there may be none
	}{
		"no colours":           {[]string{"TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=1"}, nil},
		"none, in any words":   {[]string{"TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=please"}, nil},
		"sixteen":              {[]string{"TERM=linux"}, sixteen},
		"two hundred and more": {[]string{"TERM=xterm-256color"}, regexp.MustCompile(`^(([34]8;5;\d+)|(3|4|9|10)[0-7])$`)},
		"all":                  {[]string{"TERM=xterm-256color", "COLORTERM=truecolor"}, regexp.MustCompile(`^[34]8;2;\d+;\d+;\d+$`)},
	} {
		for _, themeName := range config.Themes {
			t.Run(name+"/"+themeName, func(t *testing.T) {
				good := x.good
				if themeName == config.TerminalTheme && good != nil {
					good = sixteen
				}
				stream := wired(t, themeName, x.env...)
				found := colors(stream)
				if !strings.Contains(stream, "worker-1") || (len(found) == 0) != (good == nil) {
					t.Fatalf("%d bytes with %d colours", len(stream), len(found))
				}
				for c := range found {
					if good == nil || !good.MatchString(c) {
						t.Errorf("colour %q", c)
					}
				}
			})
		}
	}
}
