package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// beside copies the box's config under another name, with changes.
func beside(t *testing.T, b *box.Box, name string, pairs ...string) string {
	t.Helper()
	text, err := os.ReadFile(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(b.ConfigPath()), name)
	if err := os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// script is an executable shell script.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil { // #nosec G306 -- it is run
		t.Fatal(err)
	}
	return path
}

func TestSuspendAndComeBack(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	s := sitAt(t, "/bin/bash", 120, 36, "--norc", "-i")
	s.press("PS1='ready> '; stty -tostop\r")
	s.press(os.Args[0] + " --config " + b.ConfigPath() + "\r")
	s.sees("worker-2", "healthy")
	s.press("\x1a")
	s.sees("Stopped", "ready>")
	s.press("echo the shell has $((6*7))\r")
	s.sees("the shell has 42")
	s.resize(100, 30) // which the shell is told, and a process that is stopped is not
	s.press("fg\r")
	s.sees("worker-2", "healthy")
	s.awaits("the screen never was as large as the terminal", nil, func() bool {
		rows := strings.Split(strings.TrimRight(s.text(), "\n"), "\n")
		return len(rows) == 30 && strings.HasPrefix(rows[0], " vmst.example ") && strings.HasSuffix(strings.TrimRight(rows[29], " "), "q quit") &&
			strings.Count(s.text(), "vmst.example") == 1
	})
	s.press("?")
	s.sees("HERE: Fleet")
	s.press("q")
	s.sees("ready>")
	s.press("exit\r")
	s.ends()
}

// The first edit is wrong and is told so, the second is right and holds at once.
func TestTheConfigIsEditedAndReloaded(t *testing.T) {
	b := startBox(t, nil)
	path := beside(t, b, "mine.yaml")
	t.Setenv("EDITOR", script(t, `if [ -e "$1.tried" ]; then sed -i 's/^colour: red//' "$1"; sed -i 's/^instance: .*/instance: renamed.example/' "$1"; rm "$1.tried"
else echo 'colour: red' >> "$1"; touch "$1.tried"; fi`))
	t.Setenv("VISUAL", "")
	s := sit(t, 120, 36, "--config", path)
	s.sees("worker-2", "healthy")
	s.press(":config\r")
	s.sees("This would not hold", "colour", "edit again?")
	s.press("yes\n")
	s.sees("renamed.example", "worker-2", "healthy")
	s.press("q")
	if code := s.ends(); code != 0 || !s.clean() {
		t.Errorf("exit %d, clean %v", code, s.clean())
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, []byte("renamed.example")) { // #nosec G304 -- the test's own
		t.Errorf("%v %s", err, text)
	}
}

func TestABadEditIsGivenUp(t *testing.T) {
	b := startBox(t, nil)
	path := beside(t, b, "mine.yaml")
	before, err := os.ReadFile(path) // #nosec G304 -- the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("EDITOR", script(t, `echo 'colour: red' >> "$1"`))
	t.Setenv("VISUAL", "")
	s := sit(t, 120, 36, "--config", path)
	s.sees("worker-2", "healthy")
	s.press(":config\r")
	s.sees("edit again?")
	s.press("no\n")
	s.sees("the config is as it was", "worker-2")
	s.press("q")
	s.ends()
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) { // #nosec G304 -- the test's own
		t.Errorf("the file was changed: %v\n%s", err, after)
	}
}

// Another instance is entered through a door that says so; one that cannot be opened leads back.
func TestAnotherInstanceIsADoor(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	beside(t, b, "other.yaml", "vmst.example", "other.example")
	beside(t, b, "broken.yaml", "nodes:", "knots:")
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("vmst.example", "worker-2", "healthy")
	s.press(":instance broken.yaml\r")
	s.sees("cannot be entered")
	s.press(":instance other.example\r")
	s.sees("You leave vmst.example and enter other.example", "Stay on vmst.example")
	s.press("\t\t\r") // rests on staying, and comes back to it
	s.press(":instance other.example\r")
	s.sees("You leave")
	s.press("\t\r")
	s.sees(" other.example  Fleet", "worker-2", "healthy")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
