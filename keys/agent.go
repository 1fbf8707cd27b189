package keys

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/keys/fault"
)

// fromAgent lists what the agent holds, and makes o the owner of the connection to it. No agent is no problem; one that does not answer is.
func (i *Identities) fromAgent(ctx context.Context, wish string, o *Offer) []ssh.Signer {
	path := agentSocket(wish)
	if !i.config.Agent || path == "" {
		return nil
	}
	conn, err := i.DialAgent(ctx, Wish{Agent: wish})
	if err != nil {
		o.Problems = append(o.Problems, agentFault(path, err))
		return nil
	}
	unwatch := context.AfterFunc(ctx, func() { _ = conn.Close() })
	o.close = func() {
		unwatch()
		_ = conn.Close()
	}
	signers, err := i.heldBy(conn)
	if err != nil {
		o.Problems = append(o.Problems, agentFault(path, err))
	}
	return signers
}

// heldBy asks an agent what it holds, and hangs up on one that does not say.
func (i *Identities) heldBy(conn net.Conn) ([]ssh.Signer, error) {
	late := time.AfterFunc(i.patience, func() { _ = conn.Close() })
	signers, err := agent.NewClient(conn).Signers()
	if !late.Stop() {
		return nil, fmt.Errorf("it said nothing within %v", i.patience)
	}
	return signers, err
}

// DialAgent connects to the agent that a host's wishes name: for a session that the operator wants it forwarded to.
func (i *Identities) DialAgent(ctx context.Context, w Wish) (net.Conn, error) {
	path := agentSocket(w.Agent)
	if !i.config.Agent || path == "" {
		return nil, &fault.Error{What: "no SSH agent", Why: "none is running, or it is turned off", Next: "start one and ssh-add a key", Code: fault.Usage}
	}
	return new(net.Dialer).DialContext(ctx, "unix", path)
}

// agentSocket is where the agent is; "" is none.
func agentSocket(wish string) string {
	name, variable := strings.CutPrefix(wish, "$")
	switch {
	case wish == "", wish == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK")
	case strings.EqualFold(wish, "none"):
		return ""
	case variable:
		return os.Getenv(strings.Trim(name, "{}"))
	}
	return expandHome(wish)
}

func agentFault(path string, err error) error {
	return (&fault.Error{
		What: "the SSH agent does not answer", On: path, Next: "start it again, or set ssh.agent: false", Code: fault.Usage,
	}).Because(err)
}
