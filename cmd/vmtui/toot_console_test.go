package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/tootctl"
)

// The whole way in a real terminal: each command with its form, one found, run, followed to its end, and in the list of jobs.
func TestTootctlInTheConsole(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "healthy")
	s.press("t")
	s.sees("48 of 48", "Mastodon 4.6.5")
	walkTheTree(t, s)
	s.press("\x1b")
	s.sees("worker-2", "healthy")
	s.press("t")
	s.sees("48 of 48", "Mastodon 4.6.5")
	s.press("/media usage\r")
	s.sees("1 of 48")
	s.press("g")
	s.sees("Job ", "Attachments", "success")
	s.press("\x1b")
	s.sees("What would run")
	s.press("J")
	s.sees("Jobs on exec", "success", "tootctl media usage")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

// walkTheTree goes to each command of the list. Its form shows, and the line that it makes, which can be run if it is read as one that can; the first field that
// is typed is asked for, and Esc leaves that.
func walkTheTree(t *testing.T, s *terminal) {
	t.Helper()
	v, known := tootctl.ReadVersion("4.6.5")
	if !known {
		t.Fatal("that is no version")
	}
	for i, c := range tootctl.Known().Search("") {
		if i > 0 {
			s.press("1j")
		}
		form := tootctl.NewForm(c)
		call, wrong := form.Call(v)
		s.press("\r")
		s.sees("[2] "+c.Usage()+" ", call.Line()+" ")
		says := s.lacks
		if wrong == nil {
			says = s.sees
		}
		says("● it can be run")
		if got, err := tootctl.Known().Read(call.Line(), v); (err != nil) != (wrong != nil) || got == nil || got.Line() != call.Line() {
			t.Errorf("%s: %v; its form: %v", call.Line(), err, wrong)
		}
		fields := form.Fields(v)
		typed := slices.IndexFunc(fields, func(f tootctl.Field) bool {
			return f.Lacks == "" && (len(f.Choices) == 0 || f.Type == tootctl.Array)
		})
		if typed < 0 {
			continue
		}
		s.press("\x1b[H" + strings.Repeat("j", typed) + "\r")
		s.sees("Take it", fields[typed].About)
		s.press("\x1b")
		s.lacks("Take it")
	}
}
