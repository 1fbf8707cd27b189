//go:build lab

package ssh

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wordy is a ~/.bashrc as some have it.
const wordy = "echo Welcome to the machine\necho mind the step >&2\nprintf 'no line end'\n"

// What a login shell's own files say is no answer of a command; what time they take is taken from every command's deadline and from nothing else. With a
// login shell that is not a POSIX one nothing is different.
func TestLabLoginShells(t *testing.T) {
	l := startWithUser(t)
	// logIn is over a connection of its own: sshd looks the shell up when somebody logs in.
	logIn := func(t *testing.T, by Transport, shell, text string) *Host {
		t.Helper()
		run(t, "usermod", "--shell", shell, l.user.Name)
		for _, name := range []string{".bashrc", ".zshenv"} {
			if err := os.WriteFile(filepath.Join(l.user.Home(), name), []byte(text), 0o644); err != nil { // #nosec G306 -- its owner reads it
				t.Fatal(err)
			}
		}
		return l.open(t, by, nil).Host("lab", l.user.Name+"@lab")
	}
	for _, shell := range []string{"fish", "zsh"} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Fatalf("the lab needs shells that are not sh (apt-get install %s): %v", shell, err)
		}
	}
	args := []string{"a b", "$(id)!", `a\\b`, `\'; touch x; '`, `ends in \`}
	overBoth(t, func(t *testing.T, by Transport) {
		for name, x := range map[string]struct{ shell, startup string }{
			"bash, wordy": {"/bin/bash", wordy}, "fish": {"/usr/bin/fish", ""}, "zsh": {"/usr/bin/zsh", wordy}, "dash": {"/bin/dash", wordy},
		} {
			h := logIn(t, by, x.shell, x.startup)
			for kind, c := range map[string]Command{
				"plain": {Script: `cat; printf '%s|' "$@"; echo e >&2; exit 7`, Args: args, Stdin: []byte("in|")}, "tethered": {Script: `printf 'in|'; printf '%s|' "$@"; echo e >&2; exit 7`, Args: args, Tether: true},
			} {
				if r := h.Do(within1m(t), allowed, c); r.Outcome != Exited || r.Code != 7 || r.Stdout != "in|"+strings.Join(args, "|")+"|" || r.Stderr != "e\n" {
					t.Errorf("%s, %s: %+v", name, kind, r)
				}
			}
			var lines []string
			if r := h.Stream(within1m(t), Command{Script: "echo one; echo two >&2; sleep 0.05; echo three"}, func(s string) { lines = append(lines, s) }); !r.OK() || len(lines) != 3 || strings.Contains(strings.Join(lines, "|"), "Welcome") {
				t.Errorf("%s: %+v %q", name, r, lines)
			}
		}

		h := logIn(t, by, "/bin/bash", "sleep 0.3\n")
		if r := h.Look(within1m(t), Command{Script: "echo hi"}); !r.OK() || r.Stdout != "hi\n" || r.Took < 300*time.Millisecond {
			t.Errorf("a slow one: %+v", r)
		}
		h = logIn(t, by, "/bin/bash", "sleep 600\n")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if r := h.Look(ctx, Command{Script: "echo hi"}); r.Outcome != Unknown || time.Since(began) > 10*time.Second {
			t.Errorf("one that takes for ever: %+v after %v", r, time.Since(began))
		}
		// what ends the shell before the command is no success
		marker := filepath.Join(l.user.Home(), "done")
		h = logIn(t, by, "/bin/bash", "exit 0\n")
		if r := h.Do(within1m(t), allowed, Command{Script: `: >"$1"`, Args: []string{marker}}); r.Outcome != Unreachable {
			t.Errorf("a shell that ended with 0 before the command: %+v", r)
		}
		if _, err := os.Stat(marker); err == nil {
			t.Error("the command was carried out")
		}
		h = logIn(t, by, "/usr/sbin/nologin", "")
		if r := h.Look(within1m(t), Command{Script: "true"}); r.Outcome != Exited || r.Code == 0 || !strings.Contains(fmt.Sprint(r.Stdout, r.Stderr), "not available") {
			t.Errorf("an account that may not log in: %+v", r)
		}
	})
}
