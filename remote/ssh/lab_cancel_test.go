//go:build lab

package ssh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/lab/docker"
	"github.com/vmtui/vmtui/fixtures/lab/sshd"
	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/remote"
)

const clientArg = "play-client"

// errand is what a console does that is to be killed.
type errand struct {
	Transport                  Transport
	Config, Known, Dest, Sesam string
	Command                    Command
}

// playClient runs an errand until it is over, which it never is.
func playClient(text string) {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		panic(err)
	}
	trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{e.Known}})
	if err != nil {
		panic(err)
	}
	p := NewPool(Config{
		SSHConfigPath: e.Config, Transport: e.Transport, KnownHosts: e.Known, Trust: trust,
		Identities: keys.NewIdentities(keys.IdentitiesConfig{}), Passwords: knows(e.Sesam),
	})
	fmt.Fprintf(os.Stderr, "%+v\n", p.Host("lab", e.Dest).Do(context.Background(), allowed, e.Command))
	os.Exit(1)
}

// knows is an operator with one password.
func knows(word string) *keys.Passwords {
	return keys.NewPasswords(askerFunc(func(context.Context, keys.Question) (keys.Answer, error) { return keys.Answer{Text: word}, nil }), nil)
}

// errands are commands that never end, and leave a child behind which would not end either. The word is how ps knows them.
func errands(t *testing.T, container string) map[string]func(word string) Command {
	script := func(word string) string { return "sleep " + word + " & sleep " + word + " & wait" }
	return map[string]func(string) Command{
		"plain":     func(w string) Command { return Command{Script: script(w), Tether: true} },
		"stubborn":  func(w string) Command { return Command{Script: "trap '' TERM HUP; " + script(w), Tether: true} },
		"sudo":      func(w string) Command { return Command{Script: script(w), Tether: true, Sudo: true} },
		"container": func(w string) Command { return Command{Script: script(w), Inside: container} },
		"container, as root by sudo": func(w string) Command {
			return Command{Script: "trap '' TERM; " + script(w), Inside: container, Sudo: true}
		},
	}
}

func TestLabCancelEndsWhatRuns(t *testing.T) {
	l, container := startWithUser(t), startContainer(t)
	overBoth(t, func(t *testing.T, by Transport) {
		p := l.open(t, by, func(p *Pool) { p.config.Passwords = knows(sesame) })
		for name, command := range errands(t, container) {
			for when, reached := range moments {
				t.Run(name+" "+when, func(t *testing.T) {
					t.Parallel()
					word := duration()
					ctx, cancel := context.WithCancel(within1m(t))
					done := make(chan Result, 1)
					go func() { done <- p.Host("lab", l.dest(name)).Do(ctx, allowed, command(word)) }()
					unlessEnded(t, done, func() bool { return reached(t, "sleep "+word) })
					cancel()
					r := <-done
					unknown := r.Outcome == Unknown && errors.Is(r.Err("x", "y"), remote.ErrUnknown)
					if notSent := when == "while it starts" && r.Outcome == Unreachable; !unknown && !notSent {
						t.Errorf("%+v", r)
					}
					awaitGone(t, word)
					if strings.HasPrefix(name, "container") {
						nothingInside(t, container, word)
					}
				})
			}
		}
		t.Run("plain, by a signal", func(t *testing.T) {
			t.Parallel()
			word := duration()
			ctx, cancel := context.WithCancel(within1m(t))
			done := make(chan Result, 1)
			go func() {
				done <- p.Host("lab", l.dest("plain")).Do(ctx, allowed, Command{Script: "sleep " + word + " & sleep " + word + " & wait"})
			}()
			unlessEnded(t, done, func() bool { return running(t, "sleep "+word) })
			cancel()
			<-done
			awaitGone(t, word)
		})
	})
	nothingLeft(t, container)
}

func TestLabKilledConsoleLeavesNothingRunning(t *testing.T) {
	l, container := startWithUser(t), startContainer(t)
	overBoth(t, func(t *testing.T, by Transport) {
		for name, command := range errands(t, container) {
			t.Run(name, func(t *testing.T) {
				word := duration()
				text, err := json.Marshal(errand{Transport: by, Config: l.config, Known: l.known(), Dest: l.dest(name), Sesam: sesame, Command: command(word)})
				if err != nil {
					t.Fatal(err)
				}
				console := exec.Command(exe(t), clientArg, string(text))
				var says strings.Builder
				console.Stderr = &says
				if err := console.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan Result, 1)
				go func() { ended <- Result{Cause: console.Wait()} }()
				unlessEnded(t, ended, func() bool { return doing(t, "sleep "+word) })
				_ = console.Process.Kill()
				<-ended
				awaitGone(t, "sleep "+word)
				if strings.HasPrefix(name, "container") {
					nothingInside(t, container, word)
				}
				if by == OpenSSH {
					eventually(t, "the master went with it", func() bool { return !running(t, l.known()) })
				}
			})
		}
	})
	nothingLeft(t, container)
}

// moments are when a command is cancelled: once it does its work, or when all that is seen of it is the line that starts it.
var moments = map[string]func(t *testing.T, line string) bool{"once it runs": doing, "while it starts": running}

// doing asks ps whether that very command runs, and not just something that has it among its arguments.
func doing(t *testing.T, line string) bool {
	t.Helper()
	for is := range strings.Lines(run(t, "ps", "-eo", "args")) {
		if strings.TrimSpace(is) == line {
			return true
		}
	}
	return false
}

// unlessEnded waits until it is as it should, and fails when the command ends before.
func unlessEnded(t *testing.T, ended <-chan Result, so func() bool) {
	t.Helper()
	look, ctx := time.NewTicker(50*time.Millisecond), within1m(t)
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
		case r := <-ended:
			t.Fatalf("it ended: %+v", r)
		case <-ctx.Done():
			t.Fatal("it never ran")
		}
	}
}

func awaitGone(t *testing.T, word string) {
	t.Helper()
	eventually(t, "the end of "+word, func() bool { return !running(t, word) })
}

// nothingInside asks docker too.
func nothingInside(t *testing.T, container, word string) {
	t.Helper()
	if top := run(t, "docker", "top", container, "-eo", "pid,args"); strings.Contains(top, word) {
		t.Errorf("docker top: %s", top)
	}
}

// nothingLeft looks at the container's disk, once nothing is cancelled in there any more.
func nothingLeft(t *testing.T, container string) {
	t.Helper()
	eventually(t, "nothing is left on its disk", func() bool {
		return !strings.Contains(run(t, "docker", "exec", container, "/bin/sh", "-c", "ls -A /tmp"), ".")
	})
}

const sesame = "open sesame"

// withUser is a lab where one may log in as root, and as somebody who needs a password for sudo.
type withUser struct {
	*lab
	user *sshd.User
}

func startWithUser(t *testing.T) *withUser {
	t.Helper()
	name := fmt.Sprintf("lab%d", os.Getpid())
	u, err := sshd.AddUser(within1m(t), name, sesame, "ALL=(ALL) ALL")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &withUser{startLab(t, sshd.Options{}), u}
}

// dest is who must log in for an errand.
func (l *withUser) dest(name string) string {
	if strings.Contains(name, "sudo") {
		return l.user.Name + "@lab"
	}
	return "root@lab"
}

func TestLabSudo(t *testing.T) {
	l := startWithUser(t)
	overBoth(t, func(t *testing.T, by Transport) {
		redact, asked := keys.NewRedactor(), 0
		p := l.open(t, by, func(p *Pool) {
			p.config.Passwords = keys.NewPasswords(askerFunc(func(context.Context, keys.Question) (keys.Answer, error) {
				asked++
				return keys.Answer{Text: map[bool]string{true: "a typo", false: sesame}[asked == 1]}, nil
			}), redact.Add)
		})
		h := p.Host("lab", l.user.Name+"@lab")
		for name, c := range map[string]Command{
			"plain": {Script: `id -u; cat`, Stdin: []byte("in")}, "tethered": {Script: `id -u; printf in`, Tether: true},
		} {
			c.Sudo = true
			if r := h.Do(within1m(t), allowed, c); !r.OK() || r.Stdout != "0\nin" || r.Stderr != "" {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if r := p.Host("lab", "root@lab").Do(within1m(t), allowed, Command{Script: "cat", Stdin: []byte("in"), Sudo: true}); !r.OK() || r.Stdout != "in" {
			t.Errorf("root is not asked: %+v", r)
		}
		if asked != 2 || redact.Redact(sesame) == sesame {
			t.Errorf("asked %d times, hidden as %q", asked, redact.Redact(sesame))
		}
	})
}

// startContainer is a container of nothing but busybox, in which nothing runs but sleep.
func startContainer(t *testing.T) string {
	t.Helper()
	stop, err := docker.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	dir, name := t.TempDir(), fmt.Sprintf("vmtui-lab-%d-%d", os.Getpid(), spoken.Add(1))
	run(t, "cp", docker.Busybox, filepath.Join(dir, "busybox"))
	dockerfile := "FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\nCOPY busybox /bin/ls\nCOPY busybox /bin/rm\nCOPY busybox /bin/kill\nCOPY busybox /tmp/.keep\n" +
		"CMD [\"/bin/sleep\", \"1000000\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(strings.Replace(dockerfile, "COPY busybox /tmp/.keep\n", "WORKDIR /tmp\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "docker", "build", "-q", "-t", name, dir)
	run(t, "docker", "run", "-d", "--network", "none", "--name", name, name)
	t.Cleanup(func() {
		_ = exec.Command("docker", "rm", "-f", name).Run()
		_ = exec.Command("docker", "rmi", "-f", name).Run()
	})
	return name
}
