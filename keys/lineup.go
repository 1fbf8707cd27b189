package keys

import (
	"bytes"
	"context"

	"golang.org/x/crypto/ssh"
)

// lineup puts signers in order, each key once, one that the agent holds through the agent.
type lineup struct {
	ctx      context.Context // of the login: bounds the question for a passphrase
	ring     *Identities
	agent    []ssh.Signer
	certs    []*ssh.Certificate // of CertificateFile
	signers  []ssh.Signer
	nameless []keyFile
	away     []keyFile // on security keys that the agent does not hold
}

// addFile adds the key of a file, its certificate first.
func (l *lineup) addFile(k keyFile) {
	if k.public == nil {
		l.nameless = append(l.nameless, k)
		return
	}
	signer := l.held(k.public)
	if signer == nil {
		signer = l.own(k)
	}
	for _, s := range l.agent {
		if c, ok := s.PublicKey().(*ssh.Certificate); ok && sameKey(c.Key, k.public) {
			l.add(s)
		}
	}
	if signer == nil {
		if k.away {
			l.away = append(l.away, k)
		}
		return
	}
	if k.cert != nil {
		l.addCertified(k.cert, signer)
	}
	for _, c := range l.certs {
		l.addCertified(c, signer)
	}
	l.add(signer)
}

// addHeld adds all that the agent holds, under the certificates of ssh_config first.
func (l *lineup) addHeld() {
	for _, s := range l.agent {
		for _, c := range l.certs {
			l.addCertified(c, s)
		}
	}
	for _, s := range l.agent {
		l.add(s)
	}
}

// addCertified adds a key under a certificate, if it is that key's.
func (l *lineup) addCertified(cert *ssh.Certificate, signer ssh.Signer) {
	if !sameKey(cert.Key, plainKey(signer.PublicKey())) {
		return
	}
	if certified, err := ssh.NewCertSigner(cert, signer); err == nil {
		l.add(certified)
	}
}

// own is the signer of the file itself: nil for a public key whose private half only the agent could have.
func (l *lineup) own(k keyFile) ssh.Signer {
	if k.data != nil && k.signer == nil {
		return &lockedSigner{ctx: l.ctx, ring: l.ring, file: k}
	}
	return k.signer
}

func (l *lineup) held(key ssh.PublicKey) ssh.Signer {
	for _, s := range l.agent {
		if sameKey(s.PublicKey(), key) {
			return s
		}
	}
	return nil
}

func (l *lineup) add(s ssh.Signer) {
	if s == nil {
		return
	}
	for _, have := range l.signers {
		if sameKey(have.PublicKey(), s.PublicKey()) {
			return
		}
	}
	l.signers = append(l.signers, s)
}

// addNameless unlocks keys of the old PEM form, which hide their public half: only when there is nothing else to offer, since it asks.
func (l *lineup) addNameless(o *Offer) {
	for _, k := range l.nameless {
		if len(l.signers) > 0 {
			o.Problems = append(o.Problems, unusable(k.path, "it is encrypted in the old PEM form and its public key is not beside it",
				"ssh-keygen -y -f "+k.path+" > "+k.path+".pub"))
			continue
		}
		signer, err := l.ring.unlock(l.ctx, k)
		if err != nil {
			o.Problems = append(o.Problems, err)
			continue
		}
		l.add(signer)
	}
}

// tellAway says of keys on security keys how they could be used.
func (l *lineup) tellAway(o *Offer) {
	for _, k := range l.away {
		o.Problems = append(o.Problems, unusable(k.path, "it is on a security key, which the agent does not hold", "ssh-add "+k.path+", or ssh: {transport: openssh}"))
	}
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// plainKey is the key that a certificate certifies, or the key itself.
func plainKey(k ssh.PublicKey) ssh.PublicKey {
	if c, ok := k.(*ssh.Certificate); ok {
		return c.Key
	}
	return k
}
