package root

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/verb"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// wideFleet is a fleet of that many workers, of which every other one has never answered.
func wideFleet(n int) (fleet.Snapshot, Verbs) {
	f := stage.Fleet()
	exec, well := f.Nodes[0], f.Nodes[1]
	f.Nodes = []fleet.Node{exec}
	for i := range n {
		node := well
		node.Name, node.Droplet = fmt.Sprintf("worker-%d", i+1), well.Droplet+i
		if i%2 == 1 {
			node.Link, node.Health = "down", fleet.Observation[fleet.Health]{Err: stage.ErrStage}
		}
		f.Nodes = append(f.Nodes, node)
	}
	var books []desk.VerbState // as many as are built in
	for i := range 20 {
		id := fmt.Sprintf("runbook-%d", i)
		books = append(books, desk.VerbState{Verb: verb.Verb{ID: id, Title: "Walk " + id, Danger: act.Changes, Targets: []string{"", "worker"}[i%2], Runbook: id}})
	}
	verbs := Verbs{"": append(stage.Verbs(""), books...)}
	for _, node := range f.Nodes {
		verbs[node.Name] = append(stage.Verbs("worker-3"), books...)
	}
	return f, verbs
}

// wideRoot is a console on a fleet.
func wideRoot(tb testing.TB, f fleet.Snapshot, verbs Verbs) *Root {
	tb.Helper()
	d := stage.New(nil)
	d.Snapshot = f
	r, err := New(tb.Context(), d, Options{About: stage.About(), Fleet: f, Verbs: verbs})
	if err != nil {
		tb.Fatal(err)
	}
	r.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	return r
}

// A fleet of 600 is moved in, sorted, sifted and marked as one of 3 is.
func TestAFleetOf600(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, verbs := wideFleet(600)
		r := wideRoot(t, f, verbs)
		defer r.Close()
		for _, x := range []struct{ key, sees string }{
			{"G", "[4] worker-600"}, {"o", "NODE↑"}, {"k", "[4] worker-599"}, {"o", "ROLE↑"}, {"*", "◆ 601 marked"}, {"-", "300/600 serving"},
			{"/", ""}, {"5", ""}, {"9", ""}, {"8", "Nodes  /598"}, {"enter", "✗ worker-598"},
		} {
			r.world.Now = r.world.Now.Add(time.Second)
			r.Update(keyOf(x.key))
			if f := r.Draw(200, 60); !strings.Contains(f.String(), x.sees) {
				t.Fatalf("%s: %q is not in\n%s", x.key, x.sees, f.String())
			}
		}
	})
}

// BenchmarkWide is what a console does with 600 nodes, of which 300 never answered, beside the same with 3.
//
//	go test -run '^$' -bench Wide ./ui/root
func BenchmarkWide(b *testing.B) {
	press := func(r *Root, keys ...string) {
		for _, k := range keys {
			r.world.Now = r.world.Now.Add(time.Second) // nobody holds a key down here
			r.Update(keyOf(k))
			r.picture()
		}
	}
	for _, n := range []int{3, 600} {
		f, verbs := wideFleet(n)
		for _, x := range []struct {
			name string
			do   func(r *Root)
		}{
			{"second", func(r *Root) { r.world.Now = r.world.Now.Add(time.Second); r.picture() }},
			{"down", func(r *Root) { press(r, "down") }},
			{"sort", func(r *Root) { press(r, "o") }},
			{"mark", func(r *Root) { press(r, "*", "-") }},
			{"filter", func(r *Root) { press(r, "/", "9", "esc") }},
			{"palette", func(r *Root) { press(r, ":", "d", "r", "esc") }},
			{"look", func(r *Root) { r.took(gotFleet{fleet: r.world.Fleet}); r.picture() }},
		} {
			b.Run(fmt.Sprintf("%s/%d", x.name, n), func(b *testing.B) {
				r := wideRoot(b, f, verbs)
				defer r.Close()
				for b.Loop() {
					x.do(r)
				}
			})
		}
		b.Run(fmt.Sprintf("first/%d", n), func(b *testing.B) {
			for b.Loop() {
				r := wideRoot(b, f, verbs)
				r.picture()
				r.Close()
			}
		})
	}
}
