package root

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// A gate shows what going back would do before anybody chooses it.
func TestAGateShowsWhatUndoWouldDo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		events := stage.Confirming()
		last := &events[len(events)-1]
		var g run.Gate
		if err := json.Unmarshal(last.Data, &g); err != nil {
			t.Fatal(err)
		}
		g.Undo = []string{"nginx: worker-2$ systemctl start nginx"}
		var err error
		if last.Data, err = json.Marshal(g); err != nil {
			t.Fatal(err)
		}
		o := options()
		o.Open = "01J9ZQ7K3M"
		d := drive(t, stage.New(events), o, 200, 60)
		defer d.stop()
		d.rest(time.Second)
		d.sees("undo would do this, in this order")
		d.sees("worker-2$ systemctl start nginx")
	})
}
