package cache

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/remote/cloudflare"
)

// Blame is a rule that makes the edge keep a page, or may.
type Blame struct {
	Rule string `json:"rule"`
	Sure bool   `json:"sure"` // false: its expression has words that are not understood here, so it may be another
}

// blamed are the rules by which the edge keeps a page. The error says what could not be read; there may be some all the same.
func (r *Room) blamed(ctx context.Context, u *url.URL) ([]Blame, error) {
	none := []Blame{}
	if r.Edge == nil {
		return none, nil
	}
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	rules, err := r.Edge.CacheRules(ctx)
	old, oldErr := r.Edge.PageRules(ctx)
	return append(blame(rules, u), blame(old, u)...), errors.Join(err, oldErr)
}

// blame finds the rules of one kind that decide. Among cache rules the last that matches wins, among page rules the first.
func blame(rules []cloudflare.Rule, u *url.URL) []Blame {
	out := []Blame{}
	ordered := slices.Clone(rules)
	slices.Reverse(ordered)
	if len(rules) > 0 && rules[0].Page {
		ordered = rules
	}
	for _, rule := range ordered {
		m := meets(rule, u)
		if !rule.Enabled || m == no {
			continue
		}
		if rule.Caches {
			out = append(out, Blame{Rule: rule.String(), Sure: m == yes})
		}
		if m == yes {
			break // whatever it says holds
		}
	}
	return out
}

func meets(rule cloudflare.Rule, u *url.URL) tri {
	if !rule.Page {
		return matches(rule.Match, u)
	}
	pattern := rule.Match
	if _, after, has := strings.Cut(pattern, "://"); has {
		pattern = after
	}
	return triOf(globbed(pattern, u.Host+u.RequestURI(), true))
}

// String is the rule in words.
func (b Blame) String() string {
	if b.Sure {
		return b.Rule
	}
	return b.Rule + ", perhaps: not every word of it is understood here"
}
