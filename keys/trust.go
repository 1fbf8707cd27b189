package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/vmtui/vmtui/keys/fault"
)

// TrustConfig says where host keys are pinned.
type TrustConfig struct {
	Files []string // known_hosts files, ~/ expanded; new keys are pinned in the first
	Asker Asker    // asked about unknown hosts; nil refuses
}

// Trust is whom we trust: the host keys in known_hosts files, read again whenever a file changed. It is safe for concurrent use. Hosts are
// named host:port as dialled ([host]:port for IPv6).
type Trust struct {
	files  []string
	asker  Asker
	ledger Ledger        // nil until there is one
	turn   chan struct{} // held while the operator is asked: one question at a time

	mu      sync.Mutex
	known   *known
	refused map[string]time.Time     // host and fingerprint -> until when the operator's "no" stands
	renewed map[string]chan struct{} // hosts whose key is being renewed here; closed when it was, or was not
}

// Peer is a machine at the other end, as its key is pinned and as operators call it.
type Peer struct {
	Host string // host:port as dialled ([host]:port for IPv6)
	Name string // by which `vmtui keys` knows it
}

// OpenTrust reads the files. A missing file is an empty one, a broken line is left out and named by Warnings; only a file that cannot be
// read at all is an error (fault.Usage).
func OpenTrust(c TrustConfig) (*Trust, error) {
	if len(c.Files) == 0 {
		return nil, &fault.Error{What: "no known_hosts file", Why: "none is configured", Next: "set ssh.known_hosts", Code: fault.Usage}
	}
	if c.Asker == nil {
		c.Asker = Refuser{}
	}
	t := &Trust{asker: c.Asker, turn: make(chan struct{}, 1), refused: map[string]time.Time{}, renewed: map[string]chan struct{}{}}
	for _, f := range c.Files {
		t.files = append(t.files, expandHome(f))
	}
	_, err := t.load()
	return t, err
}

// load gives what the files say now.
func (t *Trust) load() (*known, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known != nil && t.known.fresh() {
		return t.known, nil
	}
	k, err := readAllKnown(t.files)
	if err == nil {
		t.known = k
	}
	return k, err
}

// Warnings names the lines that could not be understood and are left out: "FILE:LINE: why".
func (t *Trust) Warnings() []string {
	k, err := t.load()
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, b := range k.broken() {
		out = append(out, fmt.Sprintf("%s:%d: %s", b.File, b.Line, b.Why))
	}
	return out
}

// Fingerprints lists the SHA256 fingerprints pinned for a host, by pattern too, without those of certificate authorities; nil when unknown.
func (t *Trust) Fingerprints(host string) []string {
	k, err := t.load()
	if err != nil {
		return nil
	}
	var prints []string
	for _, p := range k.pins(host) {
		if f := ssh.FingerprintSHA256(p.key()); !slices.Contains(prints, f) {
			prints = append(prints, f)
		}
	}
	return prints
}

// Algorithms orders the host key algorithms for one dial: certificates where an authority is known, the pinned types, then the rest, so
// that a server with several keys shows the one we know, and a server that lost it is caught by Check rather than by a riddle.
func (t *Trust) Algorithms(host string) []string {
	supported := ssh.SupportedAlgorithms().HostKeys
	var algos []string
	if k, err := t.load(); err == nil {
		for _, a := range k.db.HostKeyAlgorithms(host) {
			if slices.Contains(supported, a) {
				algos = append(algos, a)
			}
		}
	}
	for _, a := range supported {
		if !strings.Contains(a, "-cert-v") && !slices.Contains(algos, a) {
			algos = append(algos, a)
		}
	}
	return algos
}

// Check accepts the key of a host or says why not. An unknown key is shown to the operator and pinned when accepted; a changed one too when
// the ledger of rebuilds names it. Any other changed, revoked or refused key is a fault with fault.Refused.
func (t *Trust) Check(ctx context.Context, p Peer, key ssh.PublicKey) error {
	unknown, err := t.verify(p, key)
	if !unknown || err != nil {
		return t.recorded(ctx, p, key, err, t.asker)
	}
	done, err := t.queue(ctx)
	if err != nil {
		return err
	}
	defer done()
	if unknown, err = t.verify(p, key); !unknown || err != nil {
		return err
	}
	return t.introduce(ctx, p, key)
}

// queue waits until no other question is before the operator.
func (t *Trust) queue(ctx context.Context) (done func(), err error) {
	select {
	case t.turn <- struct{}{}:
		return func() { <-t.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// verify reports an unknown host apart from an error.
func (t *Trust) verify(p Peer, key ssh.PublicKey) (unknown bool, err error) {
	k, err := t.load()
	if err != nil {
		return false, err
	}
	err = k.check(p.Host, key)
	var mismatch *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &revoked):
		return false, revokedKey(p.Host, key, k.place(revoked.Revoked))
	case !errors.As(err, &mismatch):
		return false, notCertified(p.Host, key, err)
	}
	if pins := k.pins(p.Host); len(pins) > 0 {
		return false, changedKey(p, key, pins)
	}
	return true, nil
}

// Reconsider forgets that the operator refused a host's key, so that the next Check asks again.
func (t *Trust) Reconsider(host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range t.refused {
		if strings.HasPrefix(k, host+" ") {
			delete(t.refused, k)
		}
	}
}

// introduce asks about an unknown key and pins it.
func (t *Trust) introduce(ctx context.Context, p Peer, key ssh.PublicKey) error {
	print := ssh.FingerprintSHA256(key)
	if t.stillRefused(p.Host + " " + print) {
		return refusedKey(p.Host, print)
	}
	doubts := t.doubts()
	a, err := t.asker.Ask(ctx, Question{
		Kind: AskHostKey, Subject: p.Host, Details: append(t.introduction(p.Host, key), doubts...), Doubts: doubts,
		Text: fmt.Sprintf("%s is not known yet. Is this its key?", p.Host), Settle: p.trusting("SHA256:…"),
	})
	if err != nil {
		return unanswered(err)
	}
	if !a.Yes {
		return t.refuse(p.Host, print)
	}
	return t.pin(ctx, p, key)
}

// refuse remembers an operator's "no" for a while.
func (t *Trust) refuse(host, print string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused[host+" "+print] = time.Now().Add(refusalHolds)
	return refusedKey(host, print)
}

func (t *Trust) stillRefused(what string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.refused[what])
}

func (t *Trust) introduction(host string, key ssh.PublicKey) []string {
	details := append([]string{typeName(key) + " " + ssh.FingerprintSHA256(key)}, Randomart(key)...)
	if k, err := t.load(); err == nil && k.hasAuthority(host) {
		details = append(details, "A certificate authority is known for this host, but it showed no certificate.")
	}
	return details
}

// doubts are the lines that were left out: one of them may be this host's.
func (t *Trust) doubts() (doubts []string) {
	for _, w := range t.Warnings() {
		doubts = append(doubts, "Not understood, and left out: "+w+".")
	}
	return doubts
}

// pin appends the key to the first file, unless another process did meanwhile.
func (t *Trust) pin(ctx context.Context, p Peer, key ssh.PublicKey) error {
	return t.change(ctx, p.Host, func(k *known) error {
		t.forget()
		if unknown, err := t.verify(p, key); !unknown || err != nil {
			return err
		}
		f := k.files[0]
		if err := f.add(f.line(p.Host, key, "")); err != nil {
			return notPinned(p.Host, f.path, err)
		}
		return nil
	})
}

// forget makes the next look read the files again.
func (t *Trust) forget() {
	t.mu.Lock()
	t.known = nil
	t.mu.Unlock()
}

// line writes an entry in the file's own style.
func (f *knownFile) line(host string, key ssh.PublicKey, rest string) string {
	name := knownhosts.Normalize(host)
	if f.hashes() {
		name = xknownhosts.HashHostname(name)
	}
	return entryText(name, key, rest)
}

func entryText(names string, key ssh.PublicKey, rest string) string {
	text := names + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	if rest != "" {
		text += " " + rest
	}
	return text
}
