package keys

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

// passphraseTries is how often a passphrase may be mistyped before the key is given up.
const passphraseTries = 3

// vault holds one encrypted key: locked, unlocked, or refused for a while.
type vault struct {
	turn    chan struct{} // held while the operator is asked, so that ten hosts ask once
	signer  ssh.Signer
	refused error
	until   time.Time
}

// lockedSigner offers the public half of an encrypted key; its first signature asks for the passphrase.
type lockedSigner struct {
	ctx  context.Context // of the login that signs
	ring *Identities
	file keyFile
}

// PublicKey is known without the passphrase.
func (s *lockedSigner) PublicKey() ssh.PublicKey { return s.file.public }

// Sign unlocks the key first.
func (s *lockedSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm unlocks the key first.
func (s *lockedSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signer, err := s.ring.unlock(s.ctx, s.file)
	if err != nil {
		return nil, err
	}
	if a, ok := signer.(ssh.AlgorithmSigner); ok {
		return a.SignWithAlgorithm(rand, data, algorithm)
	}
	return signer.Sign(rand, data)
}

// unlock gives the signer of an encrypted key, asking for its passphrase once a process; a refusal stands for a while.
func (i *Identities) unlock(ctx context.Context, k keyFile) (ssh.Signer, error) {
	v := i.vault(k.path)
	select {
	case v.turn <- struct{}{}:
		defer func() { <-v.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if v.signer != nil && (k.public == nil || sameKey(v.signer.PublicKey(), k.public)) {
		return v.signer, nil
	}
	if time.Now().Before(v.until) {
		return nil, v.refused
	}
	signer, err := i.askPassphrase(ctx, k)
	if err == nil {
		v.signer = signer
	} else if ctx.Err() == nil {
		v.refused, v.until = err, time.Now().Add(refusalHolds)
	}
	return signer, err
}

func (i *Identities) vault(path string) *vault {
	i.mu.Lock()
	defer i.mu.Unlock()
	v := i.vaults[path]
	if v == nil {
		v = &vault{turn: make(chan struct{}, 1)}
		i.vaults[path] = v
	}
	return v
}

func (i *Identities) askPassphrase(ctx context.Context, k keyFile) (ssh.Signer, error) {
	q := Question{Kind: AskPassphrase, Subject: k.path, Text: "Passphrase for " + k.path, Secret: true}
	for range passphraseTries {
		a, err := i.config.Asker.Ask(ctx, q)
		if err != nil {
			return nil, err
		}
		if a.Text == "" {
			return nil, &fault.Error{What: "private key stays locked", On: k.path, Why: "no passphrase was given",
				Next: "ssh-add " + k.path + ", or try again", Code: fault.Refused}
		}
		if i.config.Hide != nil {
			i.config.Hide(Secret{a.Text})
		}
		signer, err := ssh.ParsePrivateKeyWithPassphrase(k.data, []byte(a.Text))
		if err == nil {
			return signer, nil
		}
		if !wrongPassphrase(err) {
			return nil, unusable(k.path, err.Error(), "check the file with ssh-keygen -y -f "+k.path).Because(err)
		}
		q.Text = "That passphrase does not open " + k.path + ". Once more"
	}
	return nil, &fault.Error{What: "private key stays locked", On: k.path, Why: "none of the passphrases opened it",
		Next: "ssh-add " + k.path + ", or try again", Code: fault.Refused}
}

// wrongPassphrase also knows the errors that a wrong passphrase causes in files without a check of their own.
func wrongPassphrase(err error) bool {
	return errors.Is(err, x509.IncorrectPasswordError) || strings.Contains(err.Error(), "asn1") || strings.Contains(err.Error(), "structure error")
}
