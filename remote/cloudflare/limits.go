package cloudflare

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/vmtui/vmtui/remote/web"
)

// Limits are what a plan lets an account purge. https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits
type Limits struct {
	Plan     string
	URLs     int        // that one purge may name
	Others   int        // prefixes, hosts or tags that one purge may name
	URLRate  rate.Limit // URLs a second
	Requests rate.Limit // purges a second, other than of URLs
	Bucket   int        // of those, how many at once
}

// MostURLs is how many URLs one purge may name, on every plan.
const MostURLs = 100

// LimitsOf are the limits of a plan by its name. What is not known is taken for the least.
func LimitsOf(plan string) Limits {
	l := Limits{Plan: "Free", URLs: MostURLs, Others: 100, URLRate: 800, Requests: rate.Every(12 * time.Second), Bucket: 25}
	switch name := strings.ToLower(plan); {
	case strings.Contains(name, "enterprise"):
		l.Plan, l.URLs, l.URLRate, l.Requests, l.Bucket = "Enterprise", 500, 3000, 50, 500
	case strings.Contains(name, "business"):
		l.Plan, l.URLRate, l.Requests, l.Bucket = "Business", 1500, 10, 50
	case strings.Contains(name, "pro"):
		l.Plan, l.URLRate, l.Requests, l.Bucket = "Pro", 1500, 5, 25
	}
	return l
}

// String is what the plan allows, in words.
func (l Limits) String() string {
	per := fmt.Sprintf("%.0f purges a second", float64(l.Requests))
	if l.Requests < 1 {
		per = fmt.Sprintf("%.0f purges a minute", float64(l.Requests)*60)
	}
	return fmt.Sprintf("%s: %d URLs a call and %.0f a second; of prefixes, hosts and tags %d a call, %s", l.Plan, l.URLs, float64(l.URLRate), l.Others, per)
}

// Most is how many items of a kind one purge may name.
func (l Limits) Most(k Kind) int {
	if k == URLs {
		return l.URLs
	}
	return l.Others
}

// travel is how much longer one purge may be on its way than another: Cloudflare counts when they arrive, we when they leave.
const travel = 500 * time.Millisecond

// budget is what this process has left of the limits. Others who purge in the same account have their part of them, so that a 429 is still possible.
type budget struct{ urls, requests *rate.Limiter }

func newBudget(l Limits) budget {
	return budget{urls: limiter(l.URLRate, int(l.URLRate)), requests: limiter(l.Requests, l.Bucket)}
}

// limiter lets as many go at once as fit into the bucket even when the last of them overtook the first.
func limiter(per rate.Limit, bucket int) *rate.Limiter {
	return rate.NewLimiter(per, bucket-int(math.Ceil(float64(per)*travel.Seconds())))
}

// keep waits until a purge fits into the plan's rate, and tells of the wait.
func (c *Client) keep(ctx context.Context, b Batch) error {
	c.mu.Lock()
	own, limits := c.budget, LimitsOf(c.zone.Plan)
	c.mu.Unlock()
	slot := own.requests.Reserve()
	if b.Kind == URLs {
		slot.Cancel()
		slot = own.urls.ReserveN(time.Now(), len(b.Items))
	}
	if d := slot.Delay(); d > 0 {
		if err := (web.Wait{What: b.what(), Why: "the rate that the plan allows (" + limits.Plan + ")", For: d}).Pause(ctx, c.cfg.Waiting); err != nil {
			slot.Cancel()
			return err
		}
	}
	return nil
}

// Limits are those of the zone's plan.
func (c *Client) Limits(ctx context.Context) (Limits, error) {
	if _, err := c.Zone(ctx); err != nil {
		return Limits{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return LimitsOf(c.zone.Plan), nil
}
