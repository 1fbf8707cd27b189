package keys

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/keys/fault"
)

func offer(t *testing.T, i *Identities, w Wish) *Offer {
	t.Helper()
	o, err := i.Offer(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func prints(o *Offer) []string {
	var out []string
	for _, s := range o.Signers {
		out = append(out, ssh.FingerprintSHA256(s.PublicKey()))
	}
	return out
}

func printsOf(keys ...ssh.PublicKey) []string {
	var out []string
	for _, k := range keys {
		out = append(out, ssh.FingerprintSHA256(k))
	}
	return out
}

func verify(t *testing.T, s ssh.Signer) error {
	t.Helper()
	sig, err := s.Sign(rand.Reader, []byte("data"))
	if err != nil {
		return err
	}
	return s.PublicKey().Verify([]byte("data"), sig)
}

func TestUnusableKeysSayWhy(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	keyOnDisk(t, open, "")
	write(t, open, readAll(t, open), 0o644)
	for path, want := range map[string]string{
		open:                     "mode 0644",
		filepath.Join(dir, "no"): "no such file",
		dir:                      "not a regular file",
		write(t, filepath.Join(dir, "junk"), "junk", 0o600): "no private key",
	} {
		i := NewIdentities(IdentitiesConfig{Files: []string{path}})
		for _, err := range []error{i.Check(), second(i.Offer(t.Context(), Wish{}))} {
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.Usage || f.On != path || f.Next == "" || !strings.Contains(f.Why, want) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if err := second(NewIdentities(IdentitiesConfig{}).Offer(t.Context(), Wish{})); fault.CodeOf(err) != fault.Usage {
		t.Errorf("%v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestABadKeyDoesNotHideAGoodOne(t *testing.T) {
	dir := t.TempDir()
	good := keyOnDisk(t, filepath.Join(dir, "good"), "")
	i := NewIdentities(IdentitiesConfig{Files: []string{filepath.Join(dir, "gone"), filepath.Join(dir, "good")}})
	o := offer(t, i, Wish{Files: []string{filepath.Join(dir, "missing in ssh_config")}})
	if !slices.Equal(prints(o), printsOf(good)) || len(o.Problems) != 1 {
		t.Errorf("%v %v", prints(o), o.Problems)
	}
}

func TestEncryptedKeyIsAskedForWhenItSigns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "id")
	key := keyOnDisk(t, path, "correct")
	asker := &script{answers: []Answer{{Text: "wrong"}, {Text: "correct"}}}
	var hidden []string
	i := NewIdentities(IdentitiesConfig{Files: []string{path}, Asker: asker, Hide: func(s Secret) { hidden = append(hidden, s.Reveal()) }})
	if lines, err := i.PublicKeys(t.Context()); err != nil || len(lines) != 1 || lines[0]+"\n" != string(ssh.MarshalAuthorizedKey(key)) {
		t.Errorf("%q %v", lines, err)
	}
	o := offer(t, i, Wish{})
	if len(asker.asked) != 0 || !slices.Equal(prints(o), printsOf(key)) {
		t.Fatalf("asked %d times before anybody signed", len(asker.asked))
	}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := verify(t, o.Signers[0]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(asker.asked) != 2 || !asker.asked[0].Secret || asker.asked[0].Subject != path || asker.asked[0].Kind != AskPassphrase {
		t.Errorf("%+v", asker.asked)
	}
	if len(hidden) != 2 {
		t.Errorf("hidden: %q", hidden)
	}
}

func TestRefusedPassphraseIsNotAskedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "id")
	keyOnDisk(t, path, "correct")
	for name, answers := range map[string][]Answer{"refused": nil, "empty": {{}}, "wrong": {{Text: "a"}, {Text: "b"}, {Text: "c"}}} {
		asker := &script{answers: answers}
		o := offer(t, NewIdentities(IdentitiesConfig{Files: []string{path}, Asker: asker}), Wish{})
		first, again := verify(t, o.Signers[0]), verify(t, o.Signers[0])
		if fault.CodeOf(first) != fault.Refused || !errors.Is(again, first) || len(asker.asked) != max(1, len(answers)) {
			t.Errorf("%s: %v, %v, asked %d times", name, first, again, len(asker.asked))
		}
	}
}

func TestOldPEMIsAskedForOnlyAlone(t *testing.T) {
	dir := t.TempDir()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 operators still have such keys
	block, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey), []byte("old"), x509.PEMCipherAES256) //nolint:staticcheck // operators still have such keys
	if err != nil {
		t.Fatal(err)
	}
	old := write(t, filepath.Join(dir, "old"), string(pem.EncodeToMemory(block)), 0o600)
	asker := &script{answers: []Answer{{Text: "wrong"}, {Text: "old"}}}
	o := offer(t, NewIdentities(IdentitiesConfig{Files: []string{old}, Asker: asker}), Wish{})
	if len(o.Signers) != 1 || verify(t, o.Signers[0]) != nil {
		t.Errorf("%v", o.Problems)
	}
	other := filepath.Join(dir, "other")
	keyOnDisk(t, other, "")
	o = offer(t, NewIdentities(IdentitiesConfig{Files: []string{old, other}, Asker: &script{}}), Wish{})
	if len(o.Signers) != 1 || len(o.Problems) != 1 || !strings.Contains(o.Problems[0].Error(), "ssh-keygen -y") {
		t.Errorf("%v", o.Problems)
	}
	write(t, old+".pub", string(ssh.MarshalAuthorizedKey(mustPublic(t, &rsaKey.PublicKey))), 0o644)
	o = offer(t, NewIdentities(IdentitiesConfig{Files: []string{old, other}, Asker: &script{answers: []Answer{{Text: "old"}}}}), Wish{})
	as, ok := o.Signers[0].(ssh.AlgorithmSigner)
	if !ok || len(o.Signers) != 2 {
		t.Fatalf("%v", o.Problems)
	}
	if sig, err := as.SignWithAlgorithm(rand.Reader, []byte("x"), ssh.KeyAlgoRSASHA512); err != nil || sig.Format != ssh.KeyAlgoRSASHA512 {
		t.Errorf("%v", err)
	}
}

func mustPublic(t *testing.T, key any) ssh.PublicKey {
	k, err := ssh.NewPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// startAgent serves keys behind SSH_AUTH_SOCK.
func startAgent(t *testing.T, n int) []ssh.PublicKey {
	ring := agent.NewKeyring()
	var held []ssh.PublicKey
	for range n {
		priv, s := newKey(t)
		if err := ring.Add(agent.AddedKey{PrivateKey: priv}); err != nil {
			t.Fatal(err)
		}
		held = append(held, s.PublicKey())
	}
	path := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_AUTH_SOCK", path)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _ = agent.ServeAgent(ring, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return held
}

func TestOrderOfSigners(t *testing.T) {
	held := startAgent(t, 7)
	dir := t.TempDir()
	own := keyOnDisk(t, filepath.Join(dir, "own"), "")
	named := write(t, filepath.Join(dir, "held.pub"), string(ssh.MarshalAuthorizedKey(held[6])), 0o644)
	beside := filepath.Join(dir, "beside")
	write(t, beside+".pub", string(ssh.MarshalAuthorizedKey(held[5])), 0o644)
	i := NewIdentities(IdentitiesConfig{Files: []string{filepath.Join(dir, "own")}, Agent: true})
	o := offer(t, i, Wish{Files: []string{named, beside}})
	if want := printsOf(held[6], held[5], own, held[0], held[1]); !slices.Equal(prints(o), want) {
		t.Errorf("got %v\nwant %v", prints(o), want)
	}
	for _, s := range o.Signers {
		if err := verify(t, s); err != nil {
			t.Error(err)
		}
	}
	o = offer(t, i, Wish{Files: []string{named}, Only: true})
	if want := printsOf(held[6], own); !slices.Equal(prints(o), want) {
		t.Errorf("IdentitiesOnly: got %v\nwant %v", prints(o), want)
	}
	o = offer(t, NewIdentities(IdentitiesConfig{Files: []string{filepath.Join(dir, "own")}}), Wish{})
	if !slices.Equal(prints(o), printsOf(own)) {
		t.Errorf("agent: false: %v", prints(o))
	}
}

func TestAgentThatIsGone(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(t.TempDir(), "none"))
	path := filepath.Join(t.TempDir(), "id")
	keyOnDisk(t, path, "")
	o := offer(t, NewIdentities(IdentitiesConfig{Files: []string{path}, Agent: true}), Wish{})
	if len(o.Signers) != 1 || len(o.Problems) != 1 || !strings.Contains(o.Problems[0].Error(), "agent does not answer") {
		t.Errorf("%v", o.Problems)
	}
}

func TestAgentThatHangsEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	t.Setenv("SSH_AUTH_SOCK", path)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := NewIdentities(IdentitiesConfig{Agent: true}).Offer(ctx, Wish{}); err == nil {
		t.Error("no key, no error")
	}
	file := filepath.Join(t.TempDir(), "id")
	keyOnDisk(t, file, "")
	i := NewIdentities(IdentitiesConfig{Files: []string{file}, Agent: true})
	i.patience = 50 * time.Millisecond
	if o := offer(t, i, Wish{}); len(o.Signers) != 1 || len(o.Problems) != 1 || !strings.Contains(o.Problems[0].Error(), "said nothing within 50ms") {
		t.Errorf("it keeps nobody from a key in a file: %v", o.Problems)
	}
}

func TestCertificateComesBeforeItsKey(t *testing.T) {
	_, authority := newKey(t)
	path := filepath.Join(t.TempDir(), "id")
	key := keyOnDisk(t, path, "")
	cert := &ssh.Certificate{Key: key, CertType: ssh.UserCert, ValidPrincipals: []string{"root"}, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	write(t, path+"-cert.pub", string(ssh.MarshalAuthorizedKey(cert)), 0o644)
	i := NewIdentities(IdentitiesConfig{Files: []string{path}})
	o := offer(t, i, Wish{})
	if !slices.Equal(prints(o), printsOf(cert, key)) || o.Signers[0].PublicKey().Type() != ssh.CertAlgoED25519v01 {
		t.Errorf("%v", prints(o))
	}
	if lines, err := i.PublicKeys(t.Context()); err != nil || len(lines) != 1 {
		t.Errorf("%q %v", lines, err)
	}
}

func TestCertificateFileGoesWithWhicheverKeyItCertifies(t *testing.T) {
	held := startAgent(t, 2)
	_, authority := newKey(t)
	dir := t.TempDir()
	key := keyOnDisk(t, filepath.Join(dir, "id"), "")
	certify := func(name string, k ssh.PublicKey) *ssh.Certificate {
		cert := &ssh.Certificate{Key: k, CertType: ssh.UserCert, ValidPrincipals: []string{"root"}, ValidBefore: ssh.CertTimeInfinity}
		if err := cert.SignCert(rand.Reader, authority); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(ssh.MarshalAuthorizedKey(cert)), 0o644)
		return cert
	}
	ofFile, ofAgent := certify("of file", key), certify("of agent", held[1])
	write(t, filepath.Join(dir, "none of that"), "junk", 0o644)
	w := Wish{Files: []string{filepath.Join(dir, "id")}, Certificates: []string{
		filepath.Join(dir, "of file"), filepath.Join(dir, "of agent"), filepath.Join(dir, "missing"), filepath.Join(dir, "none of that"),
	}}
	i := NewIdentities(IdentitiesConfig{Agent: true})
	o := offer(t, i, w)
	if want := printsOf(ofFile, key, ofAgent, held[0], held[1]); !slices.Equal(prints(o), want) {
		t.Errorf("got %v\nwant %v", prints(o), want)
	}
	if len(o.Problems) != 1 || !strings.Contains(o.Problems[0].Error(), "none of that") {
		t.Errorf("%v", o.Problems)
	}
	w.Only = true
	if o = offer(t, i, w); !slices.Equal(prints(o), printsOf(ofFile, key)) {
		t.Errorf("IdentitiesOnly: %v", prints(o))
	}
}

// A host that takes no certificate does not say why: what speaks against ours is told.
func TestCertificatesInDoubt(t *testing.T) {
	now := time.Unix(1_000_000_000, 0)
	for want, c := range map[string]*ssh.Certificate{
		"": {ValidAfter: 999_999_999, ValidBefore: 1_000_000_001, ValidPrincipals: []string{"deploy", "root"}}, "it expired at 2001-09-09 01:46 UTC": {ValidBefore: 1_000_000_000},
		"it is not valid before 2001-09-09 01:46 UTC": {ValidAfter: 1_000_000_001, ValidBefore: ssh.CertTimeInfinity}, "it is for deploy, and not for root": {ValidBefore: ssh.CertTimeInfinity, ValidPrincipals: []string{"deploy"}},
	} {
		if got := doubt(c, "root", now); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestIdentityAgentNamesTheAgent(t *testing.T) {
	held := startAgent(t, 1)
	path := os.Getenv("SSH_AUTH_SOCK")
	t.Setenv("OTHER_AGENT", path)
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(t.TempDir(), "nobody"))
	i := NewIdentities(IdentitiesConfig{Agent: true})
	for _, wish := range []string{path, "$OTHER_AGENT", "${OTHER_AGENT}"} {
		if o := offer(t, i, Wish{Agent: wish}); !slices.Equal(prints(o), printsOf(held...)) {
			t.Errorf("%s: %v", wish, prints(o))
		}
	}
	for _, wish := range []string{"none", "", "SSH_AUTH_SOCK"} {
		if _, err := i.Offer(t.Context(), Wish{Agent: wish}); err == nil {
			t.Errorf("%q found an agent", wish)
		}
	}
}
