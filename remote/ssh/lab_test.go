//go:build lab

package ssh

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
	"github.com/vmtui/vmtui/keys"
)

// lab is a real sshd that knows one key, and an ssh_config with the alias lab for it.
type lab struct {
	*sshd.Server
	*place
	key    ssh.Signer
	config string
}

func within1m(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func startLab(t *testing.T, o sshd.Options) *lab {
	t.Helper()
	key, file, err := sshd.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	o.Authorized = append(o.Authorized, key.PublicKey())
	l := &lab{place: newPlace(t), key: key}
	l.write("id", string(file))
	l.Server = l.start(o)
	l.pin(l.Addr(), l.Key)
	l.config = l.write("config", l.alias("lab", l.Server, "")+"Host *\n User root\n")
	return l
}

func (l *lab) start(o sshd.Options) *sshd.Server {
	l.t.Helper()
	s, err := sshd.Start(within1m(l.t), o)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		if l.t.Failed() {
			l.t.Log(s.Log())
		}
		if err := s.Stop(); err != nil {
			l.t.Error(err)
		}
	})
	return s
}

func (l *lab) alias(name string, s *sshd.Server, more string) string {
	host, port, _ := net.SplitHostPort(s.Addr())
	return fmt.Sprintf("Host %s\n HostName %s\n Port %s\n IdentityFile %s\n IdentitiesOnly yes\n %s\n", name, host, port, filepath.Join(l.dir, "id"), more)
}

// open is a pool over this transport, which ends with the test.
func (l *lab) open(t *testing.T, by Transport, change func(*Pool)) *Pool {
	t.Helper()
	trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{l.known()}, Asker: l.asker})
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(Config{
		SSHConfigPath: l.config, Transport: by, KnownHosts: l.known(), Trust: trust,
		Identities: keys.NewIdentities(keys.IdentitiesConfig{Agent: true, Asker: l.asker}), Retry: 50 * time.Millisecond,
	})
	if change != nil {
		change(p)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// overBoth runs a test over both transports.
func overBoth(t *testing.T, test func(*testing.T, Transport)) {
	for _, by := range []Transport{Own, OpenSSH} {
		t.Run(string(by), func(t *testing.T) { test(t, by) })
	}
}

// run runs a command of this machine, which is the target as well.
func run(t *testing.T, words ...string) string {
	t.Helper()
	out, err := exec.CommandContext(within1m(t), words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v: %s", words, err, out)
	}
	return string(out)
}

// running asks ps whether a command line with that word runs.
func running(t *testing.T, word string) bool {
	t.Helper()
	for line := range strings.Lines(run(t, "ps", "-eo", "stat,args")) {
		if strings.Contains(line, word) && !strings.HasPrefix(line, "Z") {
			return true
		}
	}
	return false
}

var spoken atomic.Int64

// duration is a length of sleep that is nobody else's, so that ps can tell it.
func duration() string { return fmt.Sprintf("%d.%d", 100_000+os.Getpid()%100_000, 1000+spoken.Add(1)) }

func TestLabRunsCommands(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		r := h.Do(within1m(t), allowed, Command{Script: `cat; printf '%s|' "$@"; echo e >&2; exit 7`, Args: []string{"a b", "$(id)"}, Stdin: []byte("in|")})
		if r.Outcome != Exited || r.Code != 7 || r.Stdout != "in|a b|$(id)|" || r.Stderr != "e\n" {
			t.Errorf("%+v", r)
		}
		if r = h.Look(within1m(t), Command{Script: "kill -s KILL $$"}); r.Outcome != Signalled || r.Signal != "KILL" {
			t.Errorf("%+v", r)
		}
		if r = h.Look(within1m(t), Command{Script: "kill -s KILL $PPID"}); r.Outcome != Unknown {
			t.Errorf("the server of the session went: %+v", r)
		}
		r = h.Look(within1m(t), Command{Script: "head -c 5000000 /dev/zero | tr '\\0' x >&2; echo done", Limit: 1000})
		if !r.OK() || r.Stdout != "done\n" || r.Dropped != 5_000_000-1000 {
			t.Errorf("%v %q, %d dropped, %v", r.Outcome, r.Stdout, r.Dropped, r.Cause)
		}
		var lines []string
		r = h.Stream(within1m(t), Command{Script: "for i in 1 2 3; do echo line $i; done"}, func(s string) { lines = append(lines, s) })
		if !r.OK() || strings.Join(lines, ",") != "line 1,line 2,line 3" {
			t.Errorf("%+v %q", r, lines)
		}
		eventually(t, "a round trip is measured", func() bool { k := h.Link(); return k.State == "up" && k.RTT > 0 })
	})
}

func TestLabTunnel(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		c, err := h.Dial(within1m(t), "tcp", l.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if hello, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.HasPrefix(hello, "SSH-2.0-OpenSSH") {
			t.Errorf("%q %v", hello, err)
		}
		if _, err = h.Dial(within1m(t), "tcp", "127.0.0.1:1"); err == nil {
			t.Error("connected to nobody")
		}
	})
}

func TestLabManySessionsOverOneConnection(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		before := strings.Count(l.Log(), "Accepted publickey")
		h := l.open(t, by, nil).Host("lab", "lab")
		results := make(chan Result, 40)
		for range cap(results) {
			go func() { results <- h.Look(within1m(t), Command{Script: "sleep 0.05; echo hi"}) }()
		}
		for range cap(results) {
			if r := <-results; !r.OK() || r.Stdout != "hi\n" {
				t.Errorf("%+v", r)
			}
		}
		if logins := strings.Count(l.Log(), "Accepted publickey") - before; logins != 1 {
			t.Errorf("%d logins", logins)
		}
	})
}
