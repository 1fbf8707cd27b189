package digitalocean

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// changes are all the ways to change something; each must be sent once.
var changes = map[string]struct {
	do   func(context.Context, *Client, remote.Permit) error
	line string
	body string
}{
	"add": {func(ctx context.Context, c *Client, p remote.Permit) error { return c.AddDroplet(ctx, p, "lb-1", 12) }, "POST /v2/load_balancers/lb-1/droplets", `{"droplet_ids":[12]}`},
	"remove": {func(ctx context.Context, c *Client, p remote.Permit) error {
		return c.RemoveDroplet(ctx, p, "lb-1", 12)
	}, "DELETE /v2/load_balancers/lb-1/droplets", `{"droplet_ids":[12]}`},
	"tag":   {func(ctx context.Context, c *Client, p remote.Permit) error { return c.Tag(ctx, p, "web", 12) }, "POST /v2/tags/web/resources", `{"resources":[{"resource_id":"12","resource_type":"droplet"}]}`},
	"untag": {func(ctx context.Context, c *Client, p remote.Permit) error { return c.Untag(ctx, p, "web", 12) }, "DELETE /v2/tags/web/resources", `{"resources":[{"resource_id":"12","resource_type":"droplet"}]}`},
	"cdn": {func(ctx context.Context, c *Client, p remote.Permit) error {
		return c.PurgeCDN(ctx, p, "cdn-1", []string{"cache/*"})
	}, "DELETE /v2/cdn/endpoints/cdn-1/cache", `{"files":["cache/*"]}`},
	"rebuild": {rebuild, "POST /v2/droplets/12/actions", `{"image":77,"type":"rebuild"}`},
	"create": {create, "POST /v2/droplets", `{"name":"worker-4","region":"tor1","size":"s-2","image":77,"ssh_keys":["3b:16"],"backups":false,"ipv6":false,` +
		`"private_networking":false,"monitoring":true,"user_data":"#cloud-config","tags":["workers"],"vpc_uuid":"760e"}`},
	"destroy": {func(ctx context.Context, c *Client, p remote.Permit) error { return c.DestroyDroplet(ctx, p, 12) }, "DELETE /v2/droplets/12", ""},
}

func rebuild(ctx context.Context, c *Client, p remote.Permit) error {
	_, err := c.Rebuild(ctx, p, 12, 77)
	return err
}

func create(ctx context.Context, c *Client, p remote.Permit) error {
	d, action, err := c.CreateDroplet(ctx, p, Creation{
		Name: "worker-4", Region: "tor1", Size: "s-2", Image: 77, VPC: "760e", Tags: []string{"workers"}, Keys: []string{"3b:16"}, UserData: "#cloud-config", Monitoring: true,
	})
	if err == nil && (d.ID != 13 || action != 98) {
		err = errors.New("not the droplet that was made")
	}
	return err
}

func well(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/actions") {
		answer(w, 201, map[string]any{"action": map[string]any{"id": 99, "type": "rebuild", "status": "in-progress", "resource_id": 12}})
		return
	}
	if r.Method == http.MethodPost && r.URL.Path == "/v2/droplets" {
		answer(w, 202, map[string]any{"droplet": map[string]any{"id": 13, "name": "worker-4", "status": "new"}, "links": map[string]any{"actions": []any{map[string]any{"id": 98, "rel": "create"}}}})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func TestChangesAreSentOnceWithAPermit(t *testing.T) {
	for name, ch := range changes {
		t.Run(name, func(t *testing.T) {
			c, s := serve(t, well)
			p := &allow{}
			if err := ch.do(t.Context(), c, p); err != nil {
				t.Fatal(err)
			}
			got := s.requests()
			if len(got) != 1 || got[0].Line != ch.line || strings.TrimSpace(got[0].Body) != ch.body || got[0].Auth == "" {
				t.Errorf("sent %+v", got)
			}
			if p.checks() != 1 {
				t.Errorf("permit asked %d times", p.checks())
			}
		})
	}
}

func TestChangesWithoutAnAnswerAreUnknown(t *testing.T) {
	endings := map[string]http.HandlerFunc{
		"dropped": func(w http.ResponseWriter, _ *http.Request) { drop(w) },
		"502":     func(w http.ResponseWriter, _ *http.Request) { refuse(w, 502, "bad gateway") },
		"504":     func(w http.ResponseWriter, _ *http.Request) { refuse(w, 504, "") },
		"500": func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, 500, "Server was unable to give you a response.")
		},
	}
	for name, ch := range changes {
		for ending, h := range endings {
			t.Run(name+" "+ending, func(t *testing.T) {
				c, s := serve(t, h)
				err := ch.do(t.Context(), c, &allow{})
				if !errors.Is(err, remote.ErrUnknown) || fault.CodeOf(err) != fault.Unknown {
					t.Errorf("error: %v", err)
				}
				if s.count() != 1 {
					t.Errorf("sent %d times", s.count())
				}
			})
		}
	}
}

// A connection that reads left behind must not be used by a change: net/http would repeat it there.
func TestChangesNeverReuseAConnection(t *testing.T) {
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer(w, 200, map[string]any{"account": map[string]any{"email": "a@b.example", "team": map[string]string{"name": "us"}}})
			return
		}
		drop(w)
	})
	for range 3 {
		if a, err := c.Account(t.Context()); err != nil || a.Team != "us" {
			t.Fatalf("%+v, %v", a, err)
		}
		if err := rebuild(t.Context(), c, &allow{}); !errors.Is(err, remote.ErrUnknown) {
			t.Fatal(err)
		}
	}
	posts := 0
	for _, r := range s.requests() {
		if strings.HasPrefix(r.Line, "POST") {
			posts++
		}
	}
	if posts != 3 {
		t.Errorf("3 rebuilds were sent %d times", posts)
	}
}

func TestChangeOverTLSInHTTP1(t *testing.T) {
	proto := make(chan string, 2)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto <- r.Proto
		well(w, r)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	c, err := New(Config{URL: srv.URL, HTTP: srv.Client(), Token: func(context.Context) (string, error) { return secret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	defer srv.Client().CloseIdleConnections()
	if err := rebuild(t.Context(), c, &allow{}); err != nil {
		t.Fatal(err)
	}
	if p := <-proto; p != "HTTP/1.1" {
		t.Errorf("sent in %s", p)
	}
}

// outrun is a context whose time is up when that is said.
type outrun struct {
	context.Context
	late chan struct{}
}

func (o outrun) Done() <-chan struct{} { return o.late }

func (o outrun) Err() error {
	select {
	case <-o.late:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestChangeThatTimesOutIsUnknown(t *testing.T) {
	release := make(chan struct{})
	ctx := outrun{Context: t.Context(), late: make(chan struct{})}
	c, s := serve(t, func(http.ResponseWriter, *http.Request) { close(ctx.late); <-release })
	defer close(release)
	if err := rebuild(ctx, c, &allow{}); !errors.Is(err, remote.ErrUnknown) || s.count() != 1 {
		t.Errorf("%d requests, %v", s.count(), err)
	}
}

func TestCutAnswerIsUnknown(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		w.WriteHeader(201)
		_, _ = w.Write([]byte(`{"action":{"id":9`))
	})
	if err := rebuild(t.Context(), c, &allow{}); !errors.Is(err, remote.ErrUnknown) {
		t.Errorf("error: %v", err)
	}
}

func TestNothingLeftIsAPlainFailure(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	c, err := New(Config{URL: url, Token: func(context.Context) (string, error) { return secret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	p := &allow{}
	if err := rebuild(t.Context(), c, p); err == nil || errors.Is(err, remote.ErrUnknown) {
		t.Errorf("error: %v", err)
	}
	if p.checks() != 0 {
		t.Error("the permit was asked although nothing could be sent")
	}
}

func TestRefusedPermitSendsNothing(t *testing.T) {
	for name, ch := range changes {
		t.Run(name, func(t *testing.T) {
			c, s := serve(t, well)
			lost := errors.New("the lease was lost")
			if err := ch.do(t.Context(), c, &allow{err: lost}); !errors.Is(err, lost) || errors.Is(err, remote.ErrUnknown) {
				t.Errorf("error: %v", err)
			}
			if err := ch.do(t.Context(), c, nil); err == nil {
				t.Error("went through without a permit")
			}
			if s.count() != 0 {
				t.Errorf("sent %d times", s.count())
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, x := range map[string]struct {
		code int
		text string
		want error
	}{
		"busy":    {403, "Load Balancer can't be updated while it processes previous actions", ErrBusy},
		"scope":   {403, "You are not authorized to perform this operation", ErrRefused},
		"pending": {422, "Droplet already has a pending event.", ErrPending},
		"tagged":  {422, "load balancer already has a tag", ErrRefused},
		"limited": {429, "slow down", ErrLimited},
		"token":   {401, "Unable to authenticate you", ErrToken},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, x.code, x.text) })
			err := c.RemoveDroplet(t.Context(), &allow{}, "lb-1", 12)
			if !errors.Is(err, x.want) || errors.Is(err, remote.ErrUnknown) || s.count() != 1 {
				t.Errorf("%d requests, %v", s.count(), err)
			}
			if f := fault.Of(err); f.Next == "" || f.On != "lb-1" || f.Why == "" {
				t.Errorf("fault: %+v", f)
			}
			if errors.Is(x.want, ErrRefused) && x.code == 403 && !strings.Contains(fault.Of(err).Next, "load_balancer:update") {
				t.Errorf("names no scope: %s", fault.Of(err).Next)
			}
			if strings.Contains(err.Error(), "forbidden") {
				t.Errorf("says forbidden: %v", err)
			}
		})
	}
}

// A rate limit refuses a change for certain: it is not sent again here, and whoever does so reads how long to wait.
func TestALimitedChangeSaysForHowLong(t *testing.T) {
	c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "37")
		refuse(w, 429, "API rate limit exceeded.")
	})
	err := c.RemoveDroplet(t.Context(), &allow{}, "lb-1", 12)
	if !errors.Is(err, ErrLimited) || LimitedFor(err) != 37*time.Second || s.count() != 1 {
		t.Errorf("%s after %d requests: %v", LimitedFor(err), s.count(), err)
	}
	if LimitedFor(errors.New("x")) != 0 {
		t.Error("another error asks for a wait")
	}
}

func TestNobodyIsRefusedLocally(t *testing.T) {
	c, s := serve(t, well)
	p := &allow{}
	for _, err := range []error{
		c.AddDroplet(t.Context(), p, "lb-1", 0), c.RemoveDroplet(t.Context(), p, "", 4), c.Tag(t.Context(), p, "", 4), c.Untag(t.Context(), p, "web", 0),
		func() error { _, err := c.Rebuild(t.Context(), p, 4, 0); return err }(),
		func() error { _, err := c.PowerOn(t.Context(), p, 0); return err }(),
	} {
		if err == nil || fault.CodeOf(err) != fault.Usage {
			t.Errorf("error: %v", err)
		}
	}
	if s.count() != 0 {
		t.Errorf("sent %d", s.count())
	}
}
