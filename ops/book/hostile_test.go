package book

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/vmtui/vmtui/ops/run"
)

// tasty are what shells, YAML, templates and terminals would like to obey.
var tasty = []string{
	"'", `"`, "`", "$", "$(id)", "${IFS}", "\\", "\n", "\r", "\t", ";", "&", "|", "<", ">", "*", "?", "[", "]", "{", "}", "~", "#", "!", " ", "--", "-rf /",
	"${{ inputs.v }}", "}}", "${{", "%s", "%00", "\x1b[31m", "\x7f", "\u202e", "é", "🦣", "&&false", "||true", "'; touch pwned; '", "\\0", "=", ":", ",",
}

func hostile() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 12).Draw(t, "pieces") {
			if rapid.Bool().Draw(t, "tasty") {
				b.WriteString(rapid.SampledFrom(tasty).Draw(t, "taste"))
				continue
			}
			b.WriteString(strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", ""))
		}
		return b.String()
	})
}

const hostileBook = `title: Try it
summary: Hands values on.
inputs:
  dir: {type: string}
  v: {type: string}
steps:
  - id: keep
    title: Keep
    why: To compare.
    run:
      on: exec
      script: printf '%s' "$2" > "$1/alone"; printf '%s' "$3" > "$1/among"; printf '%s' "$#" > "$1/count"; printf '%s' "$2"
      args: ['${{ inputs.dir }}', '${{ inputs.v }}', 'before ${{ inputs.v }} after']
      idempotent: true
  - id: pass
    title: Pass it on
    why: To compare.
    run: {on: exec, script: 'printf %s "$2" > "$1/passed"', args: ['${{ inputs.dir }}', '${{ steps.keep.output }}'], idempotent: true}
`

// Whatever is said arrives byte for byte, through YAML, the expressions, the log, SSH and two shells; and nothing of it is obeyed.
func TestHostileValuesArriveAsTheyAre(t *testing.T) {
	b := newBed(t)
	rapid.Check(t, func(r *rapid.T) {
		v := hostile().Draw(r, "v")
		if !utf8.ValidString(v) || strings.Contains(v, "hunter2") {
			r.Skip()
		}
		dir := filepath.Join(b.dir, "out")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		rb := b.book(hostileBook, "", map[string]string{"dir": dir, "v": v})
		id := b.start(rb)
		if state := b.walk(id, rb, run.Mode{}); state != run.Done {
			r.Fatalf("%s\n%s", state, b.lines(id))
		}
		view, err := b.engine.View(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for file, want := range map[string]string{"alone": v, "among": "before " + v + " after", "count": "3", "passed": view.Facts[factOutput+"keep"]} {
			got, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil || string(got) != want {
				r.Fatalf("%s: %q, want %q, %v", file, got, want, err)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 4 {
			r.Fatalf("somebody obeyed: %v %v", left, err)
		}
		if _, err := os.Stat("pwned"); err == nil {
			r.Fatal("somebody obeyed")
		}
	})
}

func TestTextThatIsNoneIsRefused(t *testing.T) {
	b := newBed(t)
	b.write("runbooks/try-it.yaml", hostileBook)
	for _, v := range []string{"a\x00b", "\xff"} {
		if _, err := NewShelf(b.deps, nil).Books()[0].Build(t.Context(), "", map[string]string{"dir": "/", "v": v}); err == nil {
			t.Errorf("%q was accepted", v)
		}
	}
}

// A notice stays the document that its author wrote.
func FuzzNoticesKeepTheirShape(f *testing.F) {
	for _, s := range tasty {
		f.Add(s)
	}
	n := &notify{body: map[string]any{"text": &text{parts: []part{{literal: ""}}}}}
	f.Fuzz(func(t *testing.T, v string) {
		if !utf8.ValidString(v) {
			t.Skip()
		}
		n.body = map[string]any{"text": &text{parts: []part{{literal: v}}}, "n": int64(1)}
		doc, err := n.document(nil)
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]any
		if err := json.Unmarshal(doc, &back); err != nil || back["text"] != v || len(back) != 2 {
			t.Errorf("%s: %v %v", doc, back, err)
		}
	})
}
