package keys

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

func named(key ssh.PublicKey) string { return typeName(key) + " " + ssh.FingerprintSHA256(key) }

// ErrChanged is in the error of a host that shows another key than the pinned one.
var ErrChanged = errors.New("the host key has changed")

// ErrDistrusted is in the error of every host whose key is not taken: nothing was sent to it.
var ErrDistrusted = errors.New("the host key is not trusted")

// trusting is the command that settles a host's key, and the same for when nobody is there to look.
func (p Peer) trusting(print string) string {
	return fmt.Sprintf("vmtui keys trust %s, or unattended: vmtui keys trust %s --fingerprint %s", p.Name, p.Name, print)
}

// changedKey is the hard stop: it names file and line and both fingerprints, and no way around but the operator's own hand.
func changedKey(p Peer, key ssh.PublicKey, pins []pinned) error {
	var at []string
	for _, pin := range pins {
		at = append(at, fmt.Sprintf("%s pins %s", pin.place(), named(pin.key())))
	}
	return &fault.Error{
		What: "the host key has changed", On: p.Host,
		Why:  "it shows " + named(key) + ", but " + strings.Join(at, ", "),
		Next: fmt.Sprintf("find out why before anything else; only if the machine was rebuilt: vmtui keys forget %s, then vmtui keys trust %s", p.Name, p.Name),
		Code: fault.Refused, Err: errors.Join(ErrChanged, ErrDistrusted),
	}
}

func revokedKey(host string, key ssh.PublicKey, p pinned) error {
	return &fault.Error{
		What: "the host key is revoked", On: host, Why: "it shows " + named(key) + ", which " + p.place() + " revokes",
		Next: "do not log in; find out who holds that key", Code: fault.Refused, Err: ErrDistrusted,
	}
}

func notCertified(host string, key ssh.PublicKey, err error) error {
	return (&fault.Error{
		What: "the host certificate is not accepted", On: host, Why: "it shows " + named(key) + ": " + err.Error(),
		Next: "check its validity, its names and the @cert-authority line", Code: fault.Refused,
	}).Because(errors.Join(err, ErrDistrusted))
}

func refusedKey(host, print string) error {
	return &fault.Error{
		What: "the host key was not accepted", On: host, Why: "you said that " + print + " is not its key",
		Next: "compare it with the fingerprint in the provider's console, then try again", Code: fault.Refused, Err: ErrDistrusted,
	}
}

// unanswered is the question that nobody answered: what was asked about is not trusted.
func unanswered(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	said := *f
	said.Err = errors.Join(err, ErrDistrusted)
	return &said
}

func notPinned(host, file string, err error) error {
	return (&fault.Error{What: "the host key could not be pinned", On: host, Why: file + ": " + err.Error(), Next: "make the file writable", Code: fault.Failed}).Because(err)
}
