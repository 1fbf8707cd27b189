package book

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// purge takes URLs out of the edge's cache, or everything.
type purge struct {
	urls       []*text
	everything bool
	line       int
	zone       string
}

func readPurge(b block) deed {
	b.only("urls", "everything")
	pu := &purge{urls: readTexts(b, "urls"), everything: b.yes("everything"), line: b.line}
	switch {
	case pu.everything && len(pu.urls) > 0:
		b.wrong(b.line, "keep one of them", "%s purges URLs and everything", b.what)
	case !pu.everything && len(pu.urls) == 0:
		b.wrong(b.line, "add `urls: [https://…]`, or `everything: true`", "%s purges nothing", b.what)
	case len(pu.urls) > cloudflare.MostURLs:
		b.wrong(b.lineOf("urls"), "make several steps of it", "%s purges %d URLs; one purge takes %d", b.what, len(pu.urls), cloudflare.MostURLs)
	}
	return pu
}

func (pu *purge) check(p *page, d *Definition, s *Step) {
	pu.zone = d.cfg.Cloudflare.Zone
	if d.cfg.Cloudflare.Token == "" || pu.zone == "" {
		p.wrong(pu.line, "add `cloudflare: {token: env:CLOUDFLARE_API_TOKEN, zone: …}` to the config", "no zone is configured that could be purged")
	}
	for _, t := range pu.urls {
		u, err := url.Parse(t.raw)
		if !strings.Contains(t.raw, opening) && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			p.wrong(t.line, "write the whole URL: https://vmst.io/about", "%q is no http or https URL", t.raw)
		}
	}
	if s.said == act.Changes && pu.everything {
		p.wrong(s.line, "leave `danger:` out", "to purge everything destroys: the origin answers for all of it")
	}
}

func (pu *purge) texts() []*text   { return pu.urls }
func (pu *purge) confirms() string { return pu.zone }

// kind: purging a URL twice is purging it once. Everything is not purged again by whoever resumes: hours later that is the whole load on the origin once more.
func (pu *purge) kind() run.Kind {
	if pu.everything {
		return run.Once
	}
	return run.Idempotent
}

func (pu *purge) danger() act.Danger {
	if pu.everything {
		return act.Destroys
	}
	return act.Changes
}

func (pu *purge) steps(u *unit) ([]run.Step, error) {
	at, err := u.on(u.node, false)
	if err != nil {
		return nil, err
	}
	zone := u.b.frozen[frozenZone]
	st := at.frame(pu.kind(), zone)
	st.Deadline = cmp.Or(u.s.Deadline, cache.StepDeadline)
	st.NoUndo, st.Undo = "", nothing("what was purged is fetched from the origin again when somebody asks for it")
	st.Plan = at.plan(func(env map[string]any) ([]string, error) { return pu.shown(at, zone, env) })
	st.Observe = at.observe(nil)
	st.Do = func(ctx context.Context, w *run.Walk) error {
		at.walk = w
		p, err := pu.planned(at)
		if err != nil {
			return err
		}
		a := act.Act{Target: zone, What: strings.Join(p.Lines, "; "), Danger: u.s.danger(), Identity: func(ctx context.Context) error { return at.sameZone(ctx, zone, p) }}
		return w.Act(ctx, a, func(ctx context.Context, permit act.Permit) error { return u.b.Caches.PurgeWithin(ctx, w, permit, p) })
	}
	return []run.Step{st}, nil
}

// planned is what is purged, by what is known now.
func (pu *purge) planned(u *unit) (cache.Plan, error) {
	urls, _, err := values(pu.urls, u.env())
	if err != nil {
		return cache.Plan{}, err
	}
	return u.b.Caches.AtEdge(cache.Order{URLs: urls, Everything: pu.everything})
}

// shown is the plan. An address that only the run will know is shown as it is written.
func (pu *purge) shown(u *unit, zone string, env map[string]any) ([]string, error) {
	if u.known(pu.urls) {
		p, err := pu.planned(u)
		return p.Lines, err
	}
	urls, _, err := values(pu.urls, env)
	lines := []string{fmt.Sprintf("POST /zones/%s/purge_cache {files: %d}", zone, len(urls))}
	for _, one := range urls {
		lines = append(lines, "    "+clean.Line(one))
	}
	return lines, err
}

// sameZone proves that the token still sees the zone that the plan names.
func (u *unit) sameZone(ctx context.Context, zone string, p cache.Plan) error {
	if zone != u.b.Config.Cloudflare.Zone {
		return &fault.Error{What: "another zone", On: zone, Why: "the config says " + u.b.Config.Cloudflare.Zone, Next: "begin a new run", Code: fault.Refused}
	}
	return u.b.Caches.SameZone(ctx, p)
}
