package main

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// What asks is answered by the operator: at the command line and in the console, on the job's own terminal.
func TestQuestionsAreAnswered(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 120, 50, "--config", b.ConfigPath(), "tootctl", "--", "self-destruct")
	s.sees("danger:", "it is not under way already: holds", "? there is a backup of the database", "it only prints a variable", "Type the name of the instance")
	s.press("vmst.example\r")
	s.sees("Type in the domain of the server to confirm:")
	watcher := sit(t, 120, 50, "--config", b.ConfigPath(), "--read-only", "jobs", "attach", jobsOf(t, b.ConfigPath())[0].ID)
	watcher.sees("it asks, and is only followed here: read-only", "Type in the domain of the server to confirm:")
	exec := b.Machine("exec")
	exec.TootItem(time.Minute) // it works in silence between its questions for as long as that is looked at
	s.press("\r")
	s.sees("an empty line is no answer")
	s.press("vmst.example\r")
	watcher.sees("\nvmst.example") // the echo
	s.insists("yes\r", func() bool { return s.says([]string{"it asks nothing now"}) })
	s.press("yes") // half an answer, to nothing
	const sure = "Are you sure you want to proceed?"
	exec.TootItem(0)
	s.awaits("it never asked, beside the plan", []string{sure}, func() bool { return strings.Count(s.text(), sure) == 2 })
	s.press("\r")
	s.awaits("what was typed before it asked is an answer", nil, func() bool { return strings.Count(s.text(), "an empty line is no answer") == 2 })
	s.press("y\r")
	s.sees("it takes yes or no, typed whole")
	s.press("yes\r")
	s.sees("SELF_DESTRUCT=abc123")
	watcher.sees("SELF_DESTRUCT=abc123")
	if one, other := s.ends(), watcher.ends(); one != 0 || other != 0 {
		t.Errorf("exit %d, and %d of who only watched", one, other)
	}
	s = sit(t, 120, 50, "--config", b.ConfigPath(), "tootctl", "--", "maintenance", "fix-duplicates")
	s.sees("✗ Sidekiq is stopped everywhere: fails", "it is run with DB_PORT=25060", "stop each of them")
	if code := s.ends(); code != 3 {
		t.Errorf("exit %d", code)
	}
	for _, stop := range [][]string{{"@worker", "docker ps -q | xargs docker stop -t 1"}, {"exec", "systemctl stop mastodon-sidekiq mastodon-web mastodon-streaming; redis-cli DEL processes"}} {
		if got := vmtui(t, b.ConfigPath(), "exec", "-n", stop[0], "--", stop[1]); got.code != 0 {
			t.Fatalf("exit %d: %s%s", got.code, got.out, got.err)
		}
	}
	s = sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "exited")
	s.press("t")
	s.sees("48 of 48")
	s.press("/maintenance\r")
	s.sees("1 of 48")
	s.press("g")
	s.sees("type vmst.example to go on", "Sidekiq is stopped everywhere: holds", "past its pool: holds")
	s.press("vmst.example\r")
	s.sees("it goes on without you") // what it will ask stands in the dialog before, too
	for _, x := range []struct{ asks, says string }{{"Continue anyway? (Yes/No)", "Yes"}, {"Continue? (Yes/No)", "Yes"}, {"Account to keep unchanged:", "1"}} {
		s.sees(x.asks, "waits for an answer")
		exec.TootItem(time.Minute)
		s.insists("a", func() bool { return s.says([]string{"Answer the job"}) })
		s.press("\x15y\r") // what was insisted on once too often is typed by now
		s.sees("it takes")
		s.press("\x15" + x.says + "\r")
		s.lacks("Answer the job")
		s.insists("a", func() bool { return s.says([]string{"it asks nothing now"}) })
		exec.TootItem(0)
	}
	s.sees("Finished!", "success")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, j := range jobsOf(t, b.ConfigPath()) {
		if j.Result != "success" {
			t.Errorf("%s: %s", j.Line, j.Result)
		}
	}
}

// A new password is masked on the screen and everywhere else, and can be copied once: from the job, and from the run that gave it.
func TestAPasswordIsCopiedOnce(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "healthy")
	s.press("t")
	s.sees("48 of 48", "Mastodon 4.6.5")
	s.press("e")
	s.sees("The command line")
	s.press("\x15accounts modify troi --reset-password\r")
	s.sees("it can be run")
	s.press("g")
	s.sees("Run it")
	s.insists("g", func() bool { return s.says([]string{"the new password can be copied once"}) })
	copiesOnce(t, s, "engage-troi-1701")
	s.insists("\x1b", func() bool { return s.says([]string{"What would run"}) }) // one that came together with the dialog's was another key
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if got := vmtui(t, b.ConfigPath(), "audit", "--json"); got.code != 0 || strings.Contains(got.out, "engage") || !strings.Contains(got.out, "reset-password") {
		t.Errorf("exit %d: the trail: %s", got.code, got.out)
	}
	if got := vmtui(t, b.ConfigPath(), "exec", "-n", "exec", "--", "grep -r engage /var/lib/vmtui || echo nothing"); !strings.Contains(got.out, "nothing") {
		t.Errorf("on the node: %s", got.out)
	}
}

// copiesOnce copies the first excerpt, which is the password, and finds it gone the second time.
func copiesOnce(t *testing.T, s *terminal, word string) {
	t.Helper()
	s.insists("y", func() bool { return s.says([]string{"the new password, once"}) })
	s.insists("1", func() bool { return s.says([]string{"sent by OSC 52", "a new one must be made"}) })
	s.mu.Lock()
	raw := string(s.raw)
	s.mu.Unlock()
	if strings.Contains(raw, word) {
		t.Error("the password was drawn")
	}
	if n := strings.Count(raw, "]52;c;"+base64.StdEncoding.EncodeToString([]byte(word))); n != 1 {
		t.Errorf("it went to the clipboard %d times", n)
	}
	s.insists("y", func() bool { return s.says([]string{"its output"}) || s.says([]string{"the transcript"}) })
	if s.says([]string{"the new password, once (", word}) {
		t.Errorf("it can be copied twice:\n%s", s.text())
	}
	s.press("\x1b")
	s.lacks("Copy what?")
}
