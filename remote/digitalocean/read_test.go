package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

func TestDropletsFollowsThePages(t *testing.T) {
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		n := map[string]int{"": 1, "1": 1, "2": 2, "3": 3}[page]
		links := map[string]any{}
		if n < 3 {
			// The link points elsewhere: only its number counts.
			links["pages"] = map[string]string{"next": fmt.Sprintf("https://elsewhere.example/v2/droplets?page=%d&per_page=1", n+1)}
		}
		answer(w, 200, map[string]any{"links": links, "droplets": []any{map[string]any{
			"id": n, "name": fmt.Sprintf("worker-%d", n), "status": "active", "tags": []string{"web"}, "locked": n == 2,
			"image":    map[string]any{"id": 7, "name": "golden", "distribution": "Debian", "type": "snapshot"},
			"networks": map[string]any{"v4": []any{map[string]string{"ip_address": "10.0.0.1", "type": "private"}, map[string]string{"ip_address": "203.0.113.1", "type": "public"}}},
		}}})
	})
	got, err := c.Droplets(t.Context())
	if err != nil || len(got) != 3 {
		t.Fatalf("got %v, %v", got, err)
	}
	d := got[1]
	if d.Name != "worker-2" || !d.Locked || d.PrivateIP != "10.0.0.1" || d.PublicIP != "203.0.113.1" || d.Image.Type != "snapshot" || d.Tags[0] != "web" {
		t.Errorf("droplet: %+v", d)
	}
	for _, r := range s.requests() {
		if r.Auth != "Bearer "+secret {
			t.Errorf("%s: authorization %q", r.Line, r.Auth)
		}
	}
}

func TestBalancer(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/load_balancers/lb-1" {
			refuse(w, 404, "no")
			return
		}
		answer(w, 200, map[string]any{"load_balancer": map[string]any{
			"id": "lb-1", "name": "front", "status": "active", "ip": "203.0.113.9", "ipv6": "2604:a880::9", "tag": "", "droplet_ids": []int{11, 12}, "enable_proxy_protocol": true,
			"redirect_http_to_https": true,
			"forwarding_rules":       []any{map[string]any{"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80, "tls_passthrough": false}},
			"health_check": map[string]any{"protocol": "http", "port": 80, "path": "/lb-health", "check_interval_seconds": 10,
				"response_timeout_seconds": 5, "healthy_threshold": 3, "unhealthy_threshold": 5},
		}})
	})
	b, err := c.Balancer(t.Context(), "lb-1")
	if err != nil {
		t.Fatal(err)
	}
	if b.IPv6 != "2604:a880::9" || !b.Has(12) || b.Has(13) || !b.ProxyProtocol || !b.RedirectHTTP || b.Forwarding[0].TargetPort != 80 || b.Check.Path != "/lb-health" {
		t.Errorf("balancer: %+v", b)
	}
	if b.Check.DrainTime() != 55*time.Second || b.Check.EntryTime() != 35*time.Second {
		t.Errorf("drain %s, entry %s", b.Check.DrainTime(), b.Check.EntryTime())
	}
	_, err = c.Balancer(t.Context(), "lb-2")
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown balancer: %v", err)
	}
}

func TestReadIsRepeated(t *testing.T) {
	n := 0
	c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n++; n {
		case 1:
			w.Header().Set("Connection", "close") // on a used connection net/http itself would repeat the next read
			refuse(w, 502, "bad gateway")
		case 2:
			drop(w)
		case 3:
			w.Header().Set("Retry-After", "0")
			refuse(w, 429, "slow down")
		default:
			answer(w, 200, map[string]any{"action": map[string]any{"id": 5, "status": "completed", "type": "rebuild", "resource_id": 3, "started_at": "2026-11-20T03:11:09Z"}})
		}
	})
	a, err := c.Action(t.Context(), 5)
	if err != nil || !a.Finished() || a.Resource != 3 || a.Started.IsZero() || !a.Completed.IsZero() {
		t.Fatalf("%+v, %v", a, err)
	}
	var why []string
	for _, w := range s.waited() {
		why = append(why, w.Why)
	}
	if got := strings.Join(why, ", "); got != "server error, connection lost, rate limit" {
		t.Errorf("waits: %s", got)
	}
}

func TestReadGivesUp(t *testing.T) {
	c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 503, "maintenance") })
	c.waiting = func(context.Context, Wait) {}
	_, err := c.Account(t.Context())
	if err == nil || s.count() != readTries {
		t.Fatalf("%d requests, %v", s.count(), err)
	}
	if f := fault.Of(err); !strings.Contains(f.Why, "maintenance") || f.Next == "" || f.What == "" {
		t.Errorf("fault: %+v", f)
	}
}

func TestRateLimitIsToldAndCut(t *testing.T) {
	c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		refuse(w, 429, "API Rate limit exceeded.")
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var told Wait
	c.waiting = func(_ context.Context, w Wait) { told = w; cancel() }
	_, err := c.Droplet(ctx, 3)
	if !errors.Is(err, ErrLimited) && !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	if told.For != 2*time.Minute || told.Why != "rate limit" || told.What != "read the droplet" || told.Until.IsZero() {
		t.Errorf("told %+v", told)
	}
	if s.count() != 1 {
		t.Errorf("%d requests", s.count())
	}
}

func TestLongRateLimitIsReported(t *testing.T) {
	c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))
		refuse(w, 429, "API Rate limit exceeded.")
	})
	if _, err := c.Droplet(t.Context(), 3); !errors.Is(err, ErrLimited) || s.count() != 1 {
		t.Errorf("%d requests, %v", s.count(), err)
	}
}

func TestDropletActionsNewestFirst(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"actions": []any{
			map[string]any{"id": 5, "type": "create", "status": "completed"}, map[string]any{"id": 9, "type": "rebuild", "status": "in-progress"},
			map[string]any{"id": 7, "type": "rebuild", "status": "completed"}, map[string]any{"id": 8, "type": "power_cycle", "status": "completed"},
		}})
	})
	all, err := c.DropletActions(t.Context(), 3)
	if err != nil || len(all) != 4 || all[0].ID != 9 || all[3].ID != 5 {
		t.Fatalf("%+v, %v", all, err)
	}
	adopted, err := c.AdoptRebuild(t.Context(), 3, 8)
	if err != nil || len(adopted) != 1 || adopted[0].ID != 9 {
		t.Errorf("adopted %+v, %v", adopted, err)
	}
}

func TestTokenIsLazyAndHidden(t *testing.T) {
	times := 0
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, 401, "Unable to authenticate you with "+r.Header.Get("Authorization"))
	})
	c.token.ask = func(context.Context) (string, error) { times++; return secret, nil }
	if times != 0 {
		t.Fatal("the token was asked for before it was needed")
	}
	_, err := c.Account(t.Context())
	if !errors.Is(err, ErrToken) || s.count() != 1 {
		t.Fatalf("%d requests, %v", s.count(), err)
	}
	if f := fault.Of(err); strings.Contains(f.Error(), secret) || !strings.Contains(f.Why, "401") || !strings.Contains(f.Next, "token") {
		t.Errorf("fault: %s", f.Error())
	}
	_, _ = c.Account(t.Context())
	if times != 2 {
		t.Errorf("a refused token was kept: asked %d times", times)
	}
}

func TestTokenThatCannotBeHad(t *testing.T) {
	c, s := serve(t, func(http.ResponseWriter, *http.Request) {})
	c.token.ask = func(context.Context) (string, error) { return "", errors.New("the keyring is locked") }
	_, err := c.Account(t.Context())
	if err == nil || !strings.Contains(err.Error(), "keyring is locked") || s.count() != 0 {
		t.Errorf("%d requests, %v", s.count(), err)
	}
}

func TestMessagesNeverEchoTheToken(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, 422, "bad header "+r.Header.Get("Authorization"))
	})
	if _, err := c.Droplet(t.Context(), 1); err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "[token]") {
		t.Errorf("error: %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/v2/other", http.StatusTemporaryRedirect)
	})
	if _, err := c.Account(t.Context()); !errors.Is(err, ErrRefused) || s.count() != 1 {
		t.Errorf("%d requests, %v", s.count(), err)
	}
}

func TestURL(t *testing.T) {
	for raw, ok := range map[string]bool{
		"": true, "https://api.digitalocean.com": true, "http://127.0.0.1:8080/": true,
		"https://proxy.example/do": false, "ftp://x": false, "api.digitalocean.com": false, "https://user:pw@x": false,
	} {
		c, err := New(Config{URL: raw, Token: func(context.Context) (string, error) { return "t", nil }})
		if (err == nil) != ok {
			t.Errorf("%q: %v", raw, err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
}
