package book

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// command is a step that sends something to nodes: a script, tootctl or docker.
type command struct {
	on     place
	mode   run.Kind
	exits  []int // statuses that are an answer and no failure
	proof  *script
	budget bool
	errand errand
	alone  string // the one node it goes to whatever the author says, "" for any
	line   int
}

// errand is what a command sends to one node.
type errand interface {
	texts() []*text
	// order is the command for the unit's node, with what is known by then; known is false when something is not.
	order(u *unit, env map[string]any) (c ssh.Command, known bool, err error)
	// verified looks whether the effect is there; nil when only the exit status says so.
	verified(u *unit) run.Check
	// observed asks the world whether the effect is there already; nil when that cannot be seen.
	observed(u *unit) func(context.Context) (run.Finding, error)
	// lines are the order as a person would type it.
	lines(u *unit, c ssh.Command) []string
}

// commanding is a deed that is a command.
type commanding interface{ core() *command }

func (c *command) core() *command { return c }

// settle finds out where it goes when its errand decides that.
func (c *command) settle(d *Definition) {
	if _, is := c.errand.(*tootctl); is {
		c.alone = d.cfg.Exec().Name
	}
}

// readCommand reads what the three have in common.
func readCommand(b block, e errand) *command {
	c := &command{errand: e, mode: run.Once, line: b.line, on: readPlace(b, "on"), budget: b.yes("budget"), exits: []int{0}}
	read, again := b.yes("read"), b.yes("idempotent")
	switch {
	case read && again:
		b.wrong(b.lineOf("idempotent"), "keep `read`", "%s reads and is idempotent: what only reads is", b.what)
	case read:
		c.mode = run.Read
	case again:
		c.mode = run.Idempotent
	}
	if b.has("exits") {
		c.exits = nil
		for _, it := range b.items("exits") {
			n, err := strconv.Atoi(it.text)
			if err != nil || n < 0 || n > 255 {
				b.wrong(it.line, "write statuses from 0 to 255: [0, 1]", "%q is no exit status", it.text)
			}
			c.exits = append(c.exits, n)
		}
	}
	if k, ok := b.find("proof"); ok {
		if pb, ok := b.block(k.value, "proof of "+b.what, "script", "args"); ok {
			c.proof = readOnly(pb)
		}
		if c.mode == run.Read {
			b.wrong(k.line, "leave it out", "%s only reads: there is nothing to prove", b.what)
		}
	}
	return c
}

func (c *command) check(p *page, d *Definition, s *Step) {
	c.settle(d)
	c.on.check(p, d, s)
	if len(c.on.words) == 0 && c.alone == "" {
		switch {
		case s.each != nil:
			c.on = place{line: c.line, words: []*text{settled(c.line, wordNode)}}
		case d.Targets != "":
			c.on = place{line: c.line, words: []*text{settled(c.line, wordTarget)}}
		default:
			p.wrong(c.line, "add `on:` with exec, workers, a node's name or a pattern", "step %s does not say where", s.ID)
		}
	}
	if c.budget && d.cfg.LoadBalancer.ID == "" {
		p.wrong(c.line, "configure load_balancer, or leave `budget` out", "there is no load balancer whose budget could be kept")
	}
}

// settled is a text that is already known.
func settled(line int, word string) *text {
	t := newText(line, word).settle()
	t.parts = []part{{literal: word}}
	return t
}

func (c *command) texts() []*text {
	out := c.errand.texts()
	if c.proof != nil {
		out = append(out, c.proof.texts()...)
	}
	return out
}

func (c *command) kind() run.Kind { return c.mode }

func (c *command) danger() act.Danger {
	if c.mode == run.Read {
		return act.Safe
	}
	return act.Changes
}

func (c *command) confirms() string {
	if c.alone != "" {
		return c.alone
	}
	words := make([]string, len(c.on.words))
	for i, w := range c.on.words {
		words[i] = w.raw
	}
	return strings.Join(words, ", ")
}

// steps are one for each node, so that each has its own intent, outcome and undo.
func (c *command) steps(u *unit) ([]run.Step, error) {
	nodes := []string{c.alone}
	if c.alone == "" {
		var err error
		if nodes, err = u.nodes(c.on); err != nil {
			return nil, err
		}
	}
	return u.spread(nodes, c.step)
}

func (c *command) step(u *unit) run.Step {
	st := u.frame(c.mode, u.node)
	if _, is := c.errand.(*docker); is {
		st.Panes = []string{"containers@" + u.node}
	}
	st.Plan = u.plan(func(env map[string]any) ([]string, error) { return c.planned(u, env) })
	st.Observe = u.observe(c.observe(u))
	st.Do = func(ctx context.Context, w *run.Walk) error { return c.do(ctx, u, w) }
	if check := c.verify(u); check != nil {
		st.Verify = func(w *run.Walk) run.Check { u.walk = w; return check }
	}
	if t, is := c.errand.(*tootctl); is && !t.reads {
		t.asJob(c, u, &st)
	}
	if back := u.s.undo; back != nil {
		at := u.at(cmp.Or(back.alone, u.node))
		st.Undo = func(ctx context.Context, w *run.Walk) error { return back.takeBack(ctx, at, w) }
		if order, _, err := back.errand.order(at, at.env()); err == nil {
			st.UndoPlan = back.errand.lines(at, order)
		}
		if check := back.verify(at); check != nil {
			st.Undone = func(w *run.Walk) run.Check { at.walk = w; return check }
		}
	}
	return st
}

func (c *command) planned(u *unit, env map[string]any) ([]string, error) {
	order, _, err := c.errand.order(u, env)
	if err != nil {
		return nil, err
	}
	lines := c.errand.lines(u, order)
	if c.guarded(u) {
		lines = append([]string{fmt.Sprintf("%s$ the balancer's own probe of the other workers: %d must be healthy", u.b.Config.Exec().Name, u.b.Config.LoadBalancer.MinHealthy)}, lines...)
	}
	if c.proof != nil {
		proof, _, err := c.proof.order(u, env)
		if err != nil {
			return nil, err
		}
		for _, l := range c.proof.lines(u, proof) {
			lines = append(lines, l+"   until it exits 0")
		}
	}
	return lines, nil
}

// observe asks the proof first, and what the errand itself can see.
func (c *command) observe(u *unit) func(context.Context) (run.Finding, error) {
	if c.proof == nil {
		return c.errand.observed(u)
	}
	return func(ctx context.Context) (run.Finding, error) {
		if u.walk.Dry() && !u.known(c.proof.args) {
			return pending("not known before the run"), nil
		}
		so, said, err := c.proven(ctx, u)
		if err != nil || !so {
			return pending("%s", said), err
		}
		return run.Finding{Truth: run.IsDone, Detail: said}, nil
	}
}

// notRun is the first exit status that a shell has uses of its own for: not executable, not found, killed.
const notRun = 126

// noes are the exit statuses by which a command that is asked something says no.
func noes() []int {
	all := make([]int, 0, notRun-1)
	for n := 1; n < notRun; n++ {
		all = append(all, n)
	}
	return all
}

// proven asks the proof once.
func (c *command) proven(ctx context.Context, u *unit) (bool, string, error) {
	order, _, err := c.proof.order(u, u.env())
	if err != nil {
		return false, "", err
	}
	order.Answers = noes()
	res := u.host().Look(ctx, order)
	switch {
	case res.Outcome != ssh.Exited || res.Code >= notRun:
		return false, "", res.Err("looking whether it is so", u.node)
	case res.Code == 0:
		return true, "its proof exits 0", nil
	}
	return false, fmt.Sprintf("its proof exits %d", res.Code), nil
}

func (c *command) verify(u *unit) run.Check {
	if c.proof == nil {
		if check := c.errand.verified(u); check != nil {
			return patient(check)
		}
		return nil
	}
	return patient(func(ctx context.Context) (run.Progress, error) {
		so, said, err := c.proven(ctx, u)
		return run.Progress{Done: so, Detail: said, For: "the proof; " + said, Again: pace}, err
	})
}

// guarded reports a change that must leave enough workers in service.
func (c *command) guarded(u *unit) bool {
	m, _ := u.b.member(u.node)
	return c.budget && c.mode != run.Read && m.Role == config.RoleWorker && u.b.Config.LoadBalancer.ID != ""
}

func (c *command) do(ctx context.Context, u *unit, w *run.Walk) error {
	u.walk = w
	order, known, err := c.errand.order(u, u.env())
	if err != nil {
		return err
	}
	if !known {
		return &fault.Error{What: u.s.ID + " cannot be done", On: u.node, Why: "something that it needs is not known", Next: "report this: the runbook's check let it pass"}
	}
	order.For, order.Answers = u.title, c.exits
	if c.mode == run.Read {
		return c.took(ctx, u, u.host().Look(ctx, order))
	}
	if c.guarded(u) {
		said, err := u.b.budget(ctx, u.node)
		if err != nil {
			return err
		}
		w.Out("budget: %s", said)
	}
	what := strings.Join(c.errand.lines(u, order), "; ")
	return w.Act(ctx, u.act(what), func(ctx context.Context, p act.Permit) error { return c.took(ctx, u, u.host().Do(ctx, p, order)) })
}

// takeBack sends it as an undo.
func (c *command) takeBack(ctx context.Context, u *unit, w *run.Walk) error {
	u.walk = w
	order, _, err := c.errand.order(u, u.env())
	if err != nil {
		return err
	}
	order.For, order.Answers = "take back: "+u.title, c.exits
	a := act.Act{Target: u.node, What: strings.Join(c.errand.lines(u, order), "; "), Danger: act.Changes}
	return w.Act(ctx, a, func(ctx context.Context, p act.Permit) error {
		res := u.host().Do(ctx, p, order)
		u.tell(res)
		if res.Outcome == ssh.Exited && slices.Contains(c.exits, res.Code) {
			return nil
		}
		return res.Err("taking back: "+u.title, u.node)
	})
}

// took keeps what a command said, for the steps behind it. It comes before the outcome is recorded: an outcome without it would let a later
// condition be wrong.
func (c *command) took(ctx context.Context, u *unit, res ssh.Result) error {
	u.tell(res)
	if res.Outcome != ssh.Exited || !slices.Contains(c.exits, res.Code) {
		if res.OK() {
			return &fault.Error{What: u.title, On: u.node, Why: "exit status 0, which is none of its `exits`", Next: "look at what it said, in the transcript"}
		}
		return res.Err(u.title, u.node)
	}
	return u.keep(ctx, res.Stdout, res.Code)
}

// pace is how often something is looked at when the author does not say.
const pace = 2 * time.Second

// patient makes a wait survive a look that could not be taken; its deadline ends it.
func patient(check run.Check) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		p, err := check(ctx)
		if err == nil {
			return p, nil
		}
		f := fault.Of(err)
		said := "a look at it; " + f.What
		if f.Why != "" {
			said += ": " + f.Why
		}
		return run.Progress{For: said, Again: pace}, nil
	}
}

func pending(format string, args ...any) run.Finding {
	return run.Finding{Truth: run.IsPending, Detail: fmt.Sprintf(format, args...)}
}

// shownScript is a script with its arguments, as it is planned: what is sent is the script as it stands and the arguments apart.
func shownScript(node, script string, args []string) []string {
	lines := strings.Split(strings.TrimRight(script, "\n"), "\n")
	for i := range lines {
		lines[i] = clean.Line(lines[i])
	}
	lines[0] = node + "$ " + lines[0]
	var with []string
	for i, a := range args {
		with = append(with, fmt.Sprintf("$%d=%s", i+1, clean.Line(strings.ReplaceAll(shellescape.Quote(a), "\n", "⏎"))))
	}
	if len(with) > 0 {
		lines[len(lines)-1] += "   " + strings.Join(with, " ")
	}
	return lines
}
