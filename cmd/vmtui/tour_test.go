package main

import (
	"flag"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// pictures makes TestTour write the documentation's pictures anew: go test ./cmd/vmtui -run TestTour -pictures
var pictures = flag.Bool("pictures", false, "write the pictures of the documentation")

// TestTour goes where a newcomer goes, on a real terminal. What it sees on the way are the pictures of the documentation.
func TestTour(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Pace, o.Visitors = box.Watchable(), box.Rate{} })
	for _, act := range [][]string{{"set", "worker-3", "--why", "its disk is looked at"}, {"clear", "worker-3"}} {
		if got := vmtui(t, b.ConfigPath(), append([]string{"hold"}, act...)...); got.code != 0 {
			t.Fatal(got.err)
		}
	}
	s := sit(t, 120, 36, "--config", beside(t, b, "tour.yaml", "color: cyan", "color: cyan\ndark: yes"))
	s.sees("worker-2", "healthy", "site 200", "▄▄") // some looks have been taken
	s.press("j")
	s.sees("[4] worker-2", "3/3 serving")
	s.keep("fleet")
	s.press(":runbooks worker-reimage\r")
	s.sees("▸ Runbooks", "Reimage a worker", "Say that it is out on purpose", "steps · seen")
	s.keep("runbooks")
	s.press("\x7f:logs worker-2 web\r")
	s.sees("▸ Logs worker-2 web", `"method":"GET"`)
	s.keep("logs")
	s.press("\x7fr")
	s.sees("nothing stands in the way", "What will happen")
	s.keep("plan")
	s.press("g")
	s.sees("type worker-2 to go on", "Cancel")
	s.keep("confirm")
	s.press("worker-2\r")
	s.sees("[2] Let the balancer stop", "load balancer", "WAITING FOR", "usually")
	s.keep("console")
	s.press("H")
	s.sees("▸ History", "reimage worker-2", "running", "hold set worker-3", "1 run, 2 acts")
	s.keep("history")
	s.press("\x7fx")
	s.sees("The run stops at the next step boundary")
	s.press("\t\r")
	s.sees("resumes it")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	intact(t, b)
}
