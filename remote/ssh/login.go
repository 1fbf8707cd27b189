package ssh

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
)

// login is one handshake. Its deadline closes the wire, which works where SetDeadline does not, and is another one while the operator or the agent answers.
type login struct {
	host   *Host
	route  *route
	ctx    context.Context // of this try
	cancel context.CancelFunc
	timer  *time.Timer

	late       atomic.Bool
	leave      func()      // lets others log in
	person     atomic.Bool // somebody was asked
	asking     atomic.Bool // somebody is
	unanswered atomic.Bool // and did not answer
	problems   []error
	done       func() // gives the agent back

	mu       sync.Mutex // the library checks the host's key on a goroutine of its own
	over     bool       // logged in: nothing more is asked
	seen     bool       // the server showed its key
	accepted []byte     // the key that was accepted
	refusal  error      // what trust or the keys said
}

func (l *login) login(raw net.Conn) (*ssh.Client, error) {
	l.timer = time.AfterFunc(l.host.pool.pace.handshake, func() {
		l.late.Store(true)
		l.unanswered.Store(l.asking.Load())
		l.cancel()
		_ = raw.Close()
	})
	defer l.timer.Stop()
	defer context.AfterFunc(l.ctx, func() { _ = raw.Close() })()
	defer func() {
		if l.done != nil {
			l.done()
		}
	}()
	heard := &preface{Conn: raw}
	c, channels, requests, err := ssh.NewClientConn(heard, l.route.addr(), l.config())
	if err != nil && heard.away(err) && l.ctx.Err() == nil && !l.late.Load() {
		return nil, l.host.turnedAway(heard, err)
	}
	if err != nil {
		return nil, l.explain(err)
	}
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	return ssh.NewClient(c, channels, requests), nil
}

func (l *login) config() *ssh.ClientConfig {
	return &ssh.ClientConfig{
		User:              l.route.user,
		HostKeyAlgorithms: l.host.pool.config.Trust.Algorithms(l.route.knownAs),
		HostKeyCallback:   l.checkHost,
		Auth:              []ssh.AuthMethod{ssh.PublicKeysCallback(l.signers)},
	}
}

// patiently runs what may ask the operator. Nobody waits behind a login that waits for a person.
func (l *login) patiently(ask func() error) error {
	l.timer.Reset(l.host.pool.pace.operator)
	asks := time.AfterFunc(l.host.pool.pace.person, func() {
		l.person.Store(true)
		l.leave()
	})
	l.asking.Store(true)
	l.host.asking.Add(1)
	err := ask()
	l.host.asking.Add(-1)
	l.asking.Store(false)
	asks.Stop()
	l.timer.Reset(l.host.pool.pace.handshake)
	if err != nil {
		l.mu.Lock()
		l.refusal = cmp.Or(l.refusal, err)
		l.mu.Unlock()
	}
	return err
}

// checkHost is called for the login, and again whenever a long-lived connection exchanges new keys: then the host must show the same one.
func (l *login) checkHost(_ string, _ net.Addr, key ssh.PublicKey) error {
	l.mu.Lock()
	over, same := l.over, bytes.Equal(l.accepted, key.Marshal())
	l.seen = true
	l.mu.Unlock()
	switch {
	case over && same:
		return nil
	case over:
		return errors.New("the host showed another key in the middle of a connection")
	}
	err := l.patiently(func() error {
		return l.host.pool.config.Trust.Check(l.ctx, keys.Peer{Host: l.route.knownAs, Name: l.host.name}, key)
	})
	l.mu.Lock()
	l.accepted = key.Marshal()
	l.mu.Unlock()
	return err
}

// outwaited reports that the connection was gone by the time that somebody had answered: what was answered is known now.
func (l *login) outwaited(err error) bool {
	return l.person.Load() && l.refused() == nil && hungUp(err)
}

func (l *login) sawKey() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

func (l *login) refused() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusal
}

// signers is called once the server wants a key.
func (l *login) signers() (signers []ssh.Signer, err error) {
	err = l.patiently(func() error {
		offer, err := l.host.pool.config.Identities.Offer(l.ctx, l.route.wish)
		if err != nil {
			return err
		}
		l.done, l.problems = offer.Close, slices.Concat(offer.Problems, offer.Doubts(l.route.user))
		for _, s := range offer.Signers {
			signers = append(signers, l.patient(s))
		}
		return nil
	})
	return signers, err
}

// explain turns the library's error into what an operator can act on.
func (l *login) explain(err error) error {
	var none *ssh.AlgorithmNegotiationError
	switch {
	case l.unanswered.Load():
		return &fault.Error{What: "login given up", On: l.host.name, Code: fault.Failed, Err: context.DeadlineExceeded,
			Why:  "a question, or what was asked of the SSH agent, was not answered within " + l.host.pool.pace.operator.String(),
			Next: "try again, and answer; ssh-add -l shows whether the agent still does"}
	case l.refused() != nil:
		return l.refused()
	case l.late.Load():
		return &fault.Error{What: "SSH does not answer", On: l.host.name, Code: fault.Failed, Err: context.DeadlineExceeded,
			Why:  "something listens on " + l.route.addr() + ", but the login did not end within " + l.host.pool.pace.handshake.String(),
			Next: "the host may be stuck or still booting; try again, or use the provider's console"}
	case l.ctx.Err() != nil:
		return l.ctx.Err()
	case errors.As(err, &none):
		return (&fault.Error{What: "no common way to log in", On: l.host.name, Next: "update the host's sshd"}).Because(err)
	case isAuth(err):
		return l.notLetIn(err)
	}
	return err
}
