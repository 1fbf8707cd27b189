package ssh

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/remote"
)

// Transport is what carries the connections.
type Transport string

// The transports. The zero value is Own.
const (
	Own     Transport = "own"     // SSH as this package speaks it
	OpenSSH Transport = "openssh" // the operator's own ssh, with all that it can: ProxyCommand, security keys, GSSAPI
)

// Config says how hosts are found, trusted and logged in to.
type Config struct {
	SSHConfigPath string           // ssh_config for aliases and jump hosts, ~/ expanded; "" or a missing file is an empty one
	Transport     Transport        // Own when empty
	KnownHosts    string           // for OpenSSH: the file with the hosts' keys; as ssh_config says when empty
	Trust         *keys.Trust      // whose keys we accept
	Identities    *keys.Identities // who we are
	Passwords     *keys.Passwords  // for sudo; nil refuses
	Secrets       *keys.Redactor   // taken out of all that hosts say, and kept out of command lines; may be nil
	Witness       remote.Witness   // hears of every command, login and tunnel; may be nil
	Retry         time.Duration    // back-off after a login that failed, doubled up to 4 times this; 10 s when zero
}

// What servers bear, as sshd is set up by default.
const (
	maxSessions = 8 // of MaxSessions 10, for one connection
	maxStreams  = 6 // of those: followed logs never keep a command waiting
	maxEnders   = 2 // beside those: what is to be ended keeps its place until it is
	maxDials    = 4 // of MaxStartups 10, to one address and through one jump host
)

// maxLogins is how many hosts are logged in to at once. More would all be slow together, and none in time.
const maxLogins = 64

// pace is how long things may take; tests hurry it.
type pace struct {
	connect   time.Duration // TCP
	handshake time.Duration // from the first byte to the end of the login, without the operator's own time
	operator  time.Duration // for one question to the operator
	person    time.Duration // from which on an answer is taken for a person's
	ping      time.Duration // between keepalives
	pong      time.Duration // for the answer to one
	grace     time.Duration // for a cancelled command to end after TERM
	tether    time.Duration // for a tethered one, which gets TERM and then KILL on the host
	moment    time.Duration // from which on somebody who leaves wants to know what is waited for
	master    time.Duration // for ssh to log in, the touch of a security key included
}

var unhurried = pace{
	connect: 5 * time.Second, handshake: 15 * time.Second, operator: 5 * time.Minute, person: time.Second,
	ping: 10 * time.Second, pong: 10 * time.Second, grace: 2 * time.Second, tether: 10 * time.Second, moment: time.Second, master: time.Minute,
}

// Pool holds one connection to every host, opened when it is first needed. It is safe for concurrent use.
type Pool struct {
	config Config
	pace   pace
	ctx    context.Context // ends at Close
	cancel context.CancelFunc
	crew   crew
	bouts  bouts

	leaving context.Context // ends when somebody leaves: what was cancelled gets no time to end by itself
	leave   context.CancelFunc

	gates  gates
	logins chan struct{} // one for every login under way
	booth  booth

	mu    sync.Mutex
	hosts map[string]*Host

	links sync.Mutex // guards via of every host
}

// NewPool connects to nothing yet. Close it.
func NewPool(c Config) *Pool {
	if c.Retry <= 0 {
		c.Retry = 10 * time.Second
	}
	if c.Passwords == nil {
		c.Passwords = keys.NewPasswords(nil, nil)
	}
	ctx, cancel := context.WithCancel(context.Background())
	leaving, leave := context.WithCancel(ctx)
	return &Pool{config: c, pace: unhurried, ctx: ctx, cancel: cancel, leaving: leaving, leave: leave, hosts: map[string]*Host{}, logins: make(chan struct{}, maxLogins)}
}

// Host is the host behind an ssh_config alias or [user@]host[:port]; name is what operators call it. The same dest is the same Host.
func (p *Pool) Host(name, dest string) *Host {
	return p.hop(name, dest, nil)
}

// hop is a host reached through another one, or as its own configuration says when via is nil.
func (p *Pool) hop(name, dest string, via *Host) *Host {
	key := dest
	if via != nil {
		key = via.key + " > " + dest
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.hosts[key]
	if h == nil {
		h = &Host{pool: p, name: name, dest: dest, key: key, forced: via, link: Link{State: stateIdle, Since: time.Now()}}
		p.hosts[key] = h
	}
	return h
}

// Close ends every connection and waits until nothing of the pool runs any more. Commands under way come back as Unknown.
func (p *Pool) Close() error {
	p.cancel()
	p.mu.Lock()
	hosts := make([]*Host, 0, len(p.hosts))
	for _, h := range p.hosts {
		hosts = append(hosts, h)
	}
	p.mu.Unlock()
	for _, h := range hosts {
		h.hangUp(errClosed)
	}
	p.crew.dismiss()
	return p.booth.close()
}

// crew owns the pool's goroutines.
type crew struct {
	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// run starts work, or reports that the pool is closed.
func (c *crew) run(work func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.wg.Go(work)
	return true
}

func (c *crew) dismiss() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.wg.Wait()
}

// gates bound how many dials go to one place at once.
type gates struct {
	mu    sync.Mutex
	doors map[string]chan struct{}
}

func (g *gates) enter(ctx context.Context, place string) (leave func(), err error) {
	g.mu.Lock()
	if g.doors == nil {
		g.doors = map[string]chan struct{}{}
	}
	door := g.doors[place]
	if door == nil {
		door = make(chan struct{}, maxDials)
		g.doors[place] = door
	}
	g.mu.Unlock()
	select {
	case door <- struct{}{}:
		return func() { <-door }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// jitter is d and up to half as much, so that many clients do not come back in step, and none too soon.
func jitter(d time.Duration) time.Duration {
	return d + rand.N(d/2+1) // #nosec G404 -- spreading retries is no secret
}

// pause waits for d, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
