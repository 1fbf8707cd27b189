package keys

import (
	"context"
	"fmt"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

// Entry is one line of a known_hosts file, as far as it is understood.
type Entry struct {
	File        string `json:"file"`
	Line        int    `json:"line"`             // from 1
	Marker      string `json:"marker,omitempty"` // @cert-authority, @revoked
	Type        string `json:"type"`             // ED25519, as ssh prints it
	Fingerprint string `json:"fingerprint"`
	Names       string `json:"names"`   // as they stand there, hashed perhaps
	Pattern     bool   `json:"pattern"` // it is about the host by a pattern, and about others too
}

// Place is where the entry stands: FILE:LINE.
func (e Entry) Place() string { return fmt.Sprintf("%s:%d", e.File, e.Line) }

// Key is the entry's key as ssh names it.
func (e Entry) Key() string { return e.Type + " " + e.Fingerprint }

// BrokenLine is a line that could not be understood and is left out.
type BrokenLine struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Why  string `json:"why"`
}

func (p pinned) entry(host string) Entry {
	l := p.file.lines[p.line]
	named, _ := l.names(host)
	return Entry{
		File: p.file.path, Line: p.line + 1, Marker: l.marker, Type: typeName(l.key), Fingerprint: ssh.FingerprintSHA256(plainKey(l.key)), Names: l.hosts, Pattern: !named,
	}
}

// Entries lists what is said about a host, its certificate authorities included.
func (t *Trust) Entries(host string) ([]Entry, error) {
	k, err := t.load()
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, p := range k.about(host) {
		all = append(all, p.entry(host))
	}
	return all, nil
}

// Revoked lists the keys that no host may show.
func (t *Trust) Revoked() ([]Entry, error) {
	k, err := t.load()
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, f := range k.files {
		for i, l := range f.lines {
			if l.marker == markRevoked && l.key != nil {
				e := pinned{f, i}.entry("")
				e.Pattern = false
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// Broken lists the lines that could not be understood.
func (t *Trust) Broken() ([]BrokenLine, error) {
	k, err := t.load()
	if err != nil {
		return nil, err
	}
	return k.broken(), nil
}

// Files are the known_hosts files; new keys are pinned in the first.
func (t *Trust) Files() []string { return t.files }

// Forget takes away a host's own entries and says which they were. Lines about others stay byte for byte; a line with several names keeps
// the others. What is said by a pattern, of an authority, or of a revoked key is not one host's, and stays.
func (t *Trust) Forget(ctx context.Context, host string) (gone []Entry, err error) {
	err = t.change(ctx, host, func(k *known) error {
		gone = nil
		for _, f := range k.files {
			taken := f.forget(host)
			if len(taken) == 0 {
				continue
			}
			if err := f.write(); err != nil {
				return notPinned(host, f.path, err)
			}
			gone = append(gone, taken...)
		}
		return nil
	})
	return gone, err
}

func (f *knownFile) forget(host string) (gone []Entry) {
	var lines []knownLine
	for i, l := range f.lines {
		named, others := false, []string(nil)
		if l.key != nil && l.marker == "" {
			named, others = l.names(host)
		}
		if !named {
			lines = append(lines, l)
			continue
		}
		gone = append(gone, pinned{f, i}.entry(host))
		if len(others) > 0 {
			lines = append(lines, l.without(others))
		}
	}
	f.lines = lines
	return gone
}

// Accept pins the key of an unknown host whose fingerprint somebody has read elsewhere: the unattended way to introduce a host. It does not
// get past a changed or a revoked key.
func (t *Trust) Accept(ctx context.Context, p Peer, key ssh.PublicKey, print string) error {
	if shown := ssh.FingerprintSHA256(plainKey(key)); shown != print {
		return &fault.Error{
			What: "the host shows another key", On: p.Host, Why: "it shows " + named(plainKey(key)) + ", and " + print + " was expected",
			Next: "find out which is right, in the provider's console for example, before trusting either", Code: fault.Refused,
		}
	}
	unknown, err := t.verify(p, key)
	if !unknown || err != nil {
		return t.recorded(ctx, p, key, err, said(true))
	}
	return t.pin(ctx, p, key)
}

// said is an asker that has the answer already.
type said bool

// Ask answers at once.
func (s said) Ask(context.Context, Question) (Answer, error) { return Answer{Yes: bool(s)}, nil }
