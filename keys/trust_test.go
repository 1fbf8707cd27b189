package keys

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/vmtui/vmtui/keys/fault"
)

const (
	hostA = "10.0.0.11:22"
	hostB = "10.0.0.12:2022"
)

func readAll(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func pinLine(host string, key ssh.PublicKey) string { return knownhosts.Line([]string{host}, key) }

func hashedLine(host string, key ssh.PublicKey) string {
	return entryText(xknownhosts.HashHostname(knownhosts.Normalize(host)), key, "")
}

func trust(t *testing.T, asker Asker, files ...string) *Trust {
	t.Helper()
	tr, err := OpenTrust(TrustConfig{Files: files, Asker: asker})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func knownHosts(t *testing.T, text string) string {
	return write(t, filepath.Join(t.TempDir(), "known_hosts"), text, 0o600)
}

func TestPinnedKeysAreAccepted(t *testing.T) {
	a, b, c, d := publicKey(t), publicKey(t), publicKey(t), publicKey(t)
	file := knownHosts(t, "# comment\n\n"+pinLine(hostA, a)+" me@laptop\r\n"+hashedLine(hostB, b)+"\n"+
		"name,!not.example,*.example "+keyText(c)+"\n[::1]:22 "+keyText(d))
	tr := trust(t, nil, file)
	for host, key := range map[string]ssh.PublicKey{hostA: a, hostB: b, "name:22": c, "x.example:22": c, "[::1]:22": d} {
		if err := tr.Check(t.Context(), peer(host), key); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if got := tr.Fingerprints(host); !slices.Equal(got, printsOf(key)) {
			t.Errorf("%s: %v", host, got)
		}
	}
	if err := tr.Check(t.Context(), peer("not.example:22"), c); fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
	if tr.Fingerprints("10.0.0.12:22") != nil || len(tr.Warnings()) != 0 {
		t.Error("another port is another host")
	}
}

func keyText(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func TestBrokenLinesAreNamedAndLeftOut(t *testing.T) {
	a := publicKey(t)
	text := "nonsense\n" + pinLine(hostA, a) + "\nhost ssh-ed25519 AAAA\n|1|bad " + keyText(a) + "\n@what host " + keyText(a) +
		"\nhost ssh-rsa " + strings.Fields(keyText(a))[1] + "\nhost ssh-ed25519 " + strings.Repeat("A", 80000) + "\n! " + keyText(a) + "\n[x " + keyText(a) + "\n"
	file := knownHosts(t, text)
	tr := trust(t, nil, file)
	if err := tr.Check(t.Context(), peer(hostA), a); err != nil {
		t.Error(err)
	}
	var lines []string
	for _, w := range tr.Warnings() {
		lines = append(lines, strings.SplitN(strings.TrimPrefix(w, file+":"), ":", 2)[0])
	}
	if got := strings.Join(lines, " "); got != "1 3 4 5 6 7 8 9" {
		t.Errorf("%s\n%s", got, strings.Join(tr.Warnings(), "\n"))
	}
}

func FuzzKnownHostsLine(f *testing.F) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
	for _, s := range []string{"host " + key, "!a,b* " + key + " c", "@revoked * " + key, "@cert-authority *.x " + key, "|1|AA==|AA== " + key, "[h]:1 " + key, "[h] " + key, ",! " + key, "# x", "@ " + key} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n") {
			return
		}
		file := &knownFile{path: "x", lines: []knownLine{parseKnown(line + "\n")}}
		if _, err := knownhosts.NewDB(write(t, filepath.Join(t.TempDir(), "k"), file.readable(), 0o600)); err != nil {
			t.Errorf("accepted %q, and the library says %v", line, err)
		}
	})
}

func TestUnknownKeyIsShownAndPinned(t *testing.T) {
	for name, text := range map[string]string{"new file": "", "plain": pinLine(hostB, publicKey(t)), "hashed": hashedLine(hostB, publicKey(t)) + "\n"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "new", "known_hosts")
			if text != "" {
				write(t, file, text, 0o600)
			}
			key, asker := publicKey(t), &script{answers: []Answer{{Yes: true}}}
			tr := trust(t, asker, file)
			for range 2 {
				if err := tr.Check(t.Context(), peer(hostA), key); err != nil {
					t.Fatal(err)
				}
			}
			q := asker.asked[0]
			if len(asker.asked) != 1 || q.Kind != AskHostKey || q.Subject != hostA || !strings.Contains(q.Details[0], ssh.FingerprintSHA256(key)) || len(q.Details) != 12 {
				t.Errorf("%+v", asker.asked)
			}
			after := readAll(t, file)
			if !strings.HasPrefix(after, text) || strings.Contains(after, "10.0.0.11") == (name == "hashed") || strings.Count(after, "\n") != strings.Count(strings.TrimSpace(text), "ssh-ed25519")+1 {
				t.Errorf("%q", after)
			}
			checkModes(t, file)
			if err := trust(t, nil, file).Check(t.Context(), peer(hostA), key); err != nil {
				t.Error(err)
			}
		})
	}
}

func checkModes(t *testing.T, file string) {
	t.Helper()
	f, err := os.Stat(file)
	d, derr := os.Stat(filepath.Dir(file))
	if err != nil || derr != nil || f.Mode().Perm() != 0o600 || d.Mode().Perm() != 0o700 {
		t.Errorf("%v %v %v %v", f.Mode(), d.Mode(), err, derr)
	}
}

func TestRefusedKeyIsNotPinnedAndNotAskedAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known_hosts")
	key, asker := publicKey(t), &script{answers: []Answer{{}, {Yes: true}}}
	tr := trust(t, asker, file)
	for range 2 {
		if err := tr.Check(t.Context(), peer(hostA), key); fault.CodeOf(err) != fault.Refused {
			t.Fatalf("%v", err)
		}
	}
	if _, err := os.Stat(file); err == nil || len(asker.asked) != 1 {
		t.Errorf("asked %d times", len(asker.asked))
	}
	tr.Reconsider(hostA)
	if err := tr.Check(t.Context(), peer(hostA), key); err != nil {
		t.Error(err)
	}
}

func TestChangedKeyNamesPlaceAndFingerprints(t *testing.T) {
	old, now := publicKey(t), publicKey(t)
	file := knownHosts(t, "# first\n"+hashedLine(hostA, old)+"\n")
	asker := &script{answers: []Answer{{Yes: true}}}
	err := trust(t, asker, file).Check(t.Context(), peer(hostA), now)
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Refused || f.Next == "" || len(asker.asked) != 0 {
		t.Fatalf("%v", err)
	}
	for _, want := range append(printsOf(old, now), file+":2") {
		if !strings.Contains(f.Why, want) {
			t.Errorf("%q does not name %s", f.Why, want)
		}
	}
	if !strings.Contains(f.Next, "vmtui keys forget worker-2, then vmtui keys trust worker-2") {
		t.Errorf("%q is not the very command", f.Next)
	}
}

func TestUnknownKeyWithNobodyToAskSaysTheVeryCommand(t *testing.T) {
	key := publicKey(t)
	err := trust(t, nil, knownHosts(t, "")).Check(t.Context(), peer(hostA), key)
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Refused || !errors.Is(err, ErrDistrusted) || !strings.Contains(f.Why, ssh.FingerprintSHA256(key)) {
		t.Fatalf("%v", err)
	}
	if !strings.HasSuffix(f.Next, ": vmtui keys trust worker-2, or unattended: vmtui keys trust worker-2 --fingerprint SHA256:…") {
		t.Errorf("%q is not the very command", f.Next)
	}
}

// A host may be unknown because its line is broken: nobody is left to find that out, whether they are asked or not.
func TestUnknownKeyTellsOfBrokenLines(t *testing.T) {
	file := knownHosts(t, "worker-2 ssh-ed25519 AAAA!\n")
	if err := trust(t, nil, file).Check(t.Context(), peer(hostA), publicKey(t)); !strings.Contains(fmt.Sprint(err), "left out: "+file+":1: ") {
		t.Errorf("unattended: %v", err)
	}
	asker := &script{answers: []Answer{{}}}
	_ = trust(t, asker, file).Check(t.Context(), peer(hostA), publicKey(t))
	if len(asker.asked) != 1 || !strings.Contains(strings.Join(asker.asked[0].Details, "\n"), "left out: "+file+":1: ") {
		t.Errorf("asked: %+v", asker.asked)
	}
}

func TestKeyOfAnotherTypeIsAChangedKey(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tr := trust(t, nil, knownHosts(t, pinLine(hostA, publicKey(t))))
	if err := tr.Check(t.Context(), peer(hostA), mustPublic(t, &ec.PublicKey)); !strings.Contains(err.Error(), "has changed") || !strings.Contains(err.Error(), "ECDSA") {
		t.Errorf("%v", err)
	}
	algos := tr.Algorithms(hostA)
	if algos[0] != ssh.KeyAlgoED25519 || !slices.Contains(algos, ssh.KeyAlgoECDSA256) || slices.Contains(algos, ssh.KeyAlgoRSA) {
		t.Errorf("%v", algos)
	}
}

func TestRevokedKey(t *testing.T) {
	bad := publicKey(t)
	file := knownHosts(t, pinLine(hostA, bad)+"\n@revoked * "+keyText(bad)+"\n")
	tr := trust(t, &script{answers: []Answer{{Yes: true}}}, file)
	for _, host := range []string{hostA, hostB} {
		if err := tr.Check(t.Context(), peer(host), bad); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), file+":2") {
			t.Errorf("%v", err)
		}
	}
}

func TestHostCertificates(t *testing.T) {
	_, authority := newKey(t)
	_, stranger := newKey(t)
	tr := trust(t, &script{answers: []Answer{{Yes: true}}}, knownHosts(t, "@cert-authority * "+keyText(authority.PublicKey())+"\n"))
	certify := func(by ssh.Signer, name string, until uint64) ssh.PublicKey {
		c := &ssh.Certificate{Key: publicKey(t), CertType: ssh.HostCert, ValidPrincipals: []string{name}, ValidBefore: until}
		if err := c.SignCert(rand.Reader, by); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, host := range []string{hostA, hostB} {
		name := strings.Split(host, ":")[0]
		if err := tr.Check(t.Context(), peer(host), certify(authority, name, ssh.CertTimeInfinity)); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		for _, bad := range []ssh.PublicKey{certify(stranger, name, ssh.CertTimeInfinity), certify(authority, "other", ssh.CertTimeInfinity), certify(authority, name, 1)} {
			if err := tr.Check(t.Context(), peer(host), bad); fault.CodeOf(err) != fault.Refused {
				t.Errorf("%s: %v", host, err)
			}
		}
		if tr.Fingerprints(host) != nil || tr.Algorithms(host)[0] != ssh.CertAlgoED25519v01 {
			t.Errorf("%v %v", tr.Fingerprints(host), tr.Algorithms(host))
		}
	}
	if err := tr.Check(t.Context(), peer(hostA), publicKey(t)); err != nil {
		t.Errorf("a plain key is asked about: %v", err)
	}
	if algos := trust(t, nil, knownHosts(t, "")).Algorithms(hostA); slices.ContainsFunc(algos, func(a string) bool { return strings.Contains(a, "cert") }) {
		t.Errorf("certificates nobody could check: %v", algos)
	}
}

func TestChangesOfOthersAreSeen(t *testing.T) {
	file := knownHosts(t, "")
	one, two := trust(t, &script{answers: []Answer{{Yes: true}}}, file), trust(t, nil, file)
	key := publicKey(t)
	if err := one.Check(t.Context(), peer(hostA), key); err != nil {
		t.Fatal(err)
	}
	if err := two.Check(t.Context(), peer(hostA), key); err != nil {
		t.Error(err)
	}
}

func TestTrustNeedsReadableFiles(t *testing.T) {
	for _, c := range []TrustConfig{{}, {Files: []string{t.TempDir()}}} {
		if _, err := OpenTrust(c); fault.CodeOf(err) != fault.Usage {
			t.Errorf("%v", err)
		}
	}
}

func TestQuestionEndsWithTheContext(t *testing.T) {
	tr := trust(t, nil, knownHosts(t, ""))
	tr.turn <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := tr.Check(ctx, peer(hostA), publicKey(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
