//go:build lab

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
)

// sentinelSudo is the password of every user that the lab makes.
const sentinelSudo = "5ent1nelSudoPassword-of-the-lab"

// asking are three workers where one user needs a password for sudo, and a fourth where another needs none.
func asking(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	asked, free := s.user("vmtuiasked", "ALL"), s.user("vmtuifree", "NOPASSWD: ALL")
	for name, user := range map[string]string{"exec": "root", "worker-1": asked, "worker-2": asked, "worker-3": asked, "worker-4": free} {
		s.start(name, sshd.Options{Authorized: []ssh.PublicKey{s.key.PublicKey()}})
		s.pin(name)
		s.node(name, user+"@"+s.servers[name].Addr())
	}
	s.settle()
	return s
}

// watched looks at the command line of every process of this machine, which is both sides, for as long as the test runs, and at the environment of those
// below the servers.
func (s *site) watched(p *planted) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	over, looks, lines := make(chan struct{}), 0, atomic.Int64{}
	go func() {
		defer close(over)
		for ; ctx.Err() == nil; looks++ {
			all, _ := filepath.Glob("/proc/[0-9]*")
			for _, dir := range all {
				line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
				if err != nil {
					continue
				}
				if strings.Contains(string(line), "vmtui ") && strings.Contains(string(line), "begins") {
					lines.Add(1) // it is one that sudo runs for us
				}
				p.clear("a command line", []byte(string(line)+"\n"+format.Replace(string(line))))
				if env, err := os.ReadFile(filepath.Join(dir, "environ")); err == nil && strings.Contains(string(env), "SSH_CONNECTION=127.0.0.1") {
					p.clear("the environment of a command there", env)
				}
			}
		}
	}()
	return func() {
		s.t.Helper()
		cancel()
		<-over
		if looks < 3 || lines.Load() == 0 {
			s.t.Errorf("%d looks saw %d of the commands there", looks, lines.Load())
		}
	}
}

// unseen reports that the terminal does not show what is typed.
func (s *terminal) unseen() bool {
	state, err := unix.IoctlGetTermios(int(s.pty.Fd()), unix.TCGETS)
	return err == nil && state.Lflag&unix.ECHO == 0
}

// Of many hosts whose sudo asks, one asks for all, in the middle of the fan-out, and what was answered stands nowhere: not on either side's command lines,
// not on the screen, not in a file.
func TestLabSudoAsksOnceForAll(t *testing.T) {
	s := asking(t)
	p := &planted{t: t, all: []string{sentinelSudo}}
	stop := s.watched(p)
	t.Run("at a prompt", func(t *testing.T) {
		c := sit(t, 100, 30, "--config", s.path("config.yaml"), "exec", "-n", "worker-[1-4]", "--sudo", "--", "sh", "-c", "id -un; sleep 1")
		c.sees("Run it?")
		c.press("yes\r")
		c.sees("'s password", "type it, unseen:")
		c.insists("", func() bool { return c.unseen() })
		c.press(sentinelSudo + "\r")
		c.sees("worker-[1-4] (4): exit 0", "root")
		if code := c.ends(); code != 0 || strings.Count(string(c.raw), "'s password") != 1 {
			t.Errorf("exit %d: %q", code, c.raw)
		}
		p.clear("the terminal", c.raw)
	})
	t.Run("at the console", func(t *testing.T) {
		c := sit(t, 120, 36, "--config", s.path("config.yaml"))
		c.sees("worker-4")
		c.press(":exec worker-[1-4] --sudo -- id -un; sleep 1\r")
		c.sees("nothing was sent yet")
		c.insists("g", func() bool { return c.says([]string{"'s password"}) })
		c.insists("x", func() bool { return c.says([]string{"•"}) }) // a dialog that opens by itself swallows keys until the hand has stopped
		c.press("\x15" + sentinelSudo)
		c.sees(strings.Repeat("•", len(sentinelSudo)))
		c.insists("\r", func() bool { return !c.says([]string{"'s password"}) })
		c.sees("4 well")
		c.press("q")
		if code := c.ends(); code != 0 {
			t.Errorf("exit %d", code)
		}
		p.clear("the terminal", c.raw)
	})
	stop()
	if seen := p.files(s.path("state")); len(seen) == 0 {
		t.Error("no file was searched")
	}
}
