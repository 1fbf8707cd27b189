package ssh

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

// patientSigner stops the login's clock while a passphrase is typed or an agent asks for a touch.
type patientSigner struct {
	ssh.Signer
	login *login
}

// patientAlgorithmSigner is the same for signers that choose their algorithm. They must keep that, or RSA falls back to SHA-1.
type patientAlgorithmSigner struct {
	patientSigner
	inner ssh.AlgorithmSigner
}

// patientMultiSigner is the same for signers that know which algorithms they have.
type patientMultiSigner struct {
	patientAlgorithmSigner
	multi ssh.MultiAlgorithmSigner
}

// patient wraps a signer without changing what it can do.
func (l *login) patient(s ssh.Signer) ssh.Signer {
	plain := patientSigner{s, l}
	switch t := s.(type) {
	case ssh.MultiAlgorithmSigner:
		return patientMultiSigner{patientAlgorithmSigner{plain, t}, t}
	case ssh.AlgorithmSigner:
		return patientAlgorithmSigner{plain, t}
	}
	return plain
}

// Sign may ask the operator.
func (s patientSigner) Sign(rand io.Reader, data []byte) (sig *ssh.Signature, err error) {
	err = s.login.patiently(func() error {
		sig, err = s.Signer.Sign(rand, data)
		return err
	})
	return sig, err
}

// SignWithAlgorithm may ask the operator.
func (s patientAlgorithmSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (sig *ssh.Signature, err error) {
	err = s.login.patiently(func() error {
		sig, err = s.inner.SignWithAlgorithm(rand, data, algorithm)
		return err
	})
	return sig, err
}

// Algorithms are those of the signer inside.
func (s patientMultiSigner) Algorithms() []string { return s.multi.Algorithms() }

// isAuth knows a refused login by its text: the library has no type for it.
func isAuth(err error) bool {
	return strings.Contains(err.Error(), "unable to authenticate") || strings.Contains(err.Error(), "Too many authentication failures")
}

func (l *login) notLetIn(err error) error {
	why := "it accepts none of our keys for " + l.route.user
	for _, p := range l.problems {
		why += "; and " + p.Error()
	}
	return (&fault.Error{
		What: "login refused", On: l.host.name, Why: why, Code: fault.Failed,
		Next: fmt.Sprintf("compare ssh-add -l and ssh.identities with authorized_keys on the host: %s", ByHand(l.host.dest)),
	}).Because(err)
}
