package ssh

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// errSeen ends a handshake in which the key was all that was wanted.
var errSeen = errors.New("the host key was seen")

// HostKey reads the key that the host shows, of the type that is pinned where one is, and hangs up: nobody logs in, and nothing is trusted.
func (h *Host) HostKey(ctx context.Context) (key ssh.PublicKey, err error) {
	r, via, err := h.path(ctx)
	if err != nil {
		return nil, h.unreachable(err)
	}
	if r.proxied && via == nil {
		return nil, &fault.Error{What: "its host key cannot be read from here", On: h.name, Why: "only ssh itself gets through to it", Next: "log in once by hand and compare the fingerprint: ssh " + h.dest, Code: fault.Refused}
	}
	leave, err := h.pass(ctx, r, via)
	if err != nil {
		return nil, h.unreachable(err)
	}
	defer leave()
	ended := h.pool.config.Witness.See(remote.Call{Wire: "ssh", On: h.name, What: "read the host key of " + r.addr()})
	defer func() { ended(remote.Done("read", err)) }()
	raw, err := h.reach(ctx, r, via)
	if err != nil {
		return nil, h.unreachable(err)
	}
	key, err = h.seeKey(ctx, r, raw)
	if err != nil {
		return nil, h.unreachable(err)
	}
	return key, nil
}

func (h *Host) seeKey(ctx context.Context, r *route, raw net.Conn) (ssh.PublicKey, error) {
	var seen atomic.Pointer[ssh.PublicKey] // the library calls back on a goroutine of its own
	hangUp := func() { _ = raw.Close() }
	defer hangUp()
	defer time.AfterFunc(h.pool.pace.handshake, hangUp).Stop()
	defer context.AfterFunc(ctx, hangUp)()
	heard := &preface{Conn: raw}
	_, _, _, err := ssh.NewClientConn(heard, r.addr(), &ssh.ClientConfig{
		User: r.user, HostKeyAlgorithms: h.pool.config.Trust.Algorithms(r.knownAs),
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			seen.Store(&key)
			return errSeen
		},
	})
	if key := seen.Load(); key != nil {
		return *key, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if heard.away(err) {
		return nil, h.turnedAway(heard, err)
	}
	return nil, (&fault.Error{What: "the host shows no key", On: h.name, Next: "see what listens there: " + ByHand(h.dest)}).Because(err)
}
