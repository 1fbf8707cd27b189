package main

import (
	"encoding/base64"
	"os"
	"slices"
	"strings"
	"testing"
)

// At the command line a new password is masked, too, and handed to whoever sits there: copied once, shown once where that did not arrive, or let go of.
func TestAPasswordIsHandedOver(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	const word = "engage-troi-1701"
	clip := "]52;c;" + base64.StdEncoding.EncodeToString([]byte(word))
	reset := []string{"--config", b.ConfigPath(), "tootctl", "--yes", "--", "accounts", "modify", "troi", "--reset-password"}
	for name, x := range map[string]struct {
		env    []string
		args   []string
		sits   func(s *terminal)
		copied int // times
		shown  bool
		code   int
	}{
		"copied": {nil, reset, func(s *terminal) {
			s.press("\r")
			s.sees("did it arrive?")
			s.press("yes\r")
			s.sees("on no screen and in no log")
		}, 1, false, 0},
		"copied to nowhere, in tmux": {[]string{"TMUX=/tmp/x"}, reset, func(s *terminal) {
			s.press("copy\r")
			s.sees("did it arrive?")
			s.press("\r\r\r")
			s.sees("New password: "+word, "when you have it, type wipe:")
			s.press("wipe\r")
			s.sees("on no screen and in no log")
		}, 2, true, 0},
		"no way to wipe": {[]string{"TERM=dumb"}, reset, func(s *terminal) {
			s.sees("where it stays", "(show, drop) [show]")
			s.press("drop\r")
			s.sees("was let go of: nobody has it")
		}, 0, false, 0},
		"gone by Ctrl-C": {nil, reset, func(s *terminal) { s.press("\x03"); s.sees("was let go of: nobody has it") }, 0, false, 130},
		"gone by EOF":    {nil, reset, func(s *terminal) { s.press("\x04"); s.sees("was let go of: nobody has it") }, 0, false, 0},
		"of a run": {nil, []string{"--config", b.ConfigPath(), "run", "account-support", "--yes", "--set", "username=troi", "--set", "reset_password=true"}, func(s *terminal) {
			s.sees("Nothing goes on before it is taken")
			s.press("show\r")
			s.sees("New password: " + word)
			if s.says([]string{"another password, and no session"}) {
				t.Error("it went on")
			}
			s.press("wipe\r")
			s.sees("on no screen and in no log", "the new password was taken", "another password, and no session", "run done")
		}, 0, true, 0},
	} {
		s := sitWith(t, x.env, os.Args[0], 120, 50, x.args...)
		s.sees("New password: •••", "the new password is kept nowhere", "your decision (")
		if s.says([]string{word}) {
			t.Errorf("%s: it is on the screen:\n%s", name, s.text())
		}
		x.sits(s)
		if code := s.ends(); code != x.code || s.says([]string{word}) || !s.clean() && x.shown {
			t.Errorf("%s: exit %d:\n%s", name, code, s.text())
		}
		raw := string(s.raw)
		if n := strings.Count(raw, clip); n != x.copied {
			t.Errorf("%s: it went to the clipboard %d times", name, n)
		}
		before, after, shown := strings.Cut(raw, word)
		if shown != x.shown || strings.Contains(after, word) || shown && strings.Count(before, "\x1b[?1049h") != 1 {
			t.Errorf("%s: it was shown otherwise than once and beside the scrollback: %q", name, raw)
		}
	}
	got := vmtui(t, b.ConfigPath(), "run", "account-support", "--json", "--yes", "--set", "username=troi", "--set", "reset_password=true")
	has := slices.ContainsFunc(lines(t, got.out), func(l line) bool { return l.Type == "password" && l.Run != "" })
	if got.code != 0 || !has || strings.Count(got.out, word) != 1 || !strings.Contains(got.out, `"new_password":"`+word+`"`) {
		t.Errorf("for a script: exit %d: %s%s", got.code, got.out, got.err)
	}
}

// A run waits until its new password was taken: one that is killed just then does not go on as if somebody had it.
func TestAPasswordThatNobodyTook(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 120, 50, "--config", b.ConfigPath(), "run", "account-support", "--yes", "--set", "username=troi", "--set", "reset_password=true")
	s.sees("Nothing goes on before it is taken", "your decision (")
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.ends()
	id := idIn(vmtui(t, b.ConfigPath(), "runs", "list", "--json").out)
	got := vmtui(t, b.ConfigPath(), "runs", "resume", id, "--yes", "--show-password")
	if got.code != 3 || !strings.Contains(got.out, "a new password that nobody has: it was set") || strings.Contains(got.out, "another password, and no session") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
}
