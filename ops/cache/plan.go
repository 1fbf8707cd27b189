package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/nodeset"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// Plan is what a purge would do, found by looking only.
type Plan struct {
	Order    Order
	Items    []Item
	Lines    []string // exactly what is sent
	Danger   act.Danger
	Confirm  string   // what must be typed; "" for nothing
	Load     []string // what it brings on those behind, in plain words
	Rules    []Blame  // that make the edge keep what is purged
	Warnings []string
	Limits   string // of the edge's plan
	Repeats  string // the purge whose rest this is

	proves bool // the token is proved although nothing is at the edge
}

// Plan says what an order means.
func (r *Room) Plan(ctx context.Context, o Order) (Plan, error) {
	o, err := r.tidy(o)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Order: o}
	if err := r.itemize(ctx, &p); err != nil {
		return Plan{}, err
	}
	p.Items = unique(p.Items) // two equal purges at once are refused by the CDN, and a second one does nothing anywhere
	if len(p.Items) == 0 {
		return Plan{}, &fault.Error{What: "nothing to purge", Why: strings.Join(p.Warnings, "; "), Next: "name other caches, or other things", Code: fault.Usage}
	}
	return p, r.complete(ctx, &p)
}

// complete adds to the items all that is shown before they are purged.
func (r *Room) complete(ctx context.Context, p *Plan) error {
	p.Danger, p.Load = act.Changes, loads(p.Items)
	if len(p.Load) > 0 {
		p.Danger, p.Confirm = act.Destroys, r.zone()
	}
	if slices.ContainsFunc(p.Items, func(i Item) bool { return i.At == TheEdge }) {
		if err := r.lookAtEdge(ctx, p); err != nil {
			return err
		}
	}
	p.Lines = append(r.lines(*p), "then: ask for it again, HTML first and JSON under a query, and say whether it worked")
	return nil
}

// itemize makes the items: everything that is purged by itself, in the order in which it is.
func (r *Room) itemize(ctx context.Context, p *Plan) error {
	for _, at := range p.Order.At {
		switch at {
		case Origin:
			r.originItems(p)
		case CDN:
			if err := r.cdnItems(ctx, p); err != nil {
				return err
			}
		case TheEdge:
			if err := r.needEdge(); err != nil {
				return err
			}
			r.edgeItems(p)
		}
	}
	return nil
}

func (p *Plan) add(at Where, on string, k Kind, what []string) {
	for _, w := range what {
		p.Items = append(p.Items, Item{At: at, On: on, Kind: k, What: w, State: Waiting})
	}
}

func (p *Plan) warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}

// originItems are those for nginx, which knows what it keeps by its path only.
func (r *Room) originItems(p *Plan) {
	var paths, prefixes []string
	for _, raw := range p.Order.URLs {
		if u, err := url.Parse(raw); err == nil && u.Hostname() == r.Config.Instance {
			paths = append(paths, u.RequestURI())
		}
	}
	for _, prefix := range p.Order.Prefixes {
		if host, path, _ := strings.Cut(prefix, "/"); host == r.Config.Instance {
			prefixes = append(prefixes, "/"+path)
		}
	}
	if n := len(p.Order.Hosts) + len(p.Order.Tags); n > 0 {
		p.warn("nginx knows neither hosts nor tags: they are not purged on the workers")
	}
	if n := len(p.Order.URLs) + len(p.Order.Prefixes) - len(paths) - len(prefixes); n > 0 {
		p.warn("%d of another host than %s do not come from the workers", n, r.Config.Instance)
	}
	for _, n := range r.Config.Workers() {
		if n.Cache == config.NoCache {
			p.warn("%s has no nginx cache by the config", n.Name)
			continue
		}
		if p.Order.Everything {
			p.add(Origin, n.Name, cloudflare.Everything, []string{"*"})
		}
		p.add(Origin, n.Name, cloudflare.Prefixes, prefixes)
		p.add(Origin, n.Name, cloudflare.URLs, paths)
	}
}

// edgeItems are those for the edge, which takes all that can be ordered.
func (r *Room) edgeItems(p *Plan) {
	for _, k := range kinds {
		p.add(TheEdge, r.zone(), k, p.Order.wishes()[k])
	}
}

// cdnItems are those for the CDNs before the Spaces, which know paths.
func (r *Room) cdnItems(ctx context.Context, p *Plan) error {
	if r.Provider == nil {
		return &fault.Error{What: "no provider is configured", On: r.Config.Path(), Next: "add `digitalocean: {token: …}`", Code: fault.Usage}
	}
	all, err := r.Provider.CDNs(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		p.warn("the account has no CDN endpoint")
	}
	for _, c := range all {
		p.cdn(c)
	}
	if len(p.Order.Tags) > 0 {
		p.warn("the CDN knows no tags")
	}
	return nil
}

func (p *Plan) cdn(c digitalocean.CDN) {
	hosts, before := c.Hosts(), len(p.Items)
	if p.Order.Everything {
		p.add(CDN, cdnName(c), cloudflare.Everything, []string{"*"})
	}
	for _, h := range p.Order.Hosts {
		if slices.Contains(hosts, h) {
			p.add(CDN, cdnName(c), cloudflare.Everything, []string{"*"})
		}
	}
	for _, prefix := range p.Order.Prefixes {
		if host, path, _ := strings.Cut(prefix, "/"); slices.Contains(hosts, host) {
			p.add(CDN, cdnName(c), cloudflare.Prefixes, []string{path + "*"})
		}
	}
	for _, raw := range p.Order.URLs {
		if u, err := url.Parse(raw); err == nil && slices.Contains(hosts, u.Hostname()) {
			p.add(CDN, cdnName(c), cloudflare.URLs, []string{strings.TrimPrefix(u.Path, "/")})
		}
	}
	if len(p.Items) == before {
		p.warn("nothing of it is at the CDN %s", cdnName(c))
	}
}

// cdnName is a CDN as its items are filed: by its id, which purges it, and by its host for people.
func cdnName(c digitalocean.CDN) string { return cmp.Or(c.Domain, c.Endpoint, "nameless") + " " + c.ID }

// loads says what emptying a whole cache brings, in plain words.
func loads(items []Item) []string {
	whole := map[Where]bool{}
	for _, i := range items {
		whole[i.At] = whole[i.At] || i.Kind == cloudflare.Everything || i.Kind == cloudflare.Hosts
	}
	var out []string
	if whole[Origin] {
		out = append(out, "Every worker renders every page anew: Puma and PostgreSQL carry what nginx kept from them, and pages are slow until it is filled again.")
	}
	if whole[CDN] {
		out = append(out, "Every picture and video is fetched from the Space again: media are slow for a while, and the traffic is counted.")
	}
	if whole[TheEdge] {
		out = append(out, "The edge has nothing left: every visitor, every picture and every other server goes through to the workers until it is filled again. "+
			"They carry the whole load of the site for minutes, just when something is wrong with it.")
	}
	return out
}

// lookAtEdge reads the plan's limits and the rules that make the edge keep what is purged.
func (r *Room) lookAtEdge(ctx context.Context, p *Plan) error {
	limits, err := r.Edge.Limits(ctx)
	if err != nil {
		return err
	}
	p.Limits = limits.String()
	var failed error
	p.Rules, failed = r.rulesOf(ctx, p.Items)
	for _, f := range fault.All(failed) {
		p.warn("%s: %s; %s", f.What, f.Why, f.Next)
	}
	return nil
}

// rulesOf are the rules that make the edge keep any of the items.
func (r *Room) rulesOf(ctx context.Context, items []Item) ([]Blame, error) {
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	rules, err := r.Edge.CacheRules(ctx)
	old, oldErr := r.Edge.PageRules(ctx)
	var out []Blame
	for _, i := range items {
		u, ok := i.page(r.Config.Instance)
		if i.At != TheEdge || !ok {
			continue
		}
		for _, b := range append(blame(rules, u), blame(old, u)...) {
			if !slices.Contains(out, b) {
				out = append(out, b)
			}
		}
	}
	return out, errors.Join(err, oldErr)
}

// lines is what is sent, exactly.
func (r *Room) lines(p Plan) []string {
	var out []string
	if p.proves || slices.ContainsFunc(p.Items, func(i Item) bool { return i.At == TheEdge }) {
		out = append(out, "POST /zones/"+r.zone()+"/purge_cache {files: [a URL that never was]}   proves that the token may purge, before anything is touched")
	}
	for _, b := range folded(r.batches(p.Items, func(Where, Kind) int { return mostItems })) {
		out = append(out, b.line())
		if b.kind == cloudflare.Everything {
			continue
		}
		for n, i := range b.items {
			if n == itemsShown {
				out = append(out, fmt.Sprintf("    and %d more", len(b.items)-n))
				break
			}
			out = append(out, "    "+i.What)
		}
	}
	return out
}

// folded shows what is done on several workers alike once, under a folded name.
func folded(all []batch) []batch {
	var out []batch
	nodes := map[string][]string{}
	for _, b := range all {
		same := string(b.kind) + " " + strings.Join(b.what(), " ")
		if b.at == Origin {
			nodes[same] = append(nodes[same], b.on)
		}
		if b.at != Origin || len(nodes[same]) == 1 {
			out = append(out, b)
		}
	}
	for i, b := range out {
		if b.at == Origin {
			out[i].on = nodeset.Fold(nodes[string(b.kind)+" "+strings.Join(b.what(), " ")])
		}
	}
	return out
}

// itemsShown is how many items of a request a plan names.
const itemsShown = 5
