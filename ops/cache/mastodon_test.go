package cache

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// serving is a server that gives everybody one form of a page.
func serving(t *testing.T, kind string, header ...string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for n := 0; n < len(header); n += 2 {
			w.Header().Set(header[n], header[n+1])
		}
		_, _ = io.WriteString(w, map[bool]string{true: "<p>", false: "{}"}[kind == "text/html"])
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// Whether nginx keeps what is wrong is not told by its header alone, which it need not set: Mastodon itself is asked behind it.
func TestMastodonItselfIsAskedWhereAWorkerIsWrong(t *testing.T) {
	const json, html = "application/activity+json", "text/html"
	for name, x := range map[string]struct {
		nginx, mastodon string // what they give to everybody; "" as it should be, "dead" nothing, "elsewhere" what nginx gives, on another port
		says, next      string
		vain, wrong     bool
	}{
		"nginx keeps it and is silent":  {json, "", "it is nginx before it that mixes them up", "purge the URL at nginx first", false, true},
		"it keeps HTML and is silent":   {html, "", "HTML is served as JSON", "purge the URL at nginx first", false, true},
		"Mastodon gives it":             {json, json, "Mastodon itself answers so, asked past nginx", "purge nothing", true, true},
		"Mastodon does not answer":      {json, "dead", "Whether nginx keeps it or Mastodon itself answers so is not known", "if it stays", false, true},
		"on the port that docker says":  {json, "elsewhere", "Mastodon itself answers so, asked past nginx", "purge nothing", true, true},
		"Mastodon has it in HTML alone": {html, html, "every layer answers alike", "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			at := s.Config.LoadBalancer.Front
			_, port, _ := strings.Cut(strings.TrimPrefix(at, "http://"), ":")
			front := serving(t, x.nginx)
			s.hosts["exec"].leads(t, instance+":"+port, front)
			s.Config.LoadBalancer.Front, s.Config.Site = "http://"+front, "http://"+front
			for _, w := range s.Config.Workers() {
				switch x.mastodon {
				case "":
				case "dead":
					s.hosts[w.Name].leads(t, "127.0.0.1:3000", "127.0.0.1:1")
				case "elsewhere":
					s.hosts[w.Name].program(t, "docker", `echo "web 127.0.0.1:3100->3000/tcp"`)
					s.hosts[w.Name].leads(t, "127.0.0.1:3100", serving(t, x.nginx))
				default:
					s.hosts[w.Name].leads(t, "127.0.0.1:3000", serving(t, x.mastodon))
				}
			}
			p := s.look(t, "/@picard")
			v := p.Verdict
			if v.Wrong != x.wrong || v.Vain != x.vain || !strings.Contains(v.Says, x.says) || !strings.Contains(v.Next, x.next) || v.Wrong && v.At != AtWorker || v.Unsure {
				t.Errorf("%+v", v)
			}
			if dead := strings.Contains(strings.Join(v.Why, " "), "Mastodon itself could not be asked at worker-1/web: exit status 7"); dead != (x.mastodon == "dead") {
				t.Errorf("%q", v.Why)
			}
			if p.Answers[0].Layer != AtMastodon || p.Answers[0].Name != "worker-1/web" {
				t.Errorf("%+v", p.Answers[0])
			}
		})
	}
}

// An edge that mixes up what is right behind it, and keeps nothing, is not Mastodon's fault; one behind which nobody answers is nobody's yet.
func TestTheEdgeIsBlamedForWhatIsRightBehindIt(t *testing.T) {
	p := Probe{URL: "https://vmst.example/@data", Answers: []Answer{
		{Layer: AtWorker, Name: "worker-1", Wanted: HTML, Status: 200, Got: HTML}, {Layer: AtEdge, Name: "edge", Wanted: HTML, Status: 200, Got: JSON, Edge: "DYNAMIC"},
	}}
	if v := judge(p); !v.Wrong || !v.Vain || !strings.Contains(v.Says, "It is right behind the edge") {
		t.Errorf("%+v", v)
	}
	p.Answers[0] = Answer{Layer: AtWorker, Name: "worker-1", Wanted: HTML, Why: "no route"}
	if v := judge(p); !v.Wrong || v.Vain || !strings.Contains(v.Says, "Nobody behind the edge gave the page") {
		t.Errorf("%+v", v)
	}
	p.Answers[0] = Answer{Layer: AtBalancer, Name: "balancer", Wanted: HTML, Status: 200, Got: JSON}
	if v := judge(p); !v.Wrong || v.Vain || !strings.Contains(v.Says, "it comes and goes") {
		t.Errorf("%+v", v)
	}
}
