package keys

import (
	"context"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/keys/fault"
)

// fromAgent lists what the agent holds, and makes o the owner of the connection to it. No agent is no problem; one that does not answer is.
func (i *Identities) fromAgent(ctx context.Context, o *Offer) []ssh.Signer {
	path := os.Getenv("SSH_AUTH_SOCK")
	if !i.config.Agent || path == "" {
		return nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		o.Problems = append(o.Problems, agentFault(path, err))
		return nil
	}
	unwatch := context.AfterFunc(ctx, func() { _ = conn.Close() })
	o.close = func() {
		unwatch()
		_ = conn.Close()
	}
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		o.Problems = append(o.Problems, agentFault(path, err))
	}
	return signers
}

func agentFault(path string, err error) error {
	return (&fault.Error{
		What: "the SSH agent does not answer", On: path, Next: "start it again, or set ssh.agent: false", Code: fault.Usage,
	}).Because(err)
}
