package digitalocean

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/internal/journal"
)

func TestTheWitnessHearsOfEveryRequest(t *testing.T) {
	j := &journal.Journal{}
	answer := func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{}`)) }
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
	defer srv.Close()
	c, err := New(Config{Token: func(context.Context) (string, error) { return secret, nil }, URL: srv.URL, Poll: time.Millisecond, Witness: j.Hear})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	hears := func(what string, changes bool, verdict remote.Verdict, says string) {
		t.Helper()
		call, end := j.Last(t, what)
		if call.On != "digitalocean" || call.Changes != changes || end.Verdict != verdict || !strings.Contains(end.Says, says) {
			t.Errorf("%+v ended as %+v", call, end)
		}
		if strings.Contains(call.Sent+end.Says, secret) {
			t.Errorf("the token is in %+v, %+v", call, end)
		}
	}
	ctx := t.Context()
	_, _ = c.Balancer(ctx, "lb-1")
	hears("GET /v2/load_balancers/lb-1", false, remote.OK, "200")
	yes, no := &allow{}, &allow{err: errors.New("the lease is gone")}
	_ = c.RemoveDroplet(ctx, yes, "lb-1", 7)
	hears("DELETE /v2/load_balancers/lb-1/droplets", true, remote.OK, "200")
	if call, _ := j.Last(t, "DELETE"); !strings.Contains(call.Sent, `{"droplet_ids":[7]}`) {
		t.Errorf("sent %q", call.Sent)
	}
	_ = c.RemoveDroplet(ctx, no, "lb-1", 7)
	hears("DELETE /v2/load_balancers/lb-1/droplets", true, remote.Unsent, "the lease is gone")
	answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }
	_ = c.RemoveDroplet(ctx, yes, "lb-1", 7)
	hears("DELETE /v2/load_balancers/lb-1/droplets", true, remote.Unknown, "502")
	answer = func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	_ = c.RemoveDroplet(ctx, yes, "lb-1", 7)
	hears("DELETE /v2/load_balancers/lb-1/droplets", true, remote.Unknown, "EOF")
}
