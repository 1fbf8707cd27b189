package keys

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"al.essio.dev/pkg/shellescape"
)

const (
	// longEnough is the length from which a secret is hidden wherever it stands, and in its encoded forms too: the letters of a shorter one
	// occur in any text, so that one is hidden only where it stands alone.
	longEnough = 6
	// tooShort is a length up to which nothing is hidden: masking every 1 would hide no secret and spoil every number.
	tooShort = 2
	// certain is the length from which a secret is found nowhere by chance.
	certain = 16
)

// everywhere are words that somebody may have made a password, and that stand in all that hosts say: without them nothing could be read.
var everywhere = []string{"mastodon", "sidekiq", "redis", "postgres", "docker", "production", "password", "secret", "default", "root", "admin", "localhost", "127.0.0.1"}

// masks are every form of the secrets known at one time.
type masks struct {
	long  *strings.Replacer
	forms []string // the long ones, longest first
	short []string
}

// holds reports a long secret that cannot stand there by chance.
func (k *masks) holds(text string) bool {
	if k == nil {
		return false
	}
	for _, f := range k.forms {
		if len(f) < certain {
			return false
		}
		if strings.Contains(text, f) {
			return true
		}
	}
	return false
}

func newMasks(forms []string) *masks {
	slices.SortFunc(forms, func(a, b string) int { // a secret that contains another is masked whole
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	k := &masks{}
	var pairs []string
	for _, f := range forms {
		switch {
		case len(f) >= longEnough:
			k.forms = append(k.forms, f)
			pairs = append(pairs, f, Masked)
		case len(f) > tooShort:
			k.short = append(k.short, f)
		}
	}
	k.long = strings.NewReplacer(pairs...)
	return k
}

func (k *masks) mask(text string) string {
	if k == nil {
		return text
	}
	text = k.long.Replace(text)
	for _, word := range k.short {
		text = maskWord(text, word)
	}
	return text
}

// maskBegun also masks what text ends with when a secret begins so.
func (k *masks) maskBegun(text string) string {
	if k == nil {
		return text
	}
	text = k.mask(text)
	begun := 0
	for _, f := range k.forms {
		for n := min(len(f)-1, len(text)); n > max(begun, tooShort); n-- {
			if strings.HasSuffix(text, f[:n]) {
				begun = n
			}
		}
	}
	if begun == 0 {
		return text
	}
	return text[:len(text)-begun] + Masked
}

// maskWord masks a word where no letter or digit stands beside it.
func maskWord(text, word string) string {
	var b strings.Builder
	from := 0
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			break
		}
		i += at
		at = i + len(word)
		if i > 0 && wordly(text[i-1]) || at < len(text) && wordly(text[at]) {
			at = i + 1
			continue
		}
		b.WriteString(text[from:i] + Masked)
		from = at
	}
	return b.String() + text[from:]
}

func wordly(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// formsOf are a secret as it is, line by line, and as requests, headers, logs, quoted strings and command lines carry it.
func formsOf(value string) []string {
	forms := []string{value}
	if len(value) < longEnough {
		return forms
	}
	forms = append(forms, url.QueryEscape(value), url.PathEscape(value), url.UserPassword("", value).String()[1:])
	forms = append(forms, quotedForms(value)...)
	forms = append(forms, hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value))))
	forms = append(forms, base64Forms(value)...)
	for line := range strings.Lines(value) {
		if line = strings.TrimSpace(line); len(line) >= longEnough {
			forms = append(forms, line)
		}
	}
	return forms
}

// quotedForms are the value inside the quotes of JSON, with and without what HTML needs, of Go, and of a shell.
func quotedForms(value string) []string {
	forms := []string{inside(strconv.Quote(value)), strings.TrimSuffix(inside(shellescape.Quote(value+" ")), " ")}
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if enc.Encode(value) == nil {
		forms = append(forms, inside(strings.TrimSpace(plain.String())))
	}
	if html, err := json.Marshal(value); err == nil {
		forms = append(forms, inside(string(html)))
	}
	return forms
}

func inside(quoted string) string { return quoted[1 : len(quoted)-1] }

// base64Forms are the value encoded alone and, without the characters that its neighbours share, inside something longer at each of the
// three alignments: "Basic dXNlcjp0b2tlbg==".
func base64Forms(value string) []string {
	var forms []string
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		forms = append(forms, enc.EncodeToString([]byte(value)))
		for before := range 3 {
			s := enc.WithPadding(base64.NoPadding).EncodeToString([]byte(strings.Repeat("\x00", before) + value))
			s = s[(before*8+5)/6:]
			if (before+len(value))%3 != 0 {
				s = s[:len(s)-1]
			}
			forms = append(forms, s)
		}
	}
	return forms
}
