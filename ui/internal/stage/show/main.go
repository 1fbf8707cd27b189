// Command show opens the console on the stage, to look at it.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/root"
)

func main() {
	stage.Noon = time.Now()
	logs := map[string]func() []run.Event{"waiting": stage.Waiting, "confirm": stage.Confirming, "failing": stage.Failing, "done": stage.Finished}
	o := root.Options{About: stage.About(), Fleet: stage.Fleet()}
	scene, log := "", stage.Waiting
	if len(os.Args) > 1 {
		scene = os.Args[1]
	}
	if l, ok := logs[scene]; ok {
		log, o.Open = l, "01J9ZQ7K3M"
	}
	d := stage.New(log())
	if scene == "ask" {
		d.Question(desk.Ask{Question: desk.Question{Kind: desk.AskHostKey, Subject: "worker-2 (10.0.0.12:22)", Text: "This host is not in known_hosts yet. Is this its key? Compare it with the provider's console.",
			Details: []string{"ED25519  SHA256:6vBqTnYcXw3kq0m4zVb1Yt8hJ0sT2n5r7u9wQxEaZ1c"}}, Reply: func(desk.Answer) {}})
	}
	if scene == "refused" {
		d.Review.Refusals = []desk.Refusal{{Why: "only worker-1 is healthy besides worker-2, and min_healthy is 2", Next: "bring worker-3 back first, or lower load_balancer.min_healthy in the config"}}
	}
	if err := root.Run(context.Background(), d, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
