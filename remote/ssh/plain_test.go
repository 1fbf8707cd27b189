package ssh

import (
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
)

// sentinel is a secret in use.
const sentinel = "5ent1nel-5ent1nel-5ent1nel"

func secretive(p *Pool) {
	p.config.Secrets = keys.NewRedactor()
	p.config.Secrets.Add(keys.Confidential(sentinel))
}

func checkPlain(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Cf, r) {
			t.Errorf("%U is in %q", r, text)
		}
	}
	if strings.Contains(text, "5ent") {
		t.Errorf("the secret is in %q", text)
	}
}

// What a host says in its refusals reaches the operator by the library's errors: they are as hostile as its output.
func TestRefusalsAreWordedByTheHost(t *testing.T) {
	h := reach(t, newServer(t, func(s *server) {
		s.refuse = func(int) bool { return true }
		s.reason = "\x1b]52;c;AAAA\x07\u202e \x1b[31m" + sentinel
	}), secretive)
	res := h.Look(within10s(t), Command{Script: "true"})
	err := res.Err("looking", "worker-1")
	if res.Outcome != Unreachable || !strings.Contains(err.Error(), "open failed") {
		t.Fatalf("%+v", res)
	}
	checkPlain(t, err.Error())
	checkPlain(t, res.Cause.Error())
	checkPlain(t, res.ending().Says)
	if link := h.Link(); link.Err != nil {
		checkPlain(t, link.Err.Error())
	}
}

// A secret that comes in pieces, with an escape sequence in the middle, or cut off by a limit, is masked all the same.
func TestSecretsInOutput(t *testing.T) {
	s := newServer(t, nil)
	s.exec = func(c *channel) {
		for _, piece := range []string{"a " + sentinel[:9], sentinel[9:] + " b\n", "c " + sentinel[:5] + "\x1b[31m" + sentinel[5:] + "\x1b]52;c;AAAA\x07\r\n", "New password: 5ent1nel\n"} {
			_, _ = io.WriteString(c, piece)
			_, _ = io.WriteString(c.Stderr(), piece)
		}
		c.exit(1)
	}
	h := reach(t, s, secretive)
	const want = "a ••• b\nc •••\nNew password: •••\n"
	res := h.Look(within10s(t), Command{Script: "true"})
	if res.Stdout != want || res.Stderr != want {
		t.Errorf("%q %q", res.Stdout, res.Stderr)
	}
	checkPlain(t, res.Err("x", "y").Error())
	var lines []string
	res = h.Stream(within10s(t), Command{Script: "true"}, func(l string) { lines = append(lines, l) })
	if all := strings.Join(lines, "\n"); len(lines) != 6 || strings.Count(all, keys.Masked) != 6 || res.Stderr != want {
		t.Errorf("%q %q", lines, res.Stderr)
	}
	for _, limit := range []int{6, 10, len(sentinel)} {
		res := h.Look(within10s(t), Command{Script: "true", Limit: limit})
		if res.Dropped == 0 || res.Stdout != "a •••" {
			t.Errorf("%d: %q", limit, res.Stdout)
		}
	}
}

// Whoever may list the processes of a host reads command lines there.
func TestASecretInACommandLineIsNotSent(t *testing.T) {
	s := newServer(t, nil)
	h := reach(t, s, secretive)
	for _, c := range []Command{{Script: "echo", Args: []string{"x" + sentinel}}, {Script: "curl -u " + sentinel}, {Script: "echo", Args: []string{sentinel}, Tether: true}} {
		for _, res := range []Result{h.Look(within10s(t), c), h.Do(within10s(t), allowed, c)} {
			if res.Outcome != Unreachable || fault.CodeOf(res.Cause) != fault.Refused || !strings.Contains(res.Cause.Error(), "command line") {
				t.Errorf("%+v", res)
			}
			checkPlain(t, res.Err("x", "y").Error())
		}
	}
	if res := h.Look(within10s(t), Command{Script: `read -r s; echo "${#s}"`, Stdin: []byte(sentinel + "\n")}); strings.TrimSpace(res.Stdout) != "26" {
		t.Errorf("%+v", res)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.commands) != 1 {
		t.Errorf("%q", s.commands)
	}
}
