package ssh

import (
	"context"
	"io"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/keys/fault"
)

// agentChannel is what a host opens to reach the operator's agent.
const agentChannel = "auth-agent@openssh.com"

// ForwardsAgent reports whether ssh_config wants the agent forwarded to the operator's own sessions on this host.
func (h *Host) ForwardsAgent() bool {
	r, err := h.resolved(h.pool.ctx)
	return err == nil && r.forwardAgent
}

// lendAgent puts the operator's agent within reach of one session. A host may ask it only while such a session is open.
func (h *Host) lendAgent(ctx context.Context, s *session) error {
	r, err := h.resolved(ctx)
	if err != nil {
		return err
	}
	if h.pool.config.Transport == OpenSSH {
		if !r.forwardAgent {
			return &fault.Error{What: "agent not forwarded", On: h.name, Why: "ssh itself forwards it, and only where ssh_config says so",
				Next: "set ForwardAgent yes for this host", Code: fault.Usage}
		}
		return h.ask(ctx, func() error { return agent.RequestAgentForwarding(s.Session) })
	}
	s.conn.lend.begin(s.conn, r)
	leave := s.leave
	s.leave = sync.OnceFunc(func() { s.conn.lend.end(); leave() })
	return h.ask(ctx, func() error { return agent.RequestAgentForwarding(s.Session) })
}

// lend is who may use the agent over one connection.
type lend struct {
	mu       sync.Mutex
	sessions int
	serving  bool
}

func (l *lend) begin(c *conn, r *route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions++
	if l.serving {
		return
	}
	l.serving = true
	asked := c.client.HandleChannelOpen(agentChannel)
	c.host.pool.crew.run(func() {
		for n := range asked {
			if !l.allowed() || !c.host.pool.crew.run(func() { c.toAgent(n, r) }) {
				_ = n.Reject(ssh.Prohibited, "nobody forwards an agent")
			}
		}
	})
}

func (l *lend) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions--
}

func (l *lend) allowed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sessions > 0
}

// toAgent joins a channel and the agent.
func (c *conn) toAgent(n ssh.NewChannel, r *route) {
	local, err := c.host.pool.config.Identities.DialAgent(c.host.pool.ctx, r.wish)
	if err != nil {
		_ = n.Reject(ssh.ConnectionFailed, "the agent does not answer")
		return
	}
	defer func() { _ = local.Close() }()
	channel, requests, err := n.Accept()
	if err != nil {
		return
	}
	defer func() { _ = channel.Close() }()
	c.host.pool.crew.run(func() { ssh.DiscardRequests(requests) })
	c.host.pool.crew.run(func() {
		_, _ = io.Copy(local, channel)
		_ = local.Close()
	})
	_, _ = io.Copy(channel, local)
}
