package ssh

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
)

// sudoOn puts a sudo in the way that takes one password, and returns a host whose operator knows these.
func sudoOn(t *testing.T, answers ...string) (h *Host, s *server, asked *int, redact *keys.Redactor) {
	dir := t.TempDir()
	fake := `#!/bin/sh
[ "$1 $2 $4" = "-S -p --" ] || exit 99
prompt=$3; shift 4
for try in 1 2 3; do
  printf %s "$prompt" >&2
  read -r word || { echo "sudo: no password was provided" >&2; exit 1; }
  [ "$word" = "open sesame" ] && exec "$@"
  echo "Sorry, try again." >&2
done
echo "sudo: 3 incorrect password attempts" >&2
exit 1
`
	if err := os.WriteFile(filepath.Join(dir, "sudo"), []byte(fake), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	s, asked, redact = newServer(t, nil), new(int), keys.NewRedactor()
	var mu sync.Mutex
	asker := askerFunc(func(context.Context, keys.Question) (keys.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		*asked++
		if *asked > len(answers) {
			return keys.Answer{}, nil
		}
		return keys.Answer{Text: answers[*asked-1]}, nil
	})
	return reach(t, s, func(p *Pool) { p.config.Passwords = keys.NewPasswords(asker, redact.Add) }), s, asked, redact
}

func TestSudoAsksOnce(t *testing.T) {
	h, s, asked, redact := sudoOn(t, "open sesame")
	for name, c := range map[string]Command{
		"plain":    {Script: `cat; echo "$1"; echo e >&2; exit 3`, Args: []string{"a b"}},
		"tethered": {Script: `cat; echo "$1"; echo e >&2; exit 3`, Args: []string{"a b"}, Tether: true},
	} {
		c.Sudo = true
		if r := h.Do(within10s(t), allowed, c); r.Outcome != Exited || r.Code != 3 || r.Stdout != "a b\n" || r.Stderr != "e\n" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	big := strings.Repeat("0123456789", 100_000)
	if r := h.Do(within10s(t), allowed, Command{Script: "wc -c", Stdin: []byte(big), Sudo: true}); !r.OK() || strings.TrimSpace(r.Stdout) != "1000000" {
		t.Errorf("input after the password: %+v", r)
	}
	var lines []string
	if r := h.Stream(within10s(t), Command{Script: "echo one; echo two", Sudo: true}, func(l string) { lines = append(lines, l) }); !r.OK() || strings.Join(lines, " ") != "one two" {
		t.Errorf("%+v %q", r, lines)
	}
	if *asked != 1 {
		t.Errorf("asked %d times", *asked)
	}
	_, commands, _ := s.seen()
	if strings.Contains(strings.Join(commands, "\n"), "sesame") || strings.Contains(redact.Redact("open sesame"), "sesame") {
		t.Errorf("the password is on a command line, or is not hidden: %q", commands)
	}
}

func TestSudoTypoIsAskedAgain(t *testing.T) {
	h, _, asked, _ := sudoOn(t, "open simsim", "open sesame")
	for range 2 {
		if r := h.Look(within10s(t), Command{Script: "echo in", Sudo: true}); !r.OK() || r.Stdout != "in\n" || r.Stderr != "" {
			t.Errorf("%+v", r)
		}
	}
	if *asked != 2 {
		t.Errorf("asked %d times", *asked)
	}
}

func TestSudoThatLetsNobodyInSentNothing(t *testing.T) {
	h, _, asked, _ := sudoOn(t)
	r := h.Do(within10s(t), allowed, Command{Script: "echo in", Sudo: true})
	if r.Outcome != Unreachable || fault.CodeOf(r.Cause) != fault.Refused || *asked != 1 {
		t.Errorf("no password: %+v", r)
	}
	h, _, _, _ = sudoOn(t, "a", "b", "c")
	r = h.Do(within10s(t), allowed, Command{Script: "echo in", Sudo: true})
	if r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "3 incorrect password attempts") {
		t.Errorf("three wrong ones: %+v", r)
	}
	h = reach(t, newServer(t, nil), nil)
	if r = h.Do(within10s(t), allowed, Command{Script: "echo in", Sudo: true}); r.Outcome != Unreachable || fault.CodeOf(r.Cause) != fault.Refused {
		t.Errorf("nobody to ask: %+v", r)
	}
}
