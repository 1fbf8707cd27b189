package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/fixtures/provider"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

func TestCDNIsFoundAndPurged(t *testing.T) {
	c, s := account(t, "")
	s.AddCDN(provider.CDN{ID: "892071a0-bb95-49bc-8021-3afd67a210bf", Origin: "vmst.nyc3.digitaloceanspaces.com", Endpoint: "vmst.nyc3.cdn.digitaloceanspaces.com", Domain: "cdn.vmst.example", TTL: 3600, Takes: time.Hour})
	all, err := c.CDNs(t.Context())
	if err != nil || len(all) != 1 || !slices.Contains(all[0].Hosts(), "cdn.vmst.example") || all[0].TTL != time.Hour {
		t.Fatalf("%+v, %v", all, err)
	}
	id := all[0].ID
	for i := range 5 {
		if err := c.PurgeCDN(t.Context(), &allow{}, id, []string{fmt.Sprintf("cache/%d/*", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Flushed(id); len(got) != 5 || got[4] != "cache/4/*" {
		t.Error(got)
	}
	if err := c.PurgeCDN(t.Context(), &allow{}, id, make([]string, MostFiles+1)); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
}

func TestEqualPurgesAreRefusedAndNamed(t *testing.T) {
	c, s := account(t, "")
	s.AddCDN(provider.CDN{ID: "cdn-1", Takes: time.Hour})
	if err := c.PurgeCDN(t.Context(), &allow{}, "cdn-1", []string{"a"}); err != nil {
		t.Fatal(err)
	}
	err := c.PurgeCDN(t.Context(), &allow{}, "cdn-1", []string{"a"})
	if !errors.Is(err, ErrLimited) || !strings.Contains(fault.Of(err).Why, "identical") {
		t.Error(err)
	}
}

// The API counts what all processes send together.
func TestProcessesShareTheCDNsRates(t *testing.T) {
	_, s := account(t, "")
	s.AddCDN(provider.CDN{ID: "cdn-1"})
	rates := filepath.Join(t.TempDir(), "state", "cdn-rates.json")
	var waits []Wait
	process := func() *Client {
		c, err := New(Config{URL: s.URL(), Token: func(context.Context) (string, error) { return secret, nil }, Rates: rates, Waiting: func(_ context.Context, w Wait) { waits = append(waits, w) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	one, other := process(), process()
	for i := range 5 {
		if err := one.PurgeCDN(t.Context(), &allow{}, "cdn-1", []string{fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	told := other.waiting
	other.waiting = func(ctx context.Context, w Wait) { told(ctx, w); end() }
	if err := other.PurgeCDN(ctx, &allow{}, "cdn-1", []string{"x"}); !errors.Is(err, context.Canceled) || len(waits) != 1 || waits[0].For < 8*time.Second || len(s.Flushed("cdn-1")) != 5 {
		t.Errorf("%v, %+v, %q", err, waits, s.Flushed("cdn-1"))
	}
	one.flushing.alone.Lock()
	done, err := one.flushing.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	ctx = remote.Telling(ctx, func(line string) {
		if strings.Contains(line, "another vmtui") {
			giveUp()
		}
	})
	if err := other.PurgeCDN(ctx, &allow{}, "cdn-1", []string{"x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("two at once: %v", err)
	}
	done()
	if err := os.WriteFile(rates, []byte("no json"), 0o600); err != nil {
		t.Fatal(err)
	}
	third := process() // which knows of nobody: the API's own refusal is what it hears
	if err := third.PurgeCDN(t.Context(), &allow{}, "cdn-1", []string{"y"}); !errors.Is(err, ErrLimited) || LimitedFor(err) == 0 {
		t.Error(err)
	}
}

func TestTheCDNsRatesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var began = time.Now()
		var waits []Wait
		c := &Client{flushing: newFlushing("")}
		c.waiting = func(_ context.Context, w Wait) { waits = append(waits, w) }
		files := make([]string, 10)
		var at []time.Duration
		for range 12 {
			if err := c.keepRate(t.Context(), "purge", files); err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(began))
		}
		want := []time.Duration{0, 0, 0, 0, 0, 20, 20, 20, 20, 20, 40, 40} // 50 files in 20 s
		for i, d := range want {
			if at[i] != d*time.Second {
				t.Errorf("purge %d left after %s, want %ds", i, at[i], d)
			}
		}
		if len(waits) != 2 || waits[0].For != 20*time.Second {
			t.Errorf("told %+v", waits)
		}
		began, at = time.Now(), nil
		for range 6 {
			_ = c.keepRate(t.Context(), "purge", []string{"x/*"})
			at = append(at, time.Since(began))
		}
		if at[2] != 0 || at[3] != 10*time.Second { // two of the first minute's are still counted
			t.Errorf("wildcards left after %v", at)
		}
	})
}
