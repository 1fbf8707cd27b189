package ssh

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/skeema/knownhosts"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/await"
	"github.com/vmtui/vmtui/keys"
)

func TestMain(m *testing.M) {
	if play != nil && play() {
		return
	}
	goleak.VerifyTestMain(m)
}

// play takes another part than the test's, where the lab started this program for one.
var play func() bool

// channel is a session under a test's script.
type channel struct {
	ssh.Channel
	command string
	signals chan string
	gone    chan struct{} // closed with the session
	conn    *ssh.ServerConn
	over    func() // it counts no more; said before the client can know of the end
}

func (c *channel) exit(code uint32) {
	_, _ = c.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
	c.over()
	_ = c.Close()
}

func (c *channel) kill() {
	_, _ = c.SendRequest("exit-signal", false, ssh.Marshal(struct {
		Name  string
		Core  bool
		Error string
		Lang  string
	}{Name: "TERM"}))
	c.over()
	_ = c.Close()
}

// server is an SSH server that does what a test says.
type server struct {
	t         *testing.T
	listener  net.Listener
	host      ssh.Signer
	config    *ssh.ServerConfig
	exec      func(*channel)          // what a command does; a real shell when nil
	subsystem func(*channel)          // what sftp does; there is none when nil
	wrap      func(net.Conn) net.Conn // around every accepted connection
	refuse    func(open int) bool     // whether the next session is refused
	reason    string                  // what it says then
	wg        sync.WaitGroup

	mu       sync.Mutex
	conns    []net.Conn
	logins   int
	open     int
	most     int
	commands []string
	requests []string
}

func newServer(t *testing.T, change func(*server)) *server {
	t.Helper()
	_, priv, _ := ed25519.GenerateKey(rand.Reader)
	host, err := ssh.NewSignerFromKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, host: host, config: &ssh.ServerConfig{
		PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil },
	}}
	s.exec = s.shell
	if change != nil {
		change(s)
	}
	s.config.AddHostKey(s.host)
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.wg.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

func (s *server) addr() string { return s.listener.Addr().String() }

func (s *server) close() {
	_ = s.listener.Close()
	s.cut()
	s.wg.Wait()
}

// cut drops every connection.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
}

func (s *server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		if s.wrap != nil {
			c = s.wrap(c)
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(c) })
	}
}

func (s *server) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	conn, channels, requests, err := ssh.NewServerConn(c, s.config)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.logins++
	s.mu.Unlock()
	s.wg.Go(func() { ssh.DiscardRequests(requests) })
	for n := range channels {
		s.wg.Go(func() { s.admit(conn, n) })
	}
}

func (s *server) admit(conn *ssh.ServerConn, n ssh.NewChannel) {
	switch n.ChannelType() {
	case "direct-tcpip":
		s.forward(n)
	case "session":
		s.mu.Lock()
		refused := s.refuse != nil && s.refuse(s.open)
		if !refused {
			s.open++
			s.most = max(s.most, s.open)
		}
		s.mu.Unlock()
		if refused {
			_ = n.Reject(ssh.ConnectionFailed, "open failed"+s.reason)
			return
		}
		over := sync.OnceFunc(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.open--
		})
		defer over()
		s.session(conn, n, over)
	default:
		_ = n.Reject(ssh.UnknownChannelType, "no")
	}
}

func (s *server) session(conn *ssh.ServerConn, n ssh.NewChannel, over func()) {
	ch, requests, err := n.Accept()
	if err != nil {
		return
	}
	defer func() { _ = ch.Close() }()
	c := &channel{Channel: ch, signals: make(chan string, 8), gone: make(chan struct{}), conn: conn, over: over}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(c.gone)
	for r := range requests {
		s.mu.Lock()
		s.requests = append(s.requests, r.Type)
		s.mu.Unlock()
		switch r.Type {
		case "exec":
			var p struct{ Command string }
			_ = ssh.Unmarshal(r.Payload, &p)
			c.command = p.Command
			s.mu.Lock()
			s.commands = append(s.commands, p.Command)
			s.mu.Unlock()
			_ = r.Reply(true, nil)
			wg.Go(func() { s.exec(c) })
		case "subsystem":
			_ = r.Reply(s.subsystem != nil, nil)
			if s.subsystem != nil {
				wg.Go(func() { s.subsystem(c) })
			}
		case "signal":
			var p struct{ Name string }
			_ = ssh.Unmarshal(r.Payload, &p)
			c.signals <- p.Name
		default:
			_ = r.Reply(false, nil)
		}
	}
}

// shell runs commands as sshd does: in a session of their own, TERM to the group.
func (s *server) shell(c *channel) {
	cmd := exec.Command("/bin/sh", "-c", c.command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdout, cmd.Stderr = c, c.Stderr()
	in, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return
	}
	s.wg.Go(func() { _, _ = io.Copy(in, c); _ = in.Close() })
	ended := make(chan struct{})
	s.wg.Go(func() {
		select {
		case <-c.signals:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		case <-ended:
		}
	})
	_ = cmd.Wait()
	close(ended)
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		c.kill()
		return
	}
	c.exit(uint32(cmd.ProcessState.ExitCode()))
}

func (s *server) forward(n ssh.NewChannel) {
	var p struct {
		Host  string
		Port  uint32
		From  string
		FromP uint32
	}
	_ = ssh.Unmarshal(n.ExtraData(), &p)
	to, err := net.Dial("tcp", net.JoinHostPort(p.Host, strconv.Itoa(int(p.Port))))
	if err != nil {
		_ = n.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	ch, requests, err := n.Accept()
	if err != nil {
		_ = to.Close()
		return
	}
	s.wg.Go(func() { ssh.DiscardRequests(requests) })
	s.wg.Go(func() { _, _ = io.Copy(to, ch); _ = to.Close() })
	_, _ = io.Copy(ch, to)
	_ = ch.Close()
	_ = to.Close()
}

func (s *server) seen() (logins int, commands, requests []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins, slices.Clone(s.commands), slices.Clone(s.requests)
}

// place is where a test's keys and known hosts are.
type place struct {
	t     *testing.T
	dir   string
	asker keys.Asker
}

func newPlace(t *testing.T) *place { return &place{t: t, dir: t.TempDir()} }

func (p *place) known() string { return filepath.Join(p.dir, "ssh", "known_hosts") }

func (p *place) knows(s *server) {
	p.pin(s.addr(), s.host.PublicKey())
}

func (p *place) pin(addr string, key ssh.PublicKey) {
	if err := os.MkdirAll(filepath.Dir(p.known()), 0o700); err != nil {
		p.t.Fatal(err)
	}
	f, err := os.OpenFile(p.known(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	_, _ = f.WriteString(knownhosts.Line([]string{addr}, key) + "\n")
}

func (p *place) write(name, text string) string {
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func (p *place) identity() string {
	_, priv, _ := ed25519.GenerateKey(rand.Reader)
	block, err := ssh.MarshalPrivateKey(priv, "test")
	if err != nil {
		p.t.Fatal(err)
	}
	return p.write("id_ed25519", string(pem.EncodeToMemory(block)))
}

// pool is in a hurry, and ends with the test.
func (p *place) pool(change func(*Pool)) *Pool {
	trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{p.known()}, Asker: p.asker})
	if err != nil {
		p.t.Fatal(err)
	}
	pool := NewPool(Config{
		Trust: trust, Identities: keys.NewIdentities(keys.IdentitiesConfig{Files: []string{p.identity()}}), Retry: 50 * time.Millisecond,
	})
	pool.pace.grace = 200 * time.Millisecond
	if change != nil {
		change(pool)
	}
	p.t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// reach is a host behind s that is known, with everything as usual.
func reach(t *testing.T, s *server, change func(*Pool)) *Host {
	p := newPlace(t)
	p.knows(s)
	return p.pool(change).Host("worker-1", "root@"+s.addr())
}

func within10s(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

var eventually = await.Until
