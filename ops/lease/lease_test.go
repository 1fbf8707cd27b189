package lease

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/await"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/awake"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// shell is an exec node made of this machine's own /bin/sh: the scripts run for real, flock and all.
type shell struct {
	mu   sync.Mutex
	dead error // every call fails with it
	lose bool  // the next write is applied, and its answer lost

	before func() // is called when a write is about to leave
}

func (s *shell) Look(ctx context.Context, c ssh.Command) ssh.Result { return s.run(ctx, c) }

func (s *shell) Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result {
	if err := p.Check(ctx); err != nil {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	if s.before != nil {
		s.before()
	}
	res := s.run(ctx, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lose {
		s.lose = false
		return ssh.Result{Outcome: ssh.Unknown, Cause: remote.ErrUnknown}
	}
	return res
}

func (s *shell) run(ctx context.Context, c ssh.Command) ssh.Result {
	s.mu.Lock()
	dead := s.dead
	s.mu.Unlock()
	if dead != nil {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: dead}
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", c.Script, "vmtui"}, c.Args...)...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(c.Stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	return ssh.Result{Outcome: ssh.Exited, Code: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: errs.String()}
}

type bench struct {
	t     *testing.T
	dir   string
	shell *shell
}

func newBench(t *testing.T) *bench {
	return &bench{t, filepath.Join(t.TempDir(), "vmtui"), &shell{}}
}

// console is another operator's keeper on the same exec node.
func (b *bench) console(who string, change func(*Config)) *Keeper {
	cfg := Config{
		Exec: b.shell, ExecName: "exec", Dir: b.dir, Operator: who, Host: who + "-laptop", Store: "/state/" + who,
		TTL: 2 * time.Second, Longest: time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	k := NewKeeper(cfg)
	k.Use(act.NewDoor(false, k))
	return k
}

func (b *bench) acquire(k *Keeper, run string) func() {
	b.t.Helper()
	release, err := k.Acquire(b.t.Context(), run)
	if err != nil {
		b.t.Fatal(err)
	}
	return func() {
		b.t.Helper()
		if err := release(context.Background()); err != nil {
			b.t.Error(err)
		}
	}
}

func TestSecondConsoleIsRefusedWithOwnerAndAge(t *testing.T) {
	b := newBench(t)
	long := func(c *Config) { c.TTL = time.Minute }
	kirk, spock := b.console("kirk", long), b.console("spock", long)
	release := b.acquire(kirk, "run-1")
	if err := kirk.Held(); err != nil {
		t.Fatal(err)
	}
	_, err := spock.Acquire(t.Context(), "run-2")
	if fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "kirk@kirk-laptop") || !strings.Contains(err.Error(), "run-1") {
		t.Fatalf("refusal does not name the owner and its run: %v", err)
	}
	if spock.Held() == nil {
		t.Fatal("a refused console may act")
	}
	release()
	if kirk.Held() == nil {
		t.Fatal("a released lease is still held")
	}
	b.acquire(spock, "run-2")()
}

func TestRenewalsKeepItPastItsTTL(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", func(c *Config) { c.TTL = 4 * time.Second })
	release := b.acquire(k, "run-1")
	defer release()
	first, _, err := k.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	await.Until(t, "a renewed lease", func() bool {
		l, _, err := k.Show(t.Context())
		return err == nil && l != nil && l.Expires.After(first.Expires.Add(k.cfg.TTL))
	})
	if err := k.Held(); err != nil {
		t.Fatal(err)
	}
}

func TestHeldEndsWhenItCannotBeRenewed(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", func(c *Config) { c.TTL = time.Second })
	release := b.acquire(k, "run-1")
	b.shell.mu.Lock()
	b.shell.dead = errors.New("exec is away")
	b.shell.mu.Unlock()
	await.Until(t, "the lease", func() bool { return k.Held() != nil })
	b.shell.mu.Lock()
	b.shell.dead = nil
	b.shell.mu.Unlock()
	release()
}

func TestTakeOverRaisesTheTokenAndWaitsOutTheFormerOwner(t *testing.T) {
	b := newBench(t)
	kirk, spock := b.console("kirk", nil), b.console("spock", nil)
	release := b.acquire(kirk, "run-1")
	defer release()
	before, _, err := kirk.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var told time.Duration
	spock.cfg.Waiting = func(d time.Duration) {
		told = d
		if spock.Held() == nil {
			t.Error("the new owner may act while the former one still can")
		}
	}
	if err := spock.TakeOver(t.Context(), "run-2"); err != nil {
		t.Fatal(err)
	}
	// From here on the former owner must not be able to act: its time is over, or it knows that it lost.
	if kirk.Held() == nil {
		t.Fatal("two holders at once")
	}
	if told <= 0 {
		t.Error("nobody was told of the wait")
	}
	if err := spock.Held(); err != nil {
		t.Fatal(err)
	}
	after, now, err := spock.Show(t.Context())
	if err != nil || after.Token != before.Token+1 || after.Owner != "spock" {
		t.Fatalf("after takeover: %+v, %v", after, err)
	}
	if now.Before(before.Expires) {
		t.Fatalf("the new holder acts at %s, before the former one's expiry %s", now, before.Expires)
	}
	if err := kirk.SetHold(t.Context(), allow{}, fleet.Hold{Worker: "worker-9"}); err != nil {
		t.Fatal("a write without a token is checked by nobody, it passes:", err)
	}
	if err := spock.giveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStaleTokenCannotWriteHolds(t *testing.T) {
	b := newBench(t)
	kirk, spock := b.console("kirk", nil), b.console("spock", nil)
	if err := kirk.take(t.Context(), "run-1", false); err != nil { // and renews nothing, or it would see for itself that it is a former one
		t.Fatal(err)
	}
	stale := *kirk.mine
	if err := spock.TakeOver(t.Context(), "run-2"); err != nil {
		t.Fatal(err)
	}
	kirk.mu.Lock()
	kirk.mine = &stale
	kirk.mu.Unlock()
	err := kirk.SetHold(t.Context(), allow{}, fleet.Hold{Worker: "worker-2", By: "kirk"})
	if fault.CodeOf(err) != fault.Refused {
		t.Fatalf("a former owner wrote a hold: %v", err)
	}
	mark := filepath.Join(b.dir, "it's \"there\"")
	for k, want := range map[*Keeper]fault.Code{kirk: fault.Refused, spock: 0} {
		err := k.OnExec(t.Context(), allow{}, "touching", `touch "$1" && test "$2" = '$x'`, mark, "$x")
		if _, missing := os.Stat(mark); fault.CodeOf(err) != want || (missing == nil) != (want == 0) {
			t.Errorf("wanted %v, got %v", want, err)
		}
		_ = os.Remove(mark)
	}
	if err := spock.giveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOwnLeaseOfADeadProcessIsAdoptedAtOnce(t *testing.T) {
	b := newBench(t)
	dead := b.console("kirk", nil)
	if err := dead.take(t.Context(), "run-1", false); err != nil {
		t.Fatal(err)
	}
	alive := true
	next := b.console("kirk", func(c *Config) { c.Living = living(func() bool { return alive }) })
	if _, err := next.Acquire(t.Context(), "run-2"); err == nil {
		t.Fatal("took the lease of a process of ours that lives")
	}
	alive = false
	b.acquire(next, "run-2")()
}

// A process of the same store that lives is another one, also at the same run: it may have been stopped, and go on.
func TestALivingProcessIsNotAdopted(t *testing.T) {
	b := newBench(t)
	stopped := b.console("kirk", nil)
	if err := stopped.take(t.Context(), "run-1", false); err != nil {
		t.Fatal(err)
	}
	next := b.console("kirk", func(c *Config) { c.Living = living(func() bool { return true }) })
	if _, err := next.Acquire(t.Context(), "run-1"); fault.CodeOf(err) != fault.Refused {
		t.Fatalf("two processes hold it: %v", err)
	}
	twin := b.console("kirk", func(c *Config) { c.Store = "/state/kirk on another machine of that name" })
	if _, err := twin.Acquire(t.Context(), "run-1"); fault.CodeOf(err) != fault.Refused {
		t.Fatalf("two machines hold it: %v", err)
	}
}

func TestNoTokenIsGivenTwice(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", nil)
	for want := range uint64(3) {
		release := b.acquire(k, "run-1")
		if got := k.Token(); got != want+1 {
			t.Errorf("the token is %d, want %d", got, want+1)
		}
		release()
	}
	b.acquire(k, "run-1")
	if err := b.console("spock", nil).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.acquire(b.console("spock", nil), "run-2")()
	if r, err := k.read(t.Context()); err != nil || r.token != 5 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := k.giveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A machine that slept between reading the lease and writing it has less of it left than exec says.
func TestALeaseIsCountedFromBeforeItWasRead(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", func(c *Config) { c.TTL = time.Minute })
	var slept time.Duration
	k.clock = func() awake.Instant { return awake.Instant{Boot: awake.Now().Boot + slept, Wall: time.Now()} }
	b.shell.before = func() { slept = 61 * time.Second }
	defer b.acquire(k, "run-1")()
	if k.Held() == nil {
		t.Error("it is held for longer here than there")
	}
}

// A release that arrives late, when the same run has taken the lease again within a second, does not take it away.
func TestALateCommandMeetsAnotherRecord(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", func(c *Config) { c.TTL = time.Hour })
	for range 5 {
		if err := k.take(t.Context(), "run-1", false); err != nil {
			t.Fatal(err)
		}
		seen, err := k.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := k.take(t.Context(), "run-1", false); err != nil {
			t.Fatal(err)
		}
		if swapped, err := k.swap(t.Context(), seen, nil); swapped || err != nil {
			t.Fatalf("a late release took it away: %v, %v", swapped, err)
		}
	}
	if err := k.giveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestExpiredLeaseIsFreeOnlyAfterTheLongestRequest(t *testing.T) {
	seen := reading{now: time.Unix(1000, 0), rec: &record{Lease: fleet.Lease{Owner: "kirk", Host: "h", Run: "r", Token: 4, Expires: time.Unix(990, 0)}}}
	k := NewKeeper(Config{Operator: "spock", TTL: time.Minute, Longest: 30 * time.Second})
	if _, err := k.claim(seen, "x", false); err == nil || !strings.Contains(err.Error(), "may still land, for 20s") {
		t.Fatalf("while a last request may still land: %v", err)
	}
	seen.now = time.Unix(1021, 0)
	next, err := k.claim(seen, "x", false)
	if err != nil || next.Token != 5 {
		t.Fatalf("%+v, %v", next, err)
	}
}

func TestLostAnswerOfAWriteIsNotSuccess(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", nil)
	b.shell.lose = true
	if _, err := k.Acquire(t.Context(), "run-1"); !errors.Is(err, remote.ErrUnknown) {
		t.Fatalf("want unknown, got %v", err)
	}
	if k.Held() == nil {
		t.Fatal("holds a lease that it does not know of")
	}
	// The same run asks again: the record is its own and is adopted.
	b.acquire(k, "run-1")()
}

func TestManyConsolesOneWinner(t *testing.T) {
	b := newBench(t)
	var wins sync.Map
	var all sync.WaitGroup
	for _, who := range []string{"kirk", "spock", "uhura", "scotty", "sulu"} {
		all.Go(func() {
			k := b.console(who, func(c *Config) { c.TTL = time.Minute })
			if err := k.take(t.Context(), "run-"+who, false); err == nil {
				wins.Store(who, true)
			}
		})
	}
	all.Wait()
	n := 0
	wins.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Fatalf("%d consoles hold the lease", n)
	}
}

func TestHoldsAreSetShownAndCleared(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", nil)
	release := b.acquire(k, "run-1")
	defer release()
	want := fleet.Hold{Worker: "worker-2", By: "kirk", Why: "it's \"odd\" $(rm -rf /)", Since: time.Unix(100, 0).UTC(), Run: "run-1"}
	if err := k.SetHold(t.Context(), allow{}, want); err != nil {
		t.Fatal(err)
	}
	got, err := k.Hold(t.Context(), "worker-2")
	if err != nil || got == nil || *got != want {
		t.Fatalf("got %+v, %v", got, err)
	}
	if err := k.ClearHold(t.Context(), allow{}, "worker-2"); err != nil {
		t.Fatal(err)
	}
	if got, err = k.Hold(t.Context(), "worker-2"); err != nil || got != nil {
		t.Fatalf("still held: %+v, %v", got, err)
	}
}

func TestDamagedRecordsAreNamed(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", nil)
	if err := os.MkdirAll(filepath.Join(b.dir, "holds"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"lease": "{half", "holds/worker-1.json": "{}x"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := k.Show(t.Context()); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "clear --confirm damaged") {
		t.Fatalf("lease: %v", err)
	}
	if _, err := k.Holds(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Fatalf("holds: %v", err)
	}
	if err := k.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// living says of every holder whether it lives.
type living func() bool

func (living) Mark(string) (func(), error) { return func() {}, nil }
func (l living) Lives(string) bool         { return l() }

// allow is a permit for writes whose door is not what is tested.
type allow struct{}

func (allow) Check(context.Context) error { return nil }
