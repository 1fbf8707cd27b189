package book

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// wait waits until something is so.
type wait struct {
	on    place
	what  string // http, healthy, queue, command or file
	value *text
	args  []*text // of a command
	want  int     // the status of an answer, or the number that a queue must be under
	every time.Duration
	times int // in a row
	line  int
}

var waitFor = []string{"http", "healthy", "queue", "command", "file"}

func readWait(b block) deed {
	b.only(append([]string{"on", "status", "under", "args", "every", "times"}, waitFor...)...)
	w := &wait{on: readPlace(b, "on"), line: b.line, every: b.span("every"), times: 1, want: 200}
	for _, kind := range waitFor {
		if !b.has(kind) {
			continue
		}
		if w.what != "" {
			b.wrong(b.lineOf(kind), "make two steps of it", "%s waits for %s and for %s", b.what, w.what, kind)
		}
		w.what = kind
		w.value = newText(b.lineOf(kind), b.must(kind, "say what is waited for"))
	}
	if w.what == "" {
		b.wrong(b.line, "add one of http, healthy, queue, command, file", "%s waits for nothing", b.what)
		return w
	}
	if n, ok := b.number("times"); ok {
		w.times = max(1, n)
	}
	if w.every == 0 {
		w.every = pace
	}
	w.readRest(b)
	return w
}

// readRest reads the keys that belong to one kind of wait.
func (w *wait) readRest(b block) {
	for key, only := range map[string]string{"status": "http", "under": "queue", "args": "command"} {
		if b.has(key) && w.what != only {
			b.wrong(b.lineOf(key), "leave it out", "%s fits a wait for %s, and this one waits for %s", key, only, w.what)
		}
	}
	switch w.what {
	case "http":
		if n, ok := b.number("status"); ok {
			w.want = n
		}
	case "queue":
		n, ok := b.number("under")
		if !ok && !b.has("under") {
			b.wrong(b.line, "add `under: 100`", "the wait for a queue says no number")
		}
		w.want = n
		if b.has("on") {
			b.wrong(b.lineOf("on"), "leave it out", "a queue is in Redis and on no node")
		}
	case "command":
		w.args = readTexts(b, "args")
		if strings.Contains(w.value.raw, opening) {
			b.wrong(w.value.line, `put it into args, and write "$1" in the command: a value must never become shell text`, "the command of %s has %s in it", b.what, opening)
		}
	}
}

func (w *wait) check(p *page, d *Definition, s *Step) {
	if w.here() {
		w.checkValue(p)
		return
	}
	w.on.check(p, d, s)
	if len(w.on.words) == 0 && w.what != "queue" {
		word := d.cfg.Exec().Name // from where the fleet is seen as it sees itself
		if s.each != nil && w.what != "http" {
			word = wordNode
		}
		if w.what == "healthy" && s.each == nil {
			p.wrong(w.line, "add `on:` with the node whose container it is", "step %s does not say where", s.ID)
		}
		w.on = place{line: w.line, words: []*text{settled(w.line, word)}}
	}
	w.checkValue(p)
}

// wordHere is this machine: a probe from here sees the site as a visitor does.
const wordHere = "here"

// here reports a probe that is made from here.
func (w *wait) here() bool {
	return w.what == "http" && len(w.on.words) == 1 && w.on.words[0].raw == wordHere
}

func (w *wait) checkValue(p *page) {
	switch u, err := url.Parse(w.value.raw); {
	case strings.Contains(w.value.raw, opening):
	case w.what == "http" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https"):
		p.wrong(w.value.line, "write the whole URL: https://vmst.io/health", "%q is no http or https URL", w.value.raw)
	case w.what == "file" && !strings.HasPrefix(w.value.raw, "/"):
		p.wrong(w.value.line, "write the whole path", "the file %q is no absolute path", w.value.raw)
	}
}

func (w *wait) texts() []*text {
	if w.value == nil {
		return nil
	}
	return append([]*text{w.value}, w.args...)
}

func (w *wait) kind() run.Kind     { return run.Read }
func (w *wait) danger() act.Danger { return act.Safe }
func (w *wait) confirms() string   { return "" }

func (w *wait) steps(u *unit) ([]run.Step, error) {
	nodes := []string{""}
	if w.what != "queue" && !w.here() {
		var err error
		if nodes, err = u.nodes(w.on); err != nil {
			return nil, err
		}
	}
	return u.spread(nodes, w.step)
}

func (w *wait) step(u *unit) run.Step {
	st := u.frame(run.Read, "")
	st.Plan = u.plan(func(env map[string]any) ([]string, error) { return w.planned(u, env) })
	st.Observe = u.observe(nil)
	st.Verify = func(walk *run.Walk) run.Check { u.walk = walk; return patient(w.until(u)) }
	if w.what == "healthy" {
		st.Panes = []string{"containers@" + u.node}
	}
	return st
}

// The two ask a node; $1 is the value.
const (
	pageScript = `curl -sS -o /dev/null -m 10 -w '%{http_code}' -- "$1"`
	fileScript = `test -e "$1"`
)

func (w *wait) planned(u *unit, env map[string]any) ([]string, error) {
	value, _, err := w.value.value(env)
	if err != nil {
		return nil, err
	}
	switch w.what {
	case "http":
		return []string{fmt.Sprintf("%s$ curl %s   until it answers %d%s", cmp.Or(u.node, wordHere), clean.Line(shellescape.Quote(value)), w.want, w.row())}, nil
	case "healthy":
		return []string{fmt.Sprintf("%s$ docker ps -a   until %s is healthy%s", u.node, clean.Line(value), w.row())}, nil
	case "queue":
		return []string{fmt.Sprintf("redis: LLEN queue:%s   until it is under %d%s", clean.Line(value), w.want, w.row())}, nil
	case "file":
		return []string{fmt.Sprintf("%s$ test -e %s   until it is there%s", u.node, clean.Line(shellescape.Quote(value)), w.row())}, nil
	}
	args, _, err := values(w.args, env)
	lines := shownScript(u.node, w.value.raw, args)
	lines[len(lines)-1] += "   until it exits 0" + w.row()
	return lines, err
}

func (w *wait) row() string {
	if w.times > 1 {
		return fmt.Sprintf(", %s in a row", spelling.Count(w.times, "time", "times"))
	}
	return ""
}

// until looks until it is so, as many times in a row as is wanted.
func (w *wait) until(u *unit) run.Check {
	row := 0
	return func(ctx context.Context) (run.Progress, error) {
		so, said, err := w.look(ctx, u)
		if err != nil {
			row = 0
			return run.Progress{}, err
		}
		row++
		if !so {
			row = 0
		}
		if row < w.times {
			return run.Progress{For: said, Again: w.every, Usual: u.s.Usual}, nil
		}
		if err := u.keep(ctx, said, 0); err != nil {
			return run.Progress{}, err
		}
		return run.Progress{Done: true, Detail: said}, nil
	}
}

func (w *wait) look(ctx context.Context, u *unit) (bool, string, error) {
	value, _, err := w.value.value(u.env())
	if err != nil {
		return false, "", err
	}
	switch w.what {
	case "queue":
		return w.lookQueue(ctx, u, value)
	case "http":
		return w.lookPage(ctx, u, value)
	case "healthy":
		n, _ := u.b.Config.Node(u.node)
		all, err := worker.Containers(ctx, u.host(), n)
		state, good := stateOf(all, value)
		return good, clean.Line(value) + " is " + state, err
	case "command":
		args, _, err := values(w.args, u.env())
		if err != nil {
			return false, "", err
		}
		res := u.host().Look(ctx, ssh.Command{For: u.title, Script: w.value.raw, Args: args, Answers: noes()})
		if res.Outcome != ssh.Exited {
			return false, "", res.Err(u.title, u.node)
		}
		return res.Code == 0, fmt.Sprintf("the command exits %d", res.Code), nil
	}
	res := u.host().Look(ctx, ssh.Command{For: u.title, Script: fileScript, Args: []string{value}, Answers: []int{1}})
	if res.Outcome != ssh.Exited {
		return false, "", res.Err(u.title, u.node)
	}
	return res.Code == 0, clean.Line(value) + map[bool]string{true: " is there", false: " is not there"}[res.Code == 0], nil
}

// lookPage asks for a page once, from a node or from here.
func (w *wait) lookPage(ctx context.Context, u *unit, url string) (bool, string, error) {
	if w.here() {
		status, err := u.b.Visit(ctx, url)
		return err == nil && status == w.want, fmt.Sprintf("it answers %d", status), err
	}
	res := u.host().Look(ctx, ssh.Command{For: u.title, Script: pageScript, Args: []string{url}, Answers: worker.NoAnswer()})
	if res.Outcome != ssh.Exited {
		return false, "", res.Err(u.title, u.node)
	}
	status, err := strconv.Atoi(strings.TrimSpace(res.Stdout))
	if err != nil || status == 0 {
		return false, strings.TrimSpace("no answer; " + strings.TrimSpace(res.Stderr)), nil //nolint:nilerr // what is no status is no answer, and is waited for
	}
	return status == w.want, fmt.Sprintf("it answers %d", status), nil
}

func (w *wait) lookQueue(ctx context.Context, u *unit, name string) (bool, string, error) {
	all, err := u.b.Queues.Snapshot(ctx)
	if err != nil {
		return false, "", err
	}
	var size int64 // a queue that Redis does not list is empty
	for _, q := range all.Queues {
		if q.Name == name {
			size = q.Size
		}
	}
	return size < int64(w.want), fmt.Sprintf("%s waiting in %s", spelling.Count(size, "job", "jobs"), clean.Line(name)), nil
}
