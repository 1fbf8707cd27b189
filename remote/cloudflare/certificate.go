package cloudflare

import (
	"context"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/packages/pagination"
	"github.com/cloudflare/cloudflare-go/v7/ssl"

	"github.com/vmtui/vmtui/remote/clean"
)

// Certificate is one that the edge shows to visitors.
type Certificate struct {
	Hosts   []string
	Issuer  string
	Status  string // "active", …
	Expires time.Time
}

// Certificates are those of the packs that are in use.
func (c *Client) Certificates(ctx context.Context) ([]Certificate, error) {
	zone, err := c.Zone(ctx)
	if err != nil {
		return nil, err
	}
	packs, err := pages(ctx, c, errand{"list the edge's certificates", "Zone.SSL and Certificates (read)"}, func(ctx context.Context, n float64) (*pagination.V4PagePaginationArray[ssl.CertificatePackListResponse], error) {
		params := ssl.CertificatePackListParams{}
		params.ZoneID.Value, params.ZoneID.Present = zone, true
		params.Page.Value, params.Page.Present = n, true
		return c.reads.packs.List(ctx, params)
	})
	var out []Certificate
	for i := range packs {
		for j := range packs[i].Certificates {
			x := &packs[i].Certificates[j]
			one := Certificate{Issuer: clean.Line(x.Issuer), Status: clean.Line(x.Status), Expires: x.ExpiresOn}
			for _, h := range x.Hosts {
				one.Hosts = append(one.Hosts, clean.Line(h))
			}
			out = append(out, one)
		}
	}
	return out, err
}
