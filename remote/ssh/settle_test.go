package ssh

import (
	"context"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// unsignalled makes it a server whose commands hear no signal.
func unsignalled(s *server) {
	s.exec = func(c *channel) {
		one := *c
		one.signals = nil
		s.shell(&one)
	}
}

// Who cancels and leaves at once leaves nothing behind: neither what a signal ends, nor what must be looked for.
func TestLeavingWaitsForWhatWasCancelled(t *testing.T) {
	for name, change := range map[string]func(*server){"by a signal": func(*server) {}, "by looking for it": unsignalled} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			change(s)
			h := reach(t, s, nil)
			ctx, cancel := context.WithCancel(within10s(t))
			pidfile, done := filepath.Join(t.TempDir(), "pid"), make(chan Result, 1)
			go func() {
				done <- h.Do(ctx, allowed, Command{Script: `sleep 1000 & echo $! > "$1.new"; mv "$1.new" "$1"; wait`, Args: []string{pidfile}})
			}()
			pid := childOf(t, pidfile)
			cancel()
			if left := h.pool.Settle(within10s(t), func([]Left) {}); len(left) > 0 || !gone(pid) {
				t.Errorf("gone is %v, left is %+v", gone(pid), left)
			}
			_ = h.pool.Close()
			if r := <-done; r.Outcome != Unknown {
				t.Errorf("%+v", r)
			}
		})
	}
}

// What cannot be ended is told of, is not waited for for ever, and is not called gone: a look sooner than a change.
func TestLeavingSaysWhatIsNotKnownToBeGone(t *testing.T) {
	s := newServer(t, nil)
	begun := make(chan struct{}, 2)
	s.exec = func(c *channel) {
		if strings.Contains(c.command, "environ") { // what looks for it
			c.exit(1)
			return
		}
		begun <- struct{}{}
		<-c.gone
	}
	h := reach(t, s, func(p *Pool) {
		p.pace.grace, p.pace.moment, p.pace.tether = time.Millisecond, time.Millisecond, 3*time.Second
	})
	ctx, cancel := context.WithCancel(within10s(t))
	done := make(chan Result, 2)
	go func() { done <- h.Do(ctx, allowed, Command{For: "stop the containers", Script: "true"}) }()
	go func() { done <- h.Look(ctx, Command{For: "follow", Script: "true", Tether: true}) }()
	<-begun
	<-begun
	cancel()
	var told []Left
	began := time.Now()
	left := h.pool.Settle(within10s(t), func(l []Left) { told = append(told, l...) })
	took := time.Since(began)
	byName := map[string]Left{}
	for _, l := range left {
		byName[l.What] = l
	}
	want := map[string]Left{
		"stop the containers": {Host: "worker-1", What: "stop the containers", Changes: true, Runs: true},
		"follow":              {Host: "worker-1", What: "follow"},
	}
	if !reflect.DeepEqual(byName, want) || len(told) == 0 || len(told) > 2 || took > 2*time.Second {
		t.Errorf("after %s: %+v, told %+v", took, left, told)
	}
	_ = h.pool.Close()
	<-done
	<-done
}

// Nobody who leaves waits for what was not cancelled: a command that shall outlive the console does.
func TestLeavingWaitsForNothingElse(t *testing.T) {
	s := newServer(t, nil)
	begun := make(chan struct{})
	s.exec = func(c *channel) { close(begun); <-c.gone }
	h := reach(t, s, nil)
	done := make(chan Result, 1)
	go func() { done <- h.Do(within10s(t), allowed, Command{Script: "true"}) }()
	<-begun
	if left := h.pool.Settle(t.Context(), func([]Left) { t.Error("told") }); len(left) > 0 {
		t.Errorf("%+v", left)
	}
	_ = h.pool.Close()
	if r := <-done; r.Outcome != Unknown {
		t.Errorf("%+v", r)
	}
}
