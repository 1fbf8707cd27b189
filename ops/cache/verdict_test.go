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

// A document for programs is JSON for everybody; a page is not.
func TestADocumentForProgramsIsNoDisaster(t *testing.T) {
	for address, wrong := range map[string]bool{
		"https://vmst.example/.well-known/webfinger?resource=acct:data@vmst.example": false, "https://vmst.example/nodeinfo/2.0": false, "https://vmst.example/api/v2/instance": false,
		"https://vmst.example/users/data/outbox": false, "https://vmst.example/@data.json": false, "https://vmst.example/@data": true, "https://vmst.example/users/data": true,
	} {
		p := Probe{URL: address}
		for _, f := range forms {
			p.Answers = append(p.Answers, Answer{Layer: AtMastodon, Name: "worker-1/web", Wanted: f, Status: 200, Got: JSON}, Answer{Layer: AtWorker, Name: "worker-1", Wanted: f, Status: 200, Got: JSON}, Answer{Layer: AtEdge, Name: "edge", Wanted: f, Status: 200, Got: JSON, Edge: "DYNAMIC"})
		}
		if v := judge(p); v.Wrong != wrong || v.Vain != wrong || v.Unsure || !wrong && v.Says != "every layer answers alike, and none keeps it" {
			t.Errorf("%s: %+v", address, v)
		}
	}
}

// Nobody is said to answer alike who does not.
func TestLayersThatDifferAreNamed(t *testing.T) {
	var p Probe
	for _, f := range forms {
		p.Answers = append(p.Answers, Answer{Layer: AtWorker, Name: "worker-1", Wanted: f, Status: 200, Got: f}, Answer{Layer: AtWorker, Name: "worker-2", Wanted: f, Status: 200, Got: f})
	}
	if v := judge(p); v.Unsure || !strings.HasPrefix(v.Says, "every layer gives") {
		t.Errorf("%+v", v)
	}
	p.Answers[3].Status, p.Answers[3].Got = 404, Other
	if v := judge(p); !v.Unsure || v.Wrong || !strings.Contains(strings.Join(v.Why, " "), "to who wants json: worker-1 200, worker-2 404") {
		t.Errorf("%+v", v)
	}
}

// A purge is waited for at the edge; a worker that is silent is not asked three times over.
func TestWhatIsWorthAskingAgain(t *testing.T) {
	html := func(l Layer, name string, status int, got Form) Answer {
		return Answer{Layer: l, Name: name, Wanted: HTML, Status: status, Got: got}
	}
	for name, x := range map[string]struct {
		worker, edge Answer
		again        bool
	}{
		"a silent worker": {html(AtWorker, "worker-1", 0, ""), html(AtEdge, "edge", 200, HTML), false},
		"a silent edge":   {html(AtWorker, "worker-1", 200, HTML), html(AtEdge, "edge", 0, ""), true},
		"an old 404":      {html(AtWorker, "worker-1", 200, HTML), html(AtEdge, "edge", 404, HTML), true},
		"still wrong":     {html(AtWorker, "worker-1", 200, HTML), html(AtEdge, "edge", 200, JSON), true},
	} {
		p := Probe{URL: "https://vmst.example/@data", Answers: []Answer{x.worker, x.edge}, Proof: true}
		p.Verdict = judge(p)
		if ok, said := p.Worked(); ok || p.pending() != x.again {
			t.Errorf("%s: again %v: %s", name, p.pending(), said)
		}
	}
}
