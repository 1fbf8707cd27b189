package cache

import (
	"net/url"
	"testing"

	"github.com/vmtui/vmtui/remote/cloudflare"
)

func TestExpressions(t *testing.T) {
	u, err := url.Parse("https://vmst.example/@picard/123.json?page=true")
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]tri{
		`true`: yes, `(starts_with(http.request.uri.path, "/@"))`: yes, `starts_with(http.request.uri.path, "/users")`: no,
		`(http.host eq "vmst.example" and http.request.uri.path contains "picard")`:          yes,
		`(http.host eq "x" and cf.unknown eq "y")`:                                           no,
		`(http.host eq "vmst.example" and http.cookie contains "session")`:                   maybe,
		`not starts_with(http.request.uri.path, "/@")`:                                       no,
		`(http.host ne "vmst.example") or (http.request.uri.path wildcard r"/@*")`:           maybe,
		`(http.host eq "a") or (http.request.uri.path wildcard "/@*")`:                       yes,
		`http.request.uri.path.extension in {"css" "json"}`:                                  yes,
		`http.request.uri.path matches "^/@[a-z]+/"`:                                         yes,
		`ends_with(http.request.uri.path, ".json") && http.request.uri.query == "page=true"`: yes,
		`len(http.request.uri.path) gt 3`:                                                    maybe,
		`http.request.full_uri wildcard "https://*.example/@*"`:                              yes,
		`(`: maybe, ``: maybe, `http.host eq`: maybe, `http.request.uri.path in {"a`: maybe,
	} {
		if got := matches(expression, u); got != want {
			t.Errorf("%s: %d, want %d", expression, got, want)
		}
	}
}

func FuzzExpressions(f *testing.F) {
	f.Add(`(http.host eq "a") or not starts_with(x, "y") in {"z"}`)
	u := &url.URL{Scheme: "https", Host: "vmst.example", Path: "/"}
	f.Fuzz(func(t *testing.T, expression string) {
		if got := matches(expression, u); got < no || got > yes {
			t.Error(got)
		}
	})
}

func TestTheRuleThatDecides(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "vmst.example", Path: "/@picard"}
	everything := cloudflare.Rule{Name: "everything", Match: "true", Caches: true, Enabled: true}
	people := cloudflare.Rule{Name: "not people", Match: `starts_with(http.request.uri.path, "/@")`, Enabled: true}
	cookie := cloudflare.Rule{Name: "visitors", Match: `http.cookie eq ""`, Caches: true, Enabled: true}
	off := cloudflare.Rule{Name: "off", Match: "true", Caches: true}
	for name, x := range map[string]struct {
		rules []cloudflare.Rule
		want  int
		sure  bool
	}{
		"one": {[]cloudflare.Rule{everything}, 1, true}, "a later one keeps it out": {[]cloudflare.Rule{everything, people}, 0, false},
		"a later one lets it in": {[]cloudflare.Rule{people, everything}, 1, true}, "one that nobody here understands": {[]cloudflare.Rule{people, cookie}, 1, false}, "switched off": {[]cloudflare.Rule{off}, 0, false},
	} {
		got := blame(x.rules, u)
		if len(got) != x.want || len(got) > 0 && got[0].Sure != x.sure {
			t.Errorf("%s: %+v", name, got)
		}
	}
	first := cloudflare.Rule{Page: true, Match: "*vmst.example/@*", Enabled: true}
	second := cloudflare.Rule{Page: true, Match: "https://vmst.example/*", Caches: true, Enabled: true}
	if got := blame([]cloudflare.Rule{first, second}, u); len(got) != 0 {
		t.Errorf("of page rules the first wins: %+v", got)
	}
	if got := blame([]cloudflare.Rule{second, first}, u); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}
