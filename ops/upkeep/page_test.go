package upkeep

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/ops/run"
)

var update = flag.Bool("update", false, "write the upkeep of docs/runbooks.md anew")

const page = "../../docs/runbooks.md"

// Where this part of the page begins, and where the next one does.
const (
	begins = "\n# Upkeep\n"
	ends   = "\n# Runbooks of your own\n"
)

const intro = `
They clean, mend and settle an instance by its own tootctl. They have no target: they are done on the exec node, and what they take is said by ` + "`--set`" + `, or asked for
in the console. Each command is a job (see the [guide](guide.md#tootctl)): leaving the run leaves the job, and a resume finds it by its id. It is started a second
time only by your word. Where there is a dry run, its result stands beside the real one's before that begins, and what is lost asks for the instance's name just then.
At the end the world is asked whether it is so, by tootctl or by a constant piece of Ruby that only reads.

The run holds the lease while it waits. Ctrl-C gives it back; the job goes on.
`

// The page tells what the books do, from their own definitions.
func TestPageTellsWhatUpkeepDoes(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begins)
	want, after, follows := strings.Cut(rest, ends)
	if !found || !follows {
		t.Fatalf("%s has no %q before %q", page, begins, ends)
	}
	got := render(t)
	if *update {
		if err := os.WriteFile(page, []byte(before+begins+got+ends+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/runbooks.md is out of date; write it anew with `go test ./ops/upkeep -update`:\n%s", diff)
	}
}

func render(t *testing.T) string {
	var b strings.Builder
	b.WriteString(intro)
	for _, book := range Books(deps()) {
		fmt.Fprintf(&b, "\n## %s: %s\n\n%s\n\nDangers:\n\n", book.ID, strings.ToLower(book.Title), book.Summary)
		for _, d := range book.Dangers {
			fmt.Fprintf(&b, "- %s\n", d)
		}
		if len(book.Inputs) > 0 {
			b.WriteString("\n| takes | | unless said |\n|---|---|---|\n")
		}
		for _, in := range book.Inputs {
			without := in.Default
			if in.Needed {
				without = "needed"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", in.Name, in.About, without)
		}
		rb, err := book.Build(t.Context(), "", needed[book.ID])
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
		for i, s := range rb.Steps {
			fmt.Fprintf(&b, "%d. **%s** (`%s`, %s). %s\n", i+1, s.Title, s.ID, s.Kind, s.Why)
			for _, l := range commands(t, s) {
				fmt.Fprintf(&b, "   `%s`\n", l)
			}
		}
	}
	return b.String()
}

// commands are a step's commands, without the Ruby: a plan shows that.
func commands(t *testing.T, s run.Step) []string {
	lines, err := s.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		if strings.HasPrefix(l, "exec$ tootctl") || strings.HasPrefix(l, "before that") {
			out = append(out, strings.TrimSuffix(l, ", native, as mastodon in /home/mastodon/live"))
		}
	}
	return out
}
