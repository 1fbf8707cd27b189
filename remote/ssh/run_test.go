package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

type permit func(context.Context) error

func (p permit) Check(ctx context.Context) error { return p(ctx) }

var allowed = permit(func(context.Context) error { return nil })

func TestArgumentsStayArguments(t *testing.T) {
	h := reach(t, newServer(t, nil), nil)
	args := []string{"", "a b", `'"$(id)` + "`id`", "*", "-n", "ž\ttab", "two\nlines", `back\slash`, `two\\`, `\'; touch x; '`, "=ls", "%self", "%d", "!!"}
	script := `for a; do printf '<%s>\n' "$a"; done; printf '%s' "$0" >&2; exit 7`
	r := h.Look(within10s(t), Command{Script: script, Args: args})
	want := strings.ReplaceAll("<"+strings.Join(args, ">\n<")+">\n", "ž\t", "ž      ")
	if r.Outcome != Exited || r.Code != 7 || r.Stdout != want || r.Stderr != "vmtui" {
		t.Errorf("%+v\nwant stdout %q", r, want)
	}
}

// Most commands can go as they are: the wrapping takes a process, and time at every one of them.
func TestFewLinesNeedToBeWrapped(t *testing.T) {
	for want, c := range map[bool]Command{
		false: {Script: `exec "$@"`, Args: []string{"sh", "-c", `[ a != b ] && echo $! "$HOME" | grep -v '^#'`}, Tether: true},
		true:  {Script: "echo a\necho b"},
	} {
		line, err := c.line(newMark())
		if err != nil || (portable(line) != line) != want {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// What comes before a command, from the files of a login shell, is not its answer. Where the command never begins it tells why, and that is no success.
func TestWhatComesBeforeACommand(t *testing.T) {
	before := "echo welcome; echo careful >&2; "
	s := newServer(t, nil)
	s.exec = func(c *channel) {
		c.command = before + c.command
		s.shell(c)
	}
	h := reach(t, s, nil)
	for name, c := range map[string]Command{"plain": {Script: "echo a; echo b >&2"}, "tethered": {Script: "echo a; echo b >&2", Tether: true}} {
		if r := h.Look(within10s(t), c); !r.OK() || r.Stdout != "a\n" || r.Stderr != "b\n" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	before = "head -c 100000 /dev/zero | tr '\\0' x; "
	if r := h.Look(within10s(t), Command{Script: "echo a"}); !r.OK() || !strings.HasPrefix(r.Stdout, "xxx") || !strings.HasSuffix(r.Stdout, "\na\n") {
		t.Errorf("more than is held back: %v, %d bytes", r.Outcome, len(r.Stdout))
	}
	before = "exit 0; "
	r := h.Do(within10s(t), allowed, Command{Script: "echo a"})
	if err := r.Err("stopping", "worker-1"); r.Outcome != Unreachable || err == nil || !strings.Contains(err.Error(), "not begun") {
		t.Errorf("%+v, %v", r, err)
	}
	before = "echo no such account; exit 1; "
	if r := h.Look(within10s(t), Command{Script: "echo a"}); r.Outcome != Exited || r.Code != 1 || r.Stdout != "no such account\n" {
		t.Errorf("%+v", r)
	}
	var lines []string
	if r := h.Stream(within10s(t), Command{Script: "echo a"}, func(l string) { lines = append(lines, l) }); r.Code != 1 || strings.Join(lines, "|") != "no such account" {
		t.Errorf("%+v, %q", r, lines)
	}
}

// A machine that goes down may still send an exit status, and no longer what was said: whether the command began, nobody knows.
func TestAStatusWithoutTheRest(t *testing.T) {
	s := newServer(t, nil)
	s.exec = func(c *channel) {
		_, _ = c.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
		_ = c.conn.Close()
	}
	h := reach(t, s, nil)
	r := h.Do(within10s(t), allowed, Command{Script: "systemctl --no-block reboot"})
	if err := r.Err("rebooting", "worker-1"); r.Outcome != Unknown || !errors.Is(err, remote.ErrUnknown) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestInputIsSentWholeAndClosed(t *testing.T) {
	h := reach(t, newServer(t, nil), nil)
	in := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	r := h.Do(within10s(t), allowed, Command{Script: "wc -c", Stdin: in})
	if !r.OK() || strings.TrimSpace(r.Stdout) != fmt.Sprint(len(in)) {
		t.Errorf("%+v", r)
	}
	if r = h.Look(within10s(t), Command{Script: "exit 3", Stdin: in}); r.Outcome != Exited || r.Code != 3 {
		t.Errorf("input that nobody reads: %+v", r)
	}
}

func TestOneConnectionForAll(t *testing.T) {
	refused := 0
	s := newServer(t, func(s *server) {
		s.refuse = func(open int) bool {
			if open < 10 {
				return false
			}
			refused++
			return true
		}
	})
	h := reach(t, s, nil)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if r := h.Look(within10s(t), Command{Script: "echo hi"}); !r.OK() || r.Stdout != "hi\n" {
				t.Errorf("%+v", r)
			}
		})
	}
	wg.Wait()
	logins, _, requests := s.seen()
	if logins != 1 || refused > 0 || s.most < 2 {
		t.Errorf("%d logins, %d sessions at once, %d refused", logins, s.most, refused)
	}
	for _, r := range requests {
		if r != "exec" {
			t.Errorf("a request of type %s left", r)
		}
	}
	if l := h.Link(); l.State != "up" || l.Err != nil {
		t.Errorf("%+v", l)
	}
}

func TestRefusedSessionIsTriedAgain(t *testing.T) {
	refusals := 2
	s := newServer(t, func(s *server) {
		s.refuse = func(int) bool { refusals--; return refusals >= 0 }
	})
	if r := reach(t, s, nil).Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
	always := newServer(t, func(s *server) { s.refuse = func(int) bool { return true } })
	r := reach(t, always, nil).Do(within10s(t), allowed, Command{Script: "true"})
	if r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "open failed") {
		t.Errorf("%+v", r)
	}
}

func TestPermitRefusalSendsNothing(t *testing.T) {
	s := newServer(t, nil)
	h := reach(t, s, nil)
	no := &fault.Error{What: "lease lost", Code: fault.Refused}
	r := h.Do(within10s(t), permit(func(context.Context) error { return no }), Command{Script: "true"})
	if r.Outcome != Unreachable || !errors.Is(r.Cause, error(no)) {
		t.Errorf("%+v", r)
	}
	if fault.CodeOf(r.Err("stopping", "worker-1")) != fault.Refused {
		t.Errorf("%v", r.Err("stopping", "worker-1"))
	}
	if r = h.Do(within10s(t), nil, Command{Script: "true"}); r.Outcome != Unreachable {
		t.Errorf("no permit: %+v", r)
	}
	if _, commands, requests := s.seen(); len(commands)+len(requests) != 0 {
		t.Errorf("sent %q %q", commands, requests)
	}
}

func TestPermitIsCheckedLast(t *testing.T) {
	s := newServer(t, nil)
	p := permit(func(context.Context) error {
		if logins, commands, _ := s.seen(); logins != 1 || len(commands) != 0 {
			t.Errorf("checked after %d logins and %d commands", logins, len(commands))
		}
		return nil
	})
	if r := reach(t, s, nil).Do(within10s(t), p, Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
}

func TestNoStatusIsUnknown(t *testing.T) {
	for name, end := range map[string]func(*channel){
		"session closed":     func(c *channel) { _ = c.Close() },
		"connection dropped": func(c *channel) { _ = c.conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(s *server) {
				s.exec = func(c *channel) {
					_, _ = c.Write([]byte("half"))
					end(c)
				}
			})
			h := reach(t, s, nil)
			r := h.Do(within10s(t), allowed, Command{Script: "reboot"})
			err := r.Err("rebooting", "worker-1")
			if r.Outcome != Unknown || !errors.Is(err, remote.ErrUnknown) || fault.CodeOf(err) != fault.Unknown {
				t.Errorf("%+v, %v", r, err)
			}
			if _, commands, _ := s.seen(); len(commands) != 1 {
				t.Errorf("sent %d times", len(commands))
			}
		})
	}
}

func TestKilledCommandIsSignalled(t *testing.T) {
	s := newServer(t, func(s *server) { s.exec = (*channel).kill })
	r := reach(t, s, nil).Look(within10s(t), Command{Script: "true"})
	if r.Outcome != Signalled || r.Signal != "TERM" || r.Err("x", "y") == nil {
		t.Errorf("%+v", r)
	}
}

func TestFloodOnStderrBlocksNothing(t *testing.T) {
	const flood = 10 << 20
	s := newServer(t, func(s *server) {
		s.exec = func(c *channel) {
			chunk := bytes.Repeat([]byte("x"), 1<<16)
			for range flood / len(chunk) {
				_, _ = c.Stderr().Write(chunk)
			}
			_, _ = c.Write([]byte("done\n"))
			c.exit(0)
		}
	})
	r := reach(t, s, nil).Look(within10s(t), Command{Script: "flood", Limit: 1000})
	if !r.OK() || r.Stdout != "done\n" || len(r.Stderr) != 1000 || r.Dropped != flood-1000 {
		t.Errorf("%v %q, %d of stderr, %d dropped, %v", r.Outcome, r.Stdout, len(r.Stderr), r.Dropped, r.Cause)
	}
}

func TestOutputIsCleaned(t *testing.T) {
	h := reach(t, newServer(t, nil), nil)
	script := `printf '\033]52;c;QQ==\007a\tb\r\n\033[31mred\n'; printf '\033Pq\033\\e' >&2`
	r := h.Look(within10s(t), Command{Script: script})
	if r.Stdout != "a       b\nred\n" || r.Stderr != "e" {
		t.Errorf("%+v", r)
	}
	var lines []string
	r = h.Stream(within10s(t), Command{Script: script + `; printf 'last'; exit 4`}, func(l string) { lines = append(lines, l) })
	if got := strings.Join(lines, "|"); r.Code != 4 || r.Stderr != "e" || !strings.Contains(got, "a       b|red") || !strings.Contains(got, "last") {
		t.Errorf("%+v %q", r, lines)
	}
}

func TestCancelEndsTheCommandOnTheHost(t *testing.T) {
	for _, tethered := range []bool{false, true} {
		t.Run(fmt.Sprintf("tether %v", tethered), func(t *testing.T) {
			h := reach(t, newServer(t, nil), nil)
			pidfile := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithCancel(within10s(t))
			script := `sleep 1000 & echo $! > "$1.new"; mv "$1.new" "$1"; wait`
			done := make(chan Result, 1)
			go func() { done <- h.Do(ctx, allowed, Command{Script: script, Args: []string{pidfile}, Tether: tethered}) }()
			pid := childOf(t, pidfile)
			cancel()
			if r := <-done; r.Outcome != Unknown || !errors.Is(r.Err("x", "y"), remote.ErrUnknown) {
				t.Errorf("%+v", r)
			}
			eventually(t, "the child is gone", func() bool { return gone(pid) })
		})
	}
}

// What ends a cancelled command needs a session of its own, and finds one even when those that are cancelled have every place.
func TestCancelEndsACommandThatHasTheLastPlace(t *testing.T) {
	s := newServer(t, nil)
	unsignalled(s)
	h := reach(t, s, nil)
	if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Fatalf("%+v", r)
	}
	for range maxSessions - 1 {
		h.conn.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(within10s(t))
	pidfile, done := filepath.Join(t.TempDir(), "pid"), make(chan Result, 1)
	go func() {
		done <- h.Do(ctx, allowed, Command{Script: `sleep 30 & echo $! > "$1.new"; mv "$1.new" "$1"; wait`, Args: []string{pidfile}})
	}()
	pid := childOf(t, pidfile)
	cancel()
	if r := <-done; r.Outcome != Unknown {
		t.Errorf("%+v", r)
	}
	eventually(t, "the child is gone", func() bool { return gone(pid) })
}

func TestTetherEndsWithTheConnection(t *testing.T) {
	s := newServer(t, nil)
	h := reach(t, s, nil)
	pidfile := filepath.Join(t.TempDir(), "pid")
	script := `trap '' HUP; sleep 1000 & echo $! > "$1.new"; mv "$1.new" "$1"; wait`
	done := make(chan Result, 1)
	go func() { done <- h.Look(within10s(t), Command{Script: script, Args: []string{pidfile}, Tether: true}) }()
	pid := childOf(t, pidfile)
	s.cut()
	if r := <-done; r.Outcome != Unknown {
		t.Errorf("%+v", r)
	}
	eventually(t, "the child is gone", func() bool { return gone(pid) })
}

func TestTetherPassesOnWhatComesBack(t *testing.T) {
	h := reach(t, newServer(t, nil), nil)
	c := Command{Script: `printf '%s,' "$0" "$@"; echo e >&2; exit 9`, Args: []string{"a b", "$c"}, Tether: true}
	if r := h.Look(within10s(t), c); r.Code != 9 || r.Stdout != "vmtui,a b,$c," || r.Stderr != "e\n" {
		t.Errorf("%+v", r)
	}
	c.Stdin = []byte("x")
	if r := h.Look(within10s(t), c); r.Outcome != Unreachable || fault.CodeOf(r.Cause) != fault.Usage {
		t.Errorf("%+v", r)
	}
}

func childOf(t *testing.T, pidfile string) string {
	t.Helper()
	eventually(t, "the command started", func() bool { _, err := os.Stat(pidfile); return err == nil })
	data, err := os.ReadFile(pidfile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// gone reports that a process ended; one that nobody has waited for yet has ended too.
func gone(pid string) bool {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	return err != nil || strings.Contains(string(data), ") Z ")
}

func TestCancelledStreamCallsNobody(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.exec = func(c *channel) {
			for {
				if _, err := c.Write([]byte("line\n")); err != nil {
					return
				}
			}
		}
	})
	h := reach(t, s, nil)
	ctx, cancel := context.WithCancel(within10s(t))
	returned, n := false, 0
	r := h.Stream(ctx, Command{Script: "yes"}, func(string) {
		if n++; n == 100 {
			cancel()
		}
		if returned {
			t.Error("called after the return")
		}
	})
	returned = true
	if r.Outcome != Unknown || n < 100 {
		t.Errorf("%+v after %d lines", r, n)
	}
}

func TestKeysAreExchangedAgain(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.RekeyThreshold = 64 << 10 })
	h := reach(t, s, func(p *Pool) { p.pace.handshake = 2 * time.Second })
	began := time.Now()
	for time.Since(began) < 2500*time.Millisecond { // longer than a handshake may take: its deadline is not the connection's
		r := h.Look(within10s(t), Command{Script: "head -c 1000000 /dev/zero | tr '\\0' x"})
		if !r.OK() || len(r.Stdout) != 1000000 {
			t.Fatalf("%v %v", r.Outcome, r.Cause)
		}
	}
	if logins, _, _ := s.seen(); logins != 1 {
		t.Errorf("%d logins", logins)
	}
}

func TestErrSaysWhy(t *testing.T) {
	for _, c := range []struct {
		r    Result
		want string
	}{
		{Result{Outcome: Exited, Code: 2, Stderr: "a\nno space left\n"}, "pulling on worker-1: exit status 2: no space left"},
		{Result{Outcome: Exited, Code: 2, Stdout: "only here\n"}, "pulling on worker-1: exit status 2: only here"},
		{Result{Outcome: Signalled, Signal: "KILL"}, "pulling on worker-1: killed by KILL"},
		{Result{Outcome: Unreachable, Cause: &fault.Error{What: "no SSH connection", Why: "refused", Next: "wait"}},
			"pulling on worker-1: no SSH connection: refused (next: wait)"},
		{Result{}, "pulling on worker-1: the outcome is unknown (next: look at the host before doing it again: it may have happened)"},
	} {
		if got := c.r.Err("pulling", "worker-1"); got == nil || got.Error() != c.want {
			t.Errorf("got %v, want %s", got, c.want)
		}
	}
	if (Result{Outcome: Exited}).Err("x", "y") != nil {
		t.Error("success is no error")
	}
	var e *ssh.ExitMissingError
	if errors.As(Result{Outcome: Unknown, Cause: &ssh.ExitMissingError{}}.Err("x", "y"), &e); e == nil {
		t.Error("the cause is lost")
	}
}

// The library can lose a request for a session that is written while the connection ends: nobody waits for it, neither who asked nor who closes the pool.
func TestARequestThatTheLibraryLostIsLetGoOf(t *testing.T) {
	h := reach(t, newServer(t, nil), nil)
	h.pool.pace.grace = 10 * time.Millisecond
	c, err := h.connect(within10s(t))
	if err != nil {
		t.Fatal(err)
	}
	lost := make(chan struct{})
	defer close(lost)
	asked, answered := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := within(t.Context(), c, func() (int, error) { close(asked); <-lost; return 0, errClosed }, func(int) {}, func() {})
		answered <- err
	}()
	<-asked
	h.Drop()
	ctx := within10s(t)
	select {
	case err := <-answered:
		if !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Fatal("it waits for what the connection took with it")
	}
	if r := h.Look(ctx, Command{Script: "true"}); !r.OK() {
		t.Errorf("the next command: %+v", r)
	}
	closed := make(chan struct{})
	go func() { defer close(closed); _ = h.pool.Close() }()
	select {
	case <-closed:
	case <-ctx.Done():
		t.Fatal("closing waits for it")
	}
}
