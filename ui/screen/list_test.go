package screen

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// fleetOf is a fleet screen on the stage, drawn once.
func fleetOf(t *testing.T, d *stage.Desk, w, h int) *Fleet {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	t.Cleanup(end)
	f := NewFleet(env(ctx, d))
	f.Draw(w, h)
	return f
}

// say presses bindings.
func say(s Screen, ids ...string) {
	for _, id := range ids {
		s.Update(Pressed{ID: id})
	}
}

// order is the ids of the rows as they stand.
func rowIDs(f *Fleet) string { return strings.Join(f.nodes.ids(f.visible()), " ") }

func TestEveryColumnSorts(t *testing.T) {
	f := fleetOf(t, stage.New(nil), 200, 58)
	own := rowIDs(f)
	for _, want := range []struct{ head, rows, turned string }{
		{"NODE", "exec worker-1 worker-2 worker-3", "worker-3 worker-2 worker-1 exec"},
		{"ROLE", "exec worker-1 worker-2 worker-3", "worker-1 worker-2 worker-3 exec"},
		{"LB", "worker-2 worker-1 worker-3 exec", "exec worker-1 worker-3 worker-2"},
		{"WEB", "worker-1 worker-2 worker-3 exec", "worker-1 worker-2 worker-3 exec"},
		{"STR", "worker-1 worker-2 worker-3 exec", "worker-1 worker-2 worker-3 exec"},
		{"SKQ", "worker-1 worker-3 worker-2 exec", "worker-2 worker-1 worker-3 exec"},
		{"CPU", "worker-1 worker-3 exec worker-2", "worker-2 exec worker-3 worker-1"},
		{"MEM", "exec worker-1 worker-3 worker-2", "worker-2 worker-3 worker-1 exec"},
		{"DISK", "exec worker-1 worker-3 worker-2", "worker-2 worker-1 worker-3 exec"},
		{"CONN", "worker-1 worker-3 worker-2 exec", "exec worker-2 worker-3 worker-1"},
		{"LOAD", "worker-1 worker-3 exec worker-2", "worker-2 exec worker-3 worker-1"},
		{"SEEN", "exec worker-1 worker-2 worker-3", "worker-3 exec worker-1 worker-2"},
	} {
		say(f, "sort")
		if f.nodes.order.by != want.head || rowIDs(f) != want.rows {
			t.Errorf("by %s: %s, want %s: %s", f.nodes.order.by, rowIDs(f), want.head, want.rows)
		}
		say(f, "reverse")
		if rowIDs(f) != want.turned {
			t.Errorf("by %s, turned: %s, want %s", want.head, rowIDs(f), want.turned)
		}
	}
	for f.nodes.order.by != "" {
		say(f, "sort")
	}
	if rowIDs(f) != own {
		t.Errorf("behind the last column: %s, want the list's own order %s", rowIDs(f), own)
	}
}

func TestTheSelectionFollowsItsRow(t *testing.T) {
	d := stage.New(nil)
	f := fleetOf(t, d, 120, 34)
	say(f, "down")
	before := f.target()
	for range 8 { // by CPU
		say(f, "sort")
	}
	if f.target() != before {
		t.Errorf("the selection went from %s to %s", before, f.target())
	}
	f.Update(Clicked{ID: "sort:CPU"})
	if rowIDs(f) != "worker-1 worker-3 exec worker-2" || f.target() != before {
		t.Errorf("a click on the head: %s, selected %s", rowIDs(f), f.target())
	}
	f.Update(Clicked{ID: "sort:CPU"})
	if rowIDs(f) != "worker-2 exec worker-3 worker-1" {
		t.Errorf("a second click: %s", rowIDs(f))
	}
	f.env.World.Fleet.Nodes = slices.Clone(f.env.World.Fleet.Nodes) // as a look at the fleet brings them
	f.env.World.Fleet.Nodes[1].Health.Value.CPU = 1
	if f.target() != before || rowIDs(f) != "worker-1 worker-2 exec worker-3" {
		t.Errorf("after a change: %s, selected %s", rowIDs(f), f.target())
	}
}

func TestTheHeadShowsTheOrderAlsoInASCII(t *testing.T) {
	f := fleetOf(t, stage.New(nil), 80, 22)
	ascii := theme.Mono()
	ascii.ASCII = true
	for _, c := range []struct{ head, down, up string }{{"CPU", "↓CPU", "vCPU"}, {"DISK", "↓DISK", "vDISK"}, {"WEB", "WEB↑", "WEB^"}, {"NODE", "NODE↑", "NODE^"}} {
		f.Update(Clicked{ID: "sort:" + c.head})
		frame := f.Draw(80, 22)
		if !strings.Contains(frame.Lines[1].String(), c.down) || !strings.Contains(plain(frame.Paint(ascii)), c.up) {
			t.Errorf("by %s: %q", c.head, frame.Lines[1].String())
		}
	}
}

// plain is painted text without its escapes.
func plain(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		if rest, ok := strings.CutPrefix(s, "\x1b["); ok {
			s = rest[strings.IndexByte(rest, 'm')+1:]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

func TestAnOrderByAColumnOutOfSightIsStillTold(t *testing.T) {
	f := fleetOf(t, stage.New(nil), 200, 58)
	f.Update(Clicked{ID: "sort:CONN"})
	if frame := f.Draw(80, 22); !strings.Contains(frame.Lines[0].String(), "↓CONN") {
		t.Errorf("%q", frame.Lines[0].String())
	}
	for range 20 { // from here on only what is seen is chosen
		if say(f, "sort"); strings.Contains("CONN LOAD RTT", f.nodes.order.by) && f.nodes.order.by != "" {
			t.Errorf("sorted by %s, which is not seen", f.nodes.order.by)
		}
	}
}

func TestTheHeadsCanBeHitWhereTheyStand(t *testing.T) {
	for _, size := range sizes {
		f := fleetOf(t, stage.New(nil), size.w, size.h)
		frame := f.Draw(size.w, size.h)
		line := frame.Lines[1].String()
		for _, head := range []string{"NODE", "LB", "CPU", "SEEN"} {
			x := widget.Width(line[:strings.Index(line, head)])
			if got := frame.At(x, 1); got != "sort:"+head {
				t.Errorf("%s: at %s stands %q", size.name, head, got)
			}
		}
	}
}

// What a name or an address needs is given before anything else grows, where there is room.
func TestAddressesAreWholeWhereThereIsRoom(t *testing.T) {
	d := stage.New(nil)
	const name, dest = "worker-of-the-second-row", "deploy@worker-3.internal.vmst.example:2222"
	d.Snapshot.Nodes[3].Name, d.Snapshot.Nodes[3].Dest = name, dest
	for w, seen := range map[int][]string{80: {name}, 120: {name}, 270: {name, dest}} {
		frame := fleetOf(t, d, w, w/4).Draw(w, w/4)
		rows := plain(frame.String())
		for _, text := range seen {
			if !strings.Contains(rows, text) {
				t.Errorf("%d cells: %q is cut\n%s", w, text, rows)
			}
		}
	}
}

func TestWideShowsEveryColumnWhole(t *testing.T) {
	d := stage.New(nil)
	d.Snapshot.Nodes[2].Name, d.Snapshot.Nodes[2].Hold.By = "worker-with-a-very-long-name", "a-person-with-a-long-name@a-long-host"
	f := fleetOf(t, d, 80, 22)
	say(f, "wide")
	seen := map[string]bool{}
	for range len(f.nodes.cols) {
		frame := f.Draw(80, 22)
		lines := strings.Split(frame.String(), "\n")[1:6]
		for _, head := range f.nodes.heads() {
			if strings.Contains(lines[0], head) {
				seen[head] = true
			}
		}
		if !strings.Contains(lines[3], "worker-with-a-very-long-name") {
			t.Fatalf("the name is out of sight: %q", lines[3])
		}
		for _, l := range lines {
			if strings.Contains(l, "…") {
				t.Errorf("something is cut: %q", l)
			}
		}
		say(f, "right")
	}
	for _, head := range f.nodes.heads() {
		if !seen[head] {
			t.Errorf("%s was never seen", head)
		}
	}
	if f.panes.on == paneNodes {
		t.Error("past the last column the key does not lead to the next pane")
	}
	f.panes.on = paneNodes
	for range len(f.nodes.cols) {
		f.nodes.press("left", f.visible())
	}
	say(f, "wide")
	if f.nodes.wide || f.nodes.left != 0 {
		t.Error("wide mode was not left")
	}
}

func TestMarksStayWithTheirRows(t *testing.T) {
	d := stage.New(nil)
	f := fleetOf(t, d, 120, 34)
	say(f, "mark") // worker-1, where it rests
	say(f, "mark") // worker-2
	slices.Reverse(f.env.World.Fleet.Nodes)
	if got := strings.Join(f.targets(), " "); got != "worker-2 worker-1" {
		t.Errorf("marked %q", got)
	}
	f.Update(Filter{Text: "worker-1"})
	if got := strings.Join(f.targets(), " "); got != "worker-1 worker-2" {
		t.Errorf("with a filter %q", got)
	}
	if s := f.Draw(120, 34); !strings.Contains(s.String(), "◆ 2 marked, 1 not in sight") || !strings.Contains(s.String(), "◆● worker-1") {
		t.Errorf("the marks are not shown:\n%s", s.String())
	}
	f.Update(Filter{})
	say(f, "mark-all")
	if n := len(f.targets()); n != 4 {
		t.Errorf("%d marked, want all", n)
	}
	say(f, "mark-all")
	if len(f.nodes.picks.ids) != 0 {
		t.Errorf("marks are left: %q", f.nodes.picks.ids)
	}
	say(f, "mark-all", "unmark")
	if len(f.nodes.picks.ids) != 0 {
		t.Errorf("marks are left: %q", f.nodes.picks.ids)
	}
	say(f, "mark")
	if !f.StepBack() || f.StepBack() {
		t.Error("esc takes the marks off once, and then leaves")
	}
}

func TestNodesThatWereNeverSeenStandLast(t *testing.T) {
	d := stage.New(nil)
	d.Snapshot.Nodes[1].Health = fleet.Observation[fleet.Health]{}
	f := fleetOf(t, d, 120, 34)
	for range 2 {
		f.Update(Clicked{ID: "sort:CPU"})
		if !strings.HasSuffix(rowIDs(f), "worker-1") {
			t.Errorf("%s", rowIDs(f))
		}
	}
}

func TestRunsAreSortedToo(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	r := NewRuns(env(ctx, stage.New(nil)))
	r.Draw(120, 34)
	before := r.rows.at.id
	for r.rows.order.by != "TOOK" {
		say(r, "sort")
	}
	if got := r.rows.visible(); got[0].ID != "01J9SX77PA" || r.rows.at.id != before {
		t.Errorf("the longest is %s, selected %s", got[0].ID, r.rows.at.id)
	}
	if s := r.Draw(120, 34); !strings.Contains(s.String(), "↓TOOK") {
		t.Errorf("no arrow:\n%s", s.String())
	}
}

// The history holds single acts beside runs, and says which is which; an act cannot be resumed.
func TestTheHistoryTellsActsFromRuns(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	r := NewRuns(env(ctx, stage.New(nil)))
	if f := r.Draw(120, 20); !strings.Contains(f.String(), "5 runs, 1 act") {
		t.Errorf("it does not count them:\n%s", f.String())
	}
	r.Update(Filter{Text: `\bact\b`})
	if f := r.Draw(120, 20); !strings.Contains(f.String(), "hold/set worker-3") || strings.Contains(f.String(), "reimage") || !strings.Contains(f.String(), "0 runs, 1 act") {
		t.Errorf("acts cannot be filtered:\n%s", f.String())
	}
	act := r.env.World.Runs[5]
	act.State = run.Unknown
	if canResume(act) {
		t.Error("an act can be resumed")
	}
	if action, _ := r.press("open"); action == nil {
		t.Error("an act's transcript cannot be opened")
	}
}

// A run that was stopped says how it is taken up again, and its clock stands still.
func TestAStoppedRunSaysHowToGoOn(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e := env(ctx, stage.New(nil))
	e.World.Runs = nil
	r := runOf(e, stage.Stopped())
	before, steps := r.Draw(120, 34), r.stepsBox(52, 24)
	for _, want := range []string{"○ stopped", "R resumes it", "no way back past “Give it a new disk”", "◌ Give it a new disk"} {
		if !strings.Contains(before.String(), want) {
			t.Errorf("%q is not in\n%s", want, before.String())
		}
	}
	e.World.Now = e.World.Now.Add(time.Hour)
	if after := r.stepsBox(52, 24); after.String() != steps.String() {
		t.Errorf("something of it still goes on:\n%s", after.String())
	}
}

// What is on hold is known from exec: while that does not answer, it is said how old the knowledge is.
func TestHoldsThatCannotBeSeenSaySo(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	d := stage.New(nil)
	d.Snapshot.Holds.Err, d.Snapshot.Holds.Seen = stage.ErrStage, stage.Noon.Add(-90*time.Second)
	e := env(ctx, d)
	for _, s := range []Screen{NewFleet(e), NewNode(e, "worker-2")} {
		if f := s.Draw(200, 58); !strings.Contains(f.String(), "seen 90s ago") && !strings.Contains(f.String(), "seen 1m ago") {
			t.Errorf("%T does not say so:\n%s", s, f.String())
		}
	}
}

// What a maintenance has left behind stands on the first screen.
func TestLeftoversAreOnTheFleet(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	d := stage.New(nil)
	if f := NewFleet(env(ctx, d)).Draw(200, 58); strings.Contains(f.String(), "▲ worker-2") {
		t.Errorf("what is under way is called left behind:\n%s", f.String())
	}
	d.Snapshot.Lease.Value = nil
	for _, size := range [][2]int{{200, 58}, {120, 34}} {
		if f := NewFleet(env(ctx, d)).Draw(size[0], size[1]); !strings.Contains(f.String(), "▲ worker-2: in the load balancer with the lame-duck") {
			t.Errorf("%v: it is not named:\n%s", size, f.String())
		}
	}
	if f := NewFleet(env(ctx, d)).Draw(80, 24); !strings.Contains(f.String(), "▲ 1 left behind") {
		t.Errorf("it is out of sight:\n%s", f.String())
	}
}

// Rows that are out of sight are counted in the border, above and below.
func TestRowsOutOfSightAreCounted(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	s := scenes(env(ctx, stage.New(nil)))["sidekiq"].(*Sidekiq)
	n := len(s.visibleQueues())
	s.panes.on = paneProcs // the queues give way
	for _, at := range []string{"top", "bottom"} {
		s.queues.press(at, s.visibleQueues())
		f := s.Draw(80, 16)
		want := map[string]string{"top": fmt.Sprintf("↓ %d more", n-1), "bottom": fmt.Sprintf("↑ %d more", n-1)}[at]
		if !strings.Contains(f.String(), want) {
			t.Errorf("%s: %q is not said of %d queues:\n%s", at, want, n, f.String())
		}
	}
}
