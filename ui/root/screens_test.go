package root

import (
	"fmt"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/screen"
)

// blockedScreens are screens whose questions are not answered.
func blockedScreens(d *driver) []screen.Screen {
	return []screen.Screen{
		screen.NewPlan(d.root.env, "worker-drain", "worker-1"), screen.NewRun(d.root.env, "01J9ZQ7K3M"),
		screen.NewNode(d.root.env, "worker-2"), screen.NewRuns(d.root.env), screen.NewLog(d.root.env),
		screen.NewLogs(d.root.env, "worker-2", "web"), screen.NewBooks(d.root.env, ""), screen.NewTrail(d.root.env), screen.NewToot(d.root.env, ""), screen.NewJobs(d.root.env), screen.NewCaches(d.root.env, "/@picard"), screen.NewZone(d.root.env), screen.NewJob(d.root.env, stage.Jobs()[0].Record), screen.NewHelp(d.root.env, d.root.top()), screen.NewFleet(d.root.env),
		screen.NewSidekiq(d.root.env), screen.NewBacklog(d.root.env, "push"), screen.NewPayload(d.root.env, sidekiq.Place{Name: "push"}, stage.Backlog().Entries[0]),
		screen.NewDeed(d.root.env, sidekiq.Order{Deed: sidekiq.Park, Name: "push"}),
		screen.NewExec(d.root.env, "worker-[1-3] -- uptime"),
		screen.NewFile(d.root.env, "a worker-1:b"),
	}
}

// The keys that everybody knows do the same on every screen: help and palette open and close over it, a filter is shown and dropped by esc, and esc
// leaves.
func TestTheSameKeysOnEveryScreen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(stage.Waiting()), 120, 36)
		defer d.stop()
		below := d.root.top()
		for _, s := range blockedScreens(d) {
			name := fmt.Sprintf("%T", s)
			d.start(d.root.push(s))
			d.rest(time.Second)
			if len(d.root.dialogs) > 0 { // it asks for something first
				d.press("esc")
			}
			if _, help := s.(*screen.Help); !help {
				d.press("?")
				d.sees("HERE: " + s.Crumb()[:min(len(s.Crumb()), 20)])
				d.press("esc")
			}
			d.press(":")
			if d.root.top() != s || len(d.root.dialogs) != 1 {
				t.Errorf("%s: help was left for another place, or no palette opens", name)
			}
			d.press("esc")
			if _, ok := binding.Find(s.Bindings(), "/"); ok {
				d.press("/")
				d.write("holodeck")
				d.press("enter")
				d.sees("/holodeck")
				d.press("esc")
				d.lacks("/holodeck")
			}
			if d.root.top() != s || len(d.root.dialogs) > 0 {
				t.Errorf("%s: dropping what is in front of it leaves it as well", name)
			}
			d.press("esc")
			if d.root.top() == s {
				t.Errorf("%s: esc does not leave it", name)
			}
			for d.root.top() != below {
				d.root.pop()
			}
		}
	})
}
