package ssh

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// prefaceLimit is how much of it is kept.
const prefaceLimit = 512

// preface keeps what a server says before it names its protocol. One that turns somebody away says it there, and the library passes over it.
type preface struct {
	net.Conn
	said  []byte
	named bool
}

// Read implements net.Conn. Once nothing is read any more, nothing can be written either: a request that the library writes after its reader has ended is
// waited for by it for ever, and a host that goes down takes what is written for a while longer.
func (p *preface) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if err != nil {
		_ = p.Close()
	}
	if !p.named {
		p.said = append(p.said, b[:n]...)
		p.named = bytes.HasPrefix(p.said, []byte("SSH-")) || bytes.Contains(p.said, []byte("\nSSH-")) || len(p.said) > prefaceLimit
	}
	return n, err
}

// hungUp reports that a connection was ended by the other side.
func hungUp(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) }

// away reports that a connection ended before the server named its protocol.
func (p *preface) away(err error) bool { return !p.named && hungUp(err) }

const (
	hangsUp   = "the SSH server hangs up on us"
	penalised = "a penalty passes by itself within minutes, if nothing else here fails to log in meanwhile; by another way in: PerSourcePenaltyExemptList in sshd_config, and journalctl -u ssh"
)

// turnedAway is the error of a server that hangs up instead of naming its protocol. OpenSSH does it to those who are too many (MaxStartups) and, since
// 9.8, to addresses that lately failed to log in, or came and went (PerSourcePenalties). Coming again does not lengthen that; failing again does.
func (h *Host) turnedAway(p *preface, err error) error {
	f := &fault.Error{What: hangsUp, On: h.name, Why: "it says nothing", Code: fault.Failed, Err: err,
		Next: "it may have too many logins under way, or be starting: try again; on the host, its log says why: journalctl -u ssh"}
	if said := bytes.TrimSpace(p.said); len(said) > 0 {
		f.Why = `it says "` + clean.Text(string(said)) + `": it has too many logins under way, or holds earlier ones from this address against us`
		f.Next = penalised
	}
	return f
}
