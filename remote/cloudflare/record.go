package cloudflare

import (
	"context"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/dns"
	"github.com/cloudflare/cloudflare-go/v7/packages/pagination"

	"github.com/vmtui/vmtui/remote/clean"
)

// Record is a DNS record of the zone.
type Record struct {
	Type    string // "A", "CNAME", …
	Name    string
	Content string
	Proxied bool          // visitors meet the edge instead
	TTL     time.Duration // how long it may be remembered; zero: as the edge sees fit
}

const perPage = 100

// Records reads every record.
func (c *Client) Records(ctx context.Context) ([]Record, error) {
	zone, err := c.Zone(ctx)
	if err != nil {
		return nil, err
	}
	all, err := pages(ctx, c, errand{"list the DNS records", "Zone.DNS (read)"}, func(ctx context.Context, n float64) (*pagination.V4PagePaginationArray[dns.RecordResponse], error) {
		params := dns.RecordListParams{}
		params.ZoneID.Value, params.ZoneID.Present = zone, true
		params.Page.Value, params.Page.Present = n, true
		params.PerPage.Value, params.PerPage.Present = perPage, true
		return c.reads.dns.List(ctx, params)
	})
	out := make([]Record, 0, len(all))
	for i := range all {
		r := &all[i]
		x := Record{Type: clean.Line(string(r.Type)), Name: clean.Line(r.Name), Content: clean.Line(r.Content), Proxied: r.Proxied}
		if r.TTL != dns.TTL1 {
			x.TTL = time.Duration(r.TTL) * time.Second
		}
		out = append(out, x)
	}
	return out, err
}
