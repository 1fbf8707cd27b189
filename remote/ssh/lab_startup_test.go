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

	"pgregory.net/rapid"
)

// wordy is a ~/.bashrc as some have it.
const wordy = "echo Welcome to the machine\necho mind the step >&2\nprintf 'no line end'\n"

// loginShells are those of the lab, and where they are.
func loginShells(t *testing.T) map[string]string {
	t.Helper()
	paths := map[string]string{}
	for _, shell := range []string{"bash", "dash", "fish", "zsh", "bsd-csh", "tcsh"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Fatalf("go run ./fixtures/lab installs the shells that the lab needs: %v", err)
		}
		paths[shell] = path
	}
	return paths
}

// What a login shell's own files say is no answer of a command; what time they take is taken from every command's deadline and from nothing else. With a
// login shell that is not a POSIX one nothing is different.
func TestLabLoginShells(t *testing.T) {
	l := startWithUser(t)
	// logIn is over a connection of its own: sshd looks the shell up when somebody logs in.
	logIn := func(t *testing.T, by Transport, shell, text string) *Host {
		t.Helper()
		run(t, "usermod", "--shell", shell, l.user.Name)
		for _, name := range []string{".bashrc", ".zshenv", ".cshrc"} {
			if err := os.WriteFile(filepath.Join(l.user.Home(), name), []byte(text), 0o644); err != nil { // #nosec G306 -- its owner reads it
				t.Fatal(err)
			}
		}
		return l.open(t, by, nil).Host("lab", l.user.Name+"@lab")
	}
	paths := loginShells(t)
	overBoth(t, func(t *testing.T, by Transport) {
		for name, path := range paths {
			h := logIn(t, by, path, wordy)
			if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() { // from now on this is its login shell, whatever comes next
				t.Fatalf("%s: %+v", name, r)
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				saysWhatItShould(t, h)
				endsWhenCancelled(t, h)
			})
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

// Whatever an argument is, each login shell gives it to the command as it is.
func TestLabEveryShellTakesEveryArgument(t *testing.T) {
	paths, signs := loginShells(t), rapid.StringOfN(rapid.RuneFrom([]rune("ab1 \t\n!=%\\'\"$`~*?[]{}()<>|&;#^@:,-ж")), 0, 8, -1)
	for seed := range 10 {
		args := rapid.SliceOfN(signs, 20, 40).Example(seed)
		line, err := Command{Script: `printf '%s|' "$@"`, Args: args, Tether: seed%2 == 0}.line("MARK")
		if err != nil {
			t.Fatal(err)
		}
		want := start("MARK") + "\n" + strings.Join(args, "|") + "|"
		for shell, path := range paths {
			cmd := exec.CommandContext(within1m(t), path, "-c", portable(line)) // #nosec G204 -- a shell of the lab
			in, err := cmd.StdinPipe()                                          // held, as a session's is
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.Output()
			_ = in.Close()
			if err != nil || string(out) != want {
				t.Errorf("%s: %v\n%q\n%q", shell, err, out, want)
			}
		}
	}
}

func saysWhatItShould(t *testing.T, h *Host) {
	t.Helper()
	args := []string{"a b", "$(id)!", `a\\b`, `\'; touch x; '`, `ends in \`, "=ls", "%self", "two\ntouch x\nlines", "100%s"}
	for kind, c := range map[string]Command{
		"plain":    {Script: `cat; printf '%s|' "$@"; echo e >&2; exit 7`, Args: args, Stdin: []byte("in|")},
		"tethered": {Script: `printf 'in|'; printf '%s|' "$@"; echo e >&2; exit 7`, Args: args, Tether: true},
	} {
		if r := h.Do(within1m(t), allowed, c); r.Outcome != Exited || r.Code != 7 || r.Stdout != "in|"+strings.Join(args, "|")+"|" || r.Stderr != "e\n" {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	for _, tethered := range []bool{false, true} { // what needs no wrapping goes as it is
		if r := h.Look(within1m(t), Command{Script: `test "$1" != b && printf '%s|' "$@"`, Args: []string{"a", "*"}, Tether: tethered}); !r.OK() || r.Stdout != "a|*|" {
			t.Errorf("tethered %v: %+v", tethered, r)
		}
	}
	var lines []string
	r := h.Stream(within1m(t), Command{Script: "echo one; echo two >&2; sleep 0.05; echo three"}, func(s string) { lines = append(lines, s) })
	if !r.OK() || len(lines) != 3 || strings.Contains(strings.Join(lines, "|"), "Welcome") {
		t.Errorf("%+v %q", r, lines)
	}
}

func endsWhenCancelled(t *testing.T, h *Host) {
	t.Helper()
	for kind, tethered := range map[string]bool{"plain": false, "tethered": true} {
		word := duration()
		ctx, cancel := context.WithCancel(within1m(t))
		done := make(chan Result, 1)
		go func() { done <- h.Do(ctx, allowed, Command{Script: "sleep " + word + "\n:", Tether: tethered}) }()
		unlessEnded(t, done, func() bool { return doing(t, "sleep "+word) })
		cancel()
		if r := <-done; r.Outcome != Unknown {
			t.Errorf("%s, cancelled: %+v", kind, r)
		}
		awaitGone(t, word)
	}
}
