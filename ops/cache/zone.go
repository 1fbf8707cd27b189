package cache

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/page"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Part is one thing that was looked at by itself: what could not be seen keeps nothing else from being shown.
type Part[T any] struct {
	Value T
	Err   error
}

// Glance is the zone at a glance.
type Glance struct {
	At           time.Time
	Zone         Part[cloudflare.Zone]
	Limits       string
	Token        Part[cloudflare.Token]
	Proved       Proof
	Development  Part[cloudflare.Setting]
	Security     Part[cloudflare.Setting]
	Records      Part[[]cloudflare.Record]
	Differences  Part[[]string] // of the records from what the balancer and the nodes say
	Certificates []Certificate
	Rules        Part[[]cloudflare.Rule] // that make the edge keep things
	Reminders    []Reminder
}

// Certificate is one that somebody shows, and until when.
type Certificate struct {
	Where   string // "edge (API)", "edge (as shown)", "worker-1", "worker-1 (as shown)"
	What    string // hosts, issuer, or the file
	Expires time.Time
	Doubt   string // why it is not good, whenever it ends
	Err     error

	print string // its fingerprint, to tell it from another; "" where nobody said
}

// DNSRecord is a record of the zone.
type DNSRecord = cloudflare.Record

// Soon is how long before its end a certificate is worth a word: the usual ones are renewed 30 days before.
const Soon = 21 * 24 * time.Hour

// Glance looks at everything at once.
func (r *Room) Glance(ctx context.Context) (Glance, error) {
	if err := r.needEdge(); err != nil {
		return Glance{}, err
	}
	g := Glance{At: time.Now(), Zone: part(r.Edge.Look(ctx))}
	if fault.CodeOf(g.Zone.Err) == fault.Usage {
		return g, g.Zone.Err
	}
	g.Zone.Value.Name = r.zone()
	g.Limits = known(cloudflare.LimitsOf(g.Zone.Value.Plan).String(), g.Zone.Err)
	g.Proved, g.Reminders = r.proof(), r.reminders()
	var all sync.WaitGroup
	var lb digitalocean.Balancer
	var lbErr error
	var edge, shown, workers []Certificate
	all.Go(func() { g.Token = part(r.Edge.Verify(ctx)) })
	all.Go(func() { g.Development = part(r.Edge.Setting(ctx, cloudflare.DevelopmentMode)) })
	all.Go(func() { g.Security = part(r.Edge.Setting(ctx, cloudflare.SecurityLevel)) })
	all.Go(func() { g.Records = part(r.Edge.Records(ctx)) })
	all.Go(func() { g.Rules = r.keeping(ctx) })
	all.Go(func() { edge = r.edgeCertificates(ctx) })
	all.Go(func() { shown = r.shownCertificate(ctx) })
	all.Go(func() { workers = r.workerCertificates(ctx) })
	all.Go(func() { lb, lbErr = r.balancer(ctx) })
	all.Wait()
	g.Certificates = slices.Concat(edge, shown, workers)
	g.Differences = r.differences(ctx, g.Records, lb, lbErr)
	r.settleReminders(&g)
	return g, ctx.Err()
}

func part[T any](v T, err error) Part[T] { return Part[T]{v, err} }

// keeping are the rules in force that make the edge keep things.
func (r *Room) keeping(ctx context.Context) Part[[]cloudflare.Rule] {
	rules, err := r.Edge.CacheRules(ctx)
	old, oldErr := r.Edge.PageRules(ctx)
	rules = slices.DeleteFunc(append(rules, old...), func(x cloudflare.Rule) bool { return !x.Enabled || !x.Caches })
	return part(rules, errors.Join(err, oldErr))
}

func (r *Room) edgeCertificates(ctx context.Context) []Certificate {
	all, err := r.Edge.Certificates(ctx)
	if err != nil {
		return []Certificate{{Where: "edge (API)", Err: err}}
	}
	var out []Certificate
	for _, c := range all {
		out = append(out, Certificate{Where: "edge (API)", What: strings.Join(c.Hosts, ", ") + " by " + c.Issuer, Expires: c.Expires})
	}
	return out
}

// shownCertificate is what visitors are shown, which is what counts: also when no browser would take it.
func (r *Room) shownCertificate(ctx context.Context) []Certificate {
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	c := Certificate{Where: "edge (as shown)"}
	ask := page.Ask{Of: "the edge", At: r.Config.Site, Host: r.Config.Instance, Path: "/health", Accept: "*/*"}
	p, err := r.Get(ctx, ask)
	if err != nil {
		c.Doubt, ask.AnyCertificate = "visitors are warned of it: "+brief(err), true
		var any error
		if p, any = r.Get(ctx, ask); any != nil {
			c.Doubt, c.Err = "", err
			return []Certificate{c}
		}
	}
	if p.Expires.IsZero() {
		return nil // it is asked without TLS
	}
	c.What, c.Expires = "by "+p.Issuer, p.Expires
	return []Certificate{c}
}

// certificates prints each certificate that nginx is told to show, with its end and its fingerprint.
const certificates = `for f in $(cat /etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/sites-enabled/* 2>/dev/null | sed -n 's/^[[:space:]]*ssl_certificate[[:space:]][[:space:]]*\([^;]*\);.*/\1/p' | sort -u); do
	printf '%s ' "$f"; openssl x509 -noout -enddate -fingerprint -sha256 -in "$f" 2>&1 | head -n 2 | tr '\n' ' '; echo
done`

// endDate is how openssl writes a time.
const endDate = "Jan _2 15:04:05 2006 MST"

// What openssl says of a certificate, in whatever order.
var (
	ends   = regexp.MustCompile(`notAfter=(\S+ +\d+ \S+ \d+ \S+)`)
	prints = regexp.MustCompile(`Fingerprint=([0-9A-F:]+)`)
)

// told reads what openssl said into a certificate; false where it said no end.
func (c *Certificate) told(said string) bool {
	if m := prints.FindStringSubmatch(said); m != nil {
		c.print = m[1]
	}
	m := ends.FindStringSubmatch(said)
	if m == nil {
		return false
	}
	var err error
	c.Expires, err = time.Parse(endDate, m[1])
	return err == nil
}

func (r *Room) workerCertificates(ctx context.Context) []Certificate {
	nodes := r.Config.Workers()
	found := make([][]Certificate, len(nodes))
	var all sync.WaitGroup
	for n, node := range nodes {
		all.Go(func() { found[n] = r.certificatesOn(ctx, node) })
	}
	all.Wait()
	return slices.Concat(found...)
}

func (r *Room) certificatesOn(ctx context.Context, n config.Node) []Certificate {
	node := n.Name
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	const what = "read the certificates of nginx"
	res := r.Host(node).Look(ctx, ssh.Command{For: what, Script: certificates})
	if err := res.Err(what, node); err != nil {
		return []Certificate{{Where: node, Err: err}}
	}
	out := readCertificates(node, res.Stdout)
	if len(out) == 0 {
		return []Certificate{{Where: node, What: "nginx shows none"}}
	}
	return append(out, r.servedBy(ctx, n, out))
}

// servedBy is what nginx holds in memory, seen from exec. Where that is in none of its files, they were not read anew.
func (r *Room) servedBy(ctx context.Context, n config.Node, files []Certificate) Certificate {
	c := Certificate{Where: n.Name + " (as shown)", What: fmt.Sprintf("on port %d", r.Config.Certificate.Port)}
	if r.Provider == nil {
		c.Err = &fault.Error{What: "its address is not known", Why: "no provider is configured", On: n.Name, Next: "add `digitalocean: {token: …}`", Code: fault.Usage}
		return c
	}
	d, err := r.Provider.Droplet(ctx, n.Droplet)
	var shown worker.Certificate
	if err == nil {
		shown, err = worker.Served(ctx, r.Host(r.Config.Exec().Name), r.Config, n.Name, d.PrivateIP)
	}
	switch c.Err = err; {
	case err != nil:
	case !c.told(shown.Ends + " " + shown.Print):
		c.Err = &fault.Error{What: "read a certificate", On: n.Name, Why: clean.Short(shown.Ends, 120), Next: "look at it with openssl s_client"}
	case !slices.ContainsFunc(files, func(f Certificate) bool { return f.Err != nil || f.print == c.print }):
		c.Doubt = "nginx has not read its file anew: vmtui run certificate-rollout"
	}
	return c
}

func readCertificates(node, text string) []Certificate {
	var out []Certificate
	for line := range strings.Lines(text) {
		file, said, _ := strings.Cut(strings.TrimSpace(line), " ")
		if file == "" {
			continue
		}
		c := Certificate{Where: node, What: file}
		if !c.told(said) {
			c.Err = &fault.Error{What: "read a certificate", On: node + " " + file, Why: clean.Short(said, 120), Next: "look at the file, and whether the share is mounted"}
		}
		out = append(out, c)
	}
	return out
}

// Errors are why parts are not known.
func (g Glance) Errors() []error {
	var out []error
	for _, err := range []error{g.Zone.Err, g.Token.Err, g.Development.Err, g.Security.Err, g.Records.Err, g.Differences.Err, g.Rules.Err} {
		if err != nil && !slices.ContainsFunc(out, func(e error) bool { return e.Error() == err.Error() }) {
			out = append(out, err)
		}
	}
	return out
}
