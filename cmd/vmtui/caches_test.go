package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/box"
)

// probed is the shape of `vmtui probe --json`, as a script reads it.
type probed struct {
	Probes []struct {
		Answers []struct {
			Layer, Name, Wanted, Type string
			Edge                      string `json:"cf_cache_status"`
		}
		Verdict struct {
			Wrong bool
			At    string
			Rules []struct{ Rule string }
		}
		Worked *bool
	}
}

func into[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

// From the symptom to the proof, by commands: the edge serves JSON to browsers, and one worker's nginx does too.
func TestACachedPageIsFoundPurgedAndProved(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"json-as-html", "stale-nginx:worker-2"} })
	path := b.ConfigPath()
	got := vmtui(t, path, "probe", "--json", "/@picard")
	p := into[probed](t, got.out).Probes[0]
	if got.code != 1 || !p.Verdict.Wrong || p.Verdict.At != "worker" || len(p.Answers) != 11 || p.Answers[0].Layer != "mastodon" || p.Answers[0].Type != "text/html; charset=utf-8" || !strings.Contains(p.Verdict.Rules[0].Rule, "cache profiles") {
		t.Errorf("exit %d: %+v", got.code, p)
	}
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"purge", "/@picard", "--origin", "--edge"}, 3, "nobody sits at a terminal"},
		{[]string{"--read-only", "purge", "/@picard", "--yes"}, 3, "read-only"},
		{[]string{"purge", "--everything", "--yes"}, 3, "every visitor"},
		{[]string{"purge", "--everything", "--yes", "--confirm", "vmst.io"}, 3, "--confirm vmst.example"},
		{[]string{"purge"}, 2, "nothing to purge"},
		{[]string{"purge", "/@picard", "--plan", "--origin", "--edge"}, 0, "kept by: cache rule \"cache profiles\""},
	} {
		if got := vmtui(t, path, x.args...); got.code != x.code || !strings.Contains(strings.Join(strings.Fields(got.out+got.err), " "), x.says) {
			t.Errorf("%v: exit %d, not %d\n%s%s", x.args, got.code, x.code, got.out, got.err)
		}
	}
	if n := len(b.Edge().Purges()); n != 0 {
		t.Errorf("%d purges", n)
	}
	got = vmtui(t, path, "purge", "/@picard", "--origin", "--edge", "--yes")
	if got.code != 0 || !strings.Contains(got.out, "2 of 4 purged, 2 had nothing to purge") || !strings.Contains(got.out, "worker-1: nothing to purge: nginx keeps no page in /var/cache/nginx") || !strings.Contains(got.out, "will not last") || !strings.Contains(got.out, "YYZ") ||
		!strings.Contains(got.err, "kept by: cache rule") || strings.Index(got.err, "kept by: cache rule") > strings.Index(got.err, "proving that the token") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	b.Edge().SetRules()
	got = vmtui(t, path, "purge", "/@picard", "--yes", "--json")
	if p := into[probedPurge](t, got.out); got.code != 0 || len(p.Proofs) != 1 || p.Proofs[0].Worked == nil || !*p.Proofs[0].Worked || p.Tally != "1 of 1 purged" {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got := vmtui(t, path, "audit"); strings.Count(got.out, "purge url https://vmst.example/@picard at") < 2 {
		t.Error(got.out)
	}
}

type probedPurge struct {
	Tally  string
	Items  []struct{ State, What string }
	Proofs []struct{ Worked *bool }
}

// The network goes in the middle of 300 URLs; what was purged is known, and the rest is repeated.
func TestThreeHundredURLsAndTheNetworkGoes(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"edge-gone:2"} })
	args := []string{"purge", "--yes", "--json"}
	for i := range 300 {
		args = append(args, fmt.Sprintf("/@picard/%d", i))
	}
	got := vmtui(t, b.ConfigPath(), args...)
	if p := into[probedPurge](t, got.out); got.code != 4 || p.Tally != "100 of 300 purged, 100 unknown, 100 not sent" {
		t.Errorf("exit %d, %s\n%s", got.code, p.Tally, got.err)
	}
	if err := b.Heal("edge-gone"); err != nil {
		t.Fatal(err)
	}
	got = vmtui(t, b.ConfigPath(), "purge", "--repeat", "last", "--yes", "--json")
	if p := into[probedPurge](t, got.out); got.code != 0 || p.Tally != "200 of 200 purged" {
		t.Errorf("exit %d, %s\n%s", got.code, p.Tally, got.err)
	}
	var seen []string
	for _, p := range b.Edge().Purges() {
		seen = append(seen, p.Files...)
	}
	for i := range 300 {
		if !slices.Contains(seen, fmt.Sprintf("https://vmst.example/@picard/%d", i)) {
			t.Fatalf("%d was never purged", i)
		}
	}
	if got := vmtui(t, b.ConfigPath(), "purge", "--repeat", "last", "--yes"); got.code != 2 || !strings.Contains(got.err, "nothing to repeat") {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
}

// Whatever goes wrong with the edge's API, what was purged and what was not is said, and the command that is named does the rest.
func TestEveryFailureOfAPurgeIsKnownAndRepeatable(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	path, list := b.ConfigPath(), filepath.Join(b.Dir(), "urls.txt")
	var urls []string
	for i := range 300 {
		urls = append(urls, fmt.Sprintf("/@picard/%d", i))
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(list, strings.Join(urls, "\n"))
	purge := func(config string, code int, says ...string) said {
		t.Helper()
		got := vmtui(t, config, "purge", "--from", list, "--yes")
		for _, want := range says {
			if !strings.Contains(strings.Join(strings.Fields(got.out+got.err), " "), want) {
				t.Errorf("not said: %s\n%s%s", want, got.out, got.err)
			}
		}
		if got.code != code {
			t.Errorf("exit %d, not %d\n%s%s", got.code, code, got.out, got.err)
		}
		return got
	}
	// repeat does what the error says.
	repeat := func(got said, tally string) {
		t.Helper()
		id := regexp.MustCompile(`vmtui purge --repeat ([a-z0-9-]+)`).FindStringSubmatch(got.err)
		if id == nil {
			t.Fatalf("no command repeats it: %s", got.err)
		}
		if again := vmtui(t, path, "purge", "--repeat", id[1], "--yes"); again.code != 0 || !strings.Contains(again.out, tally) {
			t.Errorf("repeated: exit %d\n%s%s", again.code, again.out, again.err)
		}
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(b.Dir(), "token-cloudflare"))
	if err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(b.Dir(), "token-cloudflare"), "ferengi")
	purge(path, 1, "make a new token in Cloudflare's panel")
	write(filepath.Join(b.Dir(), "token-cloudflare"), string(token))
	wrong := filepath.Join(b.Dir(), "wrong-zone.yaml")
	write(wrong, strings.Replace(string(text), "zone: vmst.example", "zone: vmst.elsewhere", 1))
	purge(wrong, 1, "no such zone (vmst.elsewhere)", "look at cloudflare.zone")
	b.Edge().RateLimitFor(time.Hour)
	purge(path, 1, "the API answered 429", "wait 1h0m0s")
	b.Edge().RateLimitFor(0)
	if n := len(b.Edge().Purges()); n != 0 {
		t.Errorf("%d purges", n)
	}

	b.Edge().Forbid("purge", true)
	got := purge(path, 1, "0 of 300 purged, 300 not sent", "give the token Zone.Cache Purge for this zone")
	b.Edge().Forbid("purge", false)
	repeat(got, "300 of 300 purged")

	b.Edge().Spare(2) // the proof, and the first hundred
	b.Edge().RateLimit(2)
	purge(path, 0, "waiting 1s to POST /zones/vmst.example/purge_cache {files: 100}: rate limit", "300 of 300 purged", "3 of 300 pages are asked for again: the proof is theirs")

	b.Edge().Spare(2)
	b.Edge().BadGateway(1000)
	got = purge(path, 4, "100 of 300 purged, 100 unknown, 100 not sent", "the API answered 502")
	b.Edge().BadGateway(0)
	repeat(got, "200 of 200 purged")
}

// The runbook names the rule and waits; when it is mended, it purges and proves.
func TestCacheIncidentFromSymptomToProof(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"json-as-html", "stale-nginx:worker-2"} })
	got := vmtui(t, b.ConfigPath(), "run", "cache-incident", "--set", "url=/@picard", "--yes", "--json")
	end := last(t, got.out)
	if got.code != 0 || end.State != "done" {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, transcript(t, b, end.Run))
	}
	if said := transcript(t, b, end.Run); !strings.Contains(said, "nginx kept 1 of it") || !strings.Contains(said, "cache profiles") || !strings.Contains(said, "will not last") {
		t.Error(said)
	}
	if got := vmtui(t, b.ConfigPath(), "purge", "list"); strings.Count(got.out, "purge url https://vmst.example/@picard at") != 2 || !strings.Contains(got.out, "1 of 3 purged, 2 had nothing to purge") {
		t.Errorf("what the run purged is kept as any purge: %s", got.out)
	}
	b.Edge().Spare(2) // both proofs of the token
	b.Edge().RateLimit(1)
	b.Edge().BadGateway(1)
	got = vmtui(t, b.ConfigPath(), "run", "cache-incident", "--set", "url=/@picard", "--yes", "--json")
	end = last(t, got.out)
	if said := transcript(t, b, end.Run); end.State != "done" || !strings.Contains(said, "rate limit") || !strings.Contains(said, "502") || strings.Count(said, "proving that the token may purge") != 2 {
		t.Errorf("exit %d, %+v\n%s", got.code, end, said)
	}
	b.Edge().Forbid("purge", true)
	got = vmtui(t, b.ConfigPath(), "run", "cache-incident", "--set", "url=/@picard", "--yes", "--json")
	if end := last(t, got.out); end.State == "done" || !strings.Contains(got.out, "Zone.Cache Purge") || !strings.Contains(got.out, "vmtui purge --repeat ") {
		t.Errorf("exit %d\n%s", got.code, got.out)
	}
	b.Edge().Forbid("purge", false)
	b.Edge().SetRules()
	got = vmtui(t, b.ConfigPath(), "run", "cache-incident", "--set", "url=/@data", "--yes", "--json")
	if end := last(t, got.out); end.State != "done" || !strings.Contains(got.out, "nothing is wrong with the page") {
		t.Errorf("exit %d\n%s", got.code, got.out)
	}
	purges := len(b.Edge().Purges())
	b.Edge().Set("security_level", "under_attack")
	got = vmtui(t, b.ConfigPath(), "run", "cache-incident", "--set", "url=/@picard", "--yes", "--json")
	if end := last(t, got.out); end.State != "waiting" || !strings.Contains(end.Detail, "the edge challenges") || len(b.Edge().Purges()) != purges {
		t.Errorf("what no purge mends is purged: exit %d, %+v", got.code, end)
	}
	if got := vmtui(t, b.ConfigPath(), "run", "cache-incident", "--plan"); got.code != 2 {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
}

// The zone at a glance, its switches, and who says that they must be switched back.
func TestTheZoneAndItsReminders(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"dns-drift"} })
	path := b.ConfigPath()
	got := vmtui(t, path, "zone", "--json")
	z := into[zoned](t, got.out)
	if got.code != 0 || z.Plan != "Pro Website" || z.Token != "active" || len(z.Differences) != 1 || len(z.Certificates) != 7 || len(z.Errors) != 0 {
		t.Errorf("exit %d: %+v", got.code, z)
	}
	for _, c := range z.Certificates {
		if c.Expires == "" || c.Doubt != "" {
			t.Errorf("%+v", c)
		}
	}
	cert, _, err := box.RenewedCertificate()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.Dir(), "share", "certificates", "fullchain.pem"), []byte(cert), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := vmtui(t, path, "zone"); strings.Count(got.out, "(as shown): until") != 3 || strings.Count(got.out, "nginx has not read its file anew: vmtui run certificate-rollout") != 3 {
		t.Errorf("a renewed file that nobody has read: %s", got.out)
	}
	shownByTLS(t, b)
	if got := vmtui(t, path, "zone", "dev", "on"); got.code != 3 || b.Edge().Setting("development_mode") != "off" || !strings.Contains(got.err, "The edge keeps nothing") || strings.Contains(got.err, "--plan") {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	if got := vmtui(t, path, "zone", "attack", "on", "--yes"); got.code != 0 || b.Edge().Setting("security_level") != "under_attack" {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"zone"}} {
		if got := vmtui(t, path, args...); !strings.Contains(got.out, "switch it back") {
			t.Errorf("%v: %s%s", args, got.out, got.err)
		}
	}
	if got := vmtui(t, path, "zone", "attack", "off", "--yes"); got.code != 0 || b.Edge().Setting("security_level") != "medium" {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	for _, args := range [][]string{{"runs", "list"}, {"audit"}, {"audit", "--grep", "zone attack"}} {
		if got := vmtui(t, path, args...); strings.Count(got.out, "zone attack") != 2 || strings.Contains(got.out, "cache/") {
			t.Errorf("%v: %s%s", args, got.out, got.err)
		}
	}
	b.Edge().Forbid("purge", true)
	if got := vmtui(t, path, "zone", "prove"); got.code != 1 || !strings.Contains(got.err, "Zone.Cache Purge") {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	if got := vmtui(t, path, "zone"); !strings.Contains(got.out, "it may NOT purge") {
		t.Error(got.out)
	}
}

// shownByTLS puts TLS before the edge, as visitors meet it: the certificate is read as they are shown it, and one that nobody vouches for is a doubt.
func shownByTLS(t *testing.T, b *box.Box) {
	t.Helper()
	cert, key, err := box.RenewedCertificate()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := url.Parse(b.Edge().FrontURL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(plain); r.Out.Host = r.In.Host }, ErrorLog: log.New(io.Discard, "", 0)}
	front := httptest.NewUnstartedServer(proxy)
	front.Config.ErrorLog = proxy.ErrorLog
	front.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	front.StartTLS()
	defer front.Close()
	text, err := os.ReadFile(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config, known := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "issuer.pem")
	for name, content := range map[string]string{config: strings.Replace(string(text), "site: "+b.Edge().FrontURL(), "site: "+front.URL, 1), known: cert} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for issuer, doubt := range map[string]string{known: "", filepath.Join(dir, "nobody"): "visitors are warned of it: "} {
		cmd := product(t.Context(), config, "zone", "--json")
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+issuer, "SSL_CERT_DIR="+dir+"/none")
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
		shown := 0
		for _, c := range into[zoned](t, string(out)).Certificates {
			if c.Where == "edge (as shown)" {
				shown++
				if end, err := time.Parse(time.RFC3339, c.Expires); err != nil || !end.Equal(pair.Leaf.NotAfter) || !strings.HasPrefix(c.Doubt, doubt) || (c.Doubt == "") != (doubt == "") {
					t.Errorf("%+v, want an end at %s and the doubt %q", c, pair.Leaf.NotAfter, doubt)
				}
			}
		}
		if shown != 1 {
			t.Errorf("%d certificates as shown: %s", shown, out)
		}
	}
}

// zoned is the shape of `vmtui zone --json`.
type zoned struct {
	Plan, Token, Limits string
	Differences         []string
	Certificates        []struct{ Where, Expires, Doubt string }
	Errors              []any
}

// The same at the console: asked, confirmed, purged, proved.
func TestPurgeInTheConsole(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Faults = []string{"json-as-html"} })
	s := sit(t, 120, 36, "--config", b.ConfigPath())
	s.sees("worker-2", "healthy")
	s.press(":purge /@picard\r")
	s.sees("JSON is served as HTML", "kept by cache rule")
	b.Edge().SetRules()
	s.press("g")
	s.sees("Purge it")
	s.press("\x1b[C")
	s.press("\r")
	s.sees("1 of 4 purged, 3 had nothing", "It worked")
	s.press("Z")
	s.sees("Zone vmst.example", "they lead to the load balancer")
	s.press(":cache-incident\r")
	s.sees("the page that is wrong", "look at the plan")
	s.press("/@picard\r")
	s.sees("Mend https:", "nothing stands in the way")
	s.press("g")
	s.sees("run done")
	s.press("q")
	if code := s.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
