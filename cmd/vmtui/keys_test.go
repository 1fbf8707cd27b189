package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/box"
)

// laptop is the config of an operator with a store and a known_hosts of their own.
func laptop(t *testing.T, b *box.Box, operator, knownHosts string) (config, known string) {
	t.Helper()
	config = another(t, b, operator)
	known = filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(known, []byte(knownHosts), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`known_hosts: "[^"]*"`).ReplaceAll(text, []byte(`known_hosts: "`+known+`"`))
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return config, known
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func boxKnownHosts(t *testing.T, b *box.Box) string {
	return text(t, filepath.Join(b.Dir(), "known_hosts"))
}

func print(b *box.Box, node string) string { return ssh.FingerprintSHA256(b.Machine(node).HostKey()) }

func wants(t *testing.T, got said, code int, words ...string) {
	t.Helper()
	if got.code != code {
		t.Errorf("exit %d, want %d", got.code, code)
	}
	for _, w := range words {
		if !strings.Contains(got.out+got.err, w) {
			t.Errorf("%q is not in", w)
		}
	}
	if t.Failed() {
		t.Fatalf("out: %s\nerr: %s", got.out, got.err)
	}
}

// A new laptop knows nobody. Unattended it refuses and says what it saw; with the fingerprint it pins, and only when that is the one shown.
func TestKeysOfANewLaptop(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	config, known := laptop(t, b, "newcomer", "# mine\nbroken line\n")
	wants(t, vmtui(t, config, "keys", "list"), 0, "vmtui keys trust exec", known+":2")
	wants(t, vmtui(t, config, "lease"), 3, print(b, "exec"), "vmtui keys trust exec, or unattended: vmtui keys trust exec --fingerprint SHA256:…")
	wants(t, vmtui(t, config, "keys", "trust", "exec"), 3, print(b, "exec"))
	wants(t, vmtui(t, config, "keys", "trust", "exec", "--fingerprint", print(b, "worker-1")), 3, print(b, "exec"), print(b, "worker-1"))
	wants(t, vmtui(t, config, "keys", "trust", "exec", "--fingerprint", print(b, "exec"), "--read-only"), 3, "read-only")
	if got := text(t, known); got != "# mine\nbroken line\n" {
		t.Fatalf("changed: %q", got)
	}
	wants(t, vmtui(t, config, "keys", "trust", "exec", "--fingerprint", print(b, "exec")), 0, "trusted now")
	wants(t, vmtui(t, config, "keys", "trust", "exec", "--json"), 0, `"changed": false`, print(b, "exec"))
	wants(t, vmtui(t, config, "keys", "trust", "nobody"), 2, "nobody")
	wants(t, vmtui(t, config, "lease"), 0, "nobody holds the lease")

	got := vmtui(t, config, "keys", "list", "--json")
	var doc keysDoc
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil || len(doc.Nodes) != 4 || len(doc.Nodes[0].Keys) != 1 || len(doc.Broken) != 1 {
		t.Fatalf("%v %s", err, got.out)
	}
	if e := doc.Nodes[0].Keys[0]; e.Place() != known+":3" || e.Fingerprint != print(b, "exec") || e.Type != "ED25519" {
		t.Errorf("%+v", e)
	}
	wants(t, vmtui(t, config, "keys", "forget", "exec"), 3, known+":3", "--confirm exec")
	wants(t, vmtui(t, config, "keys", "forget", "exec", "--confirm", "worker-1"), 3)
	wants(t, vmtui(t, config, "keys", "forget", "exec", "--confirm", "exec"), 0, "forgotten, 1 line")
	wants(t, vmtui(t, config, "keys", "forget", "exec", "--json"), 0, `"forgotten": []`)
	if got := text(t, known); got != "# mine\nbroken line\n" {
		t.Errorf("left: %q", got)
	}
}

// A key that changed for no known reason is a hard stop for everybody, whatever they are asked and whoever asks.
func TestAKeyThatChangedForNoReason(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	old := print(b, "worker-1")
	if err := b.Fault("host-key:worker-1"); err != nil {
		t.Fatal(err)
	}
	config, known := laptop(t, b, "careful", boxKnownHosts(t, b))
	before := text(t, known)
	for _, args := range [][]string{{"keys", "trust", "worker-1"}, {"keys", "trust", "worker-1", "--fingerprint", print(b, "worker-1")}} {
		wants(t, vmtui(t, config, args...), 3, "has changed", known+":2", old, print(b, "worker-1"), "no rebuild that explains it")
	}
	for _, args := range [][]string{{"run", "worker-reimage", "worker-1", "--yes", "--confirm", "worker-1"}, {"run", "sidekiq-restart", "worker-1", "--yes"}} {
		got := vmtui(t, config, args...)
		wants(t, got, 3, "so this was not begun: seeing whether the host lives", old, print(b, "worker-1"))
		if !strings.HasPrefix(got.err, "vmtui: the host key has changed") {
			t.Errorf("a refusal begins with what it is: %s", got.err)
		}
	}
	wants(t, vmtui(t, config, "exec", "-n", "worker-1", "--", "true"), 3, "unreachable: the host key has changed: it shows", old, print(b, "worker-1"), "no rebuild that explains it\n")
	if sent := mutations(b); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
	s := sit(t, 120, 36, "--config", config)
	s.sees("worker-2", "host key has changed on", "knows of no rebuild that")
	s.press("q")
	_ = s.ends()
	if text(t, known) != before {
		t.Errorf("changed: %q", text(t, known))
	}
}

// One operator rebuilds a worker in the evening. In the morning another, on another laptop with a known_hosts of its own, is offered the new
// key with both fingerprints from exec's ledger: at the console, and, unattended, only with the fingerprint.
func TestTheMorningAfterARebuild(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	evening, old := boxKnownHosts(t, b), print(b, "worker-2")
	bob, bobKnows := laptop(t, b, "bob", evening)
	carol, carolKnows := laptop(t, b, "carol", evening)
	wants(t, vmtui(t, b.ConfigPath(), "run", "worker-reimage", "worker-2", "--yes", "--confirm", "worker-2"), 0)
	now := print(b, "worker-2")
	if now == old {
		t.Fatal("the box gave it no new key")
	}

	wants(t, vmtui(t, carol, "keys", "trust", "worker-2"), 3, "has changed", old, now, "the ledger on exec accounts for it", "--fingerprint "+now)
	wants(t, vmtui(t, carol, "keys", "trust", "worker-2", "--fingerprint", old), 3)
	if text(t, carolKnows) != evening {
		t.Fatalf("changed without a yes: %q", text(t, carolKnows))
	}
	wants(t, vmtui(t, carol, "keys", "trust", "worker-2", "--fingerprint", now), 0, "trusted now")

	s := sit(t, 80, 24, "--config", bob)
	s.sees("New host key", old, now, "Yes, replace the old key")
	// A dialog that opened by itself listens only to a hand that was quiet.
	s.insists("\t\r", func() bool { return strings.Contains(text(t, bobKnows), keyText(b, "worker-2")) })
	s.sees("worker-2", "healthy")
	s.press("q")
	_ = s.ends()
	for _, path := range []string{bobKnows, carolKnows} {
		lines, before := strings.Split(text(t, path), "\n"), strings.Split(evening, "\n")
		for i := range before {
			if i != 2 && lines[i] != before[i] || i == 2 && !strings.Contains(lines[i], keyText(b, "worker-2")) {
				t.Errorf("line %d of %s: %q", i+1, path, lines[i])
			}
		}
	}
	wants(t, vmtui(t, bob, "keys", "trust", "worker-2", "--json"), 0, `"changed": false`)
}

func keyText(b *box.Box, node string) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(b.Machine(node).HostKey())))
}
