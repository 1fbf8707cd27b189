package worker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What runs on exec is tried with the real ssh-keygen: every name of the machine gets the new key, nothing else changes, and hashed files stay hashed.
func TestRenewScriptOnExec(t *testing.T) {
	dir := t.TempDir()
	key := func(name string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		text, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	old, other, now := key("old"), key("other"), key("now")
	for name, hash := range map[string]bool{"plain": false, "hashed": true} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			file := filepath.Join(home, ".ssh", "known_hosts")
			before := "# mine\nexec " + other + "\nworker-2,10.0.0.12 " + old + "\n[10.0.0.12]:2022 " + old + "\nlast " + other
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) string {
				t.Helper()
				cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
				cmd.Env = append(os.Environ(), "HOME="+home)
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %v %s", args, err, out)
				}
				return string(out)
			}
			if hash {
				run("ssh-keygen", "-H", "-f", file)
				if err := os.Remove(file + ".old"); err != nil {
					t.Fatal(err)
				}
			}
			run("/bin/sh", "-c", renewScript, "vmtui", now, "worker-2", "10.0.0.12", "[10.0.0.12]:2022", "203.0.113.12")
			for _, host := range []string{"worker-2", "10.0.0.12", "[10.0.0.12]:2022"} {
				if got := run("ssh-keygen", "-F", host, "-f", file); !strings.Contains(got, now) || strings.Contains(got, old) {
					t.Errorf("%s: %s", host, got)
				}
			}
			text, err := os.ReadFile(file)
			if err != nil || strings.Contains(string(text), old) || strings.Count(string(text), other) != 2 || strings.Contains(string(text), "203.0.113.12") {
				t.Errorf("%v\n%s", err, text)
			}
			if strings.Contains(string(text), "worker-2") == hash {
				t.Errorf("not in the file's own style:\n%s", text)
			}
			left, err := filepath.Glob(file + ".*")
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
			run("/bin/sh", "-c", renewScript, "vmtui", now, "worker-9")
			if again, err := os.ReadFile(file); err != nil || string(again) != string(text) {
				t.Errorf("changed for a machine that is not known: %v\n%s", err, again)
			}
		})
	}
}

// exec may know a machine by each of its names, and by none of them twice.
func TestTheNamesOnExec(t *testing.T) {
	c := sample(t)
	c.in.Public = c.in.Private
	if got := strings.Join(c.names(), " "); got != "worker-2 10.0.0.12" {
		t.Errorf("%q", got)
	}
	c.in.Public, c.in.Address = "203.0.113.12", "203.0.113.12:2022"
	if got := strings.Join(c.names(), " "); got != "worker-2 [worker-2]:2022 10.0.0.12 [10.0.0.12]:2022 203.0.113.12 [203.0.113.12]:2022" {
		t.Errorf("%q", got)
	}
}
