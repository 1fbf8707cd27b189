package digitalocean

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/await"
	"github.com/vmtui/vmtui/fixtures/provider"
	"github.com/vmtui/vmtui/remote"
)

// account is the box's provider, which knows the ways of the real one.
func account(t *testing.T, tag string) (*Client, *provider.Server) {
	t.Helper()
	judge := judgeOf(t)
	s := provider.New(provider.Options{Token: secret, Before: judge.Both, Pace: provider.Pace{Begin: 10 * time.Millisecond, Action: 60 * time.Millisecond, Listing: 30 * time.Millisecond, Busy: 60 * time.Millisecond}})
	s.AddImage(provider.Image{ID: 210001, Name: "worker-golden", Distribution: "Debian"})
	var tags []string
	if tag != "" {
		tags = []string{tag}
	}
	for id, name := range map[int]string{11: "worker-1", 12: "worker-2"} {
		s.AddDroplet(provider.Droplet{ID: id, Name: name, PrivateIP: "10.0.0.11", PublicIP: "203.0.113.11", Image: 210001, Tags: tags})
	}
	s.AddBalancer(provider.Balancer{ID: "lb-1", Name: "front", IP: "203.0.113.1", Tag: tag, DropletIDs: []int{11, 12},
		Rules:  []provider.Rule{{EntryProtocol: "http", EntryPort: 80, TargetProtocol: "http", TargetPort: 80}},
		Health: provider.Health{Protocol: "http", Port: 80, Path: "/lb-health", Interval: 10, Timeout: 5, UnhealthyThreshold: 5, HealthyThreshold: 3}})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		agreed(t, judge)
	})
	c, err := New(Config{URL: s.URL(), Poll: 10 * time.Millisecond, Token: func(context.Context) (string, error) { return secret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, s
}

var until = await.Until

// whenFree makes a change again for as long as something else is still under way.
func whenFree(t *testing.T, change func() error) {
	t.Helper()
	until(t, "the provider is free", func() bool {
		err := change()
		if err != nil && !errors.Is(err, ErrBusy) && !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		return err == nil
	})
}

func member(t *testing.T, c *Client, droplet int) bool {
	t.Helper()
	b, err := c.Balancer(t.Context(), "lb-1")
	if err != nil {
		t.Fatal(err)
	}
	return b.Has(droplet)
}

func TestMembershipAtTheProvider(t *testing.T) {
	c, s := account(t, "")
	s.Repace(func(p *provider.Pace) { p.Busy = time.Hour })
	whenFree(t, func() error { return c.RemoveDroplet(t.Context(), &allow{}, "lb-1", 11) })
	if err := c.RemoveDroplet(t.Context(), &allow{}, "lb-1", 12); !errors.Is(err, ErrBusy) {
		t.Errorf("while it is busy: %v", err)
	}
	s.Repace(func(p *provider.Pace) { p.Busy = 60 * time.Millisecond })
	until(t, "worker-1 is out", func() bool { return !member(t, c, 11) })
	whenFree(t, func() error { return c.AddDroplet(t.Context(), &allow{}, "lb-1", 11) })
	until(t, "worker-1 is in", func() bool { return member(t, c, 11) })
}

func TestTagsAtTheProvider(t *testing.T) {
	c, _ := account(t, "web")
	if err := c.RemoveDroplet(t.Context(), &allow{}, "lb-1", 11); !errors.Is(err, ErrRefused) {
		t.Errorf("a balancer with a tag took ids: %v", err)
	}
	uses, err := c.TagUses(t.Context(), "web")
	if err != nil || len(uses.Droplets) != 2 || strings.Join(uses.Balancers, "") != "lb-1" {
		t.Errorf("%+v, %v", uses, err)
	}
	if err := c.Untag(t.Context(), &allow{}, "web", 11); err != nil {
		t.Fatal(err)
	}
	until(t, "worker-1 is out", func() bool { return !member(t, c, 11) })
	whenFree(t, func() error { return c.Tag(t.Context(), &allow{}, "web", 11) })
	until(t, "worker-1 is in", func() bool { return member(t, c, 11) })
}

func TestBackupsAtTheProvider(t *testing.T) {
	c, s := account(t, "")
	s.AddDatabase(provider.Database{ID: "9cc10173-e9ea-4176-9dbc-a4cee4c4ff31", Name: "majel", Engine: "pg", Version: "18", Backups: []provider.Backup{{Age: 29 * time.Hour, GB: 11.9}, {Age: 5 * time.Hour, GB: 12.1}}})
	got, err := c.Backups(t.Context(), "majel")
	if err != nil || len(got) != 2 || got[0].GB != 12.1 || time.Since(got[0].Made).Round(time.Minute) != 5*time.Hour {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.Backups(t.Context(), "minuet"); err == nil || !strings.Contains(err.Error(), "no managed database of that name") {
		t.Errorf("another name: %v", err)
	}
}

// The worst case of all: the rebuild is carried out and its answer is lost.
func TestLostRebuildIsAdoptedAndNeverRepeated(t *testing.T) {
	for name, arm := range map[string]func(*provider.Server){
		"dropped": func(s *provider.Server) { s.ApplyThenDrop(1) },
		"502":     func(s *provider.Server) { s.ApplyThen502(1) },
	} {
		t.Run(name, func(t *testing.T) {
			c, s := account(t, "")
			before, err := c.DropletActions(t.Context(), 11)
			if err != nil || len(before) == 0 {
				t.Fatal(before, err)
			}
			img, err := c.ImageByName(t.Context(), "worker-golden")
			if err != nil {
				t.Fatal(err)
			}
			arm(s)
			if _, err := c.Rebuild(t.Context(), &allow{}, 11, img.ID); !errors.Is(err, remote.ErrUnknown) {
				t.Fatal(err)
			}
			var found []Action
			until(t, "the rebuild is listed", func() bool {
				found, err = c.AdoptRebuild(t.Context(), 11, before[0].ID)
				return err == nil && len(found) > 0
			})
			if len(found) != 1 {
				t.Fatalf("found %+v", found)
			}
			until(t, "it is completed", func() bool {
				a, err := c.Action(t.Context(), found[0].ID)
				return err == nil && a.Finished() && a.Status == "completed"
			})
			if n := s.Rebuilds(11); n != 1 {
				t.Errorf("%d rebuilds", n)
			}
		})
	}
}

func TestReadsSurviveTheProvidersMoods(t *testing.T) {
	c, s := account(t, "")
	s.Drop(2)
	if _, err := c.Droplets(t.Context()); err != nil {
		t.Error(err)
	}
	s.RateLimit(1)
	if a, err := c.Account(t.Context()); err != nil || a.Email == "" {
		t.Errorf("%+v, %v", a, err)
	}
}
