package cloudflare

import (
	"context"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/packages/pagination"
	"github.com/cloudflare/cloudflare-go/v7/zones"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// Zone is the zone as the API tells of it.
type Zone struct {
	ID     string
	Name   string
	Plan   string // "Free Website", "Pro Website", …
	Status string // "active", "pending", …
	Paused bool   // DNS only: nothing is cached and nobody is shielded
	Seen   time.Time
}

var findZone = errand{"find the zone", "Zone.Zone (read)"}

// Zone finds the zone's id by its name. It is asked once.
func (c *Client) Zone(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.zone.ID
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	z, err := c.Look(ctx)
	return z.ID, err
}

// Look reads the zone, by its name.
func (c *Client) Look(ctx context.Context) (Zone, error) {
	if c.cfg.Zone == "" {
		return Zone{}, &fault.Error{What: "no zone is configured", On: "cloudflare.zone", Next: "set cloudflare.zone to the zone's name", Code: fault.Usage}
	}
	query := zones.ZoneListParams{}
	query.Name.Value, query.Name.Present = c.cfg.Zone, true
	page, err := read(ctx, c, findZone, func(ctx context.Context) (*pagination.V4PagePaginationArray[zones.Zone], error) {
		return c.reads.zones.List(ctx, query)
	})
	if err != nil {
		return Zone{}, err
	}
	for i := range page.Result {
		if z := &page.Result[i]; z.Name == c.cfg.Zone {
			return c.know(Zone{ID: z.ID, Name: z.Name, Plan: clean.Line(z.Plan.Name), Status: clean.Line(string(z.Status)), Paused: z.Paused, Seen: time.Now()}), nil //nolint:staticcheck // the plan's limits are the zone's, and nothing else tells them without a further permission
		}
	}
	return Zone{}, &fault.Error{What: "no such zone", On: c.cfg.Zone, Why: "the token sees none of that name", Next: "look at cloudflare.zone, and at the zones that the token may see"}
}

// know remembers the zone, and the limits of its plan.
func (c *Client) know(z Zone) Zone {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.zone.Plan != z.Plan || c.zone.ID == "" {
		c.budget = newBudget(LimitsOf(z.Plan))
	}
	c.zone = z
	return z
}
