package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/doom"
	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
)

// asDoomed makes the test binary walk the product's own way with a store that kills it; its value is a doomed, in JSON.
const asDoomed = "VMTUI_TEST_DOOMED"

// doomed is what a process is about to do, and where it dies. Without an ID it begins the run, of worker-2's reimage unless another book is named.
type doomed struct {
	Config  string
	Book    string
	Target  string
	ID      string
	Undo    bool
	Confirm string
	At      doom.Crash
	Shaken  uint64        // the seed by which its store fails now and then; 0: never
	Killed  time.Duration // after which it is killed wherever it is; 0: never
}

// mortal is a store that kills the process where it shall die.
type mortal struct {
	run.Store
	watch *doom.Watch
}

func (m mortal) Append(ctx context.Context, id string, after uint64, events ...run.Event) error {
	return m.watch.Record(entries(events), func() error { return m.Store.Append(ctx, id, after, events...) })
}

func entries(events []run.Event) []doom.Entry {
	var all []doom.Entry
	for _, ev := range events {
		all = append(all, doom.Entry{Type: string(ev.Type), Step: ev.Step, State: ev.State})
	}
	return all
}

// beDoomed is the process that dies. It differs from the product by its store alone.
func beDoomed(text string) int {
	var d doomed
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		panic(err)
	}
	ctx := context.Background()
	f := newFlags(streams{os.Stdin, os.Stdout, os.Stderr})
	f.config, f.json = d.Config, true
	return f.exit(ctx, withApp(ctx, f, keys.Refuser{}, func(ctx context.Context, a *app) error {
		a.engine.Store = mortal{a.engine.Store, doom.NewWatch(d.At)}
		if d.Shaken != 0 {
			a.engine.Store = &shaky{Store: a.engine.Store, rng: rand.New(rand.NewPCG(d.Shaken, 4))} // #nosec G404 -- a test's draws
		}
		if d.ID != "" {
			return a.again(ctx, f, d.ID, run.Mode{Unattended: true, Yes: true, Confirm: d.Confirm, Undo: d.Undo})
		}
		return a.begin(ctx, f, runFlags{yes: true, confirm: d.Confirm}, cmp.Or(d.Book, "worker-reimage"), []string{cmp.Or(d.Target, "worker-2")})
	}))
}

// ordeal is a reimage in a box whose process dies, and everything that the box's servers have seen of it.
type ordeal struct {
	t  *testing.T
	b  *box.Box
	at doom.Crash
	of trial

	mu    sync.Mutex
	store run.Store // nil while the box starts
	pid   int       // of who shall die; 0: nobody
	wrong []string
	asks  map[string]bool // the steps during which some server was asked for something

	changing map[string]bool // the marks of commands that may change something
}

// trial is which runbook is walked, on what.
type trial struct {
	book, target string
	leaves       bool // the target leaves the balancer for good
}

var reimaging = trial{book: "worker-reimage", target: "worker-2"}

func newOrdeal(t *testing.T, at doom.Crash) *ordeal { return newOrdealOf(t, reimaging, at) }

func newOrdealOf(t *testing.T, of trial, at doom.Crash) *ordeal {
	t.Helper()
	o := &ordeal{t: t, at: at, of: of, asks: map[string]bool{}, changing: map[string]bool{}}
	o.b = startBox(t, func(opts *box.Options) {
		opts.Visitors.PerSecond = 5
		opts.Heard = o.heard
		if at.Step == powering {
			opts.Faults = []string{"stays-off:worker-2"}
		}
	})
	store, err := run.Open(t.Context(), o.b.Dir()+"/state", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	o.mu.Lock()
	o.store = store
	o.mu.Unlock()
	return o
}

// reads are the commands that change nothing, and those that keep the lease and the anchors of the history, which are records of themselves.
var reads = regexp.MustCompile(strings.Join([]string{
	`^/bin/sh -c '?true'? vmtui`, `^/bin/sh -c 'test -e `, `^/bin/sh -c '?cat `, `^/bin/sh -c 'curl `, `^/bin/sh -c 'ss -Htn`, `^/bin/sh -c 'grep `, `^/bin/sh -c 'pgrep `,
	`^/bin/sh -c 'docker ps`, `^/bin/sh -c 'df `, `^/bin/sh -c 'date `, `^/bin/sh -c 'findmnt `, `^/bin/sh -c 'printf '"'"'PING`, `^/bin/sh -c 'cloud-init status`, `^/bin/sh -c 'ssh-keyscan`,
	`^/bin/sh -c 'cd "\$1" && sha256sum`, `^/bin/sh -c 'cd "\$1" && for i in`, `^/bin/sh -c 'wc -l`, `^/bin/sh -c 'nginx -T `, `^/bin/sh -c 'nc `, `^/bin/sh -c 'for f in "\$1"/holds`, `^/bin/sh -c 'ps -eo`,
	`^/bin/sh -c 'published\(\) (?s:.*)\npublished "\$1"; (flights|for a in)`,
	`compose -p "\$project" "\$@"' vmtui \S+ \S+ logs `, `^/bin/sh -c 'uname -r`, `^/bin/sh -c 'systemctl (is-system-running|list-units)`, `^/bin/sh -c '?hostname`, `^/bin/sh -c 'docker inspect`,
	`^/bin/sh -c 'f=\$\(mktemp\)`, `^/bin/sh -c 'f=\$HOME/\.ssh/known_hosts
for h`, `^/bin/sh -c 'for u in`, `"\$1/lease\.new"`, `"\$1/anchors\.log"`, `^GET `,
}, "|"))

// heard is told of everything that the servers are asked. A change must find its intent in the log, and still open; the process dies when its time
// has come.
func (o *ordeal) heard(r box.Request) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	change := o.changes(r)
	counts := o.at == (doom.Crash{}) || o.pid != 0 && o.at.N == 0 // what only reads counts too
	if o.store == nil || !change && !counts {
		return true
	}
	events := o.events()
	o.asks[at(events)] = true
	if change {
		o.see(r, events)
	}
	if !r.Done || o.pid == 0 || !o.at.Due(entries(events)) {
		return true
	}
	_ = syscall.Kill(o.pid, syscall.SIGKILL)
	o.pid = 0
	return false
}

// changes reports whether a request may change something. What ends a command that was called off may end a look: then it needs an intent as little as the
// look did, and where a change is ended it needs the change's own. The caller holds mu.
func (o *ordeal) changes(r box.Request) bool {
	line := spelled(r.What)
	if m := ends.FindStringSubmatch(line); m != nil {
		return o.changing[m[1]]
	}
	change := !reads.MatchString(line)
	if m := mark.FindStringSubmatch(unpacked(r.What)); change && m != nil {
		o.changing[m[1]] = true
	}
	return change
}

// at is the step that acts or is proved, "" when none is.
func at(events []run.Event) string {
	step := ""
	for _, ev := range events {
		if ev.Type != run.Stepped {
			continue
		}
		if step = ""; ev.State == string(run.Doing) || ev.State == string(run.Verifying) {
			step = ev.Step
		}
	}
	return step
}

// see holds what a server was asked for against the log and the world. The caller holds mu.
func (o *ordeal) see(r box.Request, events []run.Event) {
	if !r.Done && !slices.Contains(slices.Collect(maps.Values(outcomes(events))), "") {
		o.wrong = append(o.wrong, "no intent is open, and "+r.Of+" is asked: "+spelled(r.What))
	}
	if hold, _ := o.hold(); r.Done && hold == nil && o.short() {
		o.wrong = append(o.wrong, "worker-2 is out, and no hold says so; asked was "+r.What)
	}
}

// events are the run's so far. The caller holds mu.
func (o *ordeal) events() []run.Event {
	id := o.id()
	if id == "" {
		return nil
	}
	events, err := o.store.Events(context.Background(), id, 0)
	if err != nil {
		o.wrong = append(o.wrong, err.Error())
	}
	return events
}

// id is the run's. The caller holds mu.
func (o *ordeal) id() string {
	list, err := o.store.List(context.Background())
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0].ID
}

func (o *ordeal) log() (string, []run.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.id(), o.events()
}

// short reports that the balancer has lost a member that shall come back.
func (o *ordeal) short() bool {
	gone := o.of.leaves && !o.b.API().Exists(o.b.Droplet(o.of.target))
	return len(o.b.API().Members()) < 3 && !gone
}

// hold is worker-2's record on exec's disk.
func (o *ordeal) hold() (*fleet.Hold, error) {
	text, err := o.b.Machine("exec").ReadFile("/var/lib/vmtui/holds/worker-2.json")
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // there is none
	}
	var h fleet.Hold
	return &h, json.Unmarshal(text, &h)
}

// walk walks in a process that may die, and reports whether it was killed, and its exit code if not.
func (o *ordeal) walk(d doomed) (bool, int) {
	o.t.Helper()
	d.Config, d.Book, d.Target = o.b.ConfigPath(), o.of.book, o.of.target
	text, err := json.Marshal(d)
	if err != nil {
		o.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(o.t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0]) // #nosec G204 -- this very binary
	cmd.Env = append(os.Environ(), asDoomed+"="+string(text))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	if d.At.Point == doom.Unanswered {
		o.mu.Lock()
		o.pid = cmd.Process.Pid
		o.mu.Unlock()
	}
	if d.Killed > 0 {
		timer := time.AfterFunc(d.Killed, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	_ = cmd.Wait() // how it ended is asserted
	st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && st.Signaled() && st.Signal() == syscall.SIGKILL, cmd.ProcessState.ExitCode()
}

// die walks in a process that must die, and asserts what must hold right after.
func (o *ordeal) die(d doomed) {
	o.t.Helper()
	d.At = o.at
	if killed, code := o.walk(d); !killed {
		id, _ := o.log()
		o.t.Fatalf("the process lived, and exited with %d\n%s", code, transcript(o.t, o.b, id))
	}
	o.mu.Lock()
	o.pid = 0
	o.mu.Unlock()
	o.leaseExpires()
	if list := vmtui(o.t, o.b.ConfigPath(), "runs", "list", "--json"); !strings.Contains(list.out, `"interrupted"`) {
		o.t.Errorf("the unfinished run is not shown: %s%s", list.out, list.err)
	}
	o.judge()
}

// leaseExpires asserts that nobody can be kept out by the dead for longer than a lease lasts.
func (o *ordeal) leaseExpires() {
	o.t.Helper()
	text, err := o.b.Machine("exec").ReadFile("/var/lib/vmtui/lease")
	if err != nil {
		return // it is free
	}
	var l fleet.Lease
	if err := json.Unmarshal(text, &l); err != nil || time.Until(l.Expires) > time.Minute {
		o.t.Errorf("the lease: %s, %v", text, err)
	}
}

// judge asserts what must hold at every moment.
func (o *ordeal) judge() {
	o.t.Helper()
	o.mu.Lock()
	wrong := o.wrong
	o.mu.Unlock()
	for _, w := range wrong {
		o.t.Error(w)
	}
	if n := rebuilds(o.b, "worker-2"); n > 1 {
		o.t.Errorf("%d rebuilds", n)
	}
	if n := o.b.MinHealthySeen(); n < 2 {
		o.t.Errorf("only %d workers served at some moment", n)
	}
	if hold, err := o.hold(); err != nil || hold == nil && o.short() {
		o.t.Errorf("worker-2 is out, and no hold says so: %v, %v", hold, err)
	}
}

// settled asserts that every intent has an outcome, and that what the dead left is called unknown or was found in the world.
func (o *ordeal) settled() {
	o.t.Helper()
	_, events := o.log()
	left := 0
	for seq, state := range outcomes(events) {
		if state == "" {
			o.t.Errorf("intent %d has no outcome", seq)
		}
		if state == "unknown" {
			left++
		}
	}
	if left > 1 {
		o.t.Errorf("%d outcomes are unknown; one process died", left)
	}
}

// outcomes are how the changes ended that a log knows of, by the numbers of their intents; "" is open.
func outcomes(events []run.Event) map[uint64]string {
	all := map[uint64]string{}
	for _, ev := range events {
		var s run.Settlement
		switch {
		case ev.Type == run.Intent:
			all[ev.Seq] = ""
		case ev.Type == run.Settled && json.Unmarshal(ev.Data, &s) == nil:
			all[s.Intent] = ev.State
		}
	}
	return all
}
