package book

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
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

// kind: purging a URL twice is purging it once; everything twice is twice the load on the origin.
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
	st.NoUndo, st.Undo = "", nothing("what was purged is fetched from the origin again when somebody asks for it")
	st.Plan = at.plan(func(env map[string]any) ([]string, error) { return pu.planned(zone, env) })
	st.Observe = at.observe(nil)
	st.Do = func(ctx context.Context, w *run.Walk) error {
		at.walk = w
		urls, _, err := values(pu.urls, at.env())
		if err != nil {
			return err
		}
		lines, err := pu.planned(zone, at.env())
		if err != nil {
			return err
		}
		a := act.Act{Target: zone, What: strings.Join(lines, "; "), Danger: u.s.danger(), Identity: func(ctx context.Context) error { return at.sameZone(ctx, zone) }}
		return w.Act(ctx, a, func(ctx context.Context, p act.Permit) error {
			if pu.everything {
				return u.b.Edge.PurgeEverything(ctx, p)
			}
			return u.b.Edge.PurgeURLs(ctx, p, urls)
		})
	}
	return []run.Step{st}, nil
}

func (pu *purge) planned(zone string, env map[string]any) ([]string, error) {
	if pu.everything {
		return []string{fmt.Sprintf("POST /zones/%s/purge_cache {purge_everything: true}   once", zone)}, nil
	}
	urls, _, err := values(pu.urls, env)
	lines := []string{fmt.Sprintf("POST /zones/%s/purge_cache {files: %d}", zone, len(urls))}
	for _, one := range urls {
		lines = append(lines, "  "+clean.Line(one))
	}
	return lines, err
}

// sameZone proves that the token still sees the zone that the plan names.
func (u *unit) sameZone(ctx context.Context, zone string) error {
	if zone != u.b.Config.Cloudflare.Zone {
		return &fault.Error{What: "another zone", On: zone, Why: "the config says " + u.b.Config.Cloudflare.Zone, Next: "begin a new run", Code: fault.Refused}
	}
	_, err := u.b.Edge.Zone(ctx)
	return err
}
