package worker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/upstream"
)

// StreamingRestart is the runbook that starts a worker's streaming anew.
const StreamingRestart = "streaming-restart"

// The two ways to do it.
const (
	inPlace = "no"
	drained = "yes"
)

func streamingBook(d Deps) run.Book {
	return run.Book{
		ID: StreamingRestart, Title: "Restart a worker's streaming", Danger: act.Changes, Targets: config.RoleWorker,
		Inputs: []run.Input{whyInput, {
			Name: "drained", Type: "enum", Values: []string{inPlace, drained}, Default: inPlace,
			About: "yes: take the worker out of the load balancer first, so that nobody connects to a streaming that is about to end",
		}},
		Summary: "Counts the websockets of a worker, starts its streaming anew, and watches that the clients come back.",
		Dangers: []string{"Its websockets are cut at once; clients reconnect, and poll until they have."},
		Untried: drainUntried[:1],
		Build: func(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
			way := given["drained"]
			if way != "" && way != inPlace && way != drained {
				return run.Runbook{}, &fault.Error{What: "that is no way to do it", On: "drained=" + way, Next: "set it to yes or to no", Code: fault.Usage}
			}
			rb, err := living(d, StreamingRestart, "Restart streaming on", func(c *crew) []run.Step { return streamingSteps(c, way == drained) })(ctx, target, given)
			if err == nil {
				rb.Inputs["drained"] = way
			}
			return rb, err
		},
	}
}

func streamingSteps(c *crew, out bool) []run.Step {
	if !out {
		return []run.Step{c.streamingPreflight(), c.countSockets(), c.restartStreaming(true), c.reconnect()}
	}
	away := held([]run.Step{c.hold(), c.lameDuck(), c.idle(), c.remove()}, Until())
	look := also(c.preflight(false), check{"streaming", c.checkStreamers})
	steps := slices.Concat([]run.Step{look, c.countSockets()}, away)
	return append(steps, c.restartStreaming(false), c.startWeb(), c.add(), c.reconnect(), c.release())
}

// streamingPreflight makes sure that those who are cut find another worker.
func (c *crew) streamingPreflight() run.Step {
	checks := []check{{"identity", c.checkIdentity}, {"budget", c.budget}, {"provider", c.checkActions}, {"streaming", c.checkStreamers}}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "preflight", Title: "Look before touching anything", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"balancer", "connections"},
			Why: "Those who are cut reconnect at once, mostly to the others: they must be well.",
		},
		Deadline: 3 * time.Minute,
		Plan: plan(fmt.Sprintf("%s$ %sid   must be %d", c.node.Name, metadata, c.in.Droplet), fmt.Sprintf("%s$ the balancer's own probe of each other worker", c.Config.Exec().Name),
			"each other worker$ "+shownStreaming),
		Observe: foresee(checks),
		Do:      doChecks(checks),
	}
}

// streamingProbe asks each streaming of a node whether it is well. $1 is the compose project.
const streamingProbe = upstream.Script + `published "$1"; for a in $(at ` + upstream.Streaming + `); do
curl -fsS -m 5 "http://$a/api/v1/streaming/health" >/dev/null 2>&1 || { echo ill; exit 0; }; done; echo well`

// shownStreaming is streamingProbe as a person would type it.
const shownStreaming = "curl -fsS http://127.0.0.1:4000/api/v1/streaming/health   or where docker publishes streaming"

func (c *crew) streamsWell(ctx context.Context, n config.Node) bool {
	said, err := askOn(ctx, c.Host(n.Name), n.Name, "asking for its streaming", streamingProbe, n.Mastodon.Project)
	return err == nil && said == "well"
}

// checkStreamers asks the streaming of each peer whether it is well.
func (c *crew) checkStreamers(ctx context.Context) (string, error) {
	var well, ill []string
	for _, p := range c.peers() {
		if !c.streamsWell(ctx, p) {
			ill = append(ill, p.Name)
			continue
		}
		well = append(well, p.Name)
	}
	if len(well) == 0 {
		return "", &fault.Error{What: "nobody else streams", On: c.node.Name, Why: "the streaming of " + list(ill) + " does not answer", Next: "mend one of them first: those who are cut need somewhere to go", Code: fault.Refused}
	}
	if len(ill) > 0 {
		return fmt.Sprintf("well on %s; warning: not on %s", list(well), list(ill)), nil
	}
	return "well on " + list(well), nil
}

// The facts of a restart of streaming: how many websockets there were on all workers, and which start of the container it was.
const (
	factSockets = "websockets"
	factStart   = "streaming-started"
)

// countSockets says how many are about to be cut.
func (c *crew) countSockets() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "count", Title: "Count the websockets", Kind: run.Read, NoUndo: "it changed nothing", Panes: []string{"connections"}, Usual: "at once",
			Why: "Each is somebody whose timeline stops for a moment. Their number tells later whether they came back.",
		},
		Deadline: time.Minute,
		Plan:     plan(flights("each worker", upstream.Streaming), c.node.Name+"$ docker inspect --format '{{.State.StartedAt}}' of streaming"),
		Verify:   c.verifyCounted,
	}
}

func (c *crew) verifyCounted(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		here, all, err := c.sockets(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		start, err := c.streamingStart(ctx)
		if err != nil {
			return run.Progress{}, err
		}
		for fact, value := range map[string]string{factSockets: strconv.Itoa(all), factStart: start} {
			if err := w.Remember(ctx, fact, value); err != nil {
				return run.Progress{}, decided(err)
			}
		}
		return run.Progress{Done: true, Detail: fmt.Sprintf("%s here, %d on all workers", spelling.Count(here, "websocket", "websockets"), all)}, nil
	}
}

// sockets are the open websockets of the worker, and of all workers that answer.
func (c *crew) sockets(ctx context.Context) (here, all int, err error) {
	if _, here, err = c.connections(ctx); err != nil {
		return 0, 0, err
	}
	all = here
	for _, p := range c.peers() {
		if _, theirs, err := c.connectionsOf(ctx, p); err == nil { // a peer that does not answer is another matter
			all += theirs
		}
	}
	return here, all, nil
}

// streamingStart tells one start of the container from another.
func (c *crew) streamingStart(ctx context.Context) (string, error) {
	all, err := c.containers(ctx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(all, func(d fleet.Container) bool { return d.Service == "streaming" })
	if at < 0 {
		return "", decided(&fault.Error{What: "it has no streaming", On: c.node.Name, Why: "no container of that service is there", Next: "name a worker that streams", Code: fault.Refused})
	}
	return c.ask(ctx, "asking when streaming was started", `docker inspect --format '{{.Id}} {{.State.StartedAt}}' "$1"`, all[at].ID)
}

func (c *crew) restartStreaming(gate bool) run.Step {
	until := ""
	if !gate {
		until = "start"
	}
	return run.Step{
		StepInfo: run.StepInfo{
			ID: restarting, Title: "Start streaming anew", Kind: run.Idempotent, Gate: gate, Until: until, Skip: true, Panes: []string{"connections", "containers"},
			Why: "A streaming that is stuck goes on holding its websockets and sends them nothing. It drops all of them when it ends; nothing is lost with them.", Usual: "some seconds",
			NoUndo: "it runs, as it did before",
		},
		Deadline: 3 * time.Minute,
		Plan:     plan(c.shown("restart -t "+Grace+" streaming"), c.node.Name+"$ "+shownStreaming+"; until it is well"),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			start, err := c.streamingStart(ctx)
			if err != nil || w.Fact(factStart) == "" || start == w.Fact(factStart) {
				return pending("not started anew"), err
			}
			return run.Finding{Truth: run.UnderWay, Detail: "started anew"}, nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			return c.compose(ctx, w, "restart", "-t", Grace, "streaming")
		},
		Verify: c.verifyStreaming,
	}
}

func (c *crew) verifyStreaming(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		start, err := c.streamingStart(ctx)
		if err != nil || start == w.Fact(factStart) {
			return run.Progress{For: "the container to be started anew", Again: pace}, err
		}
		if !c.streamsWell(ctx, c.node) {
			return run.Progress{For: "streaming to be well", Again: pace}, nil
		}
		return run.Progress{Done: true, Detail: "another start, and well"}, nil
	}
}

// returned is the share of the websockets, in percent, that must have come back: some people just close their browser.
const returned = 80

// reconnect waits until those who were cut are there again, here or on another worker.
func (c *crew) reconnect() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "reconnect", Title: "Watch the clients come back", Kind: run.Read, Skip: true, NoUndo: "it changed nothing", Panes: []string{"connections"}, Usual: "some seconds",
			Why: "A streaming that answers its health path and takes no websocket looks well to everybody but the people.",
		},
		Deadline: 5 * time.Minute,
		Plan:     plan(fmt.Sprintf("%s; until %d %% of them are back", flights("each worker", upstream.Streaming), returned)),
		Verify: func(w *run.Walk) run.Check {
			return func(ctx context.Context) (run.Progress, error) {
				here, all, err := c.sockets(ctx)
				if err != nil {
					return run.Progress{}, err
				}
				before, err := strconv.Atoi(strings.TrimSpace(w.Fact(factSockets)))
				said := fmt.Sprintf("%s on all workers, %d of them here; there were %d", spelling.Count(all, "websocket", "websockets"), here, before)
				if err != nil || all*100 < before*returned {
					return run.Progress{For: "the clients: " + said, Again: pace}, err
				}
				return run.Progress{Done: true, Detail: said}, nil
			}
		},
	}
}
