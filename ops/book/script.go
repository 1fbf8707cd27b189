package book

import (
	"context"
	"strings"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// script is a constant shell script. What varies is in its arguments, $1, $2 and so on.
type script struct {
	source string
	args   []*text
}

func readScript(b block) deed {
	b.only("on", "script", "args", "read", "idempotent", "exits", "proof", "budget")
	return readCommand(b, readOnly(b))
}

// readOnly reads the script alone.
func readOnly(b block) *script {
	s := &script{source: b.must("script", "write the commands; what varies goes into args and is $1, $2, … in the script")}
	if strings.Contains(s.source, opening) {
		b.wrong(b.lineOf("script"), `put it into args, and write "$1" in the script: a value must never become shell text`, "the script of %s has %s in it", b.what, opening)
	}
	s.args = readTexts(b, "args")
	return s
}

func readTexts(b block, name string) []*text {
	var out []*text
	for _, it := range b.items(name) {
		out = append(out, newText(it.line, it.text))
	}
	return out
}

func (s *script) texts() []*text { return s.args }

func (s *script) order(u *unit, env map[string]any) (ssh.Command, bool, error) {
	args, known, err := values(s.args, env)
	return ssh.Command{Script: s.source, Args: args}, known, err
}

func (s *script) lines(u *unit, c ssh.Command) []string { return shownScript(u.node, c.Script, c.Args) }

func (s *script) verified(*unit) run.Check                                  { return nil }
func (s *script) observed(*unit) func(context.Context) (run.Finding, error) { return nil }

// values are texts with what is known.
func values(texts []*text, env map[string]any) (out []string, known bool, err error) {
	known = true
	for _, t := range texts {
		v, sure, err := t.value(env)
		if err != nil {
			return nil, false, err
		}
		out, known = append(out, v), known && sure
	}
	return out, known, nil
}
