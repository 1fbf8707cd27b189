package keys

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// shortest is the length below which a secret is hidden only as it is: the encoded forms of a few letters occur in any text.
const shortest = 6

// Redactor takes every secret it knows out of text. One is made for a process and handed around; it is safe for concurrent use.
type Redactor struct {
	mu       sync.Mutex
	forms    map[string]bool
	replacer atomic.Pointer[strings.Replacer]
}

// NewRedactor knows no secret yet.
func NewRedactor() *Redactor { return &Redactor{forms: map[string]bool{}} }

// Resolve reads a secret as the function Resolve does, and hides it from then on.
func (r *Redactor) Resolve(ctx context.Context, ref string) (Secret, error) {
	s, err := Resolve(ctx, ref)
	r.Add(s)
	return s, err
}

// Hide hides a part of a secret that is shown by itself, such as the password of a URL.
func (r *Redactor) Hide(value string) { r.Add(Secret{value}) }

// Add hides a secret from now on: as it is, line by line, and in the forms in which requests and headers carry it. An empty one is ignored.
func (r *Redactor) Add(s Secret) {
	if s.Empty() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range formsOf(s.value) {
		r.forms[f] = true
	}
	r.replacer.Store(longestFirst(slices.Collect(maps.Keys(r.forms))))
}

// Redact gives text back with every known secret masked.
func (r *Redactor) Redact(text string) string {
	if p := r.replacer.Load(); p != nil {
		return p.Replace(text)
	}
	return text
}

// longestFirst builds a replacer in which a secret that contains another is masked whole.
func longestFirst(forms []string) *strings.Replacer {
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range forms {
		pairs = append(pairs, f, Masked)
	}
	return strings.NewReplacer(pairs...)
}

func formsOf(value string) []string {
	forms := []string{value}
	if len(value) < shortest {
		return forms
	}
	forms = append(forms, url.QueryEscape(value), url.PathEscape(value), (&url.URL{User: url.UserPassword("", value)}).User.String()[1:])
	if quoted, err := json.Marshal(value); err == nil {
		forms = append(forms, string(quoted[1:len(quoted)-1]))
	}
	forms = append(forms, base64Forms(value)...)
	for line := range strings.Lines(value) {
		if line = strings.TrimSpace(line); len(line) >= shortest {
			forms = append(forms, line)
		}
	}
	return forms
}

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
