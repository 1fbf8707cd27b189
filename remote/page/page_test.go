package page_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAsksForASiteAtAnAddress(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Accept")+"; for="+r.Host)
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(http.StatusFound)
		_, _ = w.Write([]byte("<!doctype html>\x1b[31m" + strings.Repeat("x", 1<<16)))
	}))
	srv.TLS.MinVersion = tls.VersionTLS12
	defer srv.Close()
	var seen remote.Ending
	witness := func(remote.Call) func(remote.Ending) { return func(e remote.Ending) { seen = e } }
	ask := page.Ask{Of: "the balancer", At: srv.URL, Host: "vmst.example", Path: "/@data", Accept: "text/html", AnyCertificate: true}
	a, err := page.Get(t.Context(), witness, ask)
	if err != nil || a.Status != 302 || a.Header("Content-Type") != "text/html; for=vmst.example" || strings.Contains(a.Body, "\x1b") || len(a.Body) > 9<<10 {
		t.Errorf("%d %q, %v", a.Status, a.Header("Content-Type"), err)
	}
	if time.Until(a.Expires) < time.Hour || seen.Says != "302" {
		t.Errorf("expires %s, witness %+v", a.Expires, seen)
	}
	ask.AnyCertificate = false
	if _, err := page.Get(t.Context(), nil, ask); err == nil || !strings.Contains(fault.Of(err).Why, "certificate") {
		t.Errorf("a certificate of nobody's was taken: %v", err)
	}
}
