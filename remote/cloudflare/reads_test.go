package cloudflare_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/web"
)

// told remembers the pauses that were told.
type told struct {
	mu    sync.Mutex
	waits []web.Wait
}

func (w *told) wait(_ context.Context, x web.Wait) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, x)
}

func waiting(t *testing.T, url string) (*cloudflare.Client, *told) {
	t.Helper()
	w := &told{}
	c, err := cloudflare.New(cloudflare.Config{URL: url, Zone: zone, Waiting: w.wait, Token: func(context.Context) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, w
}

func TestTheZoneIsReadWhole(t *testing.T) {
	s, ctx := atTheEdge(t), t.Context()
	c := client(t, s.URL(), token)
	z, err := c.Look(ctx)
	if err != nil || z.ID != edge.ZoneID || z.Plan != "Pro Website" || z.Status != "active" {
		t.Errorf("%+v, %v", z, err)
	}
	if tok, err := c.Verify(ctx); err != nil || tok.Status != "active" {
		t.Errorf("%+v, %v", tok, err)
	}
	for range 130 {
		s.AddRecord(edge.Record{Type: "A", Name: strings.Repeat("x", 1+len(s.Purges())) + time.Now().String() + "." + zone, Content: "203.0.113.9"}, true)
	}
	s.AddRecord(edge.Record{Type: "A", Name: zone, Content: "203.0.113.4", Proxied: true}, true)
	records, err := c.Records(ctx)
	if err != nil || len(records) != 131 || !slices.Contains(records, cloudflare.Record{Type: "A", Name: zone, Content: "203.0.113.4", Proxied: true}) {
		t.Errorf("%d records, %v", len(records), err)
	}
	certs, err := c.Certificates(ctx)
	if err != nil || len(certs) != 1 || certs[0].Hosts[0] != zone || time.Until(certs[0].Expires) < 24*time.Hour {
		t.Errorf("%+v, %v", certs, err)
	}
}

func TestRulesThatCacheAreRead(t *testing.T) {
	s, ctx := atTheEdge(t), t.Context()
	c := client(t, s.URL(), token)
	if rules, err := c.CacheRules(ctx); err != nil || len(rules) != 0 {
		t.Errorf("where none was made: %v, %v", rules, err)
	}
	s.SetRules(edge.Rule{Name: "cache people", Path: "/@", TTL: time.Hour}, edge.Rule{Name: "not the inbox", Path: "/inbox", Bypass: true, Off: true}, edge.Rule{Pattern: zone + "/*"})
	rules, err := c.CacheRules(ctx)
	if err != nil || len(rules) != 2 || rules[0].Name != "cache people" || !rules[0].Caches || !rules[0].Enabled || rules[1].Caches || rules[1].Enabled {
		t.Errorf("%+v, %v", rules, err)
	}
	if rules[0].String() != `cache rule "cache people" ((starts_with(http.request.uri.path, "/@")))` {
		t.Error(rules[0].String())
	}
	old, err := c.PageRules(ctx)
	if err != nil || len(old) != 1 || !old[0].Page || !old[0].Caches || !old[0].Enabled || old[0].Match != zone+"/*" {
		t.Errorf("%+v, %v", old, err)
	}
}

func TestSettingsAreReadAndSwitched(t *testing.T) {
	s, ctx := atTheEdge(t), t.Context()
	c, p := client(t, s.URL(), token), &permit{}
	if got, err := c.Setting(ctx, cloudflare.DevelopmentMode); err != nil || got.Value != "off" || got.Left != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if err := c.Set(ctx, p, cloudflare.DevelopmentMode, "on"); err != nil || p.asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, p.asked.Load())
	}
	if got, err := c.Setting(ctx, cloudflare.DevelopmentMode); err != nil || got.Value != "on" || got.Left < 2*time.Hour {
		t.Errorf("%+v, %v", got, err)
	}
	if err := c.Set(ctx, nil, cloudflare.SecurityLevel, cloudflare.UnderAttack); fault.CodeOf(err) != fault.Refused || s.Setting(cloudflare.SecurityLevel) != "medium" {
		t.Errorf("%v", err)
	}
}

func TestWhatTheTokenLacksIsNamed(t *testing.T) {
	s, ctx := atTheEdge(t), t.Context()
	c := client(t, s.URL(), token)
	for permission, ask := range map[string]struct {
		call func() error
		want string
	}{
		"purge":    {func() error { return c.ProvePurge(ctx, &permit{}) }, "Zone.Cache Purge"},
		"dns":      {func() error { _, err := c.Records(ctx); return err }, "Zone.DNS (read)"},
		"ssl":      {func() error { _, err := c.Certificates(ctx); return err }, "Zone.SSL and Certificates (read)"},
		"rules":    {func() error { _, err := c.CacheRules(ctx); return err }, "Zone.Cache Rules (read)"},
		"settings": {func() error { _, err := c.Setting(ctx, cloudflare.DevelopmentMode); return err }, "Zone.Zone Settings (read)"},
	} {
		s.Forbid(permission, true)
		if err := ask.call(); !errors.Is(err, cloudflare.ErrScope) || !strings.Contains(fault.Of(err).Next, ask.want) {
			t.Errorf("%s: %+v", permission, fault.Of(err))
		}
		s.Forbid(permission, false)
		if err := ask.call(); err != nil {
			t.Errorf("%s: %v", permission, err)
		}
	}
	for _, x := range s.Purges() {
		if len(x.Files) != 1 || !strings.HasPrefix(x.Files[0], "https://"+zone+"/.vmtui/") {
			t.Errorf("the proof purged %+v", x)
		}
	}
}

func TestEveryPauseIsTold(t *testing.T) {
	s := atTheEdge(t)
	c, w := waiting(t, s.URL())
	s.RateLimitFor(time.Second)
	if _, err := c.Look(t.Context()); err != nil {
		t.Error(err)
	}
	if len(w.waits) != 1 || w.waits[0].Why != "rate limit" || w.waits[0].For != time.Second {
		t.Errorf("%+v", w.waits)
	}
}

// The first purge is the slowest, as it is when a connection must be made first: Cloudflare's bucket begins to fill later than ours.
func TestThePlansRateIsKept(t *testing.T) {
	s := edge.New(edge.Options{Token: token, Zone: zone, Plan: "Business Website"})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c, w := waiting(t, firstIsLate(t, s.URL(), 300*time.Millisecond))
	for range 53 { // the bucket holds 50
		if err := c.Purge(t.Context(), &permit{}, cloudflare.Batch{Kind: cloudflare.Tags, Items: []string{"a"}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.Purges()) != 53 || len(w.waits) == 0 || !strings.Contains(w.waits[0].Why, "Business") {
		t.Errorf("%d purges, %+v", len(s.Purges()), w.waits)
	}
}

// firstIsLate is a way to the API on which the first change is d late.
func firstIsLate(t *testing.T, to string, d time.Duration) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	var first sync.Once
	through := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: target.Scheme, Host: target.Host})
	way := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			first.Do(func() {
				select {
				case <-time.After(d):
				case <-r.Context().Done(): // nobody waits for it any more
				}
			})
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(way.Close)
	return way.URL + target.Path
}

func TestLimitsOfPlans(t *testing.T) {
	for plan, want := range map[string]string{
		"Free Website":       "Free: 100 URLs a call and 800 a second; of prefixes, hosts and tags 100 a call, 5 purges a minute",
		"Enterprise Website": "Enterprise: 500 URLs a call and 3000 a second; of prefixes, hosts and tags 100 a call, 50 purges a second",
		"a plan of tomorrow": "Free: 100 URLs a call and 800 a second; of prefixes, hosts and tags 100 a call, 5 purges a minute",
	} {
		if got := cloudflare.LimitsOf(plan).String(); got != want {
			t.Errorf("%s: %s", plan, got)
		}
	}
}
