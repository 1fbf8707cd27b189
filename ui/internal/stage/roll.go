package stage

import (
	"time"

	"github.com/vmtui/vmtui/ops/run"
)

// RollSteps are those of a reimage of all workers.
func RollSteps() []run.StepInfo {
	steps := []run.StepInfo{
		{ID: "preflight", Title: "Look at all workers before touching one", Why: "A roll that finds the third worker unwell after two are done has used up what there was to spare. Nothing is changed.", Kind: run.Read, Panes: []string{"balancer"}, NoUndo: "it changed nothing"},
		{ID: "sure", Title: "Be sure about all of them", Why: "What follows cannot be taken back.", Kind: run.Read, Confirm: "worker-1,worker-2,worker-3", NoUndo: "it changed nothing"},
	}
	for _, name := range []string{"worker-1", "worker-2", "worker-3"} {
		steps = append(steps, run.StepInfo{ID: name, Title: "Reimage a worker: " + name, Kind: run.Idempotent, Whole: true,
			Why: "One at a time: the others carry its load, and if it does not come back well, nobody else is touched.", Panes: []string{"balancer"}})
	}
	return append(steps, run.StepInfo{ID: "report", Title: "Sum up", Why: "Whoever asks tomorrow what was done reads a line for each worker.", Kind: run.Read, NoUndo: "it changed nothing"})
}

// RolledID is the run that the second worker of a roll is.
const RolledID = "20261126-1202-a4f1"

// rolling is a roll up to its second worker.
func rolling() *script {
	s := &script{at: Noon.Add(-14 * time.Minute)}
	s.add(run.Started, "", "", "", run.Header{Protocol: 1, Runbook: "workers-roll", Version: 1, Title: "Reimage a worker, all workers", Target: "worker-reimage",
		Operator: "mike@laptop", Steps: RollSteps()})
	s.add(run.LegOpen, "", "", "", run.Leg{Operator: "mike", Host: "laptop", PID: 4711})
	s.done("preflight", "", 2, "no other roll is under way", "worker-1: 2 healthy besides worker-1 (worker-2, worker-3), 2 required")
	s.done("sure", "", 4)
	s.begin("worker-1", "20261126-1148-77b0")
	s.done("worker-1", "worker-1 is in the load balancer and healthy", 690, "✓ worker-1 [24/24] Sum up: done")
	s.at = Noon.Add(-100 * time.Second)
	s.begin("worker-2", RolledID)
	s.add(run.Output, "worker-2", "", "✓ worker-2 [4/19] Let the balancer stop sending by itself: done: the probe answers 503", nil)
	return s
}

// begin begins the run that a step is.
func (s *script) begin(step, id string) {
	s.add(run.Stepped, step, string(run.Doing), "", nil)
	s.add(run.Intent, step, "", "", run.Intended{Verb: "workers-roll/" + step, Target: step, What: "begin run " + id + ": Reimage " + step, Run: id})
	s.add(run.Settled, step, "done", "", run.Settlement{Intent: uint64(len(s.events)), Effect: id})
}

// Rolling is a roll whose second worker is on its way out.
func Rolling() []run.Event { return rolling().events }

// RollStopped is a roll whose second worker did not go well.
func RollStopped() []run.Event {
	s := rolling()
	s.add(run.Gated, "worker-2", "", "", run.Gate{
		Cause: "worker-2: too few healthy workers would remain: 2 required besides worker-2, healthy: worker-1; not: worker-3 (no answer)", Run: RolledID, Failure: true,
		Hint: "bring the others back first (`vmtui status`), or lower load_balancer.min_healthy if you mean it", Choices: []run.Choice{run.Retry, run.Undo, run.Stop},
		Plan: commands["remove"], Undo: []string{"lame-duck: worker-2$ rm -f /var/lib/vmtui/lame-duck", "hold: exec$ rm /var/lib/vmtui/holds/worker-2.json"},
	})
	return s.events
}
