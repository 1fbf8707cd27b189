package keys

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Redactor takes secrets out of text: every one it was told of, in all its forms, and what looks like one. One is made for a process and
// handed around; it is safe for concurrent use. A nil Redactor leaves text as it is.
type Redactor struct {
	mu     sync.Mutex
	forms  map[string]bool
	values []string
	heard  func(value string)
	known  atomic.Pointer[masks]
}

// NewRedactor knows no secret yet.
func NewRedactor() *Redactor { return &Redactor{forms: map[string]bool{}} }

// Resolve reads a secret as the function Resolve does, and hides it from then on.
func (r *Redactor) Resolve(ctx context.Context, ref string) (Secret, error) {
	s, err := Resolve(ctx, ref)
	r.Add(s)
	return s, err
}

// Foresee hides the secrets that can be had at once and without anybody's help, before they are first needed: those of env: and file:. A
// reference that cannot be read is left to whoever needs it, who says so.
func (r *Redactor) Foresee(ctx context.Context, refs ...string) {
	for _, ref := range refs {
		if kind, _, _ := strings.Cut(ref, ":"); kind == "env" || kind == "file" {
			_, _ = r.Resolve(ctx, ref)
		}
	}
}

// Hide is Add for a part of a secret that somebody else read, such as the password of a URL.
func (r *Redactor) Hide(value string) {
	if r != nil {
		r.Add(Secret{value})
	}
}

// Add hides a secret from now on, and the password in it when it is a URL. An empty one is ignored.
func (r *Redactor) Add(s Secret) {
	if s.Empty() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.learn(s.value)
	if u, err := url.Parse(s.value); err == nil {
		if password, has := u.User.Password(); has && password != "" {
			r.learn(password)
		}
	}
	r.known.Store(newMasks(slices.Collect(maps.Keys(r.forms))))
}

func (r *Redactor) learn(value string) {
	if slices.Contains(r.values, value) || slices.Contains(everywhere, value) {
		return
	}
	r.values = append(r.values, value)
	for _, f := range formsOf(value) {
		r.forms[f] = true
	}
	if r.heard != nil {
		r.heard(value)
	}
}

// Hear hands every secret known, and from now on every new one, to somebody who has to hide them too. It is called under a lock: it must
// not use the redactor.
func (r *Redactor) Hear(heard func(value string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = heard
	if heard == nil {
		return
	}
	for _, v := range r.values {
		heard(v)
	}
}

// Redact gives text back with every secret masked.
func (r *Redactor) Redact(text string) string {
	if r == nil {
		return text
	}
	return maskShapes(r.known.Load().mask(text))
}

// RedactCut is Redact for text whose end was cut off: the beginning of a secret at its end is masked too.
func (r *Redactor) RedactCut(text string) string {
	if r == nil {
		return text
	}
	return maskShapes(openURL.mask(r.known.Load().maskBegun(text)))
}

// Holds reports that a secret it was told of is in text, and cannot be there by chance.
func (r *Redactor) Holds(text string) bool { return r != nil && r.known.Load().holds(text) }
