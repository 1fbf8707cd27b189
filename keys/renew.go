package keys

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/vmtui/vmtui/keys/fault"
)

// Window is the permission to renew one host's key, granted only around a rebuild that is on record.
type Window struct {
	Host  string        // host:port as dialled
	Old   []string      // SHA256 fingerprints pinned before, all of them
	Key   ssh.PublicKey // the new key, read over a path we trust
	Until time.Time     // refused from then on
}

// Renew replaces the entries of one host by its new key, in the file's own style; every other line stays byte for byte. It does nothing
// when that is done already. It refuses (fault.Refused) after Until, and when what is pinned is not exactly Old: then somebody else was
// there, and an operator must look.
func (t *Trust) Renew(ctx context.Context, w Window) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !time.Now().Before(w.Until) {
		return notRenewed(w.Host, "the window of its rebuild closed at "+w.Until.Format(time.RFC3339), "begin the rebuild's host key step again")
	}
	return t.change(ctx, w.Host, func(k *known) error {
		if todo, err := k.mayRenew(w); !todo || err != nil {
			return err
		}
		return k.renew(w)
	})
}

// mayRenew compares what is pinned with what the window says was pinned.
func (k *known) mayRenew(w Window) (todo bool, err error) {
	if line, revoked := k.revokes(w.Key); revoked {
		return false, revokedKey(w.Host, w.Key, line)
	}
	fresh := ssh.FingerprintSHA256(w.Key)
	var pins []string
	for _, p := range k.pins(w.Host) {
		if named, _ := p.file.lines[p.line].names(w.Host); !named {
			return false, notRenewed(w.Host, p.place()+" pins it by a pattern", "renew that line by hand")
		}
		pins = append(pins, ssh.FingerprintSHA256(p.key()))
	}
	slices.Sort(pins)
	pins = slices.Compact(pins)
	if slices.Equal(pins, []string{fresh}) {
		return false, nil
	}
	// With two files a crash may have left the one renewed and the other not.
	done := slices.Contains(pins, fresh)
	pins = slices.DeleteFunc(pins, func(p string) bool { return p == fresh })
	if subset(pins, w.Old) && (done || subset(w.Old, pins)) {
		return true, nil
	}
	return false, notRenewed(w.Host, fmt.Sprintf("pinned are [%s], expected were [%s]", strings.Join(pins, " "), strings.Join(w.Old, " ")),
		"find out who changed known_hosts before going on")
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

func (k *known) revokes(key ssh.PublicKey) (pinned, bool) {
	for _, f := range k.files {
		for i, l := range f.lines {
			if l.marker == markRevoked && l.key != nil && sameKey(plainKey(l.key), plainKey(key)) {
				return pinned{f, i}, true
			}
		}
	}
	return pinned{}, false
}

// renew rewrites each file that pins the host; a host that was trusted without a pin gets one.
func (k *known) renew(w Window) error {
	renewed := false
	for _, f := range k.files {
		if !f.renew(w) {
			continue
		}
		renewed = true
		if err := f.write(); err != nil {
			return notPinned(w.Host, f.path, err)
		}
	}
	if renewed {
		return nil
	}
	if err := k.files[0].add(k.files[0].line(w.Host, w.Key, "")); err != nil {
		return notPinned(w.Host, k.files[0].path, err)
	}
	return nil
}

// renew puts the new key where the host's first entry was and takes the others away. A line that names other hosts too keeps them, with
// the old key: they are not ours to renew.
func (f *knownFile) renew(w Window) (changed bool) {
	var lines []knownLine
	placed := false
	for _, l := range f.lines {
		named, others := false, []string(nil)
		if l.key != nil && l.marker == "" {
			named, others = l.names(w.Host)
		}
		if !named {
			lines = append(lines, l)
			continue
		}
		changed = true
		if !placed {
			lines = append(lines, l.renewed(w, len(others) > 0))
			placed = true
		}
		if len(others) > 0 {
			lines = append(lines, l.without(others))
		}
	}
	f.lines = lines
	return changed
}

// without is the entry for its other names only.
func (l knownLine) without(others []string) knownLine {
	return knownLine{text: entryText(strings.Join(others, ","), l.key, l.rest) + l.end()}
}

// renewed is the entry with the new key, hashed when it was hashed.
func (l knownLine) renewed(w Window, follows bool) knownLine {
	name := knownhosts.Normalize(w.Host)
	if l.hashed() {
		name = xknownhosts.HashHostname(name)
	}
	end := l.end()
	if follows && end == "" {
		end = "\n"
	}
	return knownLine{text: entryText(name, w.Key, l.rest) + end}
}

func notRenewed(host, why, next string) error {
	return &fault.Error{What: "the host key was not renewed", On: host, Why: why, Next: next, Code: fault.Refused}
}
