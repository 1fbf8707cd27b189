package cache

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/vmtui/vmtui/remote/cloudflare"
)

// State is how an item stands.
type State string

// The states. Unknown is neither purged nor not: it left, and no answer came.
const (
	Waiting State = "waiting" // nothing was sent, or it certainly did not arrive
	Sent    State = "sent"    // it is on its way
	Purged  State = "purged"
	Absent  State = "absent" // the cache itself says that it has nothing that could be purged
	Failed  State = "failed" // it was refused
	Unknown State = "unknown"

	// Unreached is of a worker that was not reached: nothing was removed there, and what it keeps and serves is unknown.
	Unreached State = "unreached"
)

// Settled reports that nothing is left to do.
func (s State) Settled() bool { return s == Purged || s == Absent }

// Item is one thing in one cache.
type Item struct {
	At    Where  `json:"at"`
	On    string `json:"on"` // the worker, the CDN, the zone
	Kind  Kind   `json:"kind"`
	What  string `json:"what"`
	State State  `json:"state"`
	Why   string `json:"why,omitempty"`
}

// page is a page that the item is about, to look for rules; false where there is none.
func (i Item) page(instance string) (*url.URL, bool) {
	raw := i.What
	switch i.Kind {
	case cloudflare.Prefixes, cloudflare.Hosts:
		raw = "https://" + i.What
	case cloudflare.Everything:
		raw = "https://" + instance + "/@"
	case cloudflare.Tags:
		return nil, false
	case cloudflare.URLs:
	}
	u, err := url.Parse(raw)
	return u, err == nil && u.Host != ""
}

// batch is items that go in one request. They are the work's own, changed under its lock.
type batch struct {
	at    Where
	on    string
	kind  Kind
	items []*Item
}

// key tells which items can go together.
func (i Item) key() string { return string(i.At) + " " + i.On + " " + string(i.Kind) }

// batches groups items in their order, as many of a kind together as most allows.
func (r *Room) batches(items []Item, most func(Where, Kind) int) []batch {
	var out []batch
	for i := range items {
		it := &items[i]
		last := len(out) - 1
		if last >= 0 && out[last].items[0].key() == it.key() && len(out[last].items) < max(most(it.At, it.Kind), 1) {
			out[last].items = append(out[last].items, it)
			continue
		}
		out = append(out, batch{it.At, it.On, it.Kind, []*Item{it}})
	}
	return out
}

func (b batch) what() []string {
	out := make([]string, len(b.items))
	for n, i := range b.items {
		out[n] = i.What
	}
	return out
}

// line is the request, as it is shown.
func (b batch) line() string {
	switch {
	case b.at == Origin && b.kind == cloudflare.Everything:
		return b.on + "$ remove every file of nginx's cache"
	case b.at == Origin:
		return fmt.Sprintf("%s$ remove what nginx keeps by %d %s", b.on, len(b.items), plural(b.kind, len(b.items)))
	case b.at == CDN:
		name, id, _ := strings.Cut(b.on, " ")
		return fmt.Sprintf("DELETE /v2/cdn/endpoints/%s/cache {files: %d}   %s", id, len(b.items), name)
	case b.kind == cloudflare.Everything:
		return fmt.Sprintf("POST /zones/%s/purge_cache {purge_everything: true}", b.on)
	}
	return fmt.Sprintf("POST /zones/%s/purge_cache {%s: %d}", b.on, plural(b.kind, 2), len(b.items))
}

// plural is a kind as the API and people say it.
func plural(k Kind, n int) string {
	switch {
	case n == 1:
		return string(k)
	case k == cloudflare.URLs:
		return "files"
	case k == cloudflare.Prefixes:
		return "prefixes"
	}
	return string(k) + "s"
}
