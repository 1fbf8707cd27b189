package ssh

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
)

// silent accepts and never says a word.
func silent(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l
}

func TestNoBannerIsNotWaitedForLonger(t *testing.T) {
	l := silent(t)
	pool := newPlace(t).pool(func(p *Pool) { p.pace.handshake = 100 * time.Millisecond })
	h := pool.Host("worker-3", "root@"+l.Addr().String())
	r := h.Look(within10s(t), Command{Script: "true"})
	if r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "did not end within 100ms") {
		t.Errorf("%+v", r)
	}
	if link := h.Link(); link.State != "down" || link.Err == nil {
		t.Errorf("%+v", link)
	}
}

// Through a jump host a connection bears no deadline.
func TestNoBannerBehindAJumpHostIsNotWaitedForLonger(t *testing.T) {
	jump, l, p := newServer(t, nil), silent(t), newPlace(t)
	p.knows(jump)
	pool := p.pool(nil)
	via := pool.Host("jump", "root@"+jump.addr())
	if r := via.Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Fatalf("%+v", r)
	}
	pool.pace.handshake = 100 * time.Millisecond // the jump host had all the time that it needed
	r := pool.hop("worker-3", "root@"+l.Addr().String(), via).Look(within10s(t), Command{Script: "true"})
	if r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "did not end within 100ms") || !errors.Is(r.Cause, ErrSilent) {
		t.Errorf("%+v", r)
	}
}

// sshd drops some of those who come at once, so only a few do, to one address.
func TestFewDialAtOnce(t *testing.T) {
	var came atomic.Int64
	first, open := &gate{ch: make(chan struct{})}, &gate{ch: make(chan struct{})}
	s := newServer(t, func(s *server) {
		s.wrap = func(c net.Conn) net.Conn {
			if came.Add(1) == maxDials {
				first.close()
			}
			return c
		}
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			<-open.ch
			return nil, nil
		}
	})
	defer open.close()
	p := newPlace(t)
	p.knows(s)
	pool := p.pool(nil)
	var wg sync.WaitGroup
	for i := range 3 * maxDials {
		wg.Go(func() {
			if r := pool.Host(fmt.Sprint(i), fmt.Sprintf("user%d@%s", i, s.addr())).Look(within10s(t), Command{Script: "true"}); !r.OK() {
				t.Errorf("%+v", r)
			}
		})
	}
	<-first.ch
	eventually(t, "all want to", func() bool { pool.mu.Lock(); defer pool.mu.Unlock(); return len(pool.hosts) == 3*maxDials })
	if n := came.Load(); n != maxDials {
		t.Errorf("%d at once", n)
	}
	open.close()
	wg.Wait()
}

func TestSlowHandshakeDelaysNobodyBeyondTheirContext(t *testing.T) {
	l := silent(t)
	h := newPlace(t).pool(nil).Host("worker-3", "root@"+l.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	r := h.Do(ctx, allowed, Command{Script: "true"})
	if r.Outcome != Unreachable || !errors.Is(r.Cause, context.DeadlineExceeded) || time.Since(began) > 8*time.Second {
		t.Errorf("%+v", r)
	}
	if link := h.Link(); link.State != "connecting" {
		t.Errorf("the dial goes on for others: %+v", link)
	}
}

func TestDeadHostFailsFast(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	pool := newPlace(t).pool(func(p *Pool) { p.config.Retry = time.Hour })
	h := pool.Host("worker-3", "root@"+addr)
	first := h.Look(within10s(t), Command{Script: "true"})
	again := h.Look(within10s(t), Command{Script: "true"})
	if first.Cause == nil || !errors.Is(again.Cause, first.Cause) {
		t.Errorf("%v then %v", first.Cause, again.Cause)
	}
	h.mu.Lock()
	wait := time.Until(h.failed.until)
	h.mu.Unlock()
	if wait < 5*time.Minute || wait > 9*time.Minute {
		t.Errorf("nothing listened: remembered for %v", wait)
	}
	h.Drop()
	if h.failed.err != nil || h.Link().State != "idle" {
		t.Error("Drop forgets failures")
	}
}

// hole stops passing anything in either direction once it is shut.
type hole struct {
	net.Conn
	shut *gate
}

type gate struct {
	once sync.Once
	ch   chan struct{}
}

func (g *gate) close() { g.once.Do(func() { close(g.ch) }) }

func (h hole) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	select {
	case <-h.shut.ch:
		_, _ = io.Copy(io.Discard, h.Conn) // swallows everything until the other side hangs up
		return 0, io.EOF
	default:
		return n, err
	}
}

func TestKeepaliveFreesABlackHoledConnection(t *testing.T) {
	shut := &gate{ch: make(chan struct{})}
	s := newServer(t, func(s *server) {
		s.wrap = func(c net.Conn) net.Conn { return hole{c, shut} }
		s.exec = func(c *channel) {
			if strings.Contains(c.command, "hang") {
				shut.close()
				return
			}
			s.shell(c)
		}
	})
	h := reach(t, s, func(p *Pool) { p.pace.ping, p.pace.pong = 20*time.Millisecond, 2*time.Second })
	if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Fatalf("%+v", r)
	}
	eventually(t, "a round trip is measured", func() bool { return h.Link().RTT > 0 })
	if r := h.Do(within10s(t), allowed, Command{Script: "hang"}); r.Outcome != Unknown {
		t.Errorf("%+v", r)
	}
	eventually(t, "the link is down", func() bool { return h.Link().State == "down" })
}

func TestConnectionComesBack(t *testing.T) {
	s := newServer(t, nil)
	h := reach(t, s, nil)
	for range 3 {
		if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() {
			t.Fatalf("%+v", r)
		}
		s.cut()
	}
	h.Drop()
	if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Fatalf("%+v", r)
	}
	if logins, _, _ := s.seen(); logins != 4 {
		t.Errorf("%d logins", logins)
	}
}

func TestServerThatHangsUpFirstIsTriedAgain(t *testing.T) {
	dropped := 0
	s := newServer(t, func(s *server) {
		s.wrap = func(c net.Conn) net.Conn {
			if dropped++; dropped < tries {
				_ = c.Close()
			}
			return c
		}
	})
	if r := reach(t, s, nil).Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
}

// OpenSSH since 9.8 answers an address that it holds earlier failures against, or that comes with too many logins at once, with a line and the end.
func TestServerThatTurnsUsAwayIsQuoted(t *testing.T) {
	for said, why := range map[string]string{"Not allowed at this time\r\n": `it says "Not allowed at this time": `, "": "it says nothing", "\x1b]0;x\aNo\n": `it says "No": `} {
		var connections atomic.Int32
		s := newServer(t, func(s *server) {
			s.wrap = func(c net.Conn) net.Conn {
				connections.Add(1)
				_, _ = io.WriteString(c, said)
				_ = c.Close()
				return c
			}
		})
		h := reach(t, s, func(p *Pool) { p.config.Retry = time.Hour })
		var f *fault.Error
		for range 5 {
			r := h.Look(within10s(t), Command{Script: "true"})
			if r.Outcome != Unreachable || !errors.As(r.Cause, &f) || f.What != "the SSH server hangs up on us" || !strings.HasPrefix(f.Why, why) || f.Next == "" {
				t.Errorf("%q: %+v, %+v", said, r, f)
			}
		}
		h.mu.Lock()
		wait := time.Until(h.failed.until)
		h.mu.Unlock()
		if connections.Load() != tries || wait < 59*time.Minute {
			t.Errorf("%q: %d connections, the next in %v", said, connections.Load(), wait)
		}
	}
}

func TestWrongKeyIsNotLetIn(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errors.New("no") }
	})
	r := reach(t, s, nil).Look(within10s(t), Command{Script: "true"})
	var f *fault.Error
	if !errors.As(r.Cause, &f) || f.What != "login refused" || !strings.Contains(f.Why, "root") || f.Next == "" {
		t.Errorf("%+v", r)
	}
}

func TestRefusedLoginIsNotRepeatedSoon(t *testing.T) {
	connections := 0
	s := newServer(t, func(s *server) {
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errors.New("no") }
		s.wrap = func(c net.Conn) net.Conn { connections++; return c }
	})
	h := reach(t, s, func(p *Pool) { p.config.Retry = time.Hour })
	for range 5 {
		if r := h.Look(within10s(t), Command{Script: "true"}); r.Outcome != Unreachable {
			t.Errorf("%+v", r)
		}
	}
	h.mu.Lock()
	wait := time.Until(h.failed.until)
	h.mu.Unlock()
	if connections != 1 || wait < 59*time.Minute {
		t.Errorf("%d connections, the next in %v", connections, wait)
	}
}

// deaf holds keys and never signs with them.
type deaf struct {
	agent.Agent
	over <-chan struct{}
}

func (d deaf) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	<-d.over
	return nil, errors.New("over")
}

func TestAnAgentThatNeverSignsEndsTheLogin(t *testing.T) {
	p := newPlace(t)
	s, ring := newServer(t, nil), agent.NewKeyring()
	p.knows(s)
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_AUTH_SOCK", socket)
	over := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(over)
	defer func() { _ = l.Close() }()
	wg.Go(func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			wg.Go(func() { _ = agent.ServeAgent(deaf{ring, over}, c); _ = c.Close() })
		}
	})
	h := p.pool(func(p *Pool) {
		p.config.Identities, p.pace.operator = keys.NewIdentities(keys.IdentitiesConfig{Agent: true}), 300*time.Millisecond
	}).Host("worker-1", "root@"+s.addr())
	if r := h.Look(within10s(t), Command{Script: "true"}); r.Outcome != Unreachable || !strings.Contains(fmt.Sprint(r.Cause), "not answered within 300ms") {
		t.Errorf("%+v", r)
	}
}

func TestRefusedHostIsNotAskedAgain(t *testing.T) {
	s := newServer(t, nil)
	p := newPlace(t)
	asked := 0
	p.asker = askerFunc(func(context.Context, keys.Question) (keys.Answer, error) { asked++; return keys.Answer{}, nil })
	h := p.pool(func(p *Pool) { p.config.Retry = time.Nanosecond }).Host("worker-1", "root@"+s.addr())
	for range 3 {
		if r := h.Look(within10s(t), Command{Script: "true"}); fault.CodeOf(r.Cause) != fault.Refused {
			t.Fatalf("%+v", r)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	h.Drop()
	if h.Look(within10s(t), Command{Script: "true"}); asked != 2 {
		t.Errorf("Drop begins anew, but asked %d times", asked)
	}
	if _, err := os.Stat(p.known()); err == nil {
		t.Error("pinned all the same")
	}
}

func TestClosedPoolFreesEverybody(t *testing.T) {
	s := newServer(t, func(s *server) { s.exec = func(c *channel) { <-c.gone } })
	pool := func() *Pool { p := newPlace(t); p.knows(s); return p.pool(nil) }()
	h := pool.Host("worker-1", "root@"+s.addr())
	done := make(chan Result, 1)
	go func() { done <- h.Look(within10s(t), Command{Script: "sleep 1000"}) }()
	eventually(t, "it runs", func() bool { _, c, _ := s.seen(); return len(c) == 1 })
	_ = pool.Close()
	if r := <-done; r.Outcome != Unknown {
		t.Errorf("%+v", r)
	}
	if r := h.Look(within10s(t), Command{Script: "true"}); r.Outcome != Unreachable {
		t.Errorf("%+v", r)
	}
}

// A login that ends well just when the pool is closed is ended as well, or an ssh that holds it would outlive who closed it.
func TestALoginThatNobodyWantsAnyMoreIsEnded(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	h := reach(t, s, nil)
	c, err := ssh.Dial("tcp", s.addr(), &ssh.ClientConfig{User: "root", HostKeyCallback: ssh.FixedHostKey(s.host.PublicKey())})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.pool.Close(); err != nil {
		t.Fatal(err)
	}
	ended := false
	a := &attempt{done: make(chan struct{})}
	h.deliver(a, &wire{Client: c, end: func() { ended = true }}, nil)
	if err := c.Wait(); err == nil || !ended || a.conn != nil || !errors.Is(a.err, errDropped) {
		t.Errorf("%v, ended %v, %v", err, ended, a.err)
	}
}

// A jump host that becomes a black hole while it is logged in to says nothing of those behind it.
func TestAJumpHostThatFallsSilentIsNotTheHostBehindIt(t *testing.T) {
	shut := &gate{ch: make(chan struct{})}
	jump := newServer(t, func(s *server) { s.wrap = func(c net.Conn) net.Conn { return hole{c, shut} } })
	p := newPlace(t)
	p.knows(jump)
	pool := p.pool(func(p *Pool) { p.pace.connect, p.pace.pong = 1500*time.Millisecond, 1500*time.Millisecond })
	via := pool.Host("jump", "root@"+jump.addr())
	gone := pool.hop("worker-1", "root@127.0.0.1:1", via)
	if r := gone.Look(within10s(t), Command{Script: "true"}); !errors.Is(r.Cause, ErrSilent) {
		t.Errorf("nobody listens behind one that answers: %v", r.Cause)
	}
	gone.Drop()
	shut.close()
	if r := gone.Look(within10s(t), Command{Script: "true"}); errors.Is(r.Cause, ErrSilent) || !strings.Contains(fmt.Sprint(r.Cause), "jump host does not answer any more on jump") {
		t.Errorf("%v", r.Cause)
	}
}

func TestSilenceIsToldFromRefusal(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	p := newPlace(t)
	s, stranger := newServer(t, nil), newServer(t, nil)
	p.knows(s)
	p.pin(stranger.addr(), s.host.PublicKey())
	pool, hurried := p.pool(nil), p.pool(func(p *Pool) { p.pace.handshake = 300 * time.Millisecond })
	for name, x := range map[string]struct {
		host   *Host
		silent bool
	}{
		"nobody listens":      {pool.Host("a", "root@"+gone.Addr().String()), true},
		"nothing comes back":  {hurried.Host("b", "root@"+mute.Addr().String()), true},
		"another host key":    {pool.Host("c", "root@"+stranger.addr()), false},
		"a name of nobody":    {pool.Host("d", "root@nobody.invalid:22"), false},
		"it lives":            {pool.Host("e", "root@"+s.addr()), false},
		"a jump host is dead": {pool.hop("f", "root@"+s.addr(), pool.Host("a", "root@"+gone.Addr().String())), false},
	} {
		r := x.host.Look(within10s(t), Command{Script: "true"})
		if errors.Is(r.Cause, ErrSilent) != x.silent || (name == "it lives") != r.OK() {
			t.Errorf("%s: %s, %v", name, r.Outcome, r.Cause)
		}
	}
}
