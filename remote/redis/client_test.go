package redis

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/fixtures/await"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type permit func(context.Context) error

func (p permit) Check(ctx context.Context) error { return p(ctx) }

func yes(context.Context) error { return nil }

func connect(t *testing.T, url string, dial Dialer) *Client {
	t.Helper()
	c := New(Config{URL: At(url), Dial: dial})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestReadIsOneRoundTripThroughTheDialer(t *testing.T) {
	m := miniredis.RunT(t)
	_ = m.Set("a", "1")
	m.HSet("h", "x", "y")
	_, _ = m.Lpush("l", "one")
	dials := atomic.Int32{}
	c := connect(t, "redis://somewhere:6379/0", func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		if network != "tcp" || addr != "somewhere:6379" {
			t.Errorf("dialled %s %s", network, addr)
		}
		return (&net.Dialer{}).DialContext(ctx, network, m.Addr())
	})
	if dials.Load() != 0 {
		t.Error("connected before it was asked")
	}
	for range 3 {
		got, err := c.Read(t.Context(), Cmd("GET", "a"), Cmd("GET", "none"), Cmd("HGETALL", "h"), Cmd("LINDEX", "l", -1), Cmd("LLEN", "l"), Cmd("HMGET", "h", "x", "z"))
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Int() != 1 || !got[1].Nil() || got[2].Map()["x"] != "y" || got[3].Text() != "one" || got[4].Int() != 1 {
			t.Errorf("replies %+v", got)
		}
		if l := got[5].List(); len(l) != 2 || l[0].Text() != "y" || !l[1].Nil() {
			t.Errorf("HMGET %+v", l)
		}
	}
	if dials.Load() != 1 {
		t.Errorf("%d connections", dials.Load())
	}
}

func TestReadRefusesChanges(t *testing.T) {
	m := miniredis.RunT(t)
	c := connect(t, "redis://"+m.Addr(), nil)
	if _, err := c.Read(t.Context(), Cmd("GET", "a"), Cmd("DEL", "a")); err == nil || m.TotalConnectionCount() != 0 {
		t.Errorf("error %v", err)
	}
}

func TestReadSurvivesADeadConnection(t *testing.T) {
	m := miniredis.RunT(t)
	c := connect(t, "redis://"+m.Addr(), nil)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	addr := m.Addr()
	m.Close()
	if err := c.Ping(t.Context()); err == nil {
		t.Fatal("a closed server answered")
	}
	if err := m.StartAddr(addr); err != nil {
		t.Fatal(err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if _, err := c.Change(t.Context(), permit(yes), "set", Cmd("SET", "a", "2")); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

func TestPasswordIsUsedAndNeverShown(t *testing.T) {
	m := miniredis.RunT(t)
	m.RequireAuth("hunter2pass")
	if err := connect(t, "redis://:hunter2pass@"+m.Addr()+"/3", nil).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	wrong := connect(t, "redis://:wrongsecret@"+m.Addr(), nil)
	err := wrong.Ping(t.Context())
	if err == nil || strings.Contains(err.Error(), "wrongsecret") || !strings.Contains(fault.Of(err).Next, "password") {
		t.Errorf("wrong password: %v", err)
	}
	for _, url := range []string{"redis://:hunter2pass@host:port:9/x", "http://:hunter2pass@host", "redis://:hunter2pass@host/notanumber", "redis://:hunter2pass@host/0?nonsense=1", ":hunter2pass"} {
		if err := New(Config{URL: At(url)}).Check(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2pass") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if name := wrong.Name(); strings.Contains(name, "wrongsecret") {
		t.Error(name)
	}
}

func TestURLForms(t *testing.T) {
	for url, want := range map[string]string{"redis://h": "h:6379", "rediss://u:p@h:1/2": "h:1", "unix:///run/redis.sock?db=2": "/run/redis.sock", " redis://127.0.0.1:6379/0\n": "127.0.0.1:6379"} {
		c := New(Config{URL: At(url)})
		if err := c.Check(t.Context()); err != nil || c.Name() != want {
			t.Errorf("%s: %v, %v", url, c, err)
		}
	}
}

func TestChangeAsksThePermitOnce(t *testing.T) {
	m := miniredis.RunT(t)
	c := connect(t, "redis://"+m.Addr(), nil)
	times := 0
	out, err := c.Change(t.Context(), permit(func(context.Context) error { times++; return nil }), "push", Cmd("LPUSH", "l", "TSTP"), Cmd("EXPIRE", "l", 60))
	if err != nil || times != 1 || out[0].Int() != 1 {
		t.Fatalf("%v, %d, %v", out, times, err)
	}
	if l, _ := m.List("l"); len(l) != 1 || m.TTL("l") != time.Minute {
		t.Errorf("list %v", l)
	}
	no := errors.New("no lease")
	if _, err := c.Change(t.Context(), permit(func(context.Context) error { return no }), "push", Cmd("LPUSH", "l", "TSTP")); !errors.Is(err, no) {
		t.Error(err)
	}
	if _, err := c.Change(t.Context(), nil, "push", Cmd("LPUSH", "l", "TSTP")); err == nil {
		t.Error("without a permit")
	}
	if l, _ := m.List("l"); len(l) != 1 {
		t.Errorf("sent without a permit: %v", l)
	}
}

func TestChangeRefusedByRedisIsKnown(t *testing.T) {
	m := miniredis.RunT(t)
	_ = m.Set("s", "x")
	c := connect(t, "redis://"+m.Addr(), nil)
	if _, err := c.Change(t.Context(), permit(yes), "push", Cmd("LPUSH", "s", "y")); err == nil || errors.Is(err, remote.ErrUnknown) {
		t.Error(err)
	}
}

// cutter is a way to Redis that breaks once a command has passed.
func cutter(addr string, after string) Dialer {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		far, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &cut{Conn: far, after: after}, nil
	}
}

type cut struct {
	net.Conn
	after string
	gone  atomic.Bool
}

func (c *cut) Write(p []byte) (int, error) {
	if strings.Contains(strings.ToLower(string(p)), c.after) {
		c.gone.Store(true)
	}
	return c.Conn.Write(p)
}

func (c *cut) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.gone.Load() {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func TestChangeWithoutAnAnswerIsUnknownAndSentOnce(t *testing.T) {
	m := miniredis.RunT(t)
	c := connect(t, "redis://x", cutter(m.Addr(), "rpush"))
	_, err := c.Change(t.Context(), permit(yes), "push", Cmd("RPUSH", "l", "1"))
	if !errors.Is(err, remote.ErrUnknown) || fault.CodeOf(err) != fault.Unknown {
		t.Fatal(err)
	}
	await.Until(t, "the push that was not answered", func() bool { l, _ := m.List("l"); return len(l) == 1 })
}

func TestNoConnectionIsAPlainFailure(t *testing.T) {
	c := connect(t, "redis://x", func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("stunnel is down") })
	for range 40 {
		if _, err := c.Change(t.Context(), permit(yes), "push", Cmd("RPUSH", "l", "1")); err == nil || errors.Is(err, remote.ErrUnknown) || !strings.Contains(err.Error(), "stunnel is down") {
			t.Fatal(err)
		}
	}
	mine := &fault.Error{What: "the host is unreachable", Next: "wake it"}
	c = connect(t, "redis://x", func(context.Context, string, string) (net.Conn, error) { return nil, mine })
	if err := c.Ping(t.Context()); fault.Of(err) != mine {
		t.Errorf("a fault from below became %v", err)
	}
}

func TestSilentServerIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	held := make(chan net.Conn, 8)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			held <- conn // says nothing for ever
		}
	}()
	c := connect(t, "redis://x", func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, l.Addr().String())
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := c.Ping(ctx); err == nil || time.Since(began) > 20*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	_ = l.Close()
	<-done
	for len(held) > 0 {
		_ = (<-held).Close()
	}
}

func TestTwoAtATime(t *testing.T) {
	m := miniredis.RunT(t)
	c := connect(t, "redis://"+m.Addr(), nil)
	errs := make(chan error, 20)
	for range 20 {
		go func() { errs <- c.Ping(t.Context()) }()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := m.TotalConnectionCount(); n > atOnce {
		t.Errorf("%d connections", n)
	}
	_ = c.Close()
	if err := c.Ping(t.Context()); err == nil {
		t.Error("a closed client answered")
	}
}
