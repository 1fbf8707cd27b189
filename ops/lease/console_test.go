package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/awake"
	"github.com/vmtui/vmtui/ops/origin"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// TestMain is also a console, to be stopped and killed.
func TestMain(m *testing.M) {
	if n := os.Getenv("LEASE_TEST_CONSOLE"); n != "" {
		os.Exit(beConsole(n))
	}
	goleak.VerifyTestMain(m)
}

// clocks are those of the consoles: each is wrong in its own way.
var clocks = []func() awake.Instant{
	awake.Now,
	func() awake.Instant { return awake.Instant{Boot: awake.Now().Boot, Wall: time.Unix(1000, 0)} }, // only the clock that runs through suspend goes
	func() awake.Instant { return awake.Instant{Wall: time.Now().Round(0)} },                        // a system without such a clock
	func() awake.Instant {
		return awake.Instant{Boot: awake.Now().Boot, Wall: time.Now().Add(-9 * time.Hour)}
	}, // another zone, taken for the truth
	func() awake.Instant {
		return awake.Instant{Boot: awake.Now().Boot, Wall: time.Now().Round(0).Add(jumping())}
	}, // set again and again
}

// jumping is an error of up to ten seconds that is another one every second.
func jumping() time.Duration {
	s := time.Now().Unix()
	return time.Duration(rand.New(rand.NewPCG(uint64(s), 7)).IntN(20_000)-10_000) * time.Millisecond // #nosec G115 G404 -- a test's clock
}

// monotonic is the clock that all processes of the machine share.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(err)
	}
	return ts.Nano()
}

// stage is a console at work: it takes the lease in every way there is, and acts while its door lets it.
type stage struct {
	name string
	rng  *rand.Rand
	k    *Keeper
	door *act.Door
	exec *partition
	out  net.Conn
}

func beConsole(n string) int {
	dir, seed, until := os.Getenv("LEASE_TEST_DIR"), number("LEASE_TEST_SEED"), time.Unix(0, number("LEASE_TEST_UNTIL"))
	at, err := strconv.Atoi(n)
	if err != nil {
		return 2
	}
	out, err := (&net.Dialer{}).DialContext(context.Background(), "unix", filepath.Join(dir, "s"))
	if err != nil {
		return 0 // the play is over
	}
	state := filepath.Join(dir, "state-"+n)
	store, err := origin.Of(state)
	if err != nil {
		return 2
	}
	s := &stage{name: "console-" + n, rng: rand.New(rand.NewPCG(uint64(seed), 2)), out: out} // #nosec G115 G404 -- a test's draws
	s.exec = &partition{shell: &shell{}, rng: rand.New(rand.NewPCG(uint64(seed), 8))}        // #nosec G115 G404 -- a test's draws
	// All hosts and operators have the same name: only their stores tell them apart.
	s.k = NewKeeper(Config{
		Exec: s.exec, ExecName: "exec", Dir: filepath.Join(dir, "exec"), Operator: "mike", Host: "laptop", Store: store,
		TTL: historyTTL, Longest: historyLongest, Living: run.Locks{Dir: run.LockDir(state)},
	})
	s.k.clock = clocks[at]
	s.door = act.NewDoor(false, s.k)
	s.k.Use(s.door)
	for time.Now().Before(until) {
		s.perform()
	}
	return 0
}

func number(env string) int64 {
	n, _ := strconv.ParseInt(os.Getenv(env), 10, 64)
	return n
}

func (s *stage) tell(o op) {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	_, _ = s.out.Write(append(b, '\n'))
}

// did tells that something began and how it ended.
func (s *stage) did(kind string, force bool, token uint64, do func() (uint64, error)) error {
	o := op{Console: s.name, Kind: kind, Token: token, Call: monotonic()}
	s.tell(o)
	token, err := do()
	o.Token, o.Ret, o.End = token, monotonic(), endOK
	switch {
	case err == nil:
	case fault.CodeOf(err) == fault.Refused && !errors.Is(err, remote.ErrUnknown):
		o.End = endRefused
	default:
		o.End = endUnknown
	}
	switch {
	case kind != opTake || o.End != endRefused:
	case force: // it may have been refused after it had begun to take over
		o.End = endUnknown
	default:
		o.End = endNothing
	}
	s.tell(o)
	return err
}

// perform is one turn at the lease.
func (s *stage) perform() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	name := "run-" + strconv.Itoa(s.rng.IntN(3))
	force := s.rng.IntN(40) == 0
	err := s.did(opTake, force, 0, func() (uint64, error) {
		err := s.k.take(ctx, name, force)
		return s.k.Token(), err
	})
	if err != nil {
		rest(time.Duration(s.rng.IntN(400)) * time.Millisecond)
		return
	}
	token := s.k.Token()
	release := s.k.keep(ctx)
	for n := 2 + s.rng.IntN(25); n > 0 || s.exec.isCut(); n-- { // a console that is cut off goes on as long as it may
		s.act(ctx, token)
		rest(time.Duration(s.rng.IntN(100)) * time.Millisecond)
		if s.k.Held() != nil {
			break
		}
	}
	_ = s.did(opRelease, false, token, func() (uint64, error) { return token, release(ctx) })
}

// act is what a step does: the door is asked, and its permit is checked when the bytes leave.
func (s *stage) act(ctx context.Context, token uint64) {
	permit, settle, err := s.door.Open(ctx, unrecorded{}, act.Act{Verb: "act", Target: "provider", What: "act", Danger: act.Changes})
	if err != nil {
		return
	}
	defer func() { _ = settle(act.Outcome{}) }()
	if s.rng.IntN(3) == 0 {
		_ = s.did(opWrite, false, token, func() (uint64, error) {
			return token, s.k.Enter(ctx, permit, keys.Renewal{Run: strconv.FormatUint(token, 10)})
		})
		return
	}
	left := monotonic()
	if permit.Check(ctx) == nil {
		s.tell(op{Kind: opAct, End: endOK, Token: token, Call: left})
	}
}

// partition is a way to exec that loses replies, and commands, carries some of them late, and is cut off for a while now and then: then the console
// still reaches the provider.
type partition struct {
	*shell
	mu  sync.Mutex
	rng *rand.Rand
	cut time.Time // until then
}

// draw gives a number below n, and whether exec is cut off.
func (p *partition) draw(n int) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rng.IntN(60) == 0 {
		p.cut = time.Now().Add(time.Duration(p.rng.IntN(6000)) * time.Millisecond)
	}
	return p.rng.IntN(n), time.Now().Before(p.cut)
}

func (p *partition) isCut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.cut)
}

func (p *partition) Look(ctx context.Context, c ssh.Command) ssh.Result {
	if _, cut := p.draw(1); cut {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: errors.New("no route")}
	}
	return p.shell.Look(ctx, c)
}

func (p *partition) Do(ctx context.Context, permit remote.Permit, c ssh.Command) ssh.Result {
	lost := ssh.Result{Outcome: ssh.Unknown, Cause: errors.New("cut off")}
	fate, cut := p.draw(24)
	if cut {
		fate = 2
	}
	switch fate {
	case 0: // between write and reply
		p.shell.Do(ctx, permit, c)
		return lost
	case 1: // the command arrives when nobody waits for it any more
		if err := permit.Check(ctx); err != nil {
			return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
		}
		late := fmt.Sprintf("%.1f", 0.2+2*rand.Float64())                                                                                                   // #nosec G404 -- a test's draw
		cmd := exec.Command("/bin/sh", append([]string{"-c", `sleep "$0"; s=$1; shift; exec /bin/sh -c "$s" "$@"`, late, c.Script, "vmtui"}, c.Args...)...) // #nosec G204 -- our own scripts
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if cmd.Start() == nil {
			go func() { _ = cmd.Wait() }()
		}
		return lost
	case 2: // nothing arrives
		return ssh.Result{Outcome: ssh.Unreachable, Cause: errors.New("no route")}
	}
	return p.shell.Do(ctx, permit, c)
}
