//go:build lab

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
)

// docked is a site of exec and one worker, where docker takes as long as nobody waits, and ends by no friendly word when it is stubborn.
func docked(t *testing.T, stubborn, sleep string) *site {
	t.Helper()
	s := newSite(t)
	script := "#!/bin/sh\n" + stubborn + "\nsleep " + sleep + " >/dev/null &\nwait\nwait\n"
	if err := os.Mkdir(s.path("bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.path("bin"), "docker"), []byte(script), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	for _, name := range []string{"exec", "worker-1"} {
		s.start(name, sshd.Options{Authorized: []ssh.PublicKey{s.key.PublicKey()}, Config: []string{fmt.Sprintf("SetEnv PATH=%s:%s", s.path("bin"), os.Getenv("PATH"))}})
		s.pin(name)
		s.node(name, "root@"+s.servers[name].Addr())
	}
	s.settle()
	return s
}

// The console is left in the middle of a look that does not end: when it is gone, so is what it started, by ps. It is the same at the command line.
func TestLabLeavingLeavesNothingBehind(t *testing.T) {
	for name, stubborn := range map[string]string{"friendly": "", "stubborn": "trap '' TERM HUP"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sleep := fmt.Sprintf("%d.%d", 100_000+os.Getpid(), len(stubborn)) // nobody else's
			s := docked(t, stubborn, sleep)
			c := sit(t, 120, 36, "--config", s.path("config.yaml"))
			c.sees("worker-1")
			until(t, "sleep "+sleep, 1)
			c.press("q")
			if code := c.ends(); code != 0 || !c.clean() {
				t.Errorf("exit %d, clean %v", code, c.clean())
			}
			said := strings.Contains(c.text(), "whether it has ended nobody knows, but it only looks: worker-1: look at the node")
			if n := running(t, "sleep "+sleep); said != (stubborn != "") || n != 0 && !said {
				t.Errorf("%d of them run:\n%s", n, c.text())
			}
			until(t, "sleep "+sleep, 0)
			cmd := product(t.Context(), s.path("config.yaml"), "status")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, "sleep "+sleep, 1)
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			until(t, "sleep "+sleep, 0)
		})
	}
}
