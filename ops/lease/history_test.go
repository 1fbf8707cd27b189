package lease

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// The kinds of an op in a history.
const (
	opTake    = "take"    // the lease: acquired or taken over
	opRelease = "release" // given back
	opAct     = "act"     // on somebody who does not know of leases: the provider. One moment: when it arrived there
	opWrite   = "write"   // on exec, under the lock, with the token
)

// How an op ended.
const (
	endOK      = "ok"
	endRefused = "refused"
	endNothing = "nothing" // refused a lease: it changed nothing
	endUnknown = "unknown" // no answer: it may have happened, or still happen within straggle
)

// op is one thing that a console did, by the one clock that all processes of this machine share.
type op struct {
	Console   string
	Kind, End string
	Token     uint64
	Call, Ret int64
}

// holding is what the history must be a history of: one lease, with one token that may act.
type holding struct {
	token   uint64
	held    bool
	console string
}

// law says which states may follow when the op takes effect in one moment between its call and its return; none means that it may not.
func law(s holding, o op) []holding {
	mine := s.held && s.token == o.Token
	switch o.Kind + " " + o.End {
	case opTake + " " + endOK:
		if o.Token > s.token || o.Token == s.token && s.console == o.Console {
			return []holding{{o.Token, true, o.Console}}
		}
	case opTake + " " + endUnknown: // if it came to be, nobody acts on it
		return []holding{s, {s.token + 1, false, o.Console}}
	case opRelease + " " + endOK, opRelease + " " + endUnknown:
		if s.token == o.Token {
			return []holding{s, {s.token, false, o.Console}}
		}
		return []holding{s}
	case opAct + " " + endOK, opWrite + " " + endOK:
		if mine {
			return []holding{s}
		}
	case opWrite + " " + endRefused:
		if !mine {
			return []holding{s}
		}
	case opWrite + " " + endUnknown:
		return []holding{s}
	}
	return nil
}

var model = porcupine.NondeterministicModel{
	Init: func() []any { return []any{holding{}} },
	Step: func(state, input, _ any) []any {
		s, _ := state.(holding)
		o, _ := input.(op)
		var out []any
		for _, next := range law(s, o) {
			out = append(out, next)
		}
		return out
	},
}

func linearizable(ops []op) porcupine.CheckResult {
	clients := map[string]int{}
	var all []porcupine.Operation
	for _, o := range ops {
		if _, known := clients[o.Console]; !known {
			clients[o.Console] = len(clients)
		}
		all = append(all, porcupine.Operation{ClientId: clients[o.Console], Input: o, Call: o.Call, Return: o.Ret})
	}
	return porcupine.CheckOperationsTimeout(model.ToModel(), all, time.Minute)
}

// The judge itself is judged first: it must see two holders who act, a stale write that passed, and a token given twice.
func TestHistoriesAreJudged(t *testing.T) {
	take := func(who string, token uint64, call, ret int64) op { return op{who, opTake, endOK, token, call, ret} }
	act := func(token uint64, at int64) op { return op{"provider", opAct, endOK, token, at, at} }
	for name, c := range map[string]struct {
		ops  []op
		want porcupine.CheckResult
	}{
		"one after the other":       {[]op{take("a", 1, 0, 1), act(1, 2), take("b", 2, 3, 9), act(2, 10)}, porcupine.Ok},
		"the last act in the wait":  {[]op{take("a", 1, 0, 1), take("b", 2, 3, 9), act(1, 8), act(2, 10)}, porcupine.Ok},
		"two holders who act":       {[]op{take("a", 1, 0, 1), take("b", 2, 3, 9), act(2, 10), act(1, 11)}, porcupine.Illegal},
		"an act after the takeover": {[]op{take("a", 1, 0, 1), take("b", 2, 3, 9), act(1, 10)}, porcupine.Illegal},
		"a stale write that passed": {[]op{take("a", 1, 0, 1), take("b", 2, 3, 9), {"a", opWrite, endOK, 1, 10, 12}}, porcupine.Illegal},
		"a stale write refused":     {[]op{take("a", 1, 0, 1), take("b", 2, 3, 9), {"a", opWrite, endRefused, 1, 10, 12}}, porcupine.Ok},
		"a token given twice":       {[]op{take("a", 1, 0, 1), take("b", 1, 3, 9)}, porcupine.Illegal},
		"an act after the release":  {[]op{take("a", 1, 0, 1), {"a", opRelease, endOK, 1, 2, 3}, take("b", 2, 4, 5), act(1, 6)}, porcupine.Illegal},
		"adopted by the same store": {[]op{take("a", 1, 0, 1), act(1, 2), take("a", 1, 3, 4), act(1, 5)}, porcupine.Ok},
	} {
		if got := linearizable(c.ops); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// theatre is the machine that consoles, exec and the provider share.
type theatre struct {
	t    *testing.T
	dir  string
	rng  *rand.Rand
	line net.Listener
	cord *os.File // held by every console and every command it sent, also those that outlive it

	mu    sync.Mutex
	ops   []op
	late  int // requests that the wire did not carry in time
	stops int
	kills int
	wg    sync.WaitGroup
}

// The pace of the histories.
const (
	historyTTL     = time.Second
	historyLongest = time.Second
	historyLasts   = 18 * time.Second
	historyRounds  = 4               // more of them, where too little happened
	straggle       = 4 * time.Second // after which no command that was sent is still to come
)

// arrive is the provider: it does what it is asked, whoever asks. The wire carries no request for longer than the lease allows for: that is what
// cannot be fenced, and is bounded.
func (th *theatre) arrive() {
	for {
		c, err := th.line.Accept()
		if err != nil {
			return
		}
		th.wg.Go(func() {
			defer func() { _ = c.Close() }()
			scan := bufio.NewScanner(c)
			for scan.Scan() {
				var o op
				if json.Unmarshal(scan.Bytes(), &o) == nil {
					th.note(o)
				}
			}
		})
	}
}

func (th *theatre) note(o op) {
	th.mu.Lock()
	defer th.mu.Unlock()
	if o.Kind == opAct {
		at := monotonic()
		if at-o.Call > historyLongest.Nanoseconds() {
			th.late++
			return
		}
		o.Console, o.Call, o.Ret = "provider", at, at
	}
	th.ops = append(th.ops, o)
}

// console is one operator's laptop: its process is stopped, continued and killed, and comes back with the same store.
func (th *theatre) console(n int, until time.Time) {
	self, err := os.Executable()
	if err != nil {
		th.t.Error(err)
		return
	}
	for life := 0; time.Now().Before(until); life++ {
		cmd := exec.CommandContext(th.t.Context(), self) // #nosec G204 -- this very binary
		cmd.Stderr = os.Stderr
		cmd.ExtraFiles = []*os.File{th.cord}
		cmd.Env = append(os.Environ(), "LEASE_TEST_DIR="+th.dir, "LEASE_TEST_CONSOLE="+strconv.Itoa(n),
			"LEASE_TEST_SEED="+strconv.FormatUint(th.draw(math.MaxInt64), 10), "LEASE_TEST_UNTIL="+strconv.FormatInt(until.UnixNano(), 10))
		if err := cmd.Start(); err != nil {
			th.t.Error(err)
			return
		}
		th.disturb(cmd.Process, until)
		_ = cmd.Wait() // it was killed, or its time is over
	}
}

func (th *theatre) draw(n uint64) uint64 {
	th.mu.Lock()
	defer th.mu.Unlock()
	return th.rng.Uint64N(n)
}

func (th *theatre) millis(least, more uint64) time.Duration {
	return time.Duration(least+th.draw(more)) * time.Millisecond
}

// disturb stops and continues the process for a while, and then kills it, stopped or not.
func (th *theatre) disturb(p *os.Process, until time.Time) {
	for range 1 + th.draw(4) {
		rest(min(th.millis(300, 3000), time.Until(until)))
		if p.Signal(syscall.SIGSTOP) != nil {
			return
		}
		th.count(&th.stops)
		if th.draw(3) == 0 {
			rest(th.millis(50, 3500)) // longer than the lease lasts
		} else {
			rest(th.millis(20, 600))
		}
		if th.draw(8) == 0 {
			break // it never wakes again
		}
		_ = p.Signal(syscall.SIGCONT)
	}
	rest(min(th.millis(100, 3000), time.Until(until)))
	th.count(&th.kills)
	_ = p.Kill()
}

func (th *theatre) count(n *int) {
	th.mu.Lock()
	defer th.mu.Unlock()
	*n++
}

func rest(d time.Duration) {
	timer := time.NewTimer(max(0, d))
	defer timer.Stop()
	<-timer.C
}

// Many consoles, with clocks that are wrong in every way, stopped, killed, and cut off between a write and its reply: what they did is what one
// after the other could have done, and never did two of them hold the lease and act.
func TestHistoriesAreLinearizable(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if given := os.Getenv("VMTUI_SEED"); given != "" {
		seed, _ = strconv.ParseUint(given, 10, 64)
	}
	t.Logf("seed: VMTUI_SEED=%d", seed)
	dir := t.TempDir()
	line, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	end, cord, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = end.Close() }()
	th := &theatre{t: t, dir: dir, rng: rand.New(rand.NewPCG(seed, 1)), line: line, cord: cord} // #nosec G404 -- a test's draws
	th.wg.Go(th.arrive)
	th.play()
	for again := 0; !th.enough() && again < historyRounds; again++ {
		th.play() // on a starved machine hardly anybody gets a lease in time
	}
	_ = cord.Close()
	_, _ = io.Copy(io.Discard, end) // ends when the last straggler does
	_ = line.Close()
	th.wg.Wait()
	th.judge()
}

// play lets all consoles do what they do for a while.
func (th *theatre) play() {
	var consoles sync.WaitGroup
	until := time.Now().Add(historyLasts)
	for n := range clocks {
		consoles.Go(func() { th.console(n, until) })
	}
	consoles.Wait()
}

// enough reports whether so much has happened that it proves something.
func (th *theatre) enough() bool {
	th.mu.Lock()
	defer th.mu.Unlock()
	counts, tokens := map[string]int{}, map[uint64]bool{}
	for _, o := range th.ops {
		counts[o.Kind+" "+o.End]++
		if o.Kind == opAct {
			tokens[o.Token] = true
		}
	}
	th.t.Logf("%v, %d tokens acted, %d stops, %d kills, %d requests too late for the wire", counts, len(tokens), th.stops, th.kills, th.late)
	return len(tokens) >= 2 && counts[opAct+" "+endOK] >= 10 && counts[opWrite+" "+endOK] >= 3 && th.stops >= 5 && th.kills >= 3
}

func (th *theatre) judge() {
	if !th.enough() {
		th.t.Error("too little happened to prove anything")
	}
	ops := settle(th.ops)
	// The provider knows nothing of leases, exec refuses a token that is no longer the current one: each has a history of its own.
	provider := slices.DeleteFunc(slices.Clone(ops), func(o op) bool { return o.Kind == opWrite || o.Kind == opTake && o.End == endUnknown })
	onExec := slices.DeleteFunc(slices.Clone(ops), func(o op) bool { return o.Kind == opAct })
	for name, part := range map[string][]op{"provider": provider, "exec": onExec} {
		if got := linearizable(part); got != porcupine.Ok {
			for _, o := range part {
				th.t.Logf("%+v", o)
			}
			th.t.Errorf("the history of %s is %s", name, got)
		}
	}
	th.ledgerRises()
}

// ledgerRises reads what exec's disk says of the writes, also of those that came late and whose reply nobody heard.
func (th *theatre) ledgerRises() {
	text, err := os.ReadFile(filepath.Join(th.dir, "exec", "host-keys.log"))
	if err != nil {
		th.t.Fatal(err)
	}
	last := 0
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(line, " run=")
		run, _, _ := strings.Cut(rest, " ") // which says the token in these histories
		token, err := strconv.Atoi(run)
		if err != nil || token < last {
			th.t.Errorf("a write with token %q came after one with %d", line, last)
		}
		last = max(last, token)
	}
}

// settle ends the ops whose console did not live to see their end: they may have happened.
func settle(ops []op) []op {
	open := map[string]op{} // by console: it does one thing at a time
	var out []op
	for _, o := range ops {
		if o.Kind == opAct {
			out = append(out, o)
			continue
		}
		before, is := open[o.Console]
		delete(open, o.Console)
		if is && before.Call != o.Call {
			out = append(out, unanswered(before, o.Call))
		}
		switch o.End {
		case "":
			open[o.Console] = o
		case endUnknown:
			out = append(out, unanswered(o, o.Ret))
		case endNothing:
		default:
			out = append(out, o)
		}
	}
	for _, o := range open {
		out = append(out, unanswered(o, math.MaxInt64-straggle.Nanoseconds()))
	}
	return out
}

// unanswered is an op that ended at some time, and whose command may come still later.
func unanswered(o op, ended int64) op {
	o.End, o.Ret = endUnknown, ended+straggle.Nanoseconds()
	return o
}
