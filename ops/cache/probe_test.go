package cache

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/page"
	"github.com/vmtui/vmtui/remote/ssh"
)

func (p Probe) find(t *testing.T, name string, f Form) Answer {
	t.Helper()
	for _, a := range p.Answers {
		if a.Name == name && a.Wanted == f {
			return a
		}
	}
	t.Fatalf("%s was not asked for %s: %+v", name, f, p.Answers)
	return Answer{}
}

func (s *stand) look(t *testing.T, url string) Probe {
	t.Helper()
	p, err := s.Probe(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryLayerIsAsked(t *testing.T) {
	s := newStand(t)
	p := s.look(t, "/@picard")
	if p.URL != "https://vmst.example/@picard" || len(p.Answers) != 8 || p.Verdict.Wrong || p.Verdict.Cached || p.Verdict.Unsure {
		t.Errorf("%+v", p)
	}
	for _, name := range []string{"worker-1", "worker-2", "balancer", "edge"} {
		html, json := p.find(t, name, HTML), p.find(t, name, JSON)
		if html.Status != 200 || html.Got != HTML || html.Body != HTML || json.Got != JSON || json.Body != JSON || json.Vary != "Accept" || json.Control != "max-age=180, public" || html.Version != "4.6.5" {
			t.Errorf("%s: %+v %+v", name, html, json)
		}
	}
	if a := p.find(t, "edge", HTML); a.Edge != "DYNAMIC" || a.Centre != "YYZ" {
		t.Errorf("%+v", a)
	}
}

func TestTheDisasterIsNamedWithItsRule(t *testing.T) {
	s := newStand(t)
	s.edge.SetRules(edge.Rule{Name: "static", Path: "/packs"}, edge.Rule{Name: "cache profiles", Path: "/@", TTL: time.Hour})
	s.visit(t, "/@picard", JSON)
	v := s.look(t, "/@picard").Verdict
	if !v.Wrong || v.Vain || v.At != AtEdge || !strings.Contains(v.Says, "JSON is served as HTML") || !strings.Contains(v.Says, "ignores Vary") || v.Centre != "YYZ" {
		t.Errorf("%+v", v)
	}
	if len(v.Rules) != 1 || !v.Rules[0].Sure || !strings.Contains(v.Rules[0].Rule, `"cache profiles"`) || v.RulesErr != nil {
		t.Errorf("%+v", v.Rules)
	}
	s.visit(t, "/@data", HTML)
	if v := s.look(t, "/@data").Verdict; !v.Wrong || !strings.Contains(v.Says, "HTML is served as JSON") {
		t.Errorf("%+v", v)
	}
	if v := s.look(t, "/about").Verdict; v.Wrong || v.Cached {
		t.Errorf("a page of one form: %+v", v)
	}
}

func TestWhatCannotBeAskedIsNotProved(t *testing.T) {
	s := newStand(t)
	s.hosts["exec"].dead = true
	v := s.look(t, "/@picard").Verdict
	if v.Wrong || !v.Unsure || !slices.Equal(v.Names, []string{"worker-1", "worker-2"}) || !strings.Contains(strings.Join(v.Why, " "), "no route to host") {
		t.Errorf("%+v", v)
	}
	s.edge.Forbid("rules", true)
	s.edge.SetRules(edge.Rule{Name: "cache profiles", Path: "/@"})
	s.visit(t, "/@picard", JSON)
	if v := s.look(t, "/@picard").Verdict; !v.Wrong || v.RulesErr == nil || !strings.Contains(fault.Of(fault.All(v.RulesErr)[0]).Next, "Zone.Cache Rules") {
		t.Errorf("%+v", v)
	}
}

func TestChallengesAreNamed(t *testing.T) {
	s := newStand(t)
	s.edge.Set("security_level", "under_attack")
	if v := s.look(t, "/@picard").Verdict; !v.Wrong || !v.Vain || !strings.Contains(v.Says, "challenges") || !strings.Contains(v.Next, "vmtui zone") {
		t.Errorf("%+v", v)
	}
}

func TestAProofDoesNotPoison(t *testing.T) {
	s := newStand(t)
	s.edge.SetRules(edge.Rule{Name: "cache profiles", Path: "/@", TTL: time.Hour})
	p, err := s.Prove(t.Context(), "/@picard")
	if err != nil {
		t.Fatal(err)
	}
	if ok, said := p.Worked(); !ok || !strings.Contains(said, "will not last") || !strings.Contains(said, "YYZ") {
		t.Errorf("%s", said)
	}
	s.edge.SetRules()
	for _, uri := range s.edge.Cached() {
		if !strings.Contains(uri, "vmtui=") && uri != "vmst.example/@picard" {
			t.Errorf("cached %s", uri)
		}
	}
	if a := p.find(t, "edge", HTML); a.Got != HTML {
		t.Errorf("%+v", a)
	}
}

func TestAddressesAreCompleted(t *testing.T) {
	s := newStand(t)
	for typed, want := range map[string]string{
		"/@picard?x=1#y": "https://vmst.example/@picard?x=1", s.edge.FrontURL() + "/@data": "https://vmst.example/@data", "https://cdn.vmst.example": "https://cdn.vmst.example/",
		"ftp://x/": "", "@picard": "", "https://user:pass@vmst.example/": "", "//evil.example/x": "",
	} {
		got, err := s.Address(typed)
		if got != want || (err == nil) == (want == "") {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

// watched is a host whose questions are heard.
type watched struct {
	Host
	hear func(question string) (answered func())
}

func (w watched) Look(ctx context.Context, c ssh.Command) ssh.Result {
	defer w.hear(strings.Join(c.Args, " "))()
	return w.Host.Look(ctx, c)
}

// The edge asks the workers: nobody may be asked for JSON while somebody still waits for HTML, or the probe itself would mix them up.
func TestNobodyIsAskedForJSONBeforeAllHaveGivenHTML(t *testing.T) {
	s := newStand(t)
	var mu sync.Mutex
	waiting, jsons, early := 0, 0, []string{}
	hear := func(question string) func() {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(question, accepts[JSON]) {
			if jsons++; waiting > 0 {
				early = append(early, question)
			}
			return func() {}
		}
		waiting++
		return func() {
			mu.Lock()
			defer mu.Unlock()
			waiting--
		}
	}
	get, host := s.Get, s.Host
	s.Get = func(ctx context.Context, a page.Ask) (page.Answer, error) {
		defer hear(a.Path + " " + a.Accept)()
		return get(ctx, a)
	}
	s.Host = func(node string) Host { return watched{host(node), hear} }
	if p := s.look(t, "/@picard"); p.Verdict.Unsure || jsons != 4 || len(early) != 0 {
		t.Errorf("%d asked for JSON, too early: %q", jsons, early)
	}
}
