package digitalocean

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// CDN is the cache before a Space.
type CDN struct {
	ID       string
	Origin   string // the Space
	Endpoint string
	Domain   string // the custom one, "" for none
	TTL      time.Duration
}

// Hosts are the names under which the CDN is asked.
func (c CDN) Hosts() []string {
	return slices.DeleteFunc([]string{c.Domain, c.Endpoint}, func(s string) bool { return s == "" })
}

// MostFiles is how many paths one purge may name. The API takes as many in 20 seconds.
const MostFiles = 50

// CDNs are the account's.
func (c *Client) CDNs(ctx context.Context) ([]CDN, error) {
	all, err := pages(ctx, c, "list the CDN endpoints", "the account", func(ctx context.Context, g *godo.Client, o *godo.ListOptions) ([]godo.CDN, *godo.Response, error) {
		return g.CDNs.List(ctx, o)
	})
	return each(all, func(d godo.CDN) CDN {
		return CDN{ID: text(d.ID), Origin: text(d.Origin), Endpoint: text(d.Endpoint), Domain: text(d.CustomDomain), TTL: time.Duration(d.TTL) * time.Second}
	}), err
}

// PurgeCDN takes files out of a CDN's cache: paths without the first slash, with * at the end for all below. It waits as the rates ask, and says so.
func (c *Client) PurgeCDN(ctx context.Context, permit remote.Permit, cdn string, files []string) error {
	what := fmt.Sprintf("purge %d paths at the CDN", len(files))
	if cdn == "" || len(files) == 0 || len(files) > MostFiles {
		return &fault.Error{What: what, On: cdn, Why: fmt.Sprintf("one purge takes 1 to %d paths", MostFiles), Next: "purge them in several steps", Code: fault.Usage}
	}
	c.flushing.alone.Lock()
	defer c.flushing.alone.Unlock()
	done, err := c.flushing.begin(ctx)
	if err != nil {
		return c.fault(what, cdn, err)
	}
	defer done()
	if err := c.keepRate(ctx, what, files); err != nil {
		return c.fault(what, cdn, err)
	}
	err = c.change(ctx, permit, what, cdn, func(ctx context.Context, g *godo.Client) (*godo.Response, error) {
		return g.CDNs.FlushCache(ctx, cdn, &godo.CDNFlushCacheRequest{Files: files})
	})
	if LimitedFor(err) > 0 { // by the purges of other machines
		c.flushing.requests.forget()
		c.flushing.files.forget()
	}
	return err
}

// keepRate waits until the purge fits into the rates. A path with a * counts as a request and not as a file.
func (c *Client) keepRate(ctx context.Context, what string, files []string) error {
	single := 0
	for _, f := range files {
		if !strings.Contains(f, "*") {
			single++
		}
	}
	f := c.flushing
	d := max(f.requests.wait(1, time.Now()), f.files.wait(single, time.Now()))
	if d > 0 {
		if err := (Wait{What: what, Why: "the CDN takes 5 purges in 10 s, and 50 paths in 20 s", For: d}).Pause(ctx, c.waiting); err != nil {
			return err
		}
	}
	f.requests.note(1, time.Now())
	f.files.note(single, time.Now())
	return nil
}
