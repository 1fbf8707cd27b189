//go:build lab

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
)

// site is an instance of real machines, each of which is reached in another way.
type site struct {
	t       *testing.T
	dir     string
	key     ssh.Signer
	servers map[string]*sshd.Server
	known   strings.Builder // known_hosts
	aliases strings.Builder // ssh_config
	nodes   strings.Builder // of the config
}

// newSite is one without a server, and the key that its operator has.
func newSite(t *testing.T) *site {
	t.Helper()
	key, text, err := sshd.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: t.TempDir(), key: key, servers: map[string]*sshd.Server{}}
	s.write("id", string(text))
	return s
}

// startSite has exec, whose key is known as [host]:port; worker-1 with a hashed name; worker-2 behind the jump host; worker-3 with certificates on both
// sides; worker-4, where an ordinary user logs in who may use sudo; and worker-5, where the same user may not.
func startSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	ca, _, err := sshd.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	plain := sshd.Options{Authorized: []ssh.PublicKey{s.key.PublicKey()}}
	user := s.user("vmtuilab", "NOPASSWD: ALL")

	s.start("exec", plain)
	s.pin("exec")
	s.node("exec", "root@"+s.servers["exec"].Addr())

	s.start("worker-1", plain)
	s.pinHashed("worker-1")
	s.node("worker-1", "root@"+s.servers["worker-1"].Addr())

	s.start("jump", plain)
	s.pin("jump")
	s.alias("jump", "jump", "")
	s.start("worker-2", plain)
	s.pin("worker-2")
	s.alias("behind", "worker-2", "ProxyJump jump")
	s.node("worker-2", "behind")

	host, _, _ := net.SplitHostPort(s.servers["exec"].Addr())
	s.start("worker-3", sshd.Options{UserCA: ca.PublicKey(), HostCA: ca, Principals: []string{host}})
	fmt.Fprintf(&s.known, "@cert-authority * %s", ssh.MarshalAuthorizedKey(ca.PublicKey()))
	s.certify(ca)
	s.alias("certified", "worker-3", "CertificateFile "+s.path("id-cert.pub"))
	s.node("worker-3", "certified")

	s.start("worker-4", plain)
	s.pin("worker-4")
	s.node("worker-4", user+"@"+s.servers["worker-4"].Addr())

	s.start("worker-5", plain)
	s.pin("worker-5")
	s.node("worker-5", s.user("vmtuinot", "")+"@"+s.servers["worker-5"].Addr())
	s.settle()
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) start(name string, o sshd.Options) {
	s.t.Helper()
	server, err := sshd.Start(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.servers[name] = server
	s.t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			s.t.Error(err)
		}
	})
}

// user is an account of this test's own.
func (s *site) user(name, sudo string) string {
	s.t.Helper()
	if sudo != "" {
		sudo = "ALL=(ALL) " + sudo
	}
	u, err := sshd.AddUser(s.t.Context(), fmt.Sprintf("%s%d", name, os.Getpid()), sentinelSudo, sudo)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := u.Remove(context.Background()); err != nil {
			s.t.Error(err)
		}
	})
	return u.Name
}

func (s *site) knownAs(name string) string {
	host, port, _ := net.SplitHostPort(s.servers[name].Addr())
	return "[" + host + "]:" + port
}

func (s *site) pin(name string) {
	fmt.Fprintf(&s.known, "%s %s", s.knownAs(name), ssh.MarshalAuthorizedKey(s.servers[name].Key))
}

// pinHashed lets ssh-keygen hash the name, as HashKnownHosts does.
func (s *site) pinHashed(name string) {
	s.t.Helper()
	s.write("hashed", fmt.Sprintf("%s %s", s.knownAs(name), ssh.MarshalAuthorizedKey(s.servers[name].Key)))
	if out, err := exec.CommandContext(s.t.Context(), "ssh-keygen", "-H", "-f", s.path("hashed")).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(s.path("hashed"))
	if err != nil || !bytes.HasPrefix(text, []byte("|1|")) {
		s.t.Fatalf("%v: not hashed: %s", err, text)
	}
	s.known.Write(text)
}

// certify gives our key a certificate for root.
func (s *site) certify(ca ssh.Signer) {
	s.t.Helper()
	cert, err := sshd.Certificate(ca, s.key.PublicKey(), ssh.UserCert, "root")
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("id-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
}

func (s *site) alias(name, server, more string) {
	host, port, _ := net.SplitHostPort(s.servers[server].Addr())
	fmt.Fprintf(&s.aliases, "Host %s\n HostName %s\n Port %s\n User root\n IdentityFile %s\n IdentitiesOnly yes\n %s\n", name, host, port, s.path("id"), more)
}

func (s *site) node(name, dest string) {
	role, droplet, mastodon := "worker", ", droplet: "+strings.TrimPrefix(name, "worker-"), "{kind: compose, dir: /root, project: m}"
	if name == "exec" {
		role, droplet, mastodon = "exec", "", "{kind: native, user: m, dir: /root}"
	}
	fmt.Fprintf(&s.nodes, "  - {name: %s, role: %s, ssh: %q%s, mastodon: %s}\n", name, role, dest, droplet, mastodon)
}

// settle writes what was gathered.
func (s *site) settle() {
	s.write("known_hosts", s.known.String())
	s.write("ssh_config", s.aliases.String())
	s.write("config.yaml", fmt.Sprintf("instance: lab.example\nnodes:\n%sssh: {config: %q, known_hosts: %q, identities: [%q], agent: false}\nstate_dir: %q\n",
		s.nodes.String(), s.path("ssh_config"), s.path("known_hosts"), s.path("id"), s.path("state")))
}

// exec runs `vmtui exec --json`.
func (s *site) exec(args ...string) (execDoc, said) {
	s.t.Helper()
	got := vmtui(s.t, s.path("config.yaml"), append([]string{"exec", "--json"}, args...)...)
	var doc execDoc
	if got.out != "" {
		if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
			s.t.Fatalf("%v: %s", err, got.out)
		}
	}
	return doc, got
}

func (d execDoc) of(node string) execResult {
	for _, r := range d.Results {
		if slices.Contains(r.Nodes, node) {
			return r
		}
	}
	return execResult{}
}

func TestLabFanOut(t *testing.T) {
	s := startSite(t)
	t.Run("every way leads there, and equal answers are folded", func(t *testing.T) {
		doc, got := s.exec("-n", "@all!worker-[4-5]", "--", "echo hello; id -un")
		want := execResult{Nodes: []string{"exec", "worker-1", "worker-2", "worker-3"}, Outcome: "exited", Code: new(int), Stdout: "hello\nroot\n"}
		if got.code != 0 || len(doc.Results) != 1 || fmt.Sprint(doc.Results[0].Nodes) != fmt.Sprint(want.Nodes) || doc.Results[0].Stdout != want.Stdout || *doc.Results[0].Code != 0 {
			t.Errorf("%d: %s%s", got.code, got.out, got.err)
		}
		if log := s.servers["jump"].Log(); !strings.Contains(log, "Accepted publickey") {
			t.Error("nobody came through the jump host:", log)
		}
		if log := s.servers["worker-3"].Log(); !strings.Contains(log, "ED25519-CERT") {
			t.Error("no certificate was shown:", log)
		}
	})
	t.Run("arguments arrive as they were typed", func(t *testing.T) {
		doc, got := s.exec("-n", "worker-1", "--", "printf", "%s|", "a  b", "$HOME", "it's", "*", "")
		if got.code != 0 || doc.of("worker-1").Stdout != "a  b|$HOME|it's|*||" {
			t.Errorf("%+v %s", doc, got.err)
		}
	})
	t.Run("the worst answer is the exit code", func(t *testing.T) {
		doc, got := s.exec("-n", "exec,worker-1", "--", "set -- $SSH_CONNECTION; [ $4 != "+port(s, "exec")+" ] || exit 7")
		if got.code != 1 || *doc.of("exec").Code != 7 || *doc.of("worker-1").Code != 0 {
			t.Errorf("%d: %s", got.code, got.out)
		}
	})
	t.Run("sudo", func(t *testing.T) {
		doc, got := s.exec("-n", "worker-4", "--", "id", "-un")
		if got.code != 0 || strings.TrimSpace(doc.of("worker-4").Stdout) == "root" {
			t.Errorf("without sudo: %s", got.out)
		}
		doc, got = s.exec("-n", "worker-4", "--sudo", "--", "id", "-un")
		if got.code != 0 || doc.of("worker-4").Stdout != "root\n" {
			t.Errorf("with sudo: %s%s", got.out, got.err)
		}
		doc, got = s.exec("-n", "worker-[4-5]", "--sudo", "--", "id", "-un")
		if got.code == 0 || doc.of("worker-4").Stdout != "root\n" || doc.of("worker-5").Outcome != "unreachable" {
			t.Errorf("where it is not allowed: %d %s", got.code, got.out)
		}
	})
	t.Run("a host whose key is not known is refused, and named", func(t *testing.T) {
		s.write("known_hosts", strings.ReplaceAll(s.known.String(), s.knownAs("exec")+" ", "[192.0.2.1]:22 "))
		defer s.settle()
		doc, got := s.exec("-n", "exec,worker-1", "--", "true")
		if r := doc.of("exec"); got.code != 3 || r.Outcome != "unreachable" || r.Code != nil || r.Why == "" || doc.of("worker-1").Outcome != "exited" {
			t.Errorf("%d: %s", got.code, got.out)
		}
	})
	t.Run("the keys of those on the way are listed too", func(t *testing.T) {
		got := vmtui(t, s.path("config.yaml"), "keys", "list", "--json")
		var doc keysDoc
		if err := json.Unmarshal([]byte(got.out), &doc); err != nil || len(doc.Nodes) != 6 || len(doc.Jumps) != 1 {
			t.Fatalf("%v: %s%s", err, got.out, got.err)
		}
		if j := doc.Jumps[0]; j.Node != "jump" || j.Host != s.servers["jump"].Addr() || len(j.Keys) == 0 || j.Keys[0].Fingerprint != ssh.FingerprintSHA256(s.servers["jump"].Key) {
			t.Errorf("%+v", j)
		}
	})
	t.Run("a host that is gone and one that is stuck delay nobody", func(t *testing.T) {
		if err := s.servers["worker-2"].Stop(); err != nil {
			t.Fatal(err)
		}
		s.servers["worker-1"].Freeze()
		defer s.servers["worker-1"].Thaw()
		doc, got := s.exec("-n", "exec,worker-[1-2]", "--timeout", "3s", "--", "echo", "here")
		if got.code != 1 || doc.of("worker-1").Outcome != "unreachable" || doc.of("worker-2").Outcome != "unreachable" || doc.of("exec").Stdout != "here\n" {
			t.Errorf("%d: %s", got.code, got.out)
		}
	})
}

func port(s *site, name string) string {
	_, port, _ := net.SplitHostPort(s.servers[name].Addr())
	return port
}

// running counts the processes of this machine, which is every target as well, whose arguments are exactly these.
func running(t *testing.T, args string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-eo", "args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) == args {
			n++
		}
	}
	return n
}

// until waits for so many of them.
func until(t *testing.T, args string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for running(t, args) != n {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d of %q are running, and not %d", running(t, args), args, n)
		}
	}
}

func TestLabFanOutIsEndedByCtrlC(t *testing.T) {
	s := startSite(t)
	for name, x := range map[string]struct {
		args  []string
		nodes int
		sleep string
	}{
		"plain": {[]string{"-n", "@all!worker-5", "--", "sh", "-c", "sleep 48151; :"}, 5, "sleep 48151"},
		"sudo":  {[]string{"-n", "worker-4", "--sudo", "--", "sh", "-c", "sleep 48152; :"}, 1, "sleep 48152"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := product(t.Context(), s.path("config.yaml"), append([]string{"exec", "--json"}, x.args...)...)
			var out bytes.Buffer
			cmd.Stdout = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, x.sleep, x.nodes)
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
				t.Errorf("it ended with %v", err)
			}
			until(t, x.sleep, 0)
			var doc execDoc
			if err := json.Unmarshal(out.Bytes(), &doc); err != nil || len(doc.Results) != 1 || doc.Results[0].Outcome != "unknown" {
				t.Errorf("%v: %s", err, out.String())
			}
		})
	}
}

func TestLabFanOutDiesWithItsConsole(t *testing.T) {
	s := startSite(t)
	cmd := product(t.Context(), s.path("config.yaml"), "exec", "-n", "exec,worker-[1-4]", "--", "sleep", "48153")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "sleep 48153", 5)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	until(t, "sleep 48153", 0)
}
