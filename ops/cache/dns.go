package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/page"
)

// truth is what the zone's records are compared with: who is where by the provider, the config and Mastodon itself.
type truth struct {
	zone  string
	sites []string // the hosts that workers answer for
	media []string // the hosts of pictures that are no CDN's
	lb    digitalocean.Balancer
	owner map[string]string // nodes by address
	cdns  []digitalocean.CDN
}

// differences compares the records with where the site is. What Mastodon itself would not say keeps nothing else from being compared.
func (r *Room) differences(ctx context.Context, records Part[[]cloudflare.Record], lb digitalocean.Balancer, err error) Part[[]string] {
	if err := errors.Join(records.Err, err); err != nil {
		return part[[]string](nil, err)
	}
	t := truth{zone: r.zone(), lb: lb, owner: map[string]string{}}
	for _, n := range r.Config.Nodes {
		if n.Droplet == 0 {
			continue
		}
		d, err := r.Provider.Droplet(ctx, n.Droplet)
		if err != nil {
			return part[[]string](nil, err)
		}
		t.owner[d.PublicIP], t.owner[d.PrivateIP] = n.Name, n.Name
	}
	delete(t.owner, "")
	t.cdns, err = r.Provider.CDNs(ctx)
	streaming, media, unsaid := r.hosts(ctx)
	t.sites, t.media = unique([]string{r.Config.Instance, hostOf(r.Config.Site), streaming}), unique([]string{media})
	return part(t.compare(records.Value), errors.Join(err, unsaid))
}

// hosts are those under which Mastodon tells its visitors to find its streaming and its pictures; "" where it names none.
func (r *Room) hosts(ctx context.Context) (streaming, media string, err error) {
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	p, err := r.Get(ctx, page.Ask{Of: "the site", At: r.Config.Site, Host: r.Config.Instance, Path: versionPath, Accept: "application/json", AnyCertificate: true})
	if err == nil && p.Status != http.StatusOK {
		err = fmt.Errorf("it answered %d", p.Status)
	}
	if err != nil {
		return "", "", &fault.Error{What: "learn under which hosts streaming and media are", On: r.Config.Site + versionPath, Why: brief(err), Next: "look at the site; the records of the other hosts were compared", Err: err}
	}
	said := gjson.GetMany(p.Body, "configuration.urls.streaming", "thumbnail.url") // it reads also what was cut off
	return hostOf(said[0].String()), hostOf(said[1].String()), nil
}

// hostOf is the name of a URL's host; "" for an address, which no record can lead to.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return ""
	}
	return strings.ToLower(clean.Line(u.Hostname()))
}

// compare says what differs, and what that means.
func (t truth) compare(records []cloudflare.Record) []string {
	out := []string{}
	hidden := false // the edge stands before the site
	for _, host := range t.sites {
		if t.within(host) {
			out = append(out, t.site(records, host)...)
			hidden = hidden || slices.ContainsFunc(endsOf(records, host), func(e end) bool { return e.first.Proxied })
		}
	}
	out = append(out, t.others(records, hidden)...)
	for _, c := range t.cdns {
		if t.within(c.Domain) {
			out = append(out, theCDN(records, c)...)
		}
	}
	for _, host := range t.media {
		if t.within(host) && !slices.Contains(t.sites, host) && !t.isCDN(host) && len(endsOf(records, host)) == 0 {
			out = append(out, fmt.Sprintf("%s has no record, and Mastodon sends visitors there for pictures: they do not see them", host))
		}
	}
	return out
}

// within reports that a name is one of the zone's.
func (t truth) within(name string) bool { return name == t.zone || strings.HasSuffix(name, "."+t.zone) }

func (t truth) isCDN(name string) bool {
	return slices.ContainsFunc(t.cdns, func(c digitalocean.CDN) bool { return slices.Contains(c.Hosts(), name) })
}

// end is where a name leads in the end, by one of its own records.
type end struct {
	first   cloudflare.Record
	at      string // an address, or a name that the zone does not hold
	outside bool
}

// mostHops bounds names that lead to each other.
const mostHops = 8

// endsOf follows a name through the zone. What has no record of its own is found under the wildcard beside it.
func endsOf(records []cloudflare.Record, name string) []end { return follow(records, name, mostHops) }

func follow(records []cloudflare.Record, name string, hops int) []end {
	own := of(records, name)
	if _, parent, ok := strings.Cut(name, "."); ok && len(own) == 0 {
		own = of(records, "*."+parent)
	}
	var out []end
	for _, x := range own {
		target := strings.ToLower(strings.TrimSuffix(x.Content, "."))
		further := []end{}
		if x.Type == "CNAME" && hops > 0 {
			further = follow(records, target, hops-1)
		}
		for _, e := range further {
			out = append(out, end{x, e.at, e.outside})
		}
		if len(further) == 0 {
			out = append(out, end{x, target, x.Type == "CNAME"})
		}
	}
	return out
}

// leading are the types of records that lead visitors anywhere.
var leading = []string{"A", "AAAA", "CNAME"}

// of are a name's records that lead anywhere.
func of(records []cloudflare.Record, name string) []cloudflare.Record {
	var out []cloudflare.Record
	for _, x := range records {
		if strings.EqualFold(x.Name, name) && slices.Contains(leading, x.Type) {
			out = append(out, x)
		}
	}
	return out
}

// longTTL is how long an address may be kept by whoever asked for it without a word: the provider's and the edge's own are shorter.
const longTTL = time.Hour

// site compares a host that must lead to the balancer.
func (t truth) site(records []cloudflare.Record, host string) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	leads := false
	for _, e := range endsOf(records, host) {
		name := e.first.Type + " " + host
		switch node := t.owner[e.at]; {
		case e.outside && t.isCDN(e.at):
			say("%s leads to the CDN %s, and not to the load balancer (%s): visitors get files instead of pages", name, e.at, t.lb.IP)
		case e.outside:
			leads = true // as far as can be seen
			say("%s leads to %s, which this zone does not hold: whether that is the load balancer (%s) is not known here", name, e.at, t.lb.IP)
		case t.leadsTo(e.at):
			leads = true
			if e.first.Proxied {
				continue
			}
			say("%s leads to the load balancer past the edge: it is not proxied, so nothing is cached or shielded, and everybody sees the balancer's address", name)
			if e.first.TTL > longTTL {
				say("%s has a TTL of %s: for so long after a change visitors go on to the old address", name, span(e.first.TTL))
			}
		case node != "":
			say("%s leads to %s itself, past the load balancer %s: these visitors stay there while it is drained, and find nothing when it is down", name, node, t.lb.IP)
		default:
			say("%s leads to %s, which is neither the load balancer (%s) nor a node: these visitors do not get to this instance", name, e.at, t.lb.IP)
		}
	}
	if !leads {
		say("no record of %s leads to the load balancer %s", host, t.lb.IP)
	}
	return out
}

// others compares the names that nobody was told to look for.
func (t truth) others(records []cloudflare.Record, hidden bool) []string {
	var out, foreign []string
	for _, x := range records {
		if slices.ContainsFunc(t.sites, func(host string) bool { return strings.EqualFold(host, x.Name) }) || t.isCDN(strings.ToLower(x.Name)) {
			continue
		}
		for _, e := range endsOf([]cloudflare.Record{x}, strings.ToLower(x.Name)) {
			if x.Type == "CNAME" {
				if through := endsOf(records, e.at); len(through) > 0 {
					e = end{x, through[0].at, through[0].outside}
				}
			}
			switch node := t.owner[e.at]; {
			case x.Proxied && node != "":
				out = append(out, fmt.Sprintf("%s %s leads through the edge to %s itself, past the load balancer: it is gone when that worker is drained", x.Type, x.Name, node))
			case x.Proxied && !t.leadsTo(e.at) && !t.isCDN(e.at) && !slices.Contains(foreign, x.Name):
				foreign = append(foreign, x.Name)
			case hidden && !x.Proxied && t.leadsTo(e.at):
				out = append(out, fmt.Sprintf("%s %s is not proxied and tells everybody the load balancer's address, which the edge hides: who attacks the site goes past the edge", x.Type, x.Name))
			}
		}
	}
	if len(foreign) > 0 {
		out = append(out, fmt.Sprintf("proxied, and nobody of this instance stands behind it: %s; what is switched or purged for the whole zone happens to it too", strings.Join(foreign, ", ")))
	}
	return out
}

// theCDN compares the name of a CDN before a Space.
func theCDN(records []cloudflare.Record, c digitalocean.CDN) []string {
	all := of(records, c.Domain)
	i := slices.IndexFunc(all, func(x cloudflare.Record) bool {
		return strings.EqualFold(strings.TrimSuffix(x.Content, "."), c.Endpoint)
	})
	switch {
	case len(all) == 0:
		return []string{fmt.Sprintf("the CDN's domain %s has no record: pictures and videos are not found", c.Domain)}
	case i < 0:
		return []string{fmt.Sprintf("%s %s leads to %s; the CDN is %s: pictures and videos come from elsewhere, and a purge of the CDN changes nothing there", all[0].Type, c.Domain, all[0].Content, cmp.Or(c.Endpoint, "nameless"))}
	case all[i].Proxied:
		return []string{fmt.Sprintf("%s %s is proxied: the edge keeps pictures besides the CDN, so purge both (--cdn --edge)", all[i].Type, c.Domain)}
	}
	return nil
}

// leadsTo reports that an address is one of the balancer's. One of IPv6 is written in many ways.
func (t truth) leadsTo(address string) bool {
	at, err := netip.ParseAddr(address)
	v6, err6 := netip.ParseAddr(t.lb.IPv6)
	return address == t.lb.IP || err == nil && err6 == nil && at == v6
}
