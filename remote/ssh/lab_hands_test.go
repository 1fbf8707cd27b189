//go:build lab

package ssh

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/lab/authenticator"
	"github.com/vmtui/vmtui/fixtures/lab/kerberos"
	"github.com/vmtui/vmtui/fixtures/lab/sshd"
)

// What only ssh can show a server is shown by ssh: a ticket of Kerberos.
func TestLabTicketOfKerberos(t *testing.T) {
	const password = "5ent1nelKerberos"
	realm, err := kerberos.Start(within1m(t), t.TempDir(), "127.0.0.1", "root", password)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := realm.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, e := range realm.Env() {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	l := startLab(t, sshd.Options{Env: realm.Env(), Config: []string{"GSSAPIAuthentication yes", "GSSAPIStrictAcceptorCheck no"}})
	if err := l.Authorize(); err != nil { // no key does
		t.Fatal(err)
	}
	l.config = l.write("config", l.alias("lab", l.Server, "GSSAPIAuthentication yes")+"Host *\n User root\n")
	if r := l.open(t, OpenSSH, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "login refused") || !strings.Contains(r.Cause.Error(), "kinit") {
		t.Errorf("without a ticket: %+v", r)
	}
	if err := realm.Login(within1m(t), "root", password); err != nil {
		t.Fatal(err)
	}
	if r := l.open(t, OpenSSH, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "id -un"}); !r.OK() || r.Stdout != "root\n" {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(l.Log(), "Accepted gssapi-with-mic for root") {
		t.Error("it was let in otherwise")
	}
}

// The same for a key that never leaves a security key: ssh asks its provider for the signature.
func TestLabSecurityKey(t *testing.T) {
	l := startLab(t, sshd.Options{})
	provider, err := authenticator.Build(within1m(t), l.dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(l.dir, "id_sk")
	run(t, "ssh-keygen", "-q", "-t", "ed25519-sk", "-w", provider, "-N", "", "-f", file)
	text, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil || key.Type() != ssh.KeyAlgoSKED25519 {
		t.Fatalf("%v, %s", err, text)
	}
	if err := l.Authorize(key); err != nil {
		t.Fatal(err)
	}
	plain := strings.Replace(l.alias("lab", l.Server, ""), filepath.Join(l.dir, "id")+"\n", file+"\n", 1) + "Host *\n User root\n"
	l.config = l.write("config", "SecurityKeyProvider /nowhere.so\n"+plain)
	if r := l.open(t, OpenSSH, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "plug the security key in") {
		t.Errorf("without the security key: %+v", r)
	}
	l.config = l.write("config", "SecurityKeyProvider "+provider+"\n"+plain)
	if r := l.open(t, OpenSSH, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "id -un"}); !r.OK() || r.Stdout != "root\n" {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(l.Log(), "Accepted publickey for root from 127.0.0.1") || !strings.Contains(l.Log(), "ED25519-SK "+ssh.FingerprintSHA256(key)) {
		t.Error("it was let in otherwise")
	}
	l.config = l.write("config", plain)
	t.Setenv("SSH_AUTH_SOCK", "")
	r := l.open(t, Own, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"})
	if r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "transport: openssh") {
		t.Errorf("without ssh: %+v", r)
	}
	socket := filepath.Join(l.dir, "agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket, "-P", provider)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = agent.Process.Kill(); _ = agent.Wait() }()
	eventually(t, "the agent is there", func() bool { _, err := os.Stat(socket); return err == nil })
	t.Setenv("SSH_AUTH_SOCK", socket)
	run(t, "ssh-add", "-q", "-S", provider, file)
	if r := l.open(t, Own, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "id -un"}); !r.OK() || r.Stdout != "root\n" {
		t.Errorf("by the agent: %+v", r)
	}
}

// An OpenSSH of 9.8 or later holds failed logins against an address. Who is turned away for that is told so; to go on trying does not lengthen it, and the
// host is reached when it is over.
func TestLabPenalty(t *testing.T) {
	root, err := sshd.Newer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	says := map[Transport]string{Own: `it says "Not allowed at this time"`, OpenSSH: hangsUp}
	overBoth(t, func(t *testing.T, by Transport) {
		l := startLab(t, sshd.Options{Root: root, Config: []string{"PerSourcePenalties authfail:4s noauth:0s min:1s"}})
		if err := l.Authorize(); err != nil {
			t.Fatal(err)
		}
		if r := l.open(t, by, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "login refused") {
			t.Fatalf("%+v", r)
		}
		eventually(t, "it is held against us", func() bool {
			return strings.Contains(l.Log(), "penalty of 4 seconds for penalty: failed authentication")
		})
		if err := l.Authorize(l.key.PublicKey()); err != nil {
			t.Fatal(err)
		}
		h := l.open(t, by, nil).Host("lab", "lab")
		turnedAway := 0
		eventually(t, "the penalty is over", func() bool {
			r := h.Look(within1m(t), Command{Script: "true"})
			if r.OK() {
				return true
			}
			turnedAway++
			if why := r.Cause.Error(); !strings.Contains(why, says[by]) || !strings.Contains(why, "PerSourcePenaltyExemptList") {
				t.Fatalf("%+v", r)
			}
			return false
		})
		if turnedAway == 0 {
			t.Error("it was never turned away")
		}
	})
}
