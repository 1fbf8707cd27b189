package book

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

const goodBook = `title: Try it
summary: It tries.
target: worker
inputs:
  days: {type: int, default: 7, min: 1}
  name: {type: string, default: x, pattern: '[a-z]+'}
steps:
  - id: look
    title: Look
    why: To see.
    run: {script: 'echo "$1"', args: ['${{ inputs.days }}'], read: true}
  - id: touch
    if: steps.look.output != ""
    title: Touch
    why: To mark.
    run: {script: 'touch "$1"', args: [/tmp/x]}
    undo: {run: {script: 'rm -f "$1"', args: [/tmp/x]}}
`

func read(t *testing.T, source string) (*Definition, []*fault.Error) {
	t.Helper()
	d, err := Read(sample(t), "/x/runbooks/try-it.yaml", source)
	return d, fault.All(err)
}

func TestGoodBookIsRead(t *testing.T) {
	d, mistakes := read(t, goodBook)
	if len(mistakes) > 0 || d.ID != "try-it" || d.Danger != act.Changes || d.Targets != "worker" || len(d.Steps) != 2 || len(d.Warnings) != 0 {
		t.Errorf("%v %+v", mistakes, d)
	}
}

// Each mistake is named with its file, its line and what to do.
func TestMistakesHaveALine(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(goodBook, old) {
			panic(old)
		}
		return strings.Replace(goodBook, old, new, 1)
	}
	more := func(step string) string { return goodBook + step }
	for name, x := range map[string]struct{ source, line, why, next string }{
		"unknown key":           {goodBook + "danjer: safe\n", ":18", `no key "danjer"`, "danger"},
		"unknown step key":      {change("    if:", "    iff:"), ":13", `no key "iff"`, "if"},
		"unknown run key":       {change("read: true", "raed: true"), ":11", `no key "raed"`, "read"},
		"twice a key":           {goodBook + "steps: []\n", ":18", "already defined", ""},
		"wrong type":            {change("default: 7", "default: seven"), ":5", "no whole number", ""},
		"unknown type":          {change("type: int", "type: integer"), ":5", `"integer"`, "int"},
		"not a bool":            {change("read: true", "read: maybe"), ":11", `"maybe"`, "true or false"},
		"list for a text":       {change("title: Look", "title: [Look]"), ":9", "a list", ""},
		"not a list":            {change("steps:\n", "steps: all\nstep:\n"), ":7", `"all"`, "list"},
		"unknown node":          {more("  - {id: a, title: A, why: W, run: {on: worker-9, script: 'true', read: true}}\n"), ":18", `"worker-9"`, "worker-"},
		"unknown step":          {change("steps.look.output", "steps.lok.output"), ":13", `no step "lok"`, "look"},
		"unknown field":         {change("steps.look.output", "steps.look.ouput"), ":13", "ouput", ".output"},
		"later step":            {change("'${{ inputs.days }}'", "'${{ steps.touch.output }}'"), ":11", "cycle", ""},
		"own result":            {change("steps.look.output", "steps.touch.output"), ":13", "cycle: touch → touch", ""},
		"only later":            {change("steps.look.output", "steps.last.output") + "  - {id: last, title: L, why: W, run: {script: 'true', read: true}}\n", ":13", "comes later", ""},
		"undeclared input":      {change("inputs.days", "inputs.dayz"), ":11", "never declared", "days"},
		"dynamic name":          {change("steps.look.output", "steps[target].output"), ":13", "only known later", ""},
		"mismatched types":      {change(`steps.look.output != ""`, "steps.look.output > 3"), ":13", "mismatched types", ""},
		"no condition":          {change(`steps.look.output != ""`, "steps.look.output"), ":13", "bool", ""},
		"broken expression":     {change(`steps.look.output != ""`, "steps.look.output ="), ":13", "", "expression"},
		"unclosed expression":   {change("${{ inputs.days }}", "${{ inputs.days"), ":11", "not closed", "}}"},
		"value in a script":     {change(`echo "$1"`, `echo ${{ inputs.days }}`), ":11", "has ${{ in it", `write "$1"`},
		"undo of a read":        {change("read: true}\n", "read: true}\n    undo: none\n"), ":8", "only reads", "undo"},
		"undo that reads":       {change("args: [/tmp/x]}}\n", "args: [/tmp/x], read: true}}\n"), ":17", "only reads", ""},
		"undo elsewhere":        {change("undo: {run: {script", "undo: {run: {on: exec, script"), ":17", "says where", ""},
		"duplicate id":          {change("id: touch", "id: look"), ":12", "two steps", ""},
		"no id":                 {change("- id: touch\n    if", "- if"), ":12", "no id", ""},
		"bad id":                {change("id: touch", "id: touch-it"), ":12", `"touch-it"`, ""},
		"does nothing":          {change("    run: {script: 'touch", "    #run: {script: 'touch"), ":12", "does nothing", "run"},
		"two things":            {more("    wait: {file: /x}\n"), ":18", "two things", ""},
		"no why":                {change("    why: To see.\n", ""), ":8", "no why", ""},
		"no steps":              {"title: T\nsummary: S\n", ":1", "no steps", ""},
		"pattern":               {change("'[a-z]+'", "'[a-z'"), ":6", "pattern", ""},
		"default off pattern":   {change("default: x,", "default: X9,"), ":6", "does not match", ""},
		"below the minimum":     {change("default: 7", "default: 0"), ":5", "below 1", ""},
		"min of a string":       {change("pattern: '[a-z]+'", "min: 3"), ":6", "fits only the type int", ""},
		"enum of nothing":       {change("type: string, default: x, pattern: '[a-z]+'", "type: enum"), ":6", "no values", ""},
		"node as an input":      {change("{type: string, default: x, pattern: '[a-z]+'}", "{type: node, default: worker-7}"), ":6", `"worker-7"`, ""},
		"deadline":              {more("    deadline: soon\n"), ":18", `"soon"`, "5m"},
		"exit status":           {change("read: true", "read: true, exits: [0, 300]"), ":11", `"300"`, ""},
		"danger too small":      {"danger: safe\n" + goodBook, "try-it.yaml", "says that it is safe", ""},
		"safe, and it is not":   {more("    danger: safe\n"), ":12", "changes something", "read: true"},
		"dangerous look":        {change("read: true}\n", "read: true}\n    danger: destroys\n"), ":8", "only reads", ""},
		"drain of exec":         {more("  - {id: out, drain: {node: exec}}\n"), ":18", "exec node", ""},
		"drain of nobody":       {more("  - {id: out, drain: {node: worker-9}}\n"), ":18", `"worker-9"`, ""},
		"drain of many":         {more("  - {id: out, drain: {node: workers}}\n"), ":18", "several workers", "each"},
		"drain with a deadline": {more("  - {id: out, deadline: 5m, drain: {node: target}}\n"), ":18", "have their own", ""},
		"drain with a danger":   {more("  - {id: out, danger: destroys, drain: {node: target}}\n"), ":18", "own danger", ""},
		"unhold with a reason":  {more("  - {id: out, title: O, why: W, unhold: {node: target, why: x}}\n"), ":18", `no key "why"`, ""},
		"node outside of each":  {more("  - {id: a, title: A, why: W, run: {on: node, script: 'true'}}\n"), ":18", "only inside", ""},
		"each in each":          {more("  - {id: e, each: {node: workers, steps: [{id: f, each: {node: workers, steps: [{id: g, title: G, why: W, run: {script: 'true'}}]}}]}}\n"), ":18", "in another", ""},
		"steps say where":       {change("target: worker\n", ""), ":10", "does not say where", "on"},
		"settled too early":     {more("  - {id: a, title: '${{ steps.look.output }}', why: W, run: {script: 'true'}}\n"), ":18", "not known before the run", ""},
		"wait for nothing":      {more("  - {id: a, title: A, why: W, wait: {every: 5s}}\n"), ":18", "waits for nothing", "http"},
		"wait for two":          {more("  - {id: a, title: A, why: W, wait: {file: /x, queue: default, under: 4}}\n"), ":18", "waits for", "two steps"},
		"queue without number":  {more("  - {id: a, title: A, why: W, wait: {queue: default}}\n"), ":18", "no number", "under"},
		"relative file":         {more("  - {id: a, title: A, why: W, wait: {file: x}}\n"), ":18", "absolute", ""},
		"no url":                {more("  - {id: a, title: A, why: W, wait: {http: example.org}}\n"), ":18", "no http", "https"},
		"purge of a path":       {more("  - {id: a, title: A, why: W, purge: {urls: [/about]}}\n"), ":18", "no http", ""},
		"purge of nothing":      {more("  - {id: a, title: A, why: W, purge: {}}\n"), ":18", "", ""},
		"purge of both":         {more("  - {id: a, title: A, why: W, purge: {urls: ['https://x/'], everything: true}}\n"), ":18", "URLs and everything", ""},
		"address in the open":   {more("  - {id: a, title: A, why: W, notify: {url: 'https://hooks.example/T0/hunter2', body: {text: x}}}\n"), ":18", "secret", "env:"},
		"notice without words":  {more("  - {id: a, title: A, why: W, notify: {url: env:HOOK}}\n"), ":18", "no body", ""},
		"docker of nothing":     {more("  - {id: a, title: A, why: W, docker: {do: restart}}\n"), ":18", "names no service", ""},
		"docker does what":      {more("  - {id: a, title: A, why: W, docker: {do: reboot, services: [web]}}\n"), ":18", `"reboot"`, ""},
		"docker on native":      {more("  - {id: a, title: A, why: W, docker: {on: exec, do: pull, services: [web]}}\n"), ":18", "does not run in compose", ""},
		"tootctl as a text":     {more("  - {id: a, title: A, why: W, tootctl: {}}\n"), ":18", "", ""},
		"an anchor":             {change("title: Look", "title: &a Look"), ":9", "anchor", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, mistakes := read(t, x.source)
			if len(mistakes) == 0 {
				t.Fatal("accepted")
			}
			for _, m := range mistakes {
				if strings.Contains(m.Error(), "hunter2") {
					t.Error("the secret is shown:", m)
				}
				if m.Code != fault.Usage || m.Next == "" || m.Why == "" {
					t.Errorf("%+v", m)
				}
			}
			m := mistakes[0]
			if !strings.HasSuffix(m.On, x.line) || !strings.Contains(m.Why, x.why) || !strings.Contains(m.Next, x.next) {
				t.Errorf("on %s: %s (next: %s)", m.On, m.Why, m.Next)
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	_, mistakes := read(t, strings.NewReplacer("read: true", "raed: true", "summary:", "sumary:", "id: touch", "id: Touch").Replace(goodBook))
	var at []string
	for _, m := range mistakes {
		at = append(at, m.On[strings.LastIndexByte(m.On, ':'):])
	}
	if got := strings.Join(at, " "); got != ":1 :2 :11 :12" {
		t.Errorf("%s\n%v", got, mistakes)
	}
}

func TestWarnings(t *testing.T) {
	for name, x := range map[string]struct{ more, says string }{
		"a drain without a return": {"  - {id: out, drain: {node: target}}\n", ":18: step \"out\" drains target and no later step returns it"},
		"returned":                 {"  - {id: out, drain: {node: target}}\n  - {id: back, return: {node: target}}\n", ""},
		"another is returned":      {"  - {id: out, drain: {node: worker-1}}\n  - {id: back, return: {node: worker-2}}\n", ":18"},
		"in each":                  {"  - {id: e, each: {node: workers, steps: [{id: out, drain: {node: node}}, {id: back, return: {node: node}}]}}\n", ""},
		"two names":                {"  - {id: a, title: A, why: W, danger: destroys, run: {on: worker-1, script: 'true'}}\n  - {id: b, title: A, why: W, danger: destroys, run: {on: worker-2, script: 'true'}}\n", "different names"},
	} {
		t.Run(name, func(t *testing.T) {
			d, mistakes := read(t, goodBook+x.more)
			got := strings.Join(d.Warnings, "\n")
			if len(mistakes) > 0 || !strings.Contains(got, x.says) || (x.says == "") != (got == "") {
				t.Errorf("%v\n%q", mistakes, got)
			}
		})
	}
}

func TestNamesOfFiles(t *testing.T) {
	for path, good := range map[string]bool{"a-b.yaml": true, "rotate-logs-2.yaml": true, "rotate.yaml": false, "Rotate-Logs.yaml": false, "-x.yaml": false} {
		if _, err := Read(sample(t), path, goodBook); (err == nil) != good {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestDangerIsTheStepsGreatest(t *testing.T) {
	for more, want := range map[string]act.Danger{
		"": act.Changes, "  - {id: a, title: A, why: W, purge: {everything: true}}\n": act.Destroys, "  - {id: a, title: A, why: W, danger: destroys, run: {script: 'true'}}\n": act.Destroys,
	} {
		if d, mistakes := read(t, goodBook+more); d.Danger != want {
			t.Errorf("%s: %s %v", more, d.Danger, mistakes)
		}
	}
}
