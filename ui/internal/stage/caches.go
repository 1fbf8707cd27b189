package stage

import (
	"context"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/desk"
)

// Page is the one that is wrong.
const Page = "https://vmst.example/@picard"

// Probe implements ui.Desk.
func (d *Desk) Probe(_ context.Context, url string) (cache.Probe, error) {
	d.told("probe %s", url)
	return Probe(), d.Fails
}

// PlanPurge implements ui.Desk.
func (d *Desk) PlanPurge(_ context.Context, o cache.Order) (cache.Plan, error) {
	d.told("plan %s", o.Words())
	return PurgePlan(o), d.Fails
}

// RepeatPurge implements ui.Desk.
func (d *Desk) RepeatPurge(_ context.Context, id string) (cache.Plan, error) {
	d.told("repeat %s", id)
	p := PurgePlan(cache.Ordered(cache.ByURL, []string{Page}, cache.TheEdge))
	p.Repeats = "20260808-115900-abcdef"
	return p, d.Fails
}

// Purge implements ui.Desk.
func (d *Desk) Purge(_ context.Context, p cache.Plan, typed string) (string, error) {
	d.told("%s typed %q", p.Order.Words(), typed)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.purging = d.Fails == nil
	return "1", d.Fails
}

// PurgeView implements ui.Desk.
func (d *Desk) PurgeView(ctx context.Context, _ string, after uint64) (cache.View, error) {
	d.mu.Lock()
	purging := d.purging
	d.mu.Unlock()
	if !purging {
		return cache.View{}, &desk.Fault{What: "no such purge"}
	}
	if v := PurgeView(); after < v.Version {
		return v, nil
	}
	<-ctx.Done()
	return cache.View{}, ctx.Err()
}

// CancelPurge implements ui.Desk.
func (d *Desk) CancelPurge(_ context.Context, id string) error {
	d.told("cancel purge %s", id)
	return d.Fails
}

// Zone implements ui.Desk.
func (d *Desk) Zone(context.Context) (cache.Glance, error) { return Glance(), d.Fails }

// Switching implements ui.Desk.
func (d *Desk) Switching(_ context.Context, setting string, on bool) (cache.Switch, error) {
	d.told("switching %s %v", setting, on)
	return cache.Switch{Setting: setting, To: "on", Was: "off", Text: []string{"The edge keeps nothing."}}, d.Fails
}

// Switch implements ui.Desk.
func (d *Desk) Switch(_ context.Context, s cache.Switch) error {
	d.told("switch %s from %s to %s", s.Setting, s.Was, s.To)
	return d.Fails
}

// ProveToken implements ui.Desk.
func (d *Desk) ProveToken(context.Context) error {
	d.told("prove the token")
	return d.Fails
}

var peoplesRule = cache.Blame{Rule: `cache rule "cache profiles" ((starts_with(http.request.uri.path, "/@")))`, Sure: true}

// Probe is the classic disaster: the edge serves JSON to browsers.
func Probe() cache.Probe {
	old := 512
	p := cache.Probe{URL: Page, At: Noon.Add(-4 * time.Second)}
	answer := func(layer cache.Layer, name string, wanted cache.Form) {
		a := cache.Answer{Layer: layer, Name: name, Wanted: wanted, Status: 200, Type: "text/html; charset=utf-8", Got: cache.HTML, Nginx: "MISS", Vary: "Accept, Accept-Language, Cookie", Control: "max-age=15, public", Version: "4.6.5"}
		if wanted == cache.JSON || layer == cache.AtEdge {
			a.Type, a.Got, a.Control = "application/activity+json; charset=utf-8", cache.JSON, "max-age=180, public"
		}
		if layer == cache.AtEdge {
			a.Edge, a.Age, a.Centre = "HIT", &old, "YYZ"
		}
		if name == "worker-3" {
			a = cache.Answer{Layer: layer, Name: name, Wanted: wanted, Why: "the host was not reached"}
		}
		p.Answers = append(p.Answers, a)
	}
	for _, at := range []struct {
		layer cache.Layer
		name  string
	}{{cache.AtWorker, "worker-1"}, {cache.AtWorker, "worker-2"}, {cache.AtWorker, "worker-3"}, {cache.AtBalancer, "balancer"}, {cache.AtEdge, "edge"}} {
		answer(at.layer, at.name, cache.HTML)
		answer(at.layer, at.name, cache.JSON)
	}
	p.Verdict = cache.Verdict{
		Wrong: true, At: cache.AtEdge, Names: []string{"edge"}, Centre: "YYZ", Rules: []cache.Blame{peoplesRule},
		Says: "JSON is served as HTML: browsers are shown ActivityPub's JSON. The edge keeps one answer for both, because it ignores Vary: Accept",
		Why:  []string{"edge: html was wanted, application/activity+json came, the edge says HIT, 512 s old"}, Next: "first mend the rule that makes the edge keep it, or it comes back; then purge the URL at the edge",
	}
	return p
}

// PurgePlan is what an order means.
func PurgePlan(o cache.Order) cache.Plan {
	p := cache.Plan{
		Order: o, Danger: act.Changes, Rules: []cache.Blame{peoplesRule}, Limits: "Pro: 100 URLs a call", Items: purgeItems(),
		Lines: []string{"worker-1$ remove what nginx keeps by 1 url", "    /@picard", "POST /zones/vmst.example/purge_cache {files: 1}", "    " + Page},
	}
	if o.Everything {
		p.Danger, p.Confirm, p.Rules, p.Load = act.Destroys, "vmst.example", nil, []string{"The edge has nothing left: every visitor goes through to the workers until it is filled again."}
	}
	return p
}

func purgeItems() []cache.Item {
	return []cache.Item{
		{At: cache.Origin, On: "worker-1", Kind: cache.ByURL, What: "/@picard", State: cache.Purged},
		{At: cache.Origin, On: "worker-2", Kind: cache.ByURL, What: "/@picard", State: cache.Failed, Why: "only root may remove what is there"},
		{At: cache.Origin, On: "worker-3", Kind: cache.ByURL, What: "/@picard", State: cache.Waiting, Why: "the host was not reached"},
		{At: cache.TheEdge, On: "vmst.example", Kind: cache.ByURL, What: Page, State: cache.Unknown, Why: "the request left, and no answer came"},
	}
}

// PurgeView is a purge under way.
func PurgeView() cache.View {
	return cache.View{
		Record: cache.Record{ID: "20260808-115900-abcdef", By: "mike@laptop", Began: Noon.Add(-time.Minute), Order: cache.Ordered(cache.ByURL, []string{Page}, cache.Origin, cache.TheEdge), Items: purgeItems()},
		Now:    "waiting 17s to purge 1 by url: rate limit", Version: 3,
	}
}

// PurgeOver is a purge that left something.
func PurgeOver() cache.View {
	v := PurgeView()
	v.Over, v.Now, v.Err = true, "", &desk.Fault{What: "not everything was purged", On: "vmst.example", Why: v.Tally(), Next: "repeat the rest"}
	v.Proofs = []cache.Probe{Probe()}
	return v
}

// Glance is a zone with all that can be the matter with one.
func Glance() cache.Glance {
	g := cache.Glance{At: Noon.Add(-3 * time.Second), Limits: "Pro: 100 URLs a call and 1500 a second; of prefixes, hosts and tags 100 a call, 5 purges a second"}
	g.Zone.Value.Name, g.Zone.Value.Plan, g.Zone.Value.Status = "vmst.example", "Pro Website", "active"
	g.Token.Value.Status, g.Proved.At = "active", Noon.Add(-time.Hour)
	g.Development.Value.Value, g.Development.Value.Left, g.Security.Value.Value = "on", 2*time.Hour, "medium"
	g.Reminders = []cache.Reminder{{Setting: cache.Development, Is: "on", Was: "off", By: "mike@laptop", Since: Noon.Add(-time.Hour)}}
	g.Records.Value = []cache.DNSRecord{
		{Type: "A", Name: "vmst.example", Content: "203.0.113.4", Proxied: true}, {Type: "A", Name: "vmst.example", Content: "203.0.113.12", Proxied: true},
		{Type: "CNAME", Name: "cdn.vmst.example", Content: "vmst.nyc3.cdn.digitaloceanspaces.com"},
	}
	g.Differences.Value = []string{"A vmst.example leads to worker-2 itself, past the load balancer 203.0.113.4"}
	g.Certificates = []cache.Certificate{
		{Where: "edge (API)", What: "vmst.example, *.vmst.example by LetsEncrypt", Expires: Noon.Add(57 * 24 * time.Hour)}, {Where: "worker-1", What: "/root/certificates/fullchain.pem", Expires: Noon.Add(9 * 24 * time.Hour)},
		{Where: "worker-2", What: "/root/certificates/fullchain.pem", Expires: Noon.Add(-24 * time.Hour)}, {Where: "worker-3", Err: ErrStage},
	}
	g.Rules.Err = &desk.Fault{What: "read the cache rules", On: "vmst.example", Why: "the API answered 403: Unauthorized (9109)", Next: "give the token Zone.Cache Rules (read) for this zone"}
	return g
}
