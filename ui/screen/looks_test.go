package screen

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// states are a worker's, one by one; nothing else differs between them.
var states = map[string]func(*fleet.Node){
	"well":       func(*fleet.Node) {},
	"draining":   func(n *fleet.Node) { n.LB = fleet.LBDraining },
	"out":        func(n *fleet.Node) { n.LB = fleet.LBOut },
	"lb unknown": func(n *fleet.Node) { n.LB = fleet.LBUnknown },
	"held": func(n *fleet.Node) {
		n.Hold = &fleet.Hold{Worker: n.Name, By: "mike@laptop", Why: "", Since: stage.Noon}
	},
	"dead":        func(n *fleet.Node) { n.Health.Err = stage.ErrStage },
	"not seen":    func(n *fleet.Node) { n.Health = fleet.Observation[fleet.Health]{} },
	"starting":    func(n *fleet.Node) { n.Health.Value.Containers[2].Health = "starting" },
	"unhealthy":   func(n *fleet.Node) { n.Health.Value.Containers[2].Health = "unhealthy" },
	"exited":      func(n *fleet.Node) { n.Health.Value.Containers[2].State = "exited" },
	"restarting":  func(n *fleet.Node) { n.Health.Value.Containers[2].State = "restarting" },
	"gone":        func(n *fleet.Node) { n.Health.Value.Containers = n.Health.Value.Containers[:2] },
	"lame duck":   func(n *fleet.Node) { n.Health.Value.LameDuck = true },
	"nginx stops": func(n *fleet.Node) { n.Health.Value.Nginx = false },
}

// What keeps a service from being seen is said in words: a rate limit that is waited for, a token that is not there.
func TestServicesSayWhyTheyAreSilent(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for _, size := range sizes {
		d := stage.New(nil)
		d.Snapshot.Services[0].State.Wait = "waiting 7s: rate limit"
		d.Snapshot.Services[1].State.Err = stage.ErrStage
		f := NewFleet(env(ctx, d)).Draw(size.w, size.h)
		text := ansi.Strip(f.Paint(theme.Mono()))
		for _, said := range []string{"load balancer: waiting 7s: rate limit", d.Snapshot.Services[1].Name + ": " + stage.ErrStage.Error()} {
			if !strings.Contains(text, said) {
				t.Errorf("%dx%d: %q is not in\n%s", size.w, size.h, said, text)
			}
		}
	}
}

// Nothing is told by a colour alone: the text without any, in Unicode and in ASCII, is another one for each state.
func TestEveryStateIsToldWithoutColours(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ascii := theme.Mono()
	ascii.ASCII = true
	for _, size := range sizes {
		for paint, th := range map[string]*theme.Theme{"unicode": theme.Mono(), "ascii": ascii} {
			seen := map[string]string{}
			for name, change := range states {
				d := stage.New(nil)
				change(&d.Snapshot.Nodes[1])
				s := NewFleet(env(ctx, d))
				s.nodes.at.id = "worker-1"
				f := s.Draw(size.w, size.h)
				text := ansi.Strip(f.Paint(th))
				if other, same := seen[text]; same {
					t.Errorf("%s, %s: %s looks like %s:\n%s", size.name, paint, name, other, text)
				}
				seen[text] = name
			}
		}
	}
}

func TestMarksOfAKindDiffer(t *testing.T) {
	kinds := map[string][]mark{"steps": slices.Collect(maps.Values(stepMarks)), "runs": slices.Collect(maps.Values(runMarks))}
	for _, lb := range []string{fleet.LBIn, fleet.LBDraining, fleet.LBOut, fleet.LBUnknown, fleet.LBNone} {
		kinds["balancer"] = append(kinds["balancer"], lbMark(lb))
	}
	for kind, marks := range kinds {
		seen := map[string]bool{}
		for _, m := range marks {
			if m.sign == "" || m.word == "" || seen[m.word] {
				t.Errorf("%s: %+v is not told by its sign and word", kind, m)
			}
			seen[m.word] = true
		}
	}
}

// strangers are names as they come from a fediverse server, and as somebody would write who wants to break a console.
var strangers = []string{
	"plain", "日本語の名前", "👨‍👩‍👧‍👦 family", "🏳️‍🌈 pride", "🏴‍☠️", "é́combining", "Z̸̢͎̟a̵̡l̶g̷o̴", "❤️ heart", "☁︎ cloud", "1️⃣2️⃣", "🇩🇪🇫🇷🇯", "👍🏿 tone",
	"\u202eright to left\u202c", "\u2066isolate\u2069", "\u200fmark\u200e", "\u061cletter mark", "שלום עולם", "مرحبا بالعالم", "zero\u200bwidth\u2060\ufeff", "ﷺ", "क्षि", "ก็็็็็", "ᄒ\u1161\u11ab",
	"a\tb", "esc\x1b[31mred", "osc\x1b]52;c;cm0=\x07", "c1\u009b31m", "x\x00y", "\xff\xfe", "\u2028line\u2029", "tag\U000e0041\U000e0042", "\u00adsoft", "\u3164filler", "ＦＵＬＬ", "ｶﾅ",
}

// peopled is a stage on which strangers have written wherever they can.
func peopled(text string) (*stage.Desk, func([]run.Event) []run.Event) {
	d := stage.New(nil)
	for i := range d.Snapshot.Nodes {
		n := &d.Snapshot.Nodes[i]
		n.Health.Value.LogLines = []string{text, text + " " + text}
		if n.Health.Err != nil {
			n.Health.Err = &desk.Fault{What: text, On: n.Name, Why: text, Next: text}
		}
		for j := range n.Health.Value.Containers {
			c := &n.Health.Value.Containers[j]
			c.Name, c.Image, c.Status, c.CPU, c.Mem = text, "x/"+text+":"+text, text, text, text
		}
		if n.Hold != nil {
			n.Hold.By, n.Hold.Why = text, text
		}
	}
	d.Snapshot.Holds.Value[0].By, d.Snapshot.Holds.Value[0].Why, d.Snapshot.Lease.Value.Owner = text, text, text
	d.Snapshot.Services[1].State.Value, d.Snapshot.Services[1].OK = text, false
	for i := range d.List {
		d.List[i].Operator, d.List[i].Target, d.List[i].Step, d.List[i].Title = text, text, text, text
	}
	quoted, _ := json.Marshal(text) // a string can always be
	return d, func(log []run.Event) []run.Event {
		for i := range log {
			log[i].Detail = text
			log[i].Data = bytes.ReplaceAll(log[i].Data, []byte(`"mike@laptop"`), quoted)
			log[i].Data = bytes.ReplaceAll(log[i].Data, []byte(`worker-2`), quoted[1:len(quoted)-1])
		}
		return log
	}
}

// peopledScenes are the screens with strangers' text on them.
func peopledScenes(ctx context.Context, text string) map[string]Screen {
	d, log := peopled(text)
	e := env(ctx, d)
	panes := runOf(e, log(stage.Waiting()))
	for _, name := range panes.wanted() {
		p := stage.Pane(name)
		p.Title, p.Value, p.Lines = text, text, append(p.Lines, text, text+text)
		panes.answered(looked{name: name, pane: p})
	}
	all := map[string]Screen{
		"fleet": NewFleet(e), "node": NewNode(e, "worker-2"), "node-dead": NewNode(e, "worker-3"), "runs": NewRuns(e), "run": panes,
		"run-confirm": runOf(e, log(stage.Confirming())), "run-failing": runOf(e, log(stage.Failing())), "run-done": runOf(e, log(stage.Finished())),
		"plan": planOf(e, func(p *desk.Plan) {
			p.Title, p.Summary, p.Usual, p.Target = text, text, text, text
			p.Dangers, p.Warnings = []string{text}, []string{text}
			p.Refusals = []desk.Refusal{{Why: text, Next: text}}
			for i := range p.Steps {
				p.Steps[i].Note, p.Steps[i].Plan = text, []string{text, text + text}
			}
		}),
	}
	logs := NewLogs(e, text, text)
	logs.answered(poured{Lines: []string{text, text + text, strings.Repeat(text, 40)}})
	all["help"], all["logs"] = NewHelp(e, all["fleet"]), logs
	maps.Copy(all, strangeScenes(ctx, text))
	return all
}

// Whatever strangers are called, every row of every screen has the cells it was given, however the terminal counts them, and nothing in it
// turns the text round.
func TestStrangersBreakNoColumn(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(strangers), rapid.String()).Draw(t, "text")
		w, h := rapid.IntRange(60, 270).Draw(t, "w"), rapid.IntRange(14, 64).Draw(t, "h")
		for name, s := range peopledScenes(ctx, text) {
			f := s.Draw(w, h)
			if len(f.Lines) != h {
				t.Fatalf("%s: %d lines of %d", name, len(f.Lines), h)
			}
			for i, l := range f.Lines {
				row := l.String()
				if a, b := ansi.StringWidth(row), ansi.StringWidthWc(row); a != w || b != w || l.Width() != w {
					t.Fatalf("%s at %dx%d, line %d: %d, %d and %d cells: %q", name, w, h, i, l.Width(), a, b, row)
				}
				if at := strings.IndexFunc(row, hidden); at >= 0 {
					t.Fatalf("%s, line %d: %q", name, i, row[at:])
				}
			}
		}
	})
}

// hidden is a character that is not seen and does something.
func hidden(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// Columns stay where they are: the borders of a screen with strangers on it stand where they stand without.
func TestColumnsStayAligned(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for _, text := range strangers {
		d, _ := peopled(text)
		f := NewFleet(env(ctx, d)).Draw(200, 58)
		plain := NewFleet(env(ctx, stage.New(nil))).Draw(200, 58)
		for i := range f.Lines {
			for _, x := range []int{0, 199} {
				if a, b := f.Lines[i].Cut(x, x+1).String(), plain.Lines[i].Cut(x, x+1).String(); a != b {
					t.Errorf("%q, line %d: the border at %d is %q", text, i, x, a)
				}
			}
		}
	}
}

// A terminal with nothing but ASCII gets nothing else, and everything the console itself draws has a stand-in.
func TestASCIIIsAllThereIs(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	th := theme.New(true, "red")
	th.ASCII = true
	for _, size := range sizes {
		for name, s := range scenes(env(ctx, stage.New(nil))) {
			f := s.Draw(size.w, size.h)
			if got := ansi.Strip(f.Paint(th)); strings.Count(got, "?") != strings.Count(f.String(), "?") {
				t.Errorf("%s at %s draws something that has no stand-in:\n%s", name, size.name, got)
			}
		}
		for _, text := range strangers {
			for name, s := range peopledScenes(ctx, text) {
				f := s.Draw(size.w, size.h)
				inASCII(t, name, f.Paint(th), size.w)
			}
		}
	}
}

func inASCII(t *testing.T, name, painted string, w int) {
	t.Helper()
	for i, row := range strings.Split(painted, "\n") {
		for _, b := range []byte(row) {
			if b >= 0x80 {
				t.Fatalf("%s, line %d: %q", name, i, row)
			}
		}
		if plain := ansi.Strip(row); len(plain) != w {
			t.Fatalf("%s, line %d: %d cells of %d: %q", name, i, len(plain), w, plain)
		}
	}
}

func TestLittleRoomIsForCommands(t *testing.T) {
	top := []widget.Line{widget.L(theme.Plain, "why"), nil, widget.L(theme.Head, "WHAT IT DOES"), widget.L(theme.Info, "one"), widget.L(theme.Info, "two"), widget.L(theme.Info, "three")}
	f := widget.Sheet(spread(top, []widget.Line{widget.L(theme.Plain, "next")}, 4), 10, 4)
	if got := strings.Fields(f.String()); !slices.Equal(got, []string{"why", "one", "two", "…", "next"}) {
		t.Errorf("got %q", got)
	}
}

func TestPercentagesAreWhole(t *testing.T) {
	for said, want := range map[string]string{"20.62%": "21%", "0.00%": "0%", "101.4%": "101%", "--": "--", "": ""} {
		if got := whole(said); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

// The last page of the help is full.
func TestPagesOfHelp(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	help := NewHelp(e, NewFleet(e))
	help.Draw(80, 14)
	help.Update(Pressed{ID: "half-down"})
	if help.Draw(80, 14); help.at.from != 6 {
		t.Errorf("half a page leads to %d", help.at.from)
	}
	help.Update(Pressed{ID: "bottom"})
	if f := help.Draw(80, 14); help.at.from <= 6 || strings.Contains(f.String(), "more") {
		t.Errorf("the last page begins at %d:\n%s", help.at.from, f.String())
	}
	help.Update(Pressed{ID: "top"})
	if help.Draw(80, 14); help.at.from != 0 {
		t.Errorf("the top is at %d", help.at.from)
	}
}
