package cache

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/upstream"
)

// webOf is what Mastodon itself on a worker is called.
func webOf(worker string) string { return worker + "/web" }

// curlWeb is curl of a page of Mastodon's own web, wherever the node says that it listens: $1 is the compose project, $2 the path.
const curlWeb = upstream.Script + `published "$1"; path=$2; shift 2; at=$(at ` + upstream.Web + ` | head -n 1); set -- "$@" "http://$at$path"
` + curl

// askMastodon asks Mastodon itself, past its nginx, on every worker that gave one form for the other: X-Cached is a header that an nginx need not set, and
// only who stands behind it can tell whether it keeps the page or is given it like that.
func (r *Room) askMastodon(ctx context.Context, u *url.URL, path map[Form]string, answers []Answer) []Answer {
	var all sync.WaitGroup
	asked := []*Answer{}
	for _, a := range answers {
		if a.Layer != AtWorker || !a.Swapped() {
			continue
		}
		out := &Answer{Layer: AtMastodon, Name: webOf(a.Name), Wanted: a.Wanted}
		asked = append(asked, out)
		all.Go(func() { r.askWeb(ctx, a.Name, u.Hostname(), path[a.Wanted], out) })
	}
	all.Wait()
	out := make([]Answer, len(asked))
	for n, a := range asked {
		out[n] = *a
	}
	return out
}

func (r *Room) askWeb(ctx context.Context, node, host, path string, out *Answer) {
	ctx, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	n, _ := r.Config.Node(node)
	ask := []string{n.Mastodon.Project, path, "-H", "Host: " + host, "-H", "X-Forwarded-Proto: https", "-H", "Accept: " + accepts[out.Wanted]}
	said, why := r.curl(ctx, node, "ask Mastodon itself for "+path, curlWeb, ask)
	if out.Why = why; why == "" {
		out.readText(said)
	}
}

// source is what is known of where a wrong answer comes from.
type source int

// The sources. Without Mastodon's own answer, a header alone says that nginx keeps it, and nothing says that it does not.
const (
	unknownSource source = iota
	fromCache
	fromMastodon
	fromEdge // it is right behind the edge, and the edge keeps nothing of it
)

// source of a wrong answer.
func (p Probe) source(a Answer) source {
	behind := func(layer Layer, name string) *Answer {
		i := slices.IndexFunc(p.Answers, func(b Answer) bool {
			return b.Layer == layer && (name == "" || b.Name == name) && b.Wanted == a.Wanted && b.Status == http.StatusOK
		})
		if i < 0 {
			return nil
		}
		return &p.Answers[i]
	}
	switch {
	case a.Stored():
		return fromCache
	case a.Layer == AtEdge && (behind(AtWorker, "") != nil || behind(AtBalancer, "") != nil): // were it wrong there, that would be named
		return fromEdge
	case a.Layer != AtWorker:
		return unknownSource
	}
	switch mastodon := behind(AtMastodon, webOf(a.Name)); {
	case mastodon == nil:
		return unknownSource
	case mastodon.Swapped():
		return fromMastodon
	}
	return fromCache
}

// webNames are the workers' Mastodons.
func webNames(nodes []config.Node) []string {
	out := make([]string, len(nodes))
	for n, node := range nodes {
		out[n] = webOf(node.Name)
	}
	return out
}
