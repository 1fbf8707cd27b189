package cache

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// samples is how many URLs are proved after a purge.
const samples = 3

// prove asks for some of what was purged again. A purge by prefix or host is proved by the page at its beginning.
func (w *Work) prove(ctx context.Context) {
	all := w.pages()
	if len(all) > 0 {
		if all = slices.DeleteFunc(all, func(u string) bool { return strings.Contains(u, "*") }); len(all) == 0 {
			w.note("nothing proves it: a path with a * names no page that could be asked for")
		}
	}
	if len(all) > samples {
		w.note(fmt.Sprintf("%d of %d pages are asked for again: the proof is theirs", samples, len(all)))
	}
	for _, u := range all[:min(len(all), samples)] {
		if ctx.Err() != nil {
			return
		}
		w.tell("asking for " + u + " again, HTML first")
		p, err := w.proof(ctx, u)
		if err != nil {
			w.note("the proof of " + u + " failed: " + brief(err))
			continue
		}
		w.mu.Lock()
		w.proofs = append(w.proofs, p)
		w.mu.Unlock()
		w.Changed()
	}
}

// proof asks until it is right, or for a few seconds: a purge takes a moment to be everywhere.
func (w *Work) proof(ctx context.Context, u string) (Probe, error) {
	for try := 1; ; try++ {
		p, err := w.room.Prove(ctx, u)
		if err != nil || try == proofs {
			return p, err
		}
		if ok, said := p.Worked(); ok || !p.pending() || !w.pause(ctx, "ask for "+u+" again", said, proofAgain) {
			return p, nil
		}
	}
}

// proofs is how often a page is asked for before it is said that the purge did not work.
const proofs = 3

// pages are those by which it can be proved.
func (w *Work) pages() []string {
	o, purged := w.record.Order, false
	for _, i := range w.record.Items {
		purged = purged || i.State.Settled()
	}
	if !purged {
		return nil
	}
	out := slices.Clone(o.URLs)
	for _, p := range o.Prefixes {
		out = append(out, "https://"+p)
	}
	for _, h := range o.Hosts {
		out = append(out, "https://"+h+"/")
	}
	if o.Everything || len(out) == 0 {
		out = append(out, "/")
	}
	return out
}
