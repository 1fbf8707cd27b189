package cloudflare_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/fixtures/edge"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token = "hailing-frequencies"
	zone  = "vmst.example"
)

// permit counts how often it is asked.
type permit struct {
	err   error
	asked atomic.Int32
}

func (p *permit) Check(context.Context) error {
	p.asked.Add(1)
	return p.err
}

func client(t *testing.T, url, token string) *cloudflare.Client {
	t.Helper()
	c, err := cloudflare.New(cloudflare.Config{URL: url, Zone: zone, Token: func(context.Context) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func atTheEdge(t *testing.T) *edge.Server {
	t.Helper()
	s := edge.New(edge.Options{Token: token, Zone: zone})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPurgesArriveOnceWithAPermit(t *testing.T) {
	s := atTheEdge(t)
	c, p := client(t, s.URL(), token), &permit{}
	if err := c.Purge(t.Context(), p, cloudflare.Batch{Kind: cloudflare.URLs, Items: []string{"https://vmst.example/about"}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Purge(t.Context(), p, cloudflare.Batch{Kind: cloudflare.Everything}); err != nil {
		t.Fatal(err)
	}
	got := s.Purges()
	if len(got) != 2 || got[0].Everything || len(got[0].Files) != 1 || got[0].Files[0] != "https://vmst.example/about" || !got[1].Everything || p.asked.Load() != 2 {
		t.Errorf("%+v, asked %d times", got, p.asked.Load())
	}
}

func TestNothingLeavesWithoutAPermit(t *testing.T) {
	s := atTheEdge(t)
	c, lost := client(t, s.URL(), token), errors.New("the lease was lost")
	if err := c.Purge(t.Context(), &permit{err: lost}, cloudflare.Batch{Kind: cloudflare.Everything}); !errors.Is(err, lost) {
		t.Errorf("%v", err)
	}
	if err := c.Purge(t.Context(), nil, cloudflare.Batch{Kind: cloudflare.Everything}); fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
	if err := c.Purge(t.Context(), &permit{}, cloudflare.Batch{Kind: cloudflare.URLs, Items: make([]string, cloudflare.MostURLs+1)}); fault.CodeOf(err) != fault.Usage {
		t.Errorf("%v", err)
	}
	if got := s.Purges(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestRefusalsAreTold(t *testing.T) {
	s := atTheEdge(t)
	if err := client(t, s.URL(), "ferengi").Purge(t.Context(), &permit{}, cloudflare.Batch{Kind: cloudflare.Everything}); !errors.Is(err, cloudflare.ErrToken) || strings.Contains(err.Error(), "ferengi") {
		t.Errorf("%v", err)
	}
	for name, x := range map[string]struct {
		status int
		want   error
		next   string
	}{
		"limited": {429, cloudflare.ErrLimited, "wait 17s"}, "scope": {403, cloudflare.ErrScope, "Cache Purge"}, "wrong": {400, cloudflare.ErrRefused, "complains"},
	} {
		t.Run(name, func(t *testing.T) {
			c, sent := purging(t, func(w http.ResponseWriter) {
				w.Header().Set("Retry-After", "17")
				w.WriteHeader(x.status)
				_, _ = w.Write([]byte(`{"success":false,"errors":[{"code":1234,"message":"no\u001b[31m"}],"messages":[],"result":null}`))
			})
			err := c.Purge(t.Context(), &permit{}, cloudflare.Batch{Kind: cloudflare.Everything})
			f := fault.Of(err)
			if !errors.Is(err, x.want) || errors.Is(err, remote.ErrUnknown) || !strings.Contains(f.Next, x.next) || f.On != zone || strings.Contains(f.Why, "\x1b") || sent.Load() != 1 {
				t.Errorf("%d sent, %+v", sent.Load(), f)
			}
		})
	}
}

// A token that lacks a permission hears "Authentication error"; it is not to be thrown away for that.
func TestAWrongTokenIsToldFromOneThatMayNot(t *testing.T) {
	for says, want := range map[string]error{
		`{"code":10000,"message":"Authentication error"}`:                     cloudflare.ErrScope,
		`{"code":9109,"message":"Unauthorized to access requested resource"}`: cloudflare.ErrScope,
		`{"code":9109,"message":"Invalid access token"}`:                      cloudflare.ErrToken,
	} {
		c, _ := purging(t, func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"success":false,"errors":[` + says + `],"messages":[],"result":null}`))
		})
		err := c.Purge(t.Context(), &permit{}, cloudflare.Batch{Kind: cloudflare.Everything})
		if !errors.Is(err, want) || strings.Contains(fault.Of(err).Next, "Zone.Cache Purge") != errors.Is(want, cloudflare.ErrScope) {
			t.Errorf("%s: %+v", says, fault.Of(err))
		}
	}
}

func TestPurgeWithoutAnAnswerIsUnknown(t *testing.T) {
	for name, end := range map[string]func(http.ResponseWriter){
		"502":     func(w http.ResponseWriter) { w.WriteHeader(502) },
		"dropped": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			c, sent := purging(t, end)
			if err := c.Purge(t.Context(), &permit{}, cloudflare.Batch{Kind: cloudflare.Everything}); !errors.Is(err, remote.ErrUnknown) || fault.CodeOf(err) != fault.Unknown || sent.Load() != 1 {
				t.Errorf("%d sent, %v", sent.Load(), err)
			}
		})
	}
}

// purging is a zone whose purges end in that way, and how many were sent.
func purging(t *testing.T, end func(http.ResponseWriter)) (*cloudflare.Client, *atomic.Int32) {
	t.Helper()
	sent := &atomic.Int32{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"success":true,"errors":[],"messages":[],"result":[{"id":"0123","name":"vmst.example"}],"result_info":{"page":1,"total_pages":1}}`))
			return
		}
		sent.Add(1)
		end(w)
	}))
	t.Cleanup(srv.Close)
	return client(t, srv.URL, token), sent
}

func TestUnknownZoneIsNamed(t *testing.T) {
	s := edge.New(edge.Options{Token: token, Zone: "another.example"})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	c := client(t, s.URL(), token)
	defer func() { _ = c.Close() }()
	if _, err := c.Zone(t.Context()); err == nil || fault.Of(err).On != zone {
		t.Errorf("%v", err)
	}
}
