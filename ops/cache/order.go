package cache

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// Where is a cache that can be purged.
type Where string

// The caches, in the order in which they are purged: who is asked by another is purged before it, or it would be filled with the old page again.
const (
	Origin  Where = "origin" // nginx's own, on every worker
	CDN     Where = "cdn"    // before the Space
	TheEdge Where = "edge"
)

var order = []Where{Origin, CDN, TheEdge}

// Kind is what a purge goes by.
type Kind = cloudflare.Kind

// Order is what somebody wants purged, and where.
type Order struct {
	URLs       []string `json:"urls,omitempty"`
	Prefixes   []string `json:"prefixes,omitempty"` // HOST/PATH, or a path of the instance
	Hosts      []string `json:"hosts,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Everything bool     `json:"everything,omitempty"`
	At         []Where  `json:"at"` // the edge when nothing is said
}

// wishes are the order's items by kind.
func (o Order) wishes() map[Kind][]string {
	w := map[Kind][]string{cloudflare.URLs: o.URLs, cloudflare.Prefixes: o.Prefixes, cloudflare.Hosts: o.Hosts, cloudflare.Tags: o.Tags}
	if o.Everything {
		w[cloudflare.Everything] = []string{"*"}
	}
	return w
}

// kinds in the order in which they are purged.
var kinds = []Kind{cloudflare.Everything, cloudflare.Hosts, cloudflare.Prefixes, cloudflare.Tags, cloudflare.URLs}

// tidy completes what was typed, and refuses what cannot be meant.
func (r *Room) tidy(o Order) (Order, error) {
	out := Order{Tags: o.Tags, Everything: o.Everything, At: slices.Clone(o.At)}
	for _, typed := range o.URLs {
		u, err := r.Address(typed)
		if err != nil {
			return o, err
		}
		out.URLs = append(out.URLs, u)
	}
	for _, typed := range o.Prefixes {
		p, err := r.prefix(typed)
		if err != nil {
			return o, err
		}
		out.Prefixes = append(out.Prefixes, p)
	}
	for _, typed := range o.Hosts {
		if !hostname.MatchString(typed) {
			return o, &fault.Error{What: "no host's name", On: typed, Next: "write it like " + r.Config.Instance + ", without https:// and path", Code: fault.Usage}
		}
		out.Hosts = append(out.Hosts, strings.ToLower(typed))
	}
	for _, tag := range o.Tags {
		if tag == "" || strings.ContainsAny(tag, ", \t\n") || len(tag) > 1024 {
			return o, &fault.Error{What: "no cache tag", On: tag, Next: "write one tag of Cache-Tag, without blanks and commas", Code: fault.Usage}
		}
	}
	if len(out.At) == 0 {
		out.At = []Where{TheEdge}
	}
	for _, at := range out.At {
		if !slices.Contains(order, at) {
			return o, &fault.Error{What: "no such cache", On: string(at), Next: "say origin, cdn or edge", Code: fault.Usage}
		}
	}
	slices.SortFunc(out.At, func(a, b Where) int { return cmp.Compare(slices.Index(order, a), slices.Index(order, b)) })
	out.At = slices.Compact(out.At)
	for _, list := range []*[]string{&out.URLs, &out.Prefixes, &out.Hosts, &out.Tags} {
		*list = unique(*list)
	}
	return out, out.check()
}

var hostname = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func (o Order) check() error {
	n := len(o.URLs) + len(o.Prefixes) + len(o.Hosts) + len(o.Tags)
	switch {
	case n == 0 && !o.Everything:
		return &fault.Error{What: "nothing to purge", Next: "name a URL, a prefix, a host or a tag, or say everything", Code: fault.Usage}
	case n > 0 && o.Everything:
		return &fault.Error{What: "everything, and something besides", Next: "say one of them", Code: fault.Usage}
	case n > mostItems:
		return &fault.Error{What: "too much at once", Why: fmt.Sprintf("%d items; %d go at once", n, mostItems), Next: "purge by prefix or by host", Code: fault.Usage}
	}
	return nil
}

// mostItems bounds one order.
const mostItems = 20_000

// prefix is HOST/PATH, as the edge wants it, without scheme and query.
func (r *Room) prefix(typed string) (string, error) {
	whole := typed
	if !strings.HasPrefix(typed, "/") && !strings.Contains(typed, "://") {
		whole = "https://" + typed
	}
	address, err := r.Address(whole)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.RawQuery != "" {
		return "", &fault.Error{What: "no prefix", On: typed, Why: "a prefix has no query", Next: "write it like " + r.Config.Instance + "/@picard", Code: fault.Usage}
	}
	if u.Path == "/" {
		return "", &fault.Error{What: "no prefix", On: typed, Why: "it has no path: that would be the whole host", Next: "purge by host if you mean it", Code: fault.Usage}
	}
	return u.Host + u.EscapedPath(), nil
}

func unique[T comparable](all []T) []T {
	seen := map[T]bool{}
	return slices.DeleteFunc(all, func(s T) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
}

// Words is the order in a line.
func (o Order) Words() string {
	var said []string
	for _, k := range kinds {
		switch list := o.wishes()[k]; {
		case k == cloudflare.Everything && o.Everything:
			said = append(said, "everything")
		case len(list) == 1:
			said = append(said, string(k)+" "+list[0])
		case len(list) > 1:
			said = append(said, fmt.Sprintf("%d by %s", len(list), k))
		}
	}
	at := make([]string, len(o.At))
	for i, w := range o.At {
		at[i] = string(w)
	}
	return "purge " + strings.Join(said, ", ") + " at " + strings.Join(at, ", ")
}

// The kinds, for those who order.
const (
	ByURL      = cloudflare.URLs
	ByPrefix   = cloudflare.Prefixes
	ByHost     = cloudflare.Hosts
	ByTag      = cloudflare.Tags
	Everything = cloudflare.Everything
)

// Ordered is an order of one kind.
func Ordered(k Kind, items []string, at ...Where) Order {
	o := Order{At: at}
	switch k {
	case ByURL:
		o.URLs = items
	case ByPrefix:
		o.Prefixes = items
	case ByHost:
		o.Hosts = items
	case ByTag:
		o.Tags = items
	case Everything:
		o.Everything = true
	}
	return o
}
