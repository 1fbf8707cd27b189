package stage

import (
	"encoding/json"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
)

// Steps are those of a reimage, in short.
func Steps() []run.StepInfo {
	return []run.StepInfo{
		{ID: "preflight", Title: "Look before touching anything", Why: "The machine must be the one meant, alive, and not in somebody else's hands.", Kind: run.Read, Panes: []string{"balancer", "sidekiq"}, NoUndo: "it changed nothing"},
		{ID: "hold", Title: "Say that it is out on purpose", Why: "Anybody who looks, from any console, must see who has taken this worker out and why. The record does not expire.", Kind: run.Idempotent},
		{ID: "mark", Title: "Save the logs and mark the old disk", Why: "The logs go with the disk. The mark shows later whether it is really the new disk that answers.", Kind: run.Idempotent, Skip: true},
		{ID: "lame-duck", Title: "Let the balancer stop sending by itself", Why: "Its health check is made to fail while it still serves, so that the balancer sends nothing new and cuts nothing off.", Kind: run.Idempotent, Panes: []string{"balancer", "connections"}, Usual: "20s by the balancer's own check settings"},
		{ID: "idle", Title: "Let what is in flight finish", Why: "Somebody is still being answered. Websockets do not end by themselves; they are counted apart and reconnect elsewhere.", Kind: run.Read, Skip: true, Panes: []string{"connections", "balancer", "log"}, Usual: "as long as the slowest answer"},
		{ID: "remove", Title: "Remove it from the load balancer", Why: "While it is a member, a health check that passes by accident would send it visitors again.", Kind: run.Idempotent, Panes: []string{"balancer", "connections"}},
		{ID: "nginx", Title: "Let nginx finish and quit", Why: "A kept-alive connection would go on bringing new requests to a worker that is out.", Kind: run.Idempotent, Panes: []string{"connections", "log"}},
		{ID: "sidekiq-quiet", Title: "Let Sidekiq finish its jobs", Why: "A job that is killed is lost. A quiet Sidekiq takes none and finishes what it has.", Kind: run.Idempotent, Panes: []string{"sidekiq"}, Usual: "two heartbeats; a backup or a video may take many minutes"},
		{ID: "stop", Title: "Stop the containers", Why: "Nothing may run when the disk goes.", Kind: run.Idempotent, Panes: []string{"containers", "log"}, Usual: "up to 60 s"},
		{ID: "rebuild", Title: "Give it a new disk", Why: "The old disk and everything on it is gone after this. The droplet keeps its id and its addresses.", Kind: run.Once, Confirm: "worker-2", Gate: true, NoUndo: "the old disk is gone", Panes: []string{"balancer"}, Usual: "1 to 5 minutes"},
		{ID: "host-key", Title: "Trust its new host key", Why: "The key changed because the disk did. Only this host's entries are replaced, only now, and a ledger on exec says so for good.", Kind: run.Idempotent, NoUndo: "the old key is of no use"},
		{ID: "new-disk", Title: "Prove that it is the new disk", Why: "The old system may answer for a while after the rebuild began.", Kind: run.Read},
		{ID: "first-boot", Title: "Wait for first boot to finish", Why: "First boot holds the package lock.", Kind: run.Read},
		{ID: "provision", Title: "Provision it by provision-worker.sh", Why: "The script makes the disk a worker. It must start no container.", Kind: run.Idempotent, Panes: []string{"log"}},
		{ID: "parity", Title: "Prove it equal to its peers", Why: "A worker with other code, configuration or time serves wrong pages and spoils jobs, while its health path says OK.", Kind: run.Read},
		{ID: "start", Title: "Start web and streaming", Why: "It serves nobody yet.", Kind: run.Idempotent, Panes: []string{"containers", "log"}},
		{ID: "add", Title: "Add it to the load balancer", Why: "Its check must pass before it is sent visitors.", Kind: run.Idempotent, Panes: []string{"balancer", "log", "connections"}},
		{ID: "sidekiq-start", Title: "Start Sidekiq", Why: "Last of all: a worker that is not proven equal and healthy must never take a job.", Kind: run.Idempotent, Panes: []string{"sidekiq"}},
		{ID: "release", Title: "Take it off hold", Why: "The worker serves again; nobody needs to wonder about it any more.", Kind: run.Idempotent},
	}
}

// commands are what some steps send.
var commands = map[string][]string{
	"preflight": {"GET /v2/droplets/3164502", "root@worker-2: curl -fsS -m 5 http://169.254.169.254/metadata/v1/id"},
	"hold":      {"exec: write /var/lib/vmtui/hold/worker-2"},
	"mark":      {"worker-2: docker compose -p mastodon logs --no-color --tail 200 web", "worker-2: printf %s NONCE > /var/lib/vmtui/nonce && sync"},
	"lame-duck": {"worker-2: touch /var/lib/vmtui/lame-duck", "exec: curl -sS -o /dev/null -m 3 -w '%{http_code}' http://10.0.0.12:8080/lb-health, until it answers 400 or more"},
	"idle":      {"worker-2: ss -Htn state established '( dport = :3000 )', until no line is left"},
	"remove":    {"DELETE /v2/load_balancers/4de7ac8b-495b-4884-9a69-1050c6793cd6/droplets {\"droplet_ids\":[3164502]}"},
	"rebuild":   {"POST /v2/droplets/3164502/actions {\"type\":\"rebuild\",\"image\":148233007}, once"},
}

// Plan is what a reimage of worker-2 would do.
func Plan() desk.Plan {
	p := desk.Plan{
		Book: "worker-reimage", Target: "worker-2", Title: "Reimage a worker", Danger: act.Destroys,
		Summary: "Takes a worker out of the load balancer without losing a request or a job, gives it a new disk from worker-golden-2026-11, proves it equal to its peers, and puts it back.",
		Dangers: []string{"The worker's disk is erased: everything on it that is not on the share is gone for good."},
		Confirm: "worker-2", Droplet: 3164502, Usual: "about 12 minutes",
	}
	for _, s := range Steps() {
		p.Steps = append(p.Steps, desk.PlanStep{StepInfo: s, Plan: commands[s.ID]})
	}
	p.Steps[1].Already = true
	return p
}

// script makes numbered events one second apart.
type script struct {
	events []run.Event
	at     time.Time
}

func (s *script) add(typ run.Type, step, state, detail string, data any) {
	ev := run.Event{Seq: uint64(len(s.events) + 1), Time: s.at, Leg: 1, Type: typ, Step: step, State: state, Detail: detail}
	if data != nil {
		ev.Data, _ = json.Marshal(data) // these types cannot fail
	}
	s.events = append(s.events, ev)
	s.at = s.at.Add(time.Second)
}

// done walks one step to its end.
func (s *script) done(step, proved string, seconds int, output ...string) {
	s.add(run.Planned, step, "", "", commands[step])
	s.add(run.Stepped, step, string(run.Doing), "", nil)
	for _, o := range output {
		s.add(run.Output, step, "", o, nil)
	}
	s.at = s.at.Add(time.Duration(seconds) * time.Second)
	s.add(run.Stepped, step, string(run.StepDone), proved, nil)
}

// opening is a run up to its fourth step.
func opening() *script {
	s := &script{at: Noon.Add(-94 * time.Second)}
	s.add(run.Started, "", "", "", run.Header{Protocol: 1, Runbook: "worker-reimage", Version: 1, Title: "Reimage a worker", Target: "worker-2",
		Operator: "mike@laptop", Inputs: map[string]string{"droplet": "3164502"}, Steps: Steps()})
	s.add(run.LegOpen, "", "", "", run.Leg{Operator: "mike", Host: "laptop", PID: 4711})
	s.done("preflight", "droplet 3164502 is worker-2; 2 others are healthy, 1 is required", 3, "3164502", "worker-2")
	s.done("hold", "the hold is written; the lease is ours, token 7", 1)
	s.done("mark", "logs of web, streaming and sidekiq saved; the mark is on the disk", 2, "200 lines of web", "200 lines of streaming", "200 lines of sidekiq")
	s.done("lame-duck", "the probe answers 503; worker-2 still serves", 18, "200", "200", "503", "503")
	return s
}

// Waiting is a run that lets what is in flight finish.
func Waiting() []run.Event {
	s := opening()
	s.add(run.Planned, "idle", "", "", commands["idle"])
	s.add(run.Stepped, "idle", string(run.Verifying), "", nil)
	s.add(run.Output, "idle", "", "ESTAB 0 0 127.0.0.1:41822 127.0.0.1:3000", nil)
	s.add(run.Output, "idle", "", "ESTAB 0 0 127.0.0.1:41907 127.0.0.1:3000", nil)
	s.add(run.Waiting, "idle", "", "", run.Wait{For: "2 in flight on :3000, 0 new requests since the last look; 18 websockets",
		Since: Noon.Add(-22 * time.Second), Until: Noon.Add(278 * time.Second), Usual: "as long as the slowest answer"})
	return s.events
}

// walked are the steps between the opening and the rebuild.
func walked() *script {
	s := opening()
	s.done("idle", "nothing is in flight", 4)
	s.done("remove", "the balancer lists worker-1 and worker-3, and is active", 6)
	s.done("nginx", "nginx has quit", 2)
	s.done("sidekiq-quiet", "busy 0 on two heartbeats", 20)
	s.done("stop", "no container runs", 9)
	return s
}

// Confirming is a run at the gate before the rebuild.
func Confirming() []run.Event {
	s := walked()
	s.add(run.Planned, "rebuild", "", "", commands["rebuild"])
	s.add(run.Gated, "rebuild", "", "", run.Gate{
		Cause: "worker-2 is about to get a new disk. What is on the old one is gone after this.", Confirm: "worker-2",
		Details: []string{"droplet 3164502, vmst-worker-2, 10.0.0.12", "image 148233007, worker-golden-2026-11", "2 other members are healthy, 1 is required"},
		Choices: []run.Choice{run.Go, run.Undo, run.Stop}})
	return s.events
}

// Failing is a run whose proof failed after the point of no return.
func Failing() []run.Event {
	s := walked()
	s.done("rebuild", "action 1982734 is completed", 70)
	s.done("host-key", "ED25519 SHA256:6vBq… replaced", 5)
	s.done("new-disk", "no mark, another boot id", 8)
	s.done("first-boot", "cloud-init is done", 30)
	s.done("provision", "provision-worker.sh exited 0", 60)
	s.add(run.Stepped, "parity", string(run.StepFail), "the configuration differs from worker-1's", nil)
	s.add(run.Gated, "parity", "", "", run.Gate{
		Cause: "worker-2 is not equal to worker-1: .env.production differs.", Hint: "The share may not be mounted: look at findmnt on worker-2, then retry.",
		Details: []string{"worker-1  sha256 5f1d0c2a…  .env.production", "worker-2  sha256 e3b0c442…  .env.production (empty)"},
		Choices: []run.Choice{run.Retry, run.Skip, run.Stop}, Failure: true})
	return s.events
}

// Finished is a run that is done.
func Finished() []run.Event {
	s := walked()
	for _, step := range Steps()[9:] {
		s.done(step.ID, "proved", 3)
	}
	s.add(run.Result, "", string(run.Done), "worker-2 serves again, on a new disk", nil)
	return s.events
}

// Stopped is a run that the operator stopped while it waited for the new disk.
func Stopped() []run.Event {
	s := walked()
	s.add(run.Stepped, "rebuild", string(run.Verifying), "", nil)
	s.add(run.Result, "", string(run.Stopped), "stopped by request", nil)
	return s.events
}

// Pane is what a live pane shows.
func Pane(name string) desk.Pane {
	p := desk.Pane{Seen: Noon.Add(-time.Second)}
	switch name {
	case "balancer":
		p.Title = "load balancer"
		p.Lines = []string{"vmst-lb, active", "● worker-1  healthy, 200", "◐ worker-2  failing on purpose, 503", "● worker-3  healthy, 200"}
	case "connections":
		p.Title, p.Value = "connections of worker-2", "2 in flight"
		p.Series = []float64{14, 17, 12, 15, 11, 9, 9, 6, 5, 5, 3, 2, 2}
		p.Lines = []string{"web        2", "websockets 18"}
	case "sidekiq":
		p.Title, p.Value = "sidekiq on worker-2", "3 busy"
		p.Series = []float64{25, 25, 22, 18, 9, 5, 3}
		p.Lines = []string{"◐ 4f1c2d33aa01:1  quiet, 3 of 25 busy"}
	default:
		p.Title = "nginx on worker-2"
		p.Lines = []string{"12:04:27 GET /lb-health 503", "12:04:28 GET /api/v1/streaming 101", "12:04:29 GET /lb-health 503", "12:04:30 POST /api/v1/media 200 4.1s", "12:04:31 GET /lb-health 503"}
	}
	return p
}

// SingleAct is the record of an act that is no runbook's.
func SingleAct(end run.State) []run.Event {
	s := &script{at: Noon.Add(-5 * time.Second)}
	s.add(run.Started, "", "", "", run.Header{Protocol: 1, Runbook: "hold/clear", Version: 1, Title: "clear the hold record of worker-2", Target: "worker-2", Operator: "mike@laptop",
		Steps: []run.StepInfo{{ID: "clear", Title: "clear the hold record of worker-2", Kind: run.Once, NoUndo: "it was a single act"}}})
	s.add(run.LegOpen, "", "", "", run.Leg{Operator: "mike", Host: "laptop", PID: 4711})
	s.add(run.Stepped, "clear", string(run.StepFail), "no answer", nil)
	s.add(run.Result, "clear", string(end), "no answer", nil)
	return s.events
}
