//go:build lab

package ssh

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
	"github.com/vmtui/vmtui/keys"
)

// What is written into known_hosts is held against OpenSSH's own client, with names as they are and hashed: it is as strict as we are, after
// the key was pinned, renewed, and forgotten.
func TestLabOpenSSHReadsOurKnownHosts(t *testing.T) {
	for name, hash := range map[string]bool{"plain": false, "hashed": true} {
		t.Run(name, func(t *testing.T) {
			l := startLab(t, sshd.Options{})
			if err := os.WriteFile(l.known(), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			other, _, err := sshd.NewKey()
			if err != nil {
				t.Fatal(err)
			}
			l.pin("elsewhere.example:22", other.PublicKey())
			if hash {
				run(t, "ssh-keygen", "-H", "-f", l.known())
			}
			trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{l.known()}})
			if err != nil {
				t.Fatal(err)
			}
			l.ssh(t, "Host key verification failed")
			key, err := l.open(t, Own, nil).Host("lab", "lab").HostKey(within1m(t))
			if err != nil || ssh.FingerprintSHA256(key) != ssh.FingerprintSHA256(l.Key) {
				t.Fatalf("%v, %v", key, err)
			}
			if err := trust.Accept(t.Context(), keys.Peer{Host: l.Addr(), Name: "lab"}, key, ssh.FingerprintSHA256(key)); err != nil {
				t.Fatal(err)
			}
			l.ssh(t, "in")
			l.renew(t, trust, key, other.PublicKey())
			l.ssh(t, "REMOTE HOST IDENTIFICATION HAS CHANGED")
			l.renew(t, trust, other.PublicKey(), key)
			l.ssh(t, "in")
			if gone, err := trust.Forget(t.Context(), l.Addr()); err != nil || len(gone) != 1 {
				t.Fatalf("%v %v", gone, err)
			}
			l.ssh(t, "Host key verification failed")
			if hash == strings.Contains(run(t, "cat", l.known()), "elsewhere") {
				t.Error("the other line is not as it was")
			}
			run(t, "ssh-keygen", "-F", "elsewhere.example", "-f", l.known())
		})
	}
}

func (l *lab) renew(t *testing.T, trust *keys.Trust, old, now ssh.PublicKey) {
	t.Helper()
	w := keys.Window{Host: l.Addr(), Old: []string{ssh.FingerprintSHA256(old)}, Key: now, Until: time.Now().Add(time.Minute)}
	if err := trust.Renew(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr())
	if found := run(t, "ssh-keygen", "-l", "-F", knownhosts.Normalize(net.JoinHostPort(host, port)), "-f", l.known()); !strings.Contains(found, ssh.FingerprintSHA256(now)) {
		t.Errorf("ssh-keygen finds %s", found)
	}
}

// ssh logs in with the operator's own client, which asks nothing, and says how that went.
func (l *lab) ssh(t *testing.T, says string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ssh", "-F", l.config, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "GlobalKnownHostsFile=/dev/null",
		"-o", "UserKnownHostsFile="+filepath.Clean(l.known()), "lab", "echo in").CombinedOutput()
	if !strings.Contains(string(out), says) {
		t.Errorf("ssh should say %q: %v\n%s", says, err, out)
	}
}
