package cache

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/page"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Probe is what every layer answers for one URL, and what that means.
type Probe struct {
	URL     string    `json:"url"`
	At      time.Time `json:"time"`
	Proof   bool      `json:"after_purge"` // JSON was asked for under a query string, so that the proof itself is not cached where people look
	Answers []Answer  `json:"answers"`
	Verdict Verdict   `json:"verdict"`
}

// Probe asks every layer for a URL, as a browser and as another server. HTML goes first everywhere: should that be cached, then the right way round for most.
func (r *Room) Probe(ctx context.Context, typed string) (Probe, error) {
	return r.probe(ctx, typed, false)
}

// Prove is a probe after a purge.
func (r *Room) Prove(ctx context.Context, typed string) (Probe, error) {
	return r.probe(ctx, typed, true)
}

func (r *Room) probe(ctx context.Context, typed string, proof bool) (Probe, error) {
	raw, err := r.Address(typed)
	if err != nil {
		return Probe{}, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return Probe{}, err
	}
	p := Probe{URL: raw, At: time.Now().UTC(), Proof: proof}
	path := paths(u, proof)
	for _, form := range forms {
		p.Answers = append(p.Answers, r.askLayers(ctx, u, form, path[form])...)
	}
	p.Answers = append(p.Answers, r.askMastodon(ctx, u, path, p.Answers)...)
	p.copyVersions()
	if err := ctx.Err(); err != nil {
		return p, err
	}
	p.sort(r.Config)
	p.Verdict = judge(p)
	if p.Verdict.Wrong || p.Verdict.Cached {
		p.Verdict.Rules, p.Verdict.RulesErr = r.blamed(ctx, u)
	}
	return p, nil
}

// askLayers asks everybody at once for one form. The next one waits for all: the edge asks the workers too, and a worker's nginx that was asked for JSON
// meanwhile would be what hands it that.
func (r *Room) askLayers(ctx context.Context, u *url.URL, form Form, path string) []Answer {
	var layers sync.WaitGroup
	var mu sync.Mutex
	var out []Answer
	take := func(answers ...Answer) {
		mu.Lock()
		defer mu.Unlock()
		out = append(out, answers...)
	}
	layers.Go(func() { take(r.askEdge(ctx, u, form, path)) })
	if u.Hostname() == r.Config.Instance { // what else the zone has does not come from the workers
		layers.Go(func() { r.askOrigin(ctx, u, form, path, take) })
	}
	layers.Wait()
	return out
}

// paths are what is asked for in each form.
func paths(u *url.URL, proof bool) map[Form]string {
	if !proof {
		return map[Form]string{HTML: u.RequestURI(), JSON: u.RequestURI()}
	}
	with := *u
	q := with.Query()
	q.Set("vmtui", strings.ToLower(rand.Text()[:12]))
	with.RawQuery = q.Encode()
	return map[Form]string{HTML: u.RequestURI(), JSON: with.RequestURI()}
}

// forms in the order in which they are asked for.
var forms = []Form{HTML, JSON}

// versionPath says which Mastodon answers.
const versionPath = "/api/v2/instance"

// askEdge asks as visitors do.
func (r *Room) askEdge(ctx context.Context, u *url.URL, form Form, path string) Answer {
	at := u.Scheme + "://" + u.Host
	if u.Hostname() == r.Config.Instance {
		at = r.Config.Site
	}
	return r.askPage(ctx, Answer{Layer: AtEdge, Name: "edge", Wanted: form}, page.Ask{Of: "the edge", At: at, Host: u.Host, Path: path, Accept: accepts[form]})
}

// askPage asks one address for a page, and which Mastodon it is.
func (r *Room) askPage(ctx context.Context, a Answer, ask page.Ask) Answer {
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	a.readPage(r.Get(ctx, ask))
	if a.Wanted != HTML {
		return a
	}
	ask.Path, ask.Accept = versionPath, "application/json"
	if p, err := r.Get(ctx, ask); err == nil {
		a.Version = versionIn(p.Body)
	}
	return a
}

// copyVersions writes the version of a layer, which is asked for once, into its other answer too.
func (p *Probe) copyVersions() {
	known := map[string]string{}
	for _, a := range p.Answers {
		known[a.Name] = cmp.Or(known[a.Name], a.Version)
	}
	for i := range p.Answers {
		p.Answers[i].Version = known[p.Answers[i].Name]
	}
}

func versionIn(body string) string {
	var told struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal([]byte(body), &told); err == nil {
		return clean.Line(told.Version)
	}
	if _, rest, ok := strings.Cut(body, `"version":"`); ok { // the page was cut off
		version, _, _ := strings.Cut(rest, `"`)
		return clean.Short(version, 40)
	}
	return ""
}

// askOrigin asks past the edge: the balancer from here, and each worker from exec at its private address, as the balancer does.
func (r *Room) askOrigin(ctx context.Context, u *url.URL, form Form, path string, take func(...Answer)) {
	lb, err := r.balancer(ctx)
	if err != nil {
		take(r.silent(form, fault.Of(err).What+": "+fault.Of(err).Why)...)
		return
	}
	var all sync.WaitGroup
	all.Go(func() {
		ask := page.Ask{Of: "the balancer", At: r.front(lb), Host: u.Host, Path: path, Accept: accepts[form], AnyCertificate: true}
		take(r.askPage(ctx, Answer{Layer: AtBalancer, Name: "balancer", Wanted: form}, ask))
	})
	for _, n := range r.Config.Workers() {
		all.Go(func() { take(r.askWorker(ctx, n, lb, u.Hostname(), form, path)) })
	}
	all.Wait()
}

// silent are the answers of an origin that could not be asked.
func (r *Room) silent(form Form, why string) []Answer {
	out := []Answer{{Layer: AtBalancer, Name: "balancer", Wanted: form, Why: why}}
	for _, n := range r.Config.Workers() {
		out = append(out, Answer{Layer: AtWorker, Name: n.Name, Wanted: form, Why: why})
	}
	return out
}

func (r *Room) balancer(ctx context.Context) (digitalocean.Balancer, error) {
	if r.Config.LoadBalancer.ID == "" || r.Provider == nil {
		return digitalocean.Balancer{}, &fault.Error{What: "no load balancer is configured", Why: "what stands behind the edge is not known", On: r.Config.Path(), Next: "add load_balancer and digitalocean, or run `vmtui init`", Code: fault.Usage}
	}
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	return r.Provider.Balancer(ctx, r.Config.LoadBalancer.ID)
}

// front is where the balancer itself is asked.
func (r *Room) front(lb digitalocean.Balancer) string {
	if r.Config.LoadBalancer.Front != "" {
		return r.Config.LoadBalancer.Front
	}
	entry := rule(lb)
	return fmt.Sprintf("%s://%s:%d", plainly(entry.EntryProtocol, entry.EntryPort), lb.IP, entry.EntryPort)
}

// rule is how visitors' pages come through the balancer: the encrypted way where there is one.
func rule(lb digitalocean.Balancer) digitalocean.Rule {
	if len(lb.Forwarding) == 0 {
		return digitalocean.Rule{EntryProtocol: "https", EntryPort: 443, TargetProtocol: "https", TargetPort: 443}
	}
	return slices.MaxFunc(lb.Forwarding, func(a, b digitalocean.Rule) int {
		return cmp.Compare(weight(a), weight(b))
	})
}

func weight(r digitalocean.Rule) int {
	if plainly(r.EntryProtocol, r.EntryPort) == "https" {
		return 1
	}
	return 0
}

// plainly is the scheme of one of the balancer's protocols; tcp tells nothing, the port does.
func plainly(protocol string, port int) string {
	switch {
	case protocol == "http", protocol == "tcp" && port != 443:
		return "http"
	}
	return "https"
}

// curl asks for a page: its header, and a body that is cut off where it is read.
const curl = `curl -sS -i -m 15 "$@"`

func (r *Room) askWorker(ctx context.Context, n config.Node, lb digitalocean.Balancer, host string, form Form, path string) Answer {
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	out := Answer{Layer: AtWorker, Name: n.Name, Wanted: form}
	d, err := r.Provider.Droplet(ctx, n.Droplet)
	if err != nil {
		out.Why = fault.Of(err).Why
		return out
	}
	way := rule(lb)
	at := fmt.Sprintf("%s://%s:%d", plainly(way.TargetProtocol, way.TargetPort), host, way.TargetPort)
	resolve := fmt.Sprintf("%s:%d:%s", host, way.TargetPort, d.PrivateIP) // by its name, so that nginx finds the right server by SNI as well
	flags := []string{"-k", "--resolve", resolve, "-H", "Host: " + host, "-H", "X-Forwarded-Proto: https"}
	if lb.ProxyProtocol {
		flags = append(flags, "--haproxy-protocol")
	}
	exec := r.Config.Exec().Name
	said, why := r.curl(ctx, exec, "ask "+n.Name+" for "+path, curl, append(slices.Clone(flags), "-H", "Accept: "+accepts[form], at+path))
	if out.Why = why; why == "" {
		out.readText(said)
	}
	if form != HTML {
		return out
	}
	if said, why := r.curl(ctx, exec, "ask "+n.Name+" for its version", curl, append(flags, at+versionPath)); why == "" {
		_, body, _ := strings.Cut(strings.ReplaceAll(said, "\r\n", "\n"), "\n\n")
		out.Version = versionIn(body)
	}
	return out
}

// pageKept is how much of a worker's page comes over.
const pageKept = 64 << 10

// curl runs curl on a node and gives what it printed, or why there is nothing.
func (r *Room) curl(ctx context.Context, node, what, script string, args []string) (said, why string) {
	res := r.Host(node).Look(ctx, ssh.Command{For: what, Script: script, Args: args, Limit: pageKept})
	if err := res.Err(what, node); err != nil {
		return "", fault.Of(err).Why
	}
	return r.Redact(res.Stdout), ""
}

// sort puts the answers from the origin outwards, workers as the config has them, HTML first.
func (p *Probe) sort(cfg *config.Config) {
	layers, names := []Layer{AtMastodon, AtWorker, AtBalancer, AtEdge}, webNames(cfg.Workers())
	for _, n := range cfg.Workers() {
		names = append(names, n.Name)
	}
	slices.SortFunc(p.Answers, func(a, b Answer) int {
		return cmp.Or(cmp.Compare(slices.Index(layers, a.Layer), slices.Index(layers, b.Layer)), cmp.Compare(slices.Index(names, a.Name), slices.Index(names, b.Name)),
			cmp.Compare(slices.Index(forms, a.Wanted), slices.Index(forms, b.Wanted)))
	})
}
