package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

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

func TestSlowHandshakeDelaysNobodyBeyondTheirContext(t *testing.T) {
	l := silent(t)
	h := newPlace(t).pool(nil).Host("worker-3", "root@"+l.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
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
	if wait < 4*time.Minute || wait > 8*time.Minute {
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
	h := reach(t, s, func(p *Pool) { p.pace.ping, p.pace.pong = 20*time.Millisecond, 200*time.Millisecond })
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
			if dropped++; dropped < resets {
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
		if connections.Load() != resets || wait < 45*time.Minute {
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
	if connections != 1 || wait < 45*time.Minute {
		t.Errorf("%d connections, the next in %v", connections, wait)
	}
}

func TestChangedHostKeyStopsHard(t *testing.T) {
	s := newServer(t, nil)
	p := newPlace(t)
	other := newServer(t, nil)
	p.pin("other.example:22", other.host.PublicKey())
	p.pin(s.addr(), other.host.PublicKey())
	h := p.pool(nil).Host("worker-1", "root@"+s.addr())
	r := h.Do(within10s(t), allowed, Command{Script: "true"})
	err := r.Err("stopping", "worker-1")
	if r.Outcome != Unreachable || fault.CodeOf(err) != fault.Refused {
		t.Fatalf("%+v", r)
	}
	for _, want := range []string{p.known() + ":2", ssh.FingerprintSHA256(s.host.PublicKey()), ssh.FingerprintSHA256(other.host.PublicKey())} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if logins, _, _ := s.seen(); logins != 0 {
		t.Error("logged in")
	}
	w := keys.Window{Host: h.Addr(), Old: []string{ssh.FingerprintSHA256(other.host.PublicKey())}, Key: s.host.PublicKey(), Until: time.Now().Add(time.Minute)}
	if err := h.pool.config.Trust.Renew(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	h.Drop()
	if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("after the renewal: %+v", r)
	}
}

func TestKnownKeyIsAskedForAmongSeveral(t *testing.T) {
	ecdsaKey := newECDSA(t)
	s := newServer(t, func(s *server) { s.config.AddHostKey(ecdsaKey) })
	p := newPlace(t)
	p.pin(s.addr(), ecdsaKey.PublicKey())
	if r := p.pool(nil).Host("w", "root@"+s.addr()).Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
}

type askerFunc func(context.Context, keys.Question) (keys.Answer, error)

func (f askerFunc) Ask(ctx context.Context, q keys.Question) (keys.Answer, error) { return f(ctx, q) }

func TestUnknownHostIsAskedOnceAndPinned(t *testing.T) {
	s := newServer(t, nil)
	p := newPlace(t)
	asked := 0
	p.asker = askerFunc(func(ctx context.Context, q keys.Question) (keys.Answer, error) {
		asked++
		if q.Subject != s.addr() || !strings.Contains(strings.Join(q.Details, "\n"), ssh.FingerprintSHA256(s.host.PublicKey())) {
			t.Errorf("%+v", q)
		}
		return keys.Answer{Yes: true}, pause(ctx, 300*time.Millisecond)
	})
	pool := p.pool(func(p *Pool) { p.pace.handshake = 200 * time.Millisecond })
	h := pool.Host("worker-1", "root@"+s.addr())
	for range 2 {
		if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() {
			t.Fatalf("the clock stands still while the operator thinks: %+v", r)
		}
		h.Drop()
	}
	data, err := os.ReadFile(p.known())
	if err != nil || asked != 1 || !strings.HasPrefix(string(data), "[127.0.0.1]:") {
		t.Errorf("asked %d times, %q, %v", asked, data, err)
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

func TestSilenceIsToldFromRefusal(t *testing.T) {
	quick := func(p *Pool) { p.pace.connect, p.pace.handshake = 300*time.Millisecond, 300*time.Millisecond }
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
	pool := p.pool(quick)
	for name, x := range map[string]struct {
		host   *Host
		silent bool
	}{
		"nobody listens":      {pool.Host("a", "root@"+gone.Addr().String()), true},
		"nothing comes back":  {pool.Host("b", "root@"+mute.Addr().String()), true},
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
