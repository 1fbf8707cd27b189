package desk

import (
	"fmt"
	"testing"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

// BenchmarkVerbs finds out what can be done in fleets of 3 and of 600 workers, with as many runbooks as are built in: so it is after every look.
//
//	go test -run '^$' -bench Verbs ./ops/desk
func BenchmarkVerbs(b *testing.B) {
	for _, workers := range []int{3, 600} {
		cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte(sample))
		if err != nil {
			b.Fatal(err)
		}
		var snap fleet.Snapshot
		model := cfg.Nodes[len(cfg.Nodes)-1]
		cfg.Nodes = cfg.Nodes[:1:1]
		for i := range workers {
			model.Name = fmt.Sprintf("worker-%d", i+1)
			cfg.Nodes, snap.Nodes = append(cfg.Nodes, model), append(snap.Nodes, fleet.Node{Name: model.Name, LB: fleet.LBIn})
		}
		var books []run.Book
		for i := range 25 {
			books = append(books, run.Book{ID: fmt.Sprintf("book-%d", i), Targets: []string{"", config.RoleWorker}[i%2]})
		}
		var table []VerbState
		for _, v := range verb.Table {
			table = append(table, VerbState{Verb: v})
		}
		d := &Desk{cfg: cfg, engine: &run.Engine{Door: act.NewDoor(false, nil)}}
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			for b.Loop() {
				for _, n := range cfg.Nodes {
					d.states(table, books, n.Name, snap)
				}
			}
		})
	}
}
