package cache

import (
	"strings"
	"testing"
)

// A layer that cannot serve the page proves nothing, and one that refuses what is served behind it is wrong.
func TestOnlyThePageItselfProves(t *testing.T) {
	answers := func(edge int) Probe {
		var p Probe
		for _, f := range forms {
			p.Answers = append(p.Answers, Answer{Layer: AtWorker, Name: "worker-1", Wanted: f, Status: 200, Got: f}, Answer{Layer: AtEdge, Name: "edge", Wanted: f, Status: edge, Got: f, Edge: "DYNAMIC"})
		}
		p.Proof = true
		return p
	}
	for status, want := range map[int]struct {
		wrong, unsure bool
		says          string
	}{
		200: {says: "It worked:"}, 503: {unsure: true, says: "not proved"}, 429: {unsure: true, says: "not proved"}, 0: {unsure: true, says: "not proved"}, 403: {wrong: true, says: "the edge answers 403"},
	} {
		p := answers(status)
		p.Verdict = judge(p)
		ok, said := p.Worked()
		if p.Verdict.Wrong != want.wrong || p.Verdict.Unsure != want.unsure || ok != (status == 200) || !strings.Contains(said, want.says) {
			t.Errorf("%d: %+v: %s", status, p.Verdict, said)
		}
	}
}
