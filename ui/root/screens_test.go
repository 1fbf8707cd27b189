package root

import (
	"github.com/vmtui/vmtui/ops/sidekiq"
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
		screen.NewExec(d.root.env, "worker-[1-3] -- uptime"), screen.NewFile(d.root.env, "a worker-1:b"),
	}
}
