package keys

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- the known_hosts format prescribes it
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
)

// The markers of known_hosts.
const (
	markAuthority = "@cert-authority"
	markRevoked   = "@revoked"
)

// knownLine is one line of a known_hosts file, as it is and as understood.
type knownLine struct {
	text   string // with its end
	marker string
	hosts  string
	key    ssh.PublicKey // nil for a comment, a blank line and a broken line
	rest   string        // what follows the key: usually a comment
	broken error
}

// parseKnown understands one line, as strictly as the library that will read it again.
func parseKnown(text string) knownLine {
	l := knownLine{text: text}
	body := strings.Trim(strings.TrimRight(text, "\r\n"), " \t")
	if body == "" || body[0] == '#' {
		return l
	}
	if len(text) > bufio.MaxScanTokenSize-2 {
		l.broken = errors.New("too long")
		return l
	}
	l.broken = l.fill(body)
	if l.broken != nil {
		l.key = nil
	}
	return l
}

func (l *knownLine) fill(body string) error {
	word, rest := nextWord(body)
	if word == markAuthority || word == markRevoked {
		l.marker = word
		word, rest = nextWord(rest)
	}
	if word == "" || rest == "" || word[0] == '@' {
		return errors.New("unknown marker or no key")
	}
	l.hosts = word
	if err := checkHosts(word); err != nil {
		return err
	}
	kind, rest := nextWord(rest)
	blob, rest := nextWord(rest)
	l.rest = rest
	data, err := base64.StdEncoding.DecodeString(blob)
	if err != nil {
		return err
	}
	if l.key, err = ssh.ParsePublicKey(data); err != nil {
		return err
	}
	if l.key.Type() != kind {
		return fmt.Errorf("it says %s and holds a key of type %s", kind, l.key.Type())
	}
	return nil
}

func nextWord(s string) (word, rest string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.Trim(s[i:], " \t")
}

// checkHosts refuses what the library refuses: hashes it cannot read, negations of nothing, brackets without a port.
func checkHosts(hosts string) error {
	if hosts[0] == '|' {
		_, _, err := splitHash(hosts)
		return err
	}
	for p := range strings.SplitSeq(hosts, ",") {
		if p == "!" {
			return errors.New("a negation of nothing")
		}
		if p = strings.TrimPrefix(p, "!"); strings.HasPrefix(p, "[") {
			if _, _, err := net.SplitHostPort(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func splitHash(hosts string) (salt, hash []byte, err error) {
	parts := strings.Split(hosts, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return nil, nil, errors.New("a hashed name of unknown form")
	}
	if salt, err = base64.StdEncoding.DecodeString(parts[2]); err != nil {
		return nil, nil, err
	}
	hash, err = base64.StdEncoding.DecodeString(parts[3])
	return salt, hash, err
}

func (l knownLine) hashed() bool { return l.key != nil && l.hosts[0] == '|' }

// names reports whether the line names the host itself, not by a pattern, and which other names it has.
func (l knownLine) names(host string) (named bool, others []string) {
	want := knownhosts.Normalize(host)
	if l.hashed() {
		salt, hash, err := splitHash(l.hosts)
		mac := hmac.New(sha1.New, salt)
		mac.Write([]byte(want))
		return err == nil && hmac.Equal(mac.Sum(nil), hash), nil
	}
	for p := range strings.SplitSeq(l.hosts, ",") {
		if p != "" && p[0] != '!' && knownhosts.Normalize(p) == want {
			named = true
		} else {
			others = append(others, p)
		}
	}
	return named, others
}

// end is how the line ends: \n, \r\n, or nothing at the end of the file.
func (l knownLine) end() string { return l.text[len(strings.TrimRight(l.text, "\r\n")):] }
