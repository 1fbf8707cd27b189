//go:build lab

package ssh

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
	"github.com/vmtui/vmtui/keys"
)

func TestLabWaysToAHost(t *testing.T) {
	l := startLab(t, sshd.Options{})
	inner, last := l.start(sshd.Options{Authorized: []ssh.PublicKey{l.key.PublicKey()}}), l.start(sshd.Options{Authorized: []ssh.PublicKey{l.key.PublicKey()}})
	l.pin(inner.Addr(), inner.Key)
	l.pin(last.Addr(), last.Key)
	more := l.write("more", l.alias("inner", inner, "ProxyJump lab")+l.alias("last", last, "ProxyJump lab,inner"))
	l.config = l.write("config", "Include "+more+"\n"+l.alias("lab", l.Server, "")+"Host *\n User root\n"+
		"Match originalhost chosen exec \"test -e "+more+"\"\n HostName 127.0.0.1\n Port "+strings.Split(last.Addr(), ":")[1]+"\n IdentityFile "+filepath.Join(l.dir, "id")+"\n")
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Fatal(err)
	}
	arrives := func(by Transport, dest string) {
		t.Helper()
		h := l.open(t, by, nil).Host(dest, dest)
		if r := h.Look(within1m(t), Command{Script: `echo "$SSH_CONNECTION"`}); !r.OK() || strings.Fields(r.Stdout)[3] == strings.Split(l.Addr(), ":")[1] {
			t.Errorf("%s over %s: %+v", dest, by, r)
		}
	}
	for _, dest := range []string{"inner", "last", "chosen"} {
		arrives(Own, dest)
	}
	// ssh starts another ssh for each jump host, which knows the config and none of our options: it finds their keys where the config says.
	text, err := os.ReadFile(l.config)
	if err != nil {
		t.Fatal(err)
	}
	l.config = l.write("config", "UserKnownHostsFile "+l.known()+"\n"+string(text))
	for _, dest := range []string{"inner", "last"} {
		arrives(OpenSSH, dest)
	}
	l.config = l.write("config", l.alias("lab", l.Server, "ProxyCommand "+exe(t)+" "+proxyArg+" %h %p")+"Host *\n User root\n")
	if r := l.open(t, OpenSSH, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("ProxyCommand: %+v", r)
	}
	if r := l.open(t, Own, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "transport: openssh") {
		t.Errorf("ProxyCommand without ssh: %+v", r)
	}
}

func TestLabCertificates(t *testing.T) {
	ca, _, _ := sshd.NewKey()
	l := startLab(t, sshd.Options{UserCA: ca.PublicKey(), HostCA: ca, Principals: []string{"127.0.0.1"}})
	if err := l.Authorize(); err != nil {
		t.Fatal(err)
	}
	cert, err := sshd.Certificate(ca, l.key.PublicKey(), ssh.UserCert, "root")
	if err != nil {
		t.Fatal(err)
	}
	file := l.write("of the operator", string(ssh.MarshalAuthorizedKey(cert)))
	l.config = l.write("config", l.alias("lab", l.Server, `CertificateFile "`+file+`"`)+"Host *\n User root\n")
	l.write("ssh/known_hosts", "@cert-authority * "+string(ssh.MarshalAuthorizedKey(ca.PublicKey())))
	overBoth(t, func(t *testing.T, by Transport) {
		if r := l.open(t, by, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); !r.OK() {
			t.Errorf("%+v", r)
		}
	})
	l.config = l.write("config", l.alias("lab", l.Server, "")+"Host *\n User root\n")
	if r := l.open(t, Own, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); r.Outcome != Unreachable {
		t.Errorf("without its certificate: %+v", r)
	}
	for says, change := range map[string]func(){
		"it expired at 2001-09-09": func() { cert.ValidAfter, cert.ValidBefore = 0, 1_000_000_000 },
		"for deploy, and not for root": func() {
			cert.ValidBefore, cert.ValidPrincipals = ssh.CertTimeInfinity, []string{"deploy"}
		},
	} {
		change()
		if err := cert.SignCert(rand.Reader, ca); err != nil {
			t.Fatal(err)
		}
		l.write("of the operator", string(ssh.MarshalAuthorizedKey(cert)))
		l.config = l.write("config", l.alias("lab", l.Server, `CertificateFile "`+file+`"`)+"Host *\n User root\n")
		if r := l.open(t, Own, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); r.Outcome != Unreachable || !strings.Contains(fmt.Sprint(r.Cause), says) {
			t.Errorf("%s: %+v", says, r)
		}
		cert.ValidPrincipals = []string{"root"}
	}
}

func TestLabEncryptedKey(t *testing.T) {
	l := startLab(t, sshd.Options{})
	signer, block := encrypted(t, "open sesame")
	l.write("id", string(pem.EncodeToMemory(block)))
	if err := l.Authorize(signer.PublicKey()); err != nil {
		t.Fatal(err)
	}
	asked := 0
	l.asker = askerFunc(func(_ context.Context, q keys.Question) (keys.Answer, error) {
		asked++
		return keys.Answer{Text: map[bool]string{true: "a typo", false: "open sesame"}[asked == 1]}, nil
	})
	h := l.open(t, Own, nil).Host("lab", "lab")
	for range 2 {
		if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() {
			t.Errorf("%+v", r)
		}
		h.Drop()
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
	r := l.open(t, OpenSSH, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"})
	if r.Outcome != Unreachable || !strings.Contains(fmt.Sprint(r.Cause), "must be in the agent") {
		t.Errorf("ssh asks nobody: %+v", r)
	}
}

func encrypted(t *testing.T, word string) (ssh.Signer, *pem.Block) {
	_, file, err := sshd.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ssh.ParseRawPrivateKey(file)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(raw, "lab", []byte(word))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return signer, block
}

// holdAgent starts an agent with one key behind SSH_AUTH_SOCK.
func holdAgent(t *testing.T, dir string) {
	ring := agent.NewKeyring()
	_, file, _ := sshd.NewKey()
	raw, err := ssh.ParseRawPrivateKey(file)
	if err == nil {
		err = ring.Add(agent.AddedKey{PrivateKey: raw, Comment: "held by the agent"})
	}
	if err != nil {
		t.Fatal(err)
	}
	serveAgent(t, dir, ring)
}

// serveAgent puts a ring of keys behind SSH_AUTH_SOCK.
func serveAgent(t *testing.T, dir string, ring agent.Agent) {
	path := filepath.Join(dir, "agent")
	a, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := a.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c); _ = c.Close() }()
		}
	}()
	t.Cleanup(func() { _ = a.Close(); <-done })
	t.Setenv("SSH_AUTH_SOCK", path)
}

func TestLabAgentIsLentOnlyWhenAsked(t *testing.T) {
	l := startLab(t, sshd.Options{})
	holdAgent(t, l.dir)
	list := Command{Script: `[ -n "$SSH_AUTH_SOCK" ] || exit 5; ssh-add -l`}
	h := l.open(t, Own, nil).Host("lab", "lab")
	if r := h.Look(within1m(t), list); r.Code != 5 {
		t.Errorf("forwarded without being asked: %+v", r)
	}
	lent := list
	lent.Agent = true
	if r := h.Look(within1m(t), lent); !r.OK() || !strings.Contains(r.Stdout, "held by the agent") {
		t.Errorf("%+v", r)
	}
	// sshd names the socket to every later session of a connection; nothing answers there any more.
	if r := h.Look(within1m(t), list); r.OK() || strings.Contains(r.Stdout, "held") {
		t.Errorf("still forwarded: %+v", r)
	}
	if h.ForwardsAgent() {
		t.Error("nobody wrote ForwardAgent")
	}
	through := l.open(t, OpenSSH, nil).Host("lab", "lab")
	if r := through.Look(within1m(t), lent); r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "ForwardAgent") {
		t.Errorf("%+v", r)
	}
	l.config = l.write("config", l.alias("lab", l.Server, "ForwardAgent yes")+"Host *\n User root\n")
	through = l.open(t, OpenSSH, nil).Host("lab", "lab")
	if r := through.Look(within1m(t), list); r.Code != 5 {
		t.Errorf("forwarded without being asked: %+v", r)
	}
	if r := through.Look(within1m(t), lent); !r.OK() || !strings.Contains(r.Stdout, "held by the agent") {
		t.Errorf("%+v", r)
	}
}

func TestLabUnknownKeyIsNeverAccepted(t *testing.T) {
	l := startLab(t, sshd.Options{})
	other, _, _ := sshd.NewKey()
	l.write("ssh/known_hosts", "")
	overBoth(t, func(t *testing.T, by Transport) {
		r := l.open(t, by, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"})
		if r.Outcome != Unreachable || r.Err("x", "y") == nil {
			t.Errorf("%+v", r)
		}
		if text, _ := os.ReadFile(l.known()); len(text) > 0 {
			t.Errorf("pinned: %s", text)
		}
	})
	l.pin(l.Addr(), other.PublicKey())
	overBoth(t, func(t *testing.T, by Transport) {
		r := l.open(t, by, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"})
		if r.Outcome != Unreachable || !strings.Contains(fmt.Sprint(r.Cause), l.known()+":1") {
			t.Errorf("changed: %+v", r)
		}
	})
}

// exe is this test itself, which plays other parts when it is told so.
func exe(t *testing.T) string {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const proxyArg = "play-proxy-command"

// proxyCommand joins its standard streams and an address.
func proxyCommand(host, port string) {
	c, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		os.Exit(1)
	}
	go func() { _, _ = io.Copy(c, os.Stdin) }()
	_, _ = io.Copy(os.Stdout, c)
	os.Exit(0)
}

func init() {
	play = func() bool {
		switch {
		case len(os.Args) == 4 && os.Args[1] == proxyArg:
			proxyCommand(os.Args[2], os.Args[3])
		case len(os.Args) == 4 && os.Args[1] == resolveArg:
			playResolve(os.Args[2], os.Args[3])
		case len(os.Args) == 3 && os.Args[1] == clientArg:
			playClient(os.Args[2])
		}
		return false
	}
}
