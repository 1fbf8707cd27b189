//go:build lab

package ssh

import (
	"bufio"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
	"github.com/vmtui/vmtui/keys"
)

// lab is a real sshd that knows one key, and an ssh_config with the alias lab for it.
type lab struct {
	*sshd.Server
	*place
	key    ssh.Signer
	config string
}

func within1m(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func startLab(t *testing.T, o sshd.Options) *lab {
	t.Helper()
	key, file, err := sshd.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	o.Authorized = append(o.Authorized, key.PublicKey())
	l := &lab{place: newPlace(t), key: key}
	l.write("id", string(file))
	l.Server = l.start(o)
	l.pin(l.Addr(), l.Key)
	l.config = l.write("config", l.alias("lab", l.Server, "")+"Host *\n User root\n")
	return l
}

func (l *lab) start(o sshd.Options) *sshd.Server {
	l.t.Helper()
	s, err := sshd.Start(within1m(l.t), o)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		if l.t.Failed() {
			l.t.Log(s.Log())
		}
		if err := s.Stop(); err != nil {
			l.t.Error(err)
		}
	})
	return s
}

func (l *lab) alias(name string, s *sshd.Server, more string) string {
	host, port, _ := net.SplitHostPort(s.Addr())
	return fmt.Sprintf("Host %s\n HostName %s\n Port %s\n IdentityFile %s\n IdentitiesOnly yes\n %s\n", name, host, port, filepath.Join(l.dir, "id"), more)
}

// open is a pool over this transport, which ends with the test.
func (l *lab) open(t *testing.T, by Transport, change func(*Pool)) *Pool {
	t.Helper()
	trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{l.known()}, Asker: l.asker})
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(Config{
		SSHConfigPath: l.config, Transport: by, KnownHosts: l.known(), Trust: trust,
		Identities: keys.NewIdentities(keys.IdentitiesConfig{Agent: true, Asker: l.asker}), Retry: 50 * time.Millisecond,
	})
	if change != nil {
		change(p)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// overBoth runs a test over both transports.
func overBoth(t *testing.T, test func(*testing.T, Transport)) {
	for _, by := range []Transport{Own, OpenSSH} {
		t.Run(string(by), func(t *testing.T) { test(t, by) })
	}
}

// run runs a command of this machine, which is the target as well.
func run(t *testing.T, words ...string) string {
	t.Helper()
	out, err := exec.CommandContext(within1m(t), words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v: %s", words, err, out)
	}
	return string(out)
}

// running asks ps whether a command line with that word runs.
func running(t *testing.T, word string) bool {
	t.Helper()
	for line := range strings.Lines(run(t, "ps", "-eo", "stat,args")) {
		if strings.Contains(line, word) && !strings.HasPrefix(line, "Z") {
			return true
		}
	}
	return false
}

var spoken atomic.Int64

// duration is a length of sleep that is nobody else's, so that ps can tell it.
func duration() string { return fmt.Sprintf("%d.%d", 100_000+os.Getpid()%100_000, 1000+spoken.Add(1)) }

func TestLabRunsCommands(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		r := h.Do(within1m(t), allowed, Command{Script: `cat; printf '%s|' "$@"; echo e >&2; exit 7`, Args: []string{"a b", "$(id)"}, Stdin: []byte("in|")})
		if r.Outcome != Exited || r.Code != 7 || r.Stdout != "in|a b|$(id)|" || r.Stderr != "e\n" {
			t.Errorf("%+v", r)
		}
		if r = h.Look(within1m(t), Command{Script: "kill -s KILL $$"}); r.Outcome != Signalled || r.Signal != "KILL" {
			t.Errorf("%+v", r)
		}
		if r = h.Look(within1m(t), Command{Script: "kill -s KILL $PPID"}); r.Outcome != Unknown {
			t.Errorf("the server of the session went: %+v", r)
		}
		r = h.Look(within1m(t), Command{Script: "head -c 5000000 /dev/zero | tr '\\0' x >&2; echo done", Limit: 1000})
		if !r.OK() || r.Stdout != "done\n" || r.Dropped != 5_000_000-1000 {
			t.Errorf("%v %q, %d dropped, %v", r.Outcome, r.Stdout, r.Dropped, r.Cause)
		}
		var lines []string
		r = h.Stream(within1m(t), Command{Script: "for i in 1 2 3; do echo line $i; done"}, func(s string) { lines = append(lines, s) })
		if !r.OK() || strings.Join(lines, ",") != "line 1,line 2,line 3" {
			t.Errorf("%+v %q", r, lines)
		}
		eventually(t, "a round trip is measured", func() bool { k := h.Link(); return k.State == "up" && k.RTT > 0 })
	})
}

func TestLabTunnel(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		c, err := h.Dial(within1m(t), "tcp", l.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if hello, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.HasPrefix(hello, "SSH-2.0-OpenSSH") {
			t.Errorf("%q %v", hello, err)
		}
		if _, err = h.Dial(within1m(t), "tcp", "127.0.0.1:1"); err == nil {
			t.Error("connected to nobody")
		}
	})
}

func TestLabManySessionsOverOneConnection(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		before := strings.Count(l.Log(), "Accepted publickey")
		h := l.open(t, by, nil).Host("lab", "lab")
		results := make(chan Result, 40)
		for range cap(results) {
			go func() { results <- h.Look(within1m(t), Command{Script: "sleep 0.05; echo hi"}) }()
		}
		for range cap(results) {
			if r := <-results; !r.OK() || r.Stdout != "hi\n" {
				t.Errorf("%+v", r)
			}
		}
		if logins := strings.Count(l.Log(), "Accepted publickey") - before; logins != 1 {
			t.Errorf("%d logins", logins)
		}
	})
}

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

func TestLabDeadMasterIsNoticed(t *testing.T) {
	l := startLab(t, sshd.Options{})
	p := l.open(t, OpenSSH, nil)
	h := p.Host("lab", "lab")
	if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Fatalf("%+v", r)
	}
	info, err := os.Stat(p.booth.dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	l.Cut()
	eventually(t, "the link is down", func() bool { return h.Link().State == "down" })
	if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("after it: %+v", r)
	}
	if !running(t, p.booth.dir) {
		t.Error("no master")
	}
	_ = p.Close()
	if _, err := os.Stat(p.booth.dir); err == nil || running(t, p.booth.dir) {
		t.Errorf("left behind: %v", err)
	}
}

func TestLabMasterOfTheOperator(t *testing.T) {
	l := startLab(t, sshd.Options{})
	socket := filepath.Join(l.dir, "theirs")
	l.config = l.write("config", l.alias("lab", l.Server, "ControlPath "+socket)+"Host *\n User root\n")
	ssh := exec.Command("ssh", "-F", l.config, "-o", "UserKnownHostsFile="+l.known(), "-M", "-N", "lab")
	if err := ssh.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ssh.Process.Kill(); _ = ssh.Wait() }()
	eventually(t, "their master is there", func() bool { _, err := os.Stat(socket); return err == nil })
	p := l.open(t, OpenSSH, nil)
	if r := p.Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
	if p.booth.dir != "" {
		t.Error("a master of our own was started")
	}
	_ = p.Close()
	if _, err := os.Stat(socket); err != nil {
		t.Errorf("their master is gone: %v", err)
	}
}

func TestLabFrozenHostDelaysNobody(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		p := l.open(t, by, func(p *Pool) { p.pace.ping, p.pace.pong = 200*time.Millisecond, time.Second })
		h := p.Host("lab", "lab")
		if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() {
			t.Fatalf("%+v", r)
		}
		l.Freeze()
		defer l.Thaw()
		for name, call := range map[string]func(context.Context){
			"Look":   func(ctx context.Context) { h.Look(ctx, Command{Script: "true"}) },
			"Do":     func(ctx context.Context) { h.Do(ctx, allowed, Command{Script: "true", Sudo: true}) },
			"Stream": func(ctx context.Context) { h.Stream(ctx, Command{Script: "true"}, func(string) {}) },
			"agent":  func(ctx context.Context) { h.Look(ctx, Command{Script: "true", Agent: true}) },
			"Dial":   func(ctx context.Context) { _, _ = h.Dial(ctx, "tcp", "127.0.0.1:1") },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			began := time.Now()
			call(ctx)
			cancel()
			if took := time.Since(began); took > 600*time.Millisecond {
				t.Errorf("%s took %s", name, took)
			}
		}
		eventually(t, "the link is down", func() bool { return h.Link().State != "up" })
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
		case len(os.Args) == 3 && os.Args[1] == clientArg:
			playClient(os.Args[2])
		}
		return false
	}
}

func TestLabFilesAreCopied(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		local, text := bigFile(t, t.TempDir())
		there, back := filepath.Join(t.TempDir(), "there"), filepath.Join(t.TempDir(), "back")
		if err := h.Upload(within1m(t), allowed, local, there, nil); err != nil {
			t.Fatal(err)
		}
		same(t, there, text)
		if err := h.Download(within1m(t), there, back, nil); err != nil {
			t.Fatal(err)
		}
		same(t, back, text)
	})
}

func TestLabCopyIsWholeOrNotAtAll(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		local, text := bigFile(t, t.TempDir())
		there, here := t.TempDir(), t.TempDir()
		long := filepath.Join(t.TempDir(), "long") // more than what can be on its way when the connection goes
		if err := errors.Join(os.WriteFile(long, nil, 0o600), os.Truncate(long, 64<<20)); err != nil {
			t.Fatal(err)
		}
		final := filepath.Join(there, "x")
		if err := os.WriteFile(final, []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
		cut := sync.OnceFunc(l.Cut)
		if err := h.Upload(within1m(t), allowed, long, final, func(done, of int64) {
			if done > of/8 {
				cut()
			}
		}); err == nil {
			t.Error("half of it went up, and nobody said so")
		}
		if kept, err := os.ReadFile(final); err != nil || string(kept) != "older" {
			t.Errorf("what was there gave way to half a file: %d bytes, %v", len(kept), err)
		}
		cut = sync.OnceFunc(l.Cut)
		if err := h.Download(within1m(t), long, filepath.Join(here, "x"), func(done, of int64) {
			if done > of/8 {
				cut()
			}
		}); err == nil {
			t.Error("half of it came down, and nobody said so")
		}
		alone(t, here, 0)
		hostile := filepath.Join(there, "e\x1b]0;\nvil")
		if err := h.Upload(within1m(t), allowed, local, hostile, nil); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(hostile); err != nil || len(got) != len(text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		for name, err := range map[string]error{
			"onto a directory":     h.Upload(within1m(t), allowed, local, there, nil),
			"into none":            h.Upload(within1m(t), allowed, local, hostile+"/none/x", nil),
			"of a directory":       h.Download(within1m(t), there, filepath.Join(here, "y"), nil),
			"of what is not there": h.Download(within1m(t), hostile+"?", filepath.Join(here, "y"), nil),
		} {
			if err == nil || strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("%s: %v", name, err)
			}
		}
		alone(t, here, 0)
	})
}

// hand is what an operator types, and what they see.
type hand struct {
	io.Reader
	typed *io.PipeWriter
	mu    sync.Mutex
	seen  []byte
}

func (h *hand) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, p...)
	return len(p), nil
}

func (h *hand) sees(t *testing.T, words string) {
	t.Helper()
	eventually(t, "seen: "+words, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return strings.Contains(string(h.seen), words)
	})
}

func TestLabShell(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		open := func() (*hand, chan Size, chan Result) {
			in, typed := io.Pipe()
			o, resized, done := &hand{Reader: in, typed: typed}, make(chan Size), make(chan Result, 1)
			go func() {
				done <- h.Shell(within1m(t), allowed, Terminal{
					In: o, Stop: func() { _ = typed.Close() }, Out: o, Name: "xterm", Size: Size{Cols: 91, Rows: 31}, Resized: resized,
				})
			}()
			return o, resized, done
		}
		o, resized, done := open()
		_, _ = io.WriteString(o.typed, "stty size; echo $TERM; tty\r")
		o.sees(t, "31 91")
		o.sees(t, "xterm")
		o.sees(t, "/dev/pts/")
		resized <- Size{Cols: 77, Rows: 22}
		_, _ = io.WriteString(o.typed, "sleep 0.3; stty size; exit 6\r")
		o.sees(t, "22 77")
		if r := <-done; r.Outcome != Exited || r.Code != 6 {
			t.Errorf("%+v", r)
		}
		word := duration()
		o, _, done = open()
		_, _ = io.WriteString(o.typed, "sleep "+word+"\r")
		await(t, done, func() bool { return doing(t, "sleep "+word) })
		_, _ = io.WriteString(o.typed, "\r~.")
		if r := <-done; r.Outcome != Unknown || !errors.Is(r.Cause, ErrHungUp) {
			t.Errorf("%+v", r)
		}
		awaitGone(t, word)
	})
}
