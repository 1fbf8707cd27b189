package cache

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/fixtures/provider"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/page"
)

func (s *stand) glance(t *testing.T) Glance {
	t.Helper()
	g, err := s.Glance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestTheZoneAtAGlance(t *testing.T) {
	s := newStand(t)
	s.edge.AddRecord(edge.Record{Type: "A", Name: instance, Content: "203.0.113.4", Proxied: true}, true)
	s.edge.AddRecord(edge.Record{Type: "CNAME", Name: "cdn." + instance, Content: "vmst.cdn.example"}, true)
	s.edge.SetRules(edge.Rule{Name: "cache profiles", Path: "/@"}, edge.Rule{Name: "off", Path: "/", Off: true})
	g := s.glance(t)
	if g.Zone.Value.Plan != "Pro Website" || g.Token.Value.Status != "active" || !g.Proved.At.IsZero() || len(g.Records.Value) != 2 || len(g.Rules.Value) != 1 || len(g.Differences.Value) != 0 || g.Differences.Err != nil {
		t.Errorf("%+v", g)
	}
	if g.Development.Value.Value != "off" || g.Security.Value.Value != "medium" || g.Certificates[0].Where != "edge (API)" || time.Until(g.Certificates[0].Expires) < 24*time.Hour {
		t.Errorf("%+v", g)
	}
	if err := s.ProveToken(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.edge.Forbid("dns", true)
	s.hosts["worker-2"].dead = true
	g = s.glance(t)
	i := slices.IndexFunc(g.Certificates, func(c Certificate) bool { return c.Where == "worker-2" })
	if g.Records.Err == nil || g.Differences.Err == nil || g.Development.Err != nil || g.Proved.At.IsZero() || i < 0 || g.Certificates[i].Err == nil {
		t.Errorf("%+v", g)
	}
}

func TestRecordsAreComparedWithWhereTheSiteIs(t *testing.T) {
	s := newStand(t)
	get := s.Get
	s.Get = func(ctx context.Context, a page.Ask) (page.Answer, error) {
		p, err := get(ctx, a)
		if a.Path == versionPath {
			p.Body = `{"version":"4.6.5","thumbnail":{"url":"https://files.vmst.example/a.png"},"configuration":{"urls":{"streaming":"wss://streaming.vmst.example"}}}`
		}
		return p, err
	}
	add := func(kind, name, content string, proxied bool, ttl time.Duration) {
		s.edge.AddRecord(edge.Record{Type: kind, Name: name, Content: content, Proxied: proxied, TTL: ttl}, true)
	}
	add("A", instance, "203.0.113.12", true, 0)
	add("A", instance, "203.0.113.99", true, 0)
	add("CNAME", "streaming."+instance, "origin."+instance, false, 24*time.Hour)
	add("A", "origin."+instance, "203.0.113.4", false, time.Minute)
	add("CNAME", "www."+instance, "streaming."+instance, true, 0)
	add("A", "old."+instance, "203.0.113.11", true, 0)
	add("A", "ssh."+instance, "203.0.113.11", false, 0)
	add("A", "blog."+instance, "198.51.100.7", true, 0)
	add("CNAME", "shop."+instance, "shops.example", true, 0)
	add("CNAME", "cdn."+instance, "elsewhere.example", false, 0)
	add("CNAME", "c."+instance, "C.cdn.example.", true, 0)
	add("MX", instance, "mx.example", false, 0)
	s.api.AddCDN(provider.CDN{ID: "b", Endpoint: "b.cdn.example", Domain: "b." + instance})
	s.api.AddCDN(provider.CDN{ID: "c", Endpoint: "c.cdn.example", Domain: "c." + instance})
	s.api.AddCDN(provider.CDN{ID: "d", Endpoint: "d.cdn.example", Domain: "d.not" + instance})
	g := s.glance(t)
	said := strings.Join(g.Differences.Value, "\n")
	for _, want := range []string{
		"A vmst.example leads to worker-2 itself, past the load balancer 203.0.113.4", "203.0.113.99, which is neither", "old.vmst.example leads through the edge to worker-1 itself",
		"no record of vmst.example leads to the load balancer", "cdn.vmst.example leads to elsewhere.example; the CDN is vmst.cdn.example", "the CDN's domain b.vmst.example has no record",
		"CNAME c.vmst.example is proxied: the edge keeps pictures besides the CDN", "CNAME streaming.vmst.example leads to the load balancer past the edge", "CNAME streaming.vmst.example has a TTL of 24h",
		"A origin.vmst.example is not proxied and tells everybody", "nobody of this instance stands behind it: blog.vmst.example, shop.vmst.example;", "files.vmst.example has no record",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %s\n%s", want, said)
		}
	}
	if len(g.Differences.Value) != 12 || g.Differences.Err != nil {
		t.Errorf("%v\n%s", g.Differences.Err, said)
	}
	if lines := strings.Join(g.Lines(time.Now()), "\n"); !strings.Contains(lines, "streaming.vmst.example → origin.vmst.example, straight, kept for 24h") {
		t.Error(lines)
	}
	s.Get = func(context.Context, page.Ask) (page.Answer, error) {
		return page.Answer{}, errors.New("nobody answers")
	}
	if g = s.glance(t); len(g.Differences.Value) != 10 || !strings.Contains(g.Differences.Err.Error(), "under which hosts streaming and media are") {
		t.Errorf("%v\n%s", g.Differences.Err, strings.Join(g.Differences.Value, "\n"))
	}
}

// What the zone does not hold is not judged, names that lead to each other end, and a wildcard is found.
func TestNamesAreFollowedWithinTheZone(t *testing.T) {
	at := truth{zone: instance, sites: []string{instance, "s." + instance, "elsewhere.example"}, lb: digitalocean.Balancer{IP: "203.0.113.4"}}
	for name, x := range map[string]struct {
		records []cloudflare.Record
		says    []string
	}{
		"outside":  {[]cloudflare.Record{{Type: "CNAME", Name: instance, Content: "lb.host.example", Proxied: true}, {Type: "A", Name: "*." + instance, Content: "203.0.113.4", Proxied: true}}, []string{"lb.host.example, which this zone does not hold"}},
		"wildcard": {[]cloudflare.Record{{Type: "A", Name: instance, Content: "203.0.113.4", Proxied: true}, {Type: "CNAME", Name: "*." + instance, Content: instance, Proxied: true}}, nil},
		"a circle": {[]cloudflare.Record{{Type: "A", Name: instance, Content: "203.0.113.4", Proxied: true}, {Type: "CNAME", Name: "s." + instance, Content: "s." + instance, Proxied: true}}, []string{"which this zone does not hold"}},
		"nothing":  {[]cloudflare.Record{{Type: "MX", Name: instance, Content: "203.0.113.4"}}, []string{"no record of vmst.example", "no record of s.vmst.example"}},
	} {
		said := at.compare(x.records)
		ok := len(said) == len(x.says)
		for i := range x.says {
			ok = ok && strings.Contains(said[i], x.says[i])
		}
		if !ok {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestSwitchesAreRememberedUntilSwitchedBack(t *testing.T) {
	s := newStand(t)
	s.edge.Set(cloudflare.SecurityLevel, "high")
	turn := func(setting string, on bool) {
		t.Helper()
		sw, err := s.Switching(t.Context(), setting, on)
		if err == nil {
			err = s.Switch(t.Context(), sw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	turn(cloudflare.SecurityLevel, true)
	turn(cloudflare.DevelopmentMode, true)
	if got := s.Reminders(); len(got) != 2 || got[0].Was != "high" || !strings.Contains(got[1].Words(time.Now().Add(3*time.Minute)), "development mode is on for 3m,") {
		t.Errorf("%+v", got)
	}
	if _, err := s.Switching(t.Context(), cloudflare.DevelopmentMode, true); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
	s.edge.Set(cloudflare.DevelopmentMode, "off") // it ends by itself
	if g := s.glance(t); len(g.Reminders) != 1 || len(s.Reminders()) != 1 {
		t.Errorf("%+v", g.Reminders)
	}
	turn(cloudflare.SecurityLevel, false)
	if got := s.edge.Setting(cloudflare.SecurityLevel); got != "high" || len(s.Reminders()) != 0 {
		t.Errorf("%s, %+v", got, s.Reminders())
	}
	if len(s.journal.acts) != 3 || s.journal.acts[2].What != "set security_level from under_attack to high" {
		t.Errorf("%+v", s.journal.acts)
	}
}

func TestASwitchThatWasRefusedLeavesNoReminder(t *testing.T) {
	s := newStand(t)
	sw, err := s.Switching(t.Context(), cloudflare.DevelopmentMode, true)
	if err != nil {
		t.Fatal(err)
	}
	s.edge.Forbid("settings", true)
	if err := s.Switch(t.Context(), sw); err == nil || len(s.Reminders()) != 0 {
		t.Errorf("%v %+v", err, s.Reminders())
	}
	s.edge.Forbid("settings", false)
	s.edge.ApplyThen502(1)
	if err := s.Switch(t.Context(), sw); fault.CodeOf(err) != fault.Unknown || len(s.Reminders()) != 1 {
		t.Errorf("what nobody knows must be looked at: %v %+v", err, s.Reminders())
	}
}

func TestCertificatesOfWorkersAreRead(t *testing.T) {
	got := readCertificates("worker-1", "/root/certificates/fullchain.pem notAfter=Jan  5 11:22:33 2027 GMT sha256 Fingerprint=AB:CD \n/gone.pem Could not open file \n")
	if len(got) != 2 || got[0].Expires.Year() != 2027 || got[0].Err != nil || got[0].print != "AB:CD" || got[1].Err == nil || !strings.Contains(fault.Of(got[1].Err).Why, "Could not open") {
		t.Errorf("%+v", got)
	}
}

// The certificate that visitors are shown is read in a handshake, also one that no browser would take.
func TestTheCertificateThatTheEdgeShows(t *testing.T) {
	s := newStand(t)
	if got := s.shownCertificate(t.Context()); len(got) != 0 {
		t.Errorf("without TLS: %+v", got)
	}
	front := httptest.NewUnstartedServer(http.HandlerFunc(origin))
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of whoever goes away
	front.StartTLS()
	defer front.Close()
	s.Config.Site = front.URL
	got := s.shownCertificate(t.Context())
	if len(got) != 1 || !got[0].Expires.Equal(front.Certificate().NotAfter) || got[0].Err != nil || !strings.Contains(got[0].Doubt, "visitors are warned of it: ") || got[0].Worry(time.Now()) != 2 {
		t.Fatalf("%+v", got)
	}
	if said := got[0].Words(time.Now()); !strings.Contains(said, "until 2084-01-29") || !strings.Contains(said, "certificate") {
		t.Error(said)
	}
	get := s.Get
	s.Get = func(ctx context.Context, a page.Ask) (page.Answer, error) {
		a.AnyCertificate = true // as where its issuer is trusted
		return get(ctx, a)
	}
	if got := s.shownCertificate(t.Context()); len(got) != 1 || got[0].Doubt != "" || got[0].Worry(time.Now()) != 0 {
		t.Errorf("%+v", got)
	}
	s.Get = get
	front.Close()
	if got := s.shownCertificate(t.Context()); len(got) != 1 || got[0].Err == nil || got[0].Doubt != "" {
		t.Errorf("nobody answers: %+v", got)
	}
}

// A zone that cannot be asked for has its name, and nothing is made up of it.
func TestAZoneThatCannotBeSeenIsUnknown(t *testing.T) {
	s := newStand(t)
	s.Edge = wrongToken(t, s.edge.URL())
	g := s.glance(t)
	said := strings.Join(g.Lines(time.Now()), "\n")
	if !errors.Is(g.Zone.Err, cloudflare.ErrToken) || !strings.HasPrefix(said, "zone vmst.example: unknown\n  allows     unknown\n") || !strings.Contains(said, "make a new token") {
		t.Errorf("%v\n%s", g.Zone.Err, said)
	}
}

func wrongToken(t *testing.T, url string) *cloudflare.Client {
	t.Helper()
	c, err := cloudflare.New(cloudflare.Config{URL: url, Zone: instance, Token: func(context.Context) (string, error) { return "ferengi", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestTheBalancersOtherAddressIsNoDifference(t *testing.T) {
	at := truth{zone: instance, sites: []string{instance}, lb: digitalocean.Balancer{IP: "203.0.113.4", IPv6: "2604:a880::4"}}
	records := []cloudflare.Record{{Type: "A", Name: instance, Content: "203.0.113.4", Proxied: true}, {Type: "AAAA", Name: instance, Content: "2604:a880:0:0::4", Proxied: true}}
	if said := at.compare(records); len(said) != 0 {
		t.Errorf("%q", said)
	}
	records[1].Content = "2604:a880::5"
	if said := at.compare(records); len(said) != 1 || !strings.Contains(said[0], "2604:a880::5, which is neither") {
		t.Errorf("%q", said)
	}
}
