package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/provider"
	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/backlog"
	"github.com/vmtui/vmtui/ops/book"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/worker"
)

// update writes the pages of the runbooks anew.
var update = flag.Bool("update", false, "write docs/runbooks.md and docs/runbooks/ anew")

const (
	shelfPage = "../../docs/runbooks.md"
	bookPages = "../../docs/runbooks"
	// ownBegins is where the written part of the shelf's page begins.
	ownBegins = "\n# Runbooks of your own\n"
)

// examples are what the inputs are in the pages: those that a runbook cannot do without, and those without which it would do nothing.
var examples = map[string]string{
	"name": "worker-4", "runbook": "worker-reimage", "username": "picard", "domain": "borg.example", "version": "v4.6.6",
	"queue": "pull", "url": "/@picard", "approve": "true", "disable_2fa": "true", "reset_password": "true",
}

// The pages of the runbooks are made from their own definitions, every one that is built in, so that they cannot tell another story; and each step of them is whole.
func TestPagesTellWhatTheRunbooksDo(t *testing.T) {
	t.Parallel()
	w := guideWorld(t)
	rows, written := "", map[string]bool{}
	for _, b := range w.app.desk.Shelf() {
		if b.From != "" {
			continue
		}
		name := b.ID + ".md"
		written[name] = true
		rows += fmt.Sprintf("| [%s](runbooks/%s) | %s | %s | %s |\n", b.ID, name, b.Targets, b.Danger, b.Summary)
		rb, page := w.page(b)
		holds(t, filepath.Join(bookPages, name), page)
		for i := range rb.Steps {
			for _, what := range lacks(t, b.ID, &rb.Steps[i]) {
				t.Errorf("%s: %s lacks %s", b.ID, rb.Steps[i].ID, what)
			}
		}
		w.watch(rb)
	}
	if got := lacks(t, "", &run.Step{Verify: func(*run.Walk) run.Check { return nil }}); len(got) != 6 {
		t.Errorf("a step with nothing lacks only %q", got)
	}
	strangers(t, written)
	text, err := os.ReadFile(shelfPage)
	if err != nil {
		t.Fatal(err)
	}
	_, own, found := strings.Cut(string(text), ownBegins)
	if !found {
		t.Fatalf("%s has no %q", shelfPage, ownBegins)
	}
	holds(t, shelfPage, shelfHead+rows+ownBegins+own)
}

// lacks is what each step of each runbook that is built in must have, and this one has not.
func lacks(t *testing.T, book string, s *run.Step) (out []string) {
	t.Helper()
	var lines []string
	var err error
	if s.Plan != nil {
		lines, err = s.Plan(t.Context())
	}
	for _, x := range []struct {
		what string
		so   bool
	}{
		{"a title", s.Title == ""},
		{"a why", s.Why == ""},
		{"its exact plan", err != nil || len(lines) == 0},
		{"a deadline", (s.Do != nil || s.Verify != nil) && s.Deadline == 0},
		{"an undo or the reason why not", s.Undo == nil && s.Child == nil && s.NoUndo == ""},
		{"its undo's plan", s.Undo != nil && len(s.UndoPlan) == 0},
		{"a live pane", len(s.Panes) == 0 && book != cache.Incident}, // to look at a cache is to fill it: what it says goes into the transcript, which is live
	} {
		if x.so {
			out = append(out, x.what)
		}
	}
	return out
}

// watch asserts that each pane of a runbook's steps can be looked at: it is live, and not only named.
func (w *world) watch(rb run.Runbook) {
	w.t.Helper()
	seen := map[string]bool{backlog.Pane: true} // the desk's own, which is of no node
	for _, s := range rb.Steps {
		for _, pane := range s.Panes {
			if seen[pane] {
				continue
			}
			seen[pane] = true
			what, target, inputs := book.PaneOf(pane, run.Header{Target: rb.Target, Inputs: rb.Inputs})
			if sight, err := worker.Look(w.t.Context(), w.app.workerDeps(), what, target, inputs, nil); err != nil || sight.Title == "" {
				w.t.Errorf("%s: %s: nothing is seen by %s: %+v, %v", rb.ID, s.ID, pane, sight, err)
			}
		}
	}
}

const shelfHead = `# The runbooks

Each runbook that is built in has a page, made from its own definition: its steps, why each is done, the exact commands and calls, how it is taken back,
and what was never tried against a live account. They are shown for an instance like the one in the [guide](guide.md). ` + "`--plan`" + ` shows the same for
your own, and changes nothing. [Runbooks of your own](#runbooks-of-your-own) are below.

Every step is looked at before it is done: what is so already is not done again. A failure, a deadline or an unknown outcome opens a gate and waits
for you. Ctrl-C stops at a step boundary.

| runbook | done to | danger | |
|---|---|---|---|
`

// holds asserts that a page says what it should, or makes it say so.
func holds(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Clean(path))
	if diff := cmp.Diff(string(got), want); err != nil || diff != "" {
		t.Errorf("%s is stale (%v); write it anew with `go test ./cmd/vmtui -run TestPages -update`:\n%s", path, err, diff)
	}
}

// strangers asserts that no page is left of a runbook that there is no more.
func strangers(t *testing.T, written map[string]bool) {
	t.Helper()
	files, err := os.ReadDir(bookPages)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !written[f.Name()] {
			t.Errorf("%s/%s is about no runbook that is built in; remove it", bookPages, f.Name())
		}
	}
}

// world is an instance that looks like the guide's to who only plans.
type world struct {
	t    *testing.T
	app  *app
	neat *strings.Replacer // of what a box makes up anew each time
}

func guideWorld(t *testing.T) *world {
	t.Helper()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = -1 })
	b.API().SetHealth(ordinaryChecks)
	config := text(t, b.ConfigPath())
	for old, now := range map[string]string{
		`instance: .*`: "instance: vmst.io\noperator: mike", `drain_timeout: [^,]*`: "drain_timeout: 5m", `wait: 2m, settle: [^,]*`: "wait: 15m, settle: 5m",
	} {
		config = regexp.MustCompile(old).ReplaceAllString(config, now)
	}
	if err := os.WriteFile(b.ConfigPath(), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	f := newFlags(streams{out: &errs, err: &errs})
	f.config = b.ConfigPath()
	a, err := open(t.Context(), f, keys.Refuser{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close(t.Context()) })
	return &world{t: t, app: a, neat: neatly(b)}
}

// ordinaryChecks are near to what the provider gives a new balancer, with a path of its own.
var ordinaryChecks = provider.Health{Protocol: "http", Port: 80, Path: box.HealthPath, Interval: 10, Timeout: 5, UnhealthyThreshold: 3, HealthyThreshold: 5}

// neatly puts the guide's addresses and places where the box has its own.
func neatly(b *box.Box) *strings.Replacer {
	pairs := []string{b.Dir(), "/home/mike/.config/vmtui", b.API().URL(), "https://api.digitalocean.com", b.SiteURL(), "https://vmst.io", box.Instance, "vmst.io"}
	for node, address := range map[string]string{"exec": "10.0.0.10", "worker-1": "10.0.0.11", "worker-2": "10.0.0.12", "worker-3": "10.0.0.13"} {
		m := b.Machine(node)
		_, port, _ := strings.Cut(m.SSHAddr(), ":")
		pairs = append(pairs, m.TLSAddr(), address+":443", m.SSHAddr(), address+":22", m.PrivateIP(), address, "{private}:"+port, "{private}:22", "]:"+port, "]:22")
	}
	return strings.NewReplacer(append(pairs, "4de7ac8b-495b-4884-9a69-1050c6793cd6", "4de7ac8b")...)
}

// page is one runbook, as it would be walked on worker-2, or on exec where it is not about workers.
func (w *world) page(b run.Book) (run.Runbook, string) {
	target := map[string]string{config.RoleWorker: "worker-2", config.RoleExec: "exec", "node": "worker-2"}[b.Targets]
	given := map[string]string{}
	for _, in := range b.Inputs {
		if example, has := examples[in.Name]; has || in.Needed {
			given[in.Name] = example
		}
	}
	rb, err := b.Build(w.t.Context(), target, given)
	if err != nil {
		w.t.Fatalf("%s: %v; say in examples what its inputs may be", b.ID, err)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "# %s: %s\n\n%s\n\n", b.ID, strings.ToLower(b.Title[:1])+b.Title[1:], b.Summary)
	fmt.Fprintf(&s, "```\nvmtui run %s --plan\n```\n", strings.Join(append([]string{b.ID}, w.example(b, target, given)...), " "))
	pageInputs(&s, b.Inputs)
	pageList(&s, "Dangers", b.Dangers)
	if len(b.Untried) == 0 {
		s.WriteString("\nNever tried against a live account: nothing is known of it that only a live account could show.\n")
	}
	pageList(&s, "Never tried against a live account", b.Untried)
	for i := range rb.Steps {
		w.step(&s, i+1, &rb.Steps[i])
	}
	return rb, w.neat.Replace(s.String())
}

// example are the words of a command line that begins it.
func (w *world) example(b run.Book, target string, given map[string]string) []string {
	var words []string
	if target != "" {
		words = append(words, target)
	}
	for _, in := range b.Inputs {
		if in.Needed {
			words = append(words, "--set "+in.Name+"="+given[in.Name])
		}
	}
	return words
}

func pageInputs(s *strings.Builder, inputs []run.Input) {
	if len(inputs) == 0 {
		return
	}
	s.WriteString("\n| `--set` | | |\n|---|---|---|\n")
	for _, in := range inputs {
		kind := in.Type
		if len(in.Values) > 0 {
			kind = strings.Join(in.Values, ", ")
		}
		if in.Needed {
			kind += ", needed"
		}
		if in.Default != "" {
			kind += "; " + in.Default + " by default"
		}
		fmt.Fprintf(s, "| `%s` | %s | %s |\n", in.Name, kind, in.About)
	}
}

func pageList(s *strings.Builder, head string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(s, "\n%s:\n\n", head)
	for _, l := range lines {
		fmt.Fprintf(s, "- %s\n", l)
	}
}

func (w *world) step(s *strings.Builder, n int, step *run.Step) {
	fmt.Fprintf(s, "\n## %d. %s (`%s`)\n\n%s\n\n", n, step.Title, step.ID, step.Why)
	if step.Plan != nil {
		lines, err := step.Plan(w.t.Context())
		if err != nil {
			w.t.Fatalf("%s: %v", step.ID, err)
		}
		fmt.Fprintf(s, "```\n%s\n```\n\n", strings.Join(lines, "\n"))
	}
	said := []string{string(step.Kind), undoOf(step)}
	if step.Usual != "" {
		said = append(said, "usually "+step.Usual)
	}
	if step.Deadline > 0 {
		said = append(said, "a gate opens after "+spelling.Span(step.Deadline))
	}
	if step.Gate {
		said = append(said, "waits for your go")
	}
	if step.Confirm != "" {
		said = append(said, "asks for `"+step.Confirm+"`, typed")
	}
	s.WriteString(strings.Join(said, "; ") + "\n")
}

func undoOf(step *run.Step) string {
	switch {
	case step.Undo != nil:
		return "taken back by undo: `" + strings.Join(step.UndoPlan, "`, `") + "`"
	case step.Child != nil:
		return "taken back by undo: its run is walked back, as far as that can be; one that is done is left"
	}
	return "undo: none; " + step.NoUndo
}
