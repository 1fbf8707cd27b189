package redis

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// Redis's own refusals are told in words, have changed nothing, and say which may pass by themselves.
func TestRefusalsHaveAWayOn(t *testing.T) {
	for said, c := range map[string]struct {
		next    string
		passing bool
	}{
		"LOADING Redis is loading the dataset in memory":           {"reading its data from disk", true},
		"READONLY You can't write against a read only replica.":    {"replica", true},
		"MASTERDOWN Link with MASTER is down":                      {"failover", true},
		"OOM command not allowed when used memory > 'maxmemory'.":  {"memory limit", false},
		"MISCONF Redis is configured to save RDB snapshots":        {"disk", false},
		"WRONGPASS invalid username-password pair":                 {"password", false},
		"NOPERM this user has no permissions to run the 'evalsha'": {"user", false},
		"ERR something else":                                       {"state of Redis", false},
		"ERR Error running script (call to f_1): @user_script:3: -OOM command not allowed when used memory > 'maxmemory'.": {"memory limit", false},
	} {
		m := miniredis.RunT(t)
		c2 := connect(t, "redis://"+m.Addr(), nil)
		m.SetError(said)
		_, err := c2.Run(t.Context(), permit(yes), "test", NewScript("t", "return 1"), nil)
		if err == nil || errors.Is(err, remote.ErrUnknown) || !strings.Contains(fault.Of(err).Next, c.next) || Passing(err) != c.passing {
			t.Errorf("%q: %v, passing %v", said, err, Passing(err))
		}
	}
}

// A stunnel that lost its other end listens, accepts, and closes.
func TestAcceptsAndCloses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	defer func() { _ = l.Close(); <-done }()
	c := connect(t, "redis://"+l.Addr().String(), nil)
	_, err = c.Read(t.Context(), Cmd("PING"))
	if err == nil || !strings.Contains(fault.Of(err).Next, "stunnel") || !Passing(err) {
		t.Errorf("%v", err)
	}
	if _, err := c.Change(t.Context(), permit(yes), "set", Cmd("SET", "a", "1")); err == nil || errors.Is(err, remote.ErrUnknown) || !strings.Contains(fault.Of(err).Next, "stunnel") {
		t.Errorf("%v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	c := connect(t, "redis://127.0.0.1:1", nil)
	if err := c.Ping(t.Context()); err == nil || !strings.Contains(fault.Of(err).Next, "listens") || !Passing(err) {
		t.Errorf("%v", err)
	}
}

// A script is sent by its name, and in full only to a Redis that does not know it; the permit is asked each time.
func TestScripts(t *testing.T) {
	m := miniredis.RunT(t)
	c := connect(t, "redis://"+m.Addr(), nil)
	s := NewScript("count", "return redis.call('INCRBY', KEYS[1], ARGV[1])")
	asked := 0
	p := permit(func(ctx context.Context) error { asked++; return nil })
	for want := int64(2); want <= 6; want += 2 {
		got, err := c.Run(t.Context(), p, "count", s, []string{"n"}, 2)
		if err != nil || got.Int() != want {
			t.Fatalf("%d, %v", got.Int(), err)
		}
	}
	if asked != 4 {
		t.Errorf("the permit was asked %d times for three scripts, one of them sent twice", asked)
	}
	no := errors.New("no")
	if _, err := c.Run(t.Context(), permit(func(context.Context) error { return no }), "count", s, []string{"n"}, 2); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
	if got, _ := m.Get("n"); got != "6" {
		t.Errorf("n is %s", got)
	}
	if _, err := c.Run(t.Context(), nil, "count", s, []string{"n"}, 2); err == nil {
		t.Error("a script without a permit")
	}
}

func TestAScriptWithoutAnAnswerIsUnknown(t *testing.T) {
	m := miniredis.RunT(t)
	c := connect(t, "redis://x", cutter(m.Addr(), "evalsha"))
	_, err := c.Run(t.Context(), permit(yes), "count", NewScript("count", "return 1"), nil)
	if !errors.Is(err, remote.ErrUnknown) || fault.CodeOf(err) != fault.Unknown || !Passing(err) {
		t.Errorf("%v", err)
	}
}
