package ssh

import (
	"bytes"
	"net"
	"testing"
	"time"
)

// The key is read without a login, of an unknown host too, and of one behind a jump host.
func TestHostKeyIsReadWithoutALogin(t *testing.T) {
	bastion, behind := newServer(t, nil), newServer(t, nil)
	p := newPlace(t)
	p.knows(bastion)
	pool := p.pool(nil)
	jump := pool.Host("bastion", "root@"+bastion.addr())
	for name, h := range map[string]*Host{"straight": pool.Host("worker-1", "root@"+behind.addr()), "behind a jump host": pool.hop("worker-2", "root@"+behind.addr(), jump)} {
		key, err := h.HostKey(within10s(t))
		if err != nil || !bytes.Equal(key.Marshal(), behind.host.PublicKey().Marshal()) {
			t.Errorf("%s: %v %v", name, key, err)
		}
	}
	if logins, _, _ := behind.seen(); logins != 0 {
		t.Errorf("%d logins", logins)
	}
}

func TestHostKeyOfAMuteHost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, and nobody speaks
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	pool := newPlace(t).pool(func(p *Pool) { p.pace.handshake = 100 * time.Millisecond })
	began := time.Now()
	if key, err := pool.Host("worker-1", "root@"+l.Addr().String()).HostKey(within10s(t)); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v %v", key, err)
	}
}
