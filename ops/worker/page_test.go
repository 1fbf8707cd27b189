package worker

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

var update = flag.Bool("update", false, "write docs/runbooks.md anew")

const page = "../../docs/runbooks.md"

// ownBegins is where the part of the page begins that others write.
const ownBegins = "\n# Upkeep\n"

// sample is a crew for an instance like the one in the guide. It can plan, and has no hands.
func sample(t *testing.T) *crew {
	t.Helper()
	cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte(`instance: vmst.io
operator: mike
nodes:
  - {name: exec, role: exec, ssh: exec}
  - {name: worker-1, role: worker, ssh: root@10.0.0.11, droplet: 3164494}
  - {name: worker-2, role: worker, ssh: root@10.0.0.12, droplet: 3164495}
  - {name: worker-3, role: worker, ssh: root@10.0.0.13, droplet: 3164496}
digitalocean: {token: env:DIGITALOCEAN_TOKEN}
load_balancer: {id: 4de7ac8b, min_healthy: 2}
reimage: {image: worker-golden-2026-11, provision: provision-worker.sh}
`))
	if err != nil {
		t.Fatal(err)
	}
	node, _ := cfg.Node("worker-2")
	return &crew{Deps: Deps{Config: cfg, Operator: "mike"}, node: node, in: inputs{
		Droplet: 3164495, Private: "10.0.0.12", Address: "10.0.0.12:22", KnownAs: "10.0.0.12:22", Balancer: "4de7ac8b", Image: 7555620, ImageTag: "worker-golden-2026-11",
		Check: digitalocean.HealthCheck{Protocol: "http", Port: 80, Path: "/lb-health", Interval: 10 * time.Second, Timeout: 5 * time.Second, Unhealthy: 3, Healthy: 5},
		Peers: map[string]string{"worker-1": "10.0.0.11", "worker-3": "10.0.0.13"},
	}}
}

// The page of the runbooks is made from their definitions, so that it cannot tell another story.
func TestPageTellsWhatTheRunbooksDo(t *testing.T) {
	got := renderPage(t)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want, own, found := strings.Cut(string(text), ownBegins)
	if !found {
		t.Fatalf("%s has no %q", page, ownBegins)
	}
	if *update {
		if err := os.WriteFile(page, []byte(got+ownBegins+own), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/runbooks.md is out of date; write it anew with `go test ./ops/worker -update`:\n%s", diff)
	}
}

// shelved are the steps of every built-in runbook on a worker.
func shelved(c *crew) map[string][]run.Step {
	return map[string][]run.Step{Drain: drainSteps(c), Reimage: reimageSteps(c), Return: returnSteps(c)}
}

func renderPage(t *testing.T) string {
	steps := shelved(sample(t))
	var b strings.Builder
	b.WriteString("# The runbooks\n\nWhat follows is made from the built-in runbooks' own definitions, for a worker-2 like the one in the [guide](guide.md). [Runbooks of your own](#runbooks-of-your-own) are at the end.\n\n" +
		"Every step is looked at before it is done: what is so already is not done again. A failure, a deadline or an unknown outcome opens a gate and waits\nfor you. Ctrl-C stops at a step boundary. `--plan` shows all this for your own instance and changes nothing.\n")
	for _, book := range Books(Deps{}) {
		fmt.Fprintf(&b, "\n## %s: %s\n\n%s\n\nDangers:\n\n", book.ID, strings.ToLower(book.Title), book.Summary)
		for _, d := range book.Dangers {
			fmt.Fprintf(&b, "- %s\n", d)
		}
		for i, s := range steps[book.ID] {
			renderStep(t, &b, i+1, s)
		}
	}
	return b.String()
}

func renderStep(t *testing.T, b *strings.Builder, n int, s run.Step) {
	fmt.Fprintf(b, "\n### %d. %s (`%s`)\n\n%s\n\n", n, s.Title, s.ID, s.Why)
	lines, err := s.Plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "```\n%s\n```\n\n", strings.Join(lines, "\n"))
	undo := "taken back by undo: `" + strings.Join(s.UndoPlan, "`, `") + "`"
	if s.Undo == nil {
		undo = "undo: none; " + s.NoUndo
	}
	fmt.Fprintf(b, "%s, %s", s.Kind, undo)
	if s.Usual != "" {
		fmt.Fprintf(b, "; usually %s", s.Usual)
	}
	if s.Deadline > 0 {
		fmt.Fprintf(b, "; a gate opens after %s", s.Deadline)
	}
	if s.Confirm != "" {
		fmt.Fprintf(b, "; asks for `%s`, typed", s.Confirm)
	}
	b.WriteString("\n")
}

// lacks is what a step of a built-in runbook must have and this one has not: it says why, what exactly, how long at most, by which live pane it is
// watched, and how to go back or why not.
func lacks(t *testing.T, s run.Step) (out []string) {
	t.Helper()
	lacking := func(what string, so bool) {
		if so {
			out = append(out, what)
		}
	}
	lines, err := s.Plan(t.Context())
	lacking("a plan", err != nil || len(lines) == 0)
	lacking("a why", s.Why == "")
	lacking("a title", s.Title == "")
	lacking("a deadline", (s.Do != nil || s.Verify != nil) && s.Deadline == 0)
	lacking("a live pane", len(s.Panes) == 0)
	for _, pane := range s.Panes {
		lacking("a pane that is called "+pane, !slices.Contains([]string{"balancer", "connections", "sidekiq", "containers", "log", "host", "records"}, pane))
	}
	lacking("an undo or the reason why not", s.Undo == nil && s.NoUndo == "")
	lacking("its undo's plan", (s.Undo == nil) != (len(s.UndoPlan) == 0))
	lacking("how long it usually waits", s.Verify != nil && s.Usual == "")
	lacking("a typed name", s.Kind == run.Once && s.Undo == nil && s.Confirm == "")
	return out
}

func TestStepsAreComplete(t *testing.T) {
	c := sample(t)
	shelves := map[string]map[string][]run.Step{"a living host": shelved(c)}
	for name, change := range map[string]func(*crew){
		"a dead host": func(c *crew) { c.in.Dead = true }, "a check by TCP": func(c *crew) { c.in.Check.Protocol = "tcp" },
		"a tag": func(c *crew) { c.in.Tag = "web" }, "no provisioning": func(c *crew) {
			cfg := *c.Config
			cfg.Reimage.Provision = ""
			c.Config = &cfg
		},
	} {
		other := *c
		change(&other)
		shelves[name] = shelved(&other)
	}
	for _, book := range Books(Deps{}) {
		if len(shelves["a living host"][book.ID]) == 0 {
			t.Errorf("%s is not looked at", book.ID)
		}
	}
	for of, books := range shelves {
		for name, steps := range books {
			for _, s := range steps {
				for _, what := range lacks(t, s) {
					t.Errorf("%s of %s: %s lacks %s", name, of, s.ID, what)
				}
			}
		}
	}
	if got := lacks(t, run.Step{Verify: c.verifyIdle, Plan: plan()}); len(got) != 7 {
		t.Errorf("a step with nothing lacks only %q", got)
	}
}

// The panes that the steps name can be looked at.
func TestEveryPaneIsKnown(t *testing.T) {
	c := sample(t)
	c.Host = func(string) Host { return saying{} }
	c.Cloud, c.Jobs, c.Records = nobodyHome{}, &beats{looks: []look{{}}}, noRecords{}
	for _, pane := range []string{"balancer", "connections", "sidekiq", "containers", "log", "host", "records"} {
		if _, err := Look(t.Context(), c.Deps, pane, "worker-2", c.in.encode()); err != nil && strings.Contains(err.Error(), "no pane") {
			t.Error(err)
		}
	}
	if _, err := Look(t.Context(), c.Deps, "weather", "worker-2", c.in.encode()); err == nil {
		t.Error("there is a pane of the weather")
	}
}

func TestDeadHostIsConfirmedByItsID(t *testing.T) {
	c := sample(t)
	if c.confirm() != "worker-2" {
		t.Error(c.confirm())
	}
	c.in.Dead = true
	if c.confirm() != "3164495" {
		t.Error(c.confirm())
	}
}

// A runbook that the engine would refuse is refused here first: an effect that holds until a step must name one of the same runbook.
func TestUntilNamesALaterStep(t *testing.T) {
	c := sample(t)
	for name, steps := range map[string][]run.Step{"drain": drainSteps(c), "reimage": reimageSteps(c), "return": returnSteps(c)} {
		ids := map[string]int{}
		for i, s := range steps {
			ids[s.ID] = i
		}
		for i, s := range steps {
			if at, known := ids[s.Until]; s.Until != "" && (!known || at <= i) {
				t.Errorf("%s/%s holds until %q", name, s.ID, s.Until)
			}
		}
	}
}
