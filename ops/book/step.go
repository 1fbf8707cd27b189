package book

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// Step is one step as its author wrote it.
type Step struct {
	ID       string
	Title    *text
	Why      string
	Usual    string
	Deadline time.Duration
	Skip     bool
	Gate     bool

	line     int
	deed     deed
	each     *each // in which it stands, nil for none
	cond     *text // of `if:`
	wanted   *formula
	said     act.Danger // what the author says, "" for nothing
	undo     *command   // nil when it has none
	noUndo   string
	harmless bool // `undo: none`: there is nothing to take back
}

// deed is what a step does.
type deed interface {
	check(p *page, d *Definition, s *Step)
	texts() []*text // whose expressions are evaluated when the step is walked
	kind() run.Kind
	danger() act.Danger
	confirms() string // what must be typed before it destroys
	steps(u *unit) ([]run.Step, error)
}

// deeds are the kinds of step, by the key that holds them.
var deeds map[string]func(block) deed

func init() { // a map of readers that read steps again would be a circle of initialisation
	deeds = map[string]func(block) deed{
		"run": readScript, "tootctl": readTootctl, "docker": readDocker, "drain": readDrain, "return": readBack, "hold": readHold, "unhold": readUnhold,
		"wait": readWait, "ask": readAsk, "purge": readPurge, "notify": readNotify, "each": readEach,
	}
}

// deedWords are the kinds of step in the alphabet's order.
func deedWords() []string { return slices.Sorted(maps.Keys(deeds)) }

func readSteps(p *page, b block, inside string) []*Step {
	var out []*Step
	for _, n := range b.nodes("steps") {
		sb, ok := p.block(n, "a step", append([]string{"id", "title", "why", "if", "deadline", "usual", "skip", "gate", "danger", "undo", "no_undo"}, deedWords()...)...)
		if !ok {
			continue
		}
		if s := readStep(sb, inside); s != nil {
			out = append(out, s)
		}
	}
	if b.has("steps") && len(out) == 0 && len(p.mistakes) == 0 {
		p.wrong(b.lineOf("steps"), "write a step below it", "there are no steps")
	}
	return out
}

func readStep(b block, inside string) *Step {
	s := &Step{line: b.line, ID: b.must("id", "give it an id, by which conditions and the transcript name it"), Usual: b.text("usual"), Deadline: b.span("deadline"), Skip: b.yes("skip"), Gate: b.yes("gate")}
	if s.ID != "" && !plainName.MatchString(s.ID) {
		b.wrong(b.lineOf("id"), "use small letters, digits and _, and begin with a letter", "%q is no id for a step", s.ID)
	}
	b.what = "step " + s.ID
	s.noUndo = b.text("no_undo")
	s.said = act.Danger(b.among("danger", string(act.Safe), string(act.Changes), string(act.Destroys)))
	if b.has("if") {
		s.cond = newText(b.lineOf("if"), b.text("if"))
	}
	var found []key
	for _, k := range b.keys {
		if deeds[k.name] != nil {
			found = append(found, k)
		}
	}
	switch {
	case len(found) == 0:
		b.wrong(b.line, "add one of "+strings.Join(deedWords(), ", "), "step %s does nothing", s.ID)
		return nil
	case len(found) > 1:
		b.wrong(found[1].line, "make two steps of it", "step %s does two things, %s and %s", s.ID, found[0].name, found[1].name)
		return nil
	case found[0].name == "each" && inside != "":
		b.wrong(found[0].line, "put the steps into one `each`", "an `each` stands in another")
		return nil
	}
	if !slices.Contains([]string{"each", "drain", "return"}, found[0].name) { // whose steps speak for themselves
		s.Title = newText(b.lineOf("title"), b.must("title", "say in a few words what it does")).settle()
		s.Why = b.must("why", "say in a sentence why, for whoever reads it at night")
	}
	inner, ok := b.block(found[0].value, found[0].name+" of "+b.what)
	if !ok {
		return nil
	}
	inner.line = found[0].line
	s.deed = deeds[found[0].name](inner)
	s.readUndo(b)
	if each, is := s.deed.(*each); is {
		for _, in := range each.inside {
			in.each = each
		}
	}
	return s
}

// readUndo reads what takes the step back.
func (s *Step) readUndo(b block) {
	k, ok := b.find("undo")
	if !ok {
		return
	}
	if word, is := scalar(k.value); is {
		if word != "none" {
			b.wrong(k.line, "write `none` when there is nothing to take back, or a block with run, tootctl or docker", "undo of %s is %q", b.what, word)
		}
		s.harmless = word == "none"
		return
	}
	ub, ok := b.block(k.value, "undo of "+b.what, "run", "tootctl", "docker")
	if !ok || len(ub.keys) == 0 {
		return
	}
	if len(ub.keys) > 1 {
		b.wrong(ub.keys[1].line, "make one command of it", "undo of %s does two things", b.what)
	}
	inner, ok := ub.block(ub.keys[0].value, ub.keys[0].name+" in the undo of "+b.what)
	if !ok {
		return
	}
	inner.line = ub.keys[0].line
	c, is := deeds[ub.keys[0].name](inner).(commanding)
	if !is {
		return // the key was a mistake, and is noted
	}
	s.undo = c.core()
	switch {
	case s.undo.mode == run.Read:
		b.wrong(inner.line, "leave `read` out", "undo of %s only reads", b.what)
	case len(s.undo.on.words) > 0:
		b.wrong(s.undo.on.line, "leave `on` out: a step is taken back where it was done", "undo of %s says where", b.what)
	}
}

// inner are the steps inside.
func (s *Step) inner() []*Step {
	if each, is := s.deed.(*each); is {
		return each.inside
	}
	return nil
}

// dangers are from the least to the greatest.
var dangers = []act.Danger{act.Safe, act.Changes, act.Destroys}

// danger is the greater of what the deed is and what its author says.
func (s *Step) danger() act.Danger {
	return dangers[max(slices.Index(dangers, s.said), slices.Index(dangers, s.deed.danger()))]
}

func (s *Step) check(p *page, d *Definition) {
	before := scope{def: d, step: s}
	if s.Title != nil {
		s.Title.compile(p, before)
	}
	if s.cond != nil {
		s.wanted = compile(p, s.cond.line, s.cond.raw, before, false, expr.AsBool())
	}
	s.deed.check(p, d, s)
	for _, t := range s.deed.texts() {
		t.compile(p, before)
	}
	s.checkUndo(p, d)
	switch of := s.deed.danger(); {
	case s.said == act.Safe && of != act.Safe:
		p.wrong(s.line, "leave `danger:` out, or make it a step that reads (`read: true`)", "step %s says that it is safe, and it changes something", s.ID)
	case s.said != "" && s.said != act.Safe && of == act.Safe && s.inner() == nil:
		p.wrong(s.line, "leave `danger:` out", "step %s says that it is dangerous, and it only reads", s.ID)
	}
	for _, in := range s.inner() {
		in.check(p, d)
	}
}

func (s *Step) checkUndo(p *page, d *Definition) {
	switch has := s.undo != nil || s.harmless; {
	case has && s.deed.kind() == run.Read:
		p.wrong(s.line, "leave `undo:` out", "step %s only reads: there is nothing to take back", s.ID)
	case has && s.builtin():
		p.wrong(s.line, "leave `undo:` out", "step %s knows by itself how it is taken back", s.ID)
	case has && s.noUndo != "":
		p.wrong(s.line, "keep one of them", "step %s has an undo and a reason why it has none", s.ID)
	}
	if s.undo == nil {
		return
	}
	s.undo.settle(d)
	for _, t := range s.undo.texts() {
		t.compile(p, scope{def: d, step: s, undo: true})
	}
}

// builtin reports a step whose undo, or the lack of one, comes with it.
func (s *Step) builtin() bool {
	_, is := s.deed.(commanding)
	return !is
}

// needs are the steps whose results this one needs.
func (s *Step) needs() []string {
	var out []string
	if s.cond != nil {
		out = append(out, mentioned(s.cond.raw)...)
	}
	for _, t := range s.deed.texts() {
		for _, piece := range strings.Split(t.raw, opening)[1:] {
			source, _, _ := strings.Cut(piece, closing)
			out = append(out, mentioned(source)...)
		}
	}
	return out
}
