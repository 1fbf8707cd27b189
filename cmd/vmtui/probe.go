package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/remote/page"
)

// cacheRoom is where the caches of this instance are.
func (a *app) cacheRoom() *cache.Room {
	r := &cache.Room{
		Config: a.cfg, Operator: a.operator + "@" + a.engine.Host, Door: a.door, Journal: a.engine.Single(), Redact: a.secrets.Redact, Provider: a.cloud,
		Host: func(node string) cache.Host { return a.host(node) },
		Get:  a.page,
	}
	if a.edge != nil {
		r.Edge = a.edge
	}
	return r
}

// page asks for a page. What it says of itself loses the secrets in it, as all that comes from outside.
func (a *app) page(ctx context.Context, ask page.Ask) (page.Answer, error) {
	answer, err := page.Get(ctx, a.calls.Witness, ask)
	if header := answer.Header; header != nil {
		answer.Header = func(name string) string { return a.secrets.Redact(header(name)) }
	}
	answer.Body = a.secrets.Redact(answer.Body)
	return answer, err
}

func newProbe(f *flags) *cobra.Command {
	var proof bool
	cmd := &cobra.Command{
		Use: "probe URL…", Short: "Ask every layer for a page, as a browser and as another server",
		Long: "Asks each worker (from exec, at its private address), the balancer and the edge for a page: as text/html first, then as ActivityPub's JSON.\n" +
			"It says whether somebody gets the wrong one, which layer that begins at, and which rule of the edge keeps it.\n\nA path alone is of the instance: /@picard.",
		Example: "  vmtui probe /@picard\n  vmtui probe --json https://vmst.io/@picard/109 | jq .probes[0].verdict",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(cmd, "it takes a URL: "+cmd.Use)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.probe(ctx, f, args, proof) })
		},
	}
	cmd.Flags().BoolVar(&proof, "proof", false, "ask for JSON under a query, so that the answer is not what is cached next")
	return withJSON(f, cmd)
}

// probe asks for pages. What is wrong somewhere makes it end with 1, what could not be asked with 4.
func (a *app) probe(ctx context.Context, f *flags, urls []string, proof bool) error {
	ask := a.caches.Probe
	if proof {
		ask = a.caches.Prove
	}
	probes, code := []cache.Probe{}, fault.Code(0)
	for _, u := range urls {
		p, err := ask(ctx, u)
		if err != nil {
			return err
		}
		probes = append(probes, p)
		switch v := p.Verdict; {
		case v.Wrong:
			code = max(code, fault.Failed)
		case v.Unsure:
			code = fault.Unknown
		}
	}
	err := f.showProbes(probes)
	if err == nil && code != 0 {
		err = ended(code)
	}
	return err
}

func (f *flags) showProbes(probes []cache.Probe) error {
	if f.json {
		return f.printJSON(map[string]any{"probes": probesJSON(probes)})
	}
	for _, p := range probes {
		if err := f.showProbe(p); err != nil {
			return err
		}
	}
	return nil
}

// probeDoc is a probe for scripts, with the errors in words.
type probeDoc struct {
	cache.Probe
	RulesErr string `json:"rules_error,omitempty"`
	Worked   *bool  `json:"worked,omitempty"` // of the proof after a purge
}

func probesJSON(probes []cache.Probe) []probeDoc {
	out := []probeDoc{}
	for _, p := range probes {
		d := probeDoc{Probe: p}
		if p.Verdict.RulesErr != nil {
			d.RulesErr = p.Verdict.RulesErr.Error()
		}
		if p.Proof {
			ok, _ := p.Worked()
			d.Worked = &ok
		}
		out = append(out, d)
	}
	return out
}

// showProbe is a table of the answers and what they mean.
func (f *flags) showProbe(p cache.Probe) error {
	if err := f.printf("%s\n", p.URL); err != nil {
		return err
	}
	t := tabwriter.NewWriter(f.out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "  LAYER\tASKED FOR\tSTATUS\tTYPE\tAGE\tEDGE\tNGINX\tVARY\tCACHE-CONTROL\tVERSION")
	for _, a := range p.Answers {
		if a.Status == 0 {
			_, _ = fmt.Fprintf(t, "  %s\t%s\t-\tno answer: %s\n", a.Name, a.Wanted, a.Why)
			continue
		}
		kind, _, _ := strings.Cut(a.Type, ";")
		cells := []string{a.Name, string(a.Wanted), fmt.Sprint(a.Status), kind, a.AgeText(), a.Edge, a.Nginx, a.Vary, a.Control, a.Version}
		for i := range cells {
			if cells[i] == "" {
				cells[i] = "-"
			}
		}
		_, _ = fmt.Fprintln(t, "  "+strings.Join(cells, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, line := range p.Meaning() {
		if err := f.printf("  %s\n", line); err != nil {
			return err
		}
	}
	return nil
}
