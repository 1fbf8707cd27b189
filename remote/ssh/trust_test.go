package ssh

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
)

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
		return keys.Answer{Yes: true}, pause(ctx, 1200*time.Millisecond)
	})
	pool := p.pool(func(p *Pool) { p.pace.handshake = time.Second })
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

// Hosts whose keys wait for the operator have no place that another one could need: not among the logins, not behind their jump host.
func TestNobodyWaitsForAQuestionAboutAnotherHost(t *testing.T) {
	jump, known, p := newServer(t, nil), newServer(t, nil), newPlace(t)
	p.knows(jump)
	p.knows(known)
	asked, answer := &gate{ch: make(chan struct{})}, &gate{ch: make(chan struct{})}
	defer answer.close()
	p.asker = askerFunc(func(context.Context, keys.Question) (keys.Answer, error) {
		asked.close()
		<-answer.ch
		return keys.Answer{Yes: true}, nil
	})
	pool := p.pool(func(p *Pool) { p.logins, p.pace.person = make(chan struct{}, 1), 10*time.Millisecond })
	via := pool.Host("jump", "root@"+jump.addr())
	var wg sync.WaitGroup
	for i := range maxDials {
		unknown := newServer(t, nil)
		wg.Go(func() {
			if r := pool.hop(fmt.Sprint("unknown", i), "root@"+unknown.addr(), via).Look(within10s(t), Command{Script: "true"}); !r.OK() {
				t.Errorf("%+v", r)
			}
		})
	}
	<-asked.ch
	if r := pool.hop("known", "root@"+known.addr(), via).Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
	answer.close()
	wg.Wait()
}

// sshd gives a login two minutes; a person may take longer to compare a fingerprint, and is not asked to begin anew.
func TestAServerThatDidNotWaitForTheAnswerIsDialledAgain(t *testing.T) {
	s := newServer(t, nil)
	p := newPlace(t)
	asked := 0
	var pool *Pool
	p.asker = askerFunc(func(context.Context, keys.Question) (keys.Answer, error) {
		asked++
		s.cut()
		eventually(t, "it is taken for a person's answer", func() bool { return len(pool.logins) == 0 })
		return keys.Answer{Yes: true}, nil
	})
	pool = p.pool(func(p *Pool) { p.pace.person = 10 * time.Millisecond })
	h := pool.Host("worker-1", "root@"+s.addr())
	if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() || asked != 1 {
		t.Errorf("asked %d times: %+v", asked, r)
	}
}
