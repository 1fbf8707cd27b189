package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/fixtures/provider"
	"github.com/vmtui/vmtui/keys/fault"
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

func TestTheCDNsRatesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var began = time.Now()
		var waits []Wait
		c := &Client{flushing: newFlushing()}
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
