package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCopyCommand(t *testing.T) {
	t.Parallel()
	b, dir := startBox(t, nil), t.TempDir()
	text := bytes.Repeat([]byte("set -e # what provisions\n"), 40_000)
	up, hostile := filepath.Join(dir, "provision.sh"), filepath.Join(dir, "e\x1b]2;owned\avil\x1b[31m.sh")
	for _, file := range []string{up, hostile} {
		if err := os.WriteFile(file, text, 0o750); err != nil { // #nosec G306 -- the mode is kept, which is looked at
			t.Fatal(err)
		}
	}
	worker := b.Machine("worker-1")
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"copy", up, "worker-1:/root/"}, 0, "is copied to worker-1:/root/provision.sh"},
		{[]string{"copy", "worker-1:/root/provision.sh", dir + "/back"}, 0, "is copied to " + dir + "/back"},
		{[]string{"copy", hostile, "worker-1:/root/"}, 0, "evil.sh is copied to worker-1:/root/evil.sh"},
		{[]string{"copy", up, "worker-1:/root"}, 1, "/root is a directory\n  next: end it with / to copy into it"},
		{[]string{"copy", up, "worker-1:/none/"}, 1, "there is no /none on the host\n  next: name a folder that is there"},
		{[]string{"copy", "worker-1:/root", dir + "/x"}, 1, "/root is not a file\n  next: name one file"},
		{[]string{"copy", "worker-1:/none\x1b[31m", dir + "/x"}, 1, "copy /none to"},
		{[]string{"copy", dir, "worker-1:/root/"}, 2, "it is a directory, and one file is copied at a time"},
		{[]string{"copy", up, dir}, 2, "one of the two is on a node"},
		{[]string{"copy", up}, 2, "it takes"},
		{[]string{"--read-only", "copy", up, "worker-1:/root/other"}, 3, "read-only"},
		{[]string{"--read-only", "copy", "worker-1:/root/provision.sh", dir + "/looked"}, 0, "is copied to"},
	} {
		got := vmtui(t, b.ConfigPath(), x.args...)
		if got.code != x.code || !strings.Contains(got.out+got.err, x.says) || strings.ContainsAny(got.out+got.err, "\x1b\a") {
			t.Errorf("%q: %d, want %d and %q:\n%q%q", x.args, got.code, x.code, x.says, got.out, got.err)
		}
	}
	if there, err := worker.ReadFile("/root/provision.sh"); err != nil || !bytes.Equal(there, text) {
		t.Errorf("%d bytes there, %v", len(there), err)
	}
	if back, err := os.ReadFile(dir + "/back"); err != nil || !bytes.Equal(back, text) {
		t.Errorf("%d bytes came back, %v", len(back), err)
	}
	if _, err := os.Stat(dir + "/x"); err == nil {
		t.Error("a copy that failed has a name")
	}
	for _, left := range []string{dir, "/root"} {
		if left == "/root" {
			out, _ := worker.Run(t.Context(), "ls -A /root")
			if strings.Contains(out, ".part") {
				t.Errorf("left behind there: %s", out)
			}
			continue
		}
		if parts, _ := filepath.Glob(left + "/.*.part"); len(parts) > 0 {
			t.Errorf("left behind: %q", parts)
		}
	}
	if list := vmtui(t, b.ConfigPath(), "runs", "list"); strings.Count(list.out, "  copy  ") != 4 || strings.Contains(list.out, "\x1b") {
		t.Errorf("the history: %q", list.out)
	}
	t.Run("at the console", func(t *testing.T) {
		s := sit(t, 120, 36, "--config", b.ConfigPath())
		s.sees("worker-2", "healthy")
		s.press(":file " + up + " worker-2:/root/from-the-console\r")
		s.sees("to    worker-2:/root/from-the-console", "nothing was copied yet")
		s.press("g")
		s.sees("it is there, whole, with its mode")
		s.press("q")
		if code := s.ends(); code != 0 || !s.clean() {
			t.Errorf("exit %d, clean %v", code, s.clean())
		}
		other := b.Machine("worker-2")
		if there, err := other.ReadFile("/root/from-the-console"); err != nil || !bytes.Equal(there, text) {
			t.Errorf("%d bytes there, %v", len(there), err)
		}
	})
}
