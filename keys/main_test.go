package keys

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newKey(t *testing.T) (ed25519.PrivateKey, ssh.Signer) {
	t.Helper()
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	return priv, s
}

func publicKey(t *testing.T) ssh.PublicKey {
	_, s := newKey(t)
	return s.PublicKey()
}

func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyOnDisk writes a private key, encrypted when there is a passphrase.
func keyOnDisk(t *testing.T, path, passphrase string) ssh.PublicKey {
	t.Helper()
	priv, s := newKey(t)
	block, err := ssh.MarshalPrivateKey(priv, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(priv, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(pem.EncodeToMemory(block)), 0o600)
	return s.PublicKey()
}

// script answers questions in order and remembers them.
type script struct {
	answers []Answer
	asked   []Question
}

func (s *script) Ask(_ context.Context, q Question) (Answer, error) {
	s.asked = append(s.asked, q)
	if len(s.answers) == 0 {
		return Refuser{}.Ask(context.Background(), q)
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

func peer(host string) Peer { return Peer{Host: host, Name: "worker-2"} }

func soon() time.Time { return time.Now().Add(time.Minute) }
