package keys

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/vmtui/vmtui/keys/fault"
)

// known is what the known_hosts files say at one moment.
type known struct {
	files  []*knownFile
	copies map[string]int // name of the library's copy -> index in files
	db     *knownhosts.HostKeyDB
}

// pinned is one entry that speaks about a host.
type pinned struct {
	file *knownFile
	line int // from 0
}

func (p pinned) key() ssh.PublicKey { return p.file.lines[p.line].key }

func (p pinned) place() string { return fmt.Sprintf("%s:%d", p.file.path, p.line+1) }

func readAllKnown(paths []string) (*known, error) {
	k := &known{copies: map[string]int{}}
	for _, path := range paths {
		f, err := readKnown(path)
		if err != nil {
			return nil, unreadableKnown(path, err)
		}
		k.files = append(k.files, f)
	}
	return k, k.index()
}

// index hands the files to the library without their broken lines, because one of those would cost all the others.
func (k *known) index() error {
	dir, err := os.MkdirTemp("", "vmtui-known-hosts-")
	if err != nil {
		return unreadableKnown(os.TempDir(), err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	names := make([]string, len(k.files))
	for i, f := range k.files {
		names[i] = filepath.Join(dir, fmt.Sprint(i))
		k.copies[names[i]] = i
		if err := os.WriteFile(names[i], []byte(f.readable()), 0o600); err != nil {
			return unreadableKnown(f.path, err)
		}
	}
	if k.db, err = knownhosts.NewDB(names...); err != nil {
		return unreadableKnown(k.files[0].path, err)
	}
	return nil
}

func unreadableKnown(path string, err error) error {
	return (&fault.Error{What: "known_hosts cannot be read", On: path, Next: "correct ssh.known_hosts or the file's owner and mode", Code: fault.Usage}).Because(err)
}

// fresh reports that no file changed since it was read.
func (k *known) fresh() bool {
	for _, f := range k.files {
		if now, err := stampOf(f.path); err != nil || now != f.stamp {
			return false
		}
	}
	return true
}

func (k *known) broken() []BrokenLine {
	var out []BrokenLine
	for _, f := range k.files {
		for i, l := range f.lines {
			if l.broken != nil {
				out = append(out, BrokenLine{f.path, i + 1, l.broken.Error()})
			}
		}
	}
	return out
}

// check asks the library. The address is never looked up: names are pinned, not what they resolve to.
func (k *known) check(host string, key ssh.PublicKey) error {
	return k.db.HostKeyCallback()(host, &net.TCPAddr{IP: net.IPv4zero}, key)
}

// place finds the entry that the library means.
func (k *known) place(p xknownhosts.KnownKey) pinned {
	return pinned{k.files[k.copies[p.Filename]], p.Line - 1}
}

// about lists every entry that speaks about a host.
func (k *known) about(host string) []pinned {
	var mismatch *xknownhosts.KeyError
	if !errors.As(k.check(host, noKey{}), &mismatch) {
		return nil
	}
	var all []pinned
	for _, w := range mismatch.Want {
		all = append(all, k.place(w))
	}
	return all
}

// pins are the entries of a host's own keys.
func (k *known) pins(host string) []pinned {
	var own []pinned
	for _, p := range k.about(host) {
		if p.file.lines[p.line].marker == "" {
			own = append(own, p)
		}
	}
	return own
}

func (k *known) hasAuthority(host string) bool {
	return len(k.about(host)) > len(k.pins(host))
}

// noKey is a key that no host has; asking for it makes the library name the ones it knows.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return []byte("none") }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }
