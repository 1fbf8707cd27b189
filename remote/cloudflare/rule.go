package cloudflare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/cloudflare/cloudflare-go/v7/cache"
	"github.com/cloudflare/cloudflare-go/v7/page_rules"
	"github.com/cloudflare/cloudflare-go/v7/rulesets"

	"github.com/vmtui/vmtui/remote/clean"
)

// Rule is a rule of the zone that says what the edge caches.
type Rule struct {
	Name    string // as its owner called it, or its pattern
	Page    bool   // one of the older page rules: Match is a pattern of URLs, not an expression
	Match   string
	Caches  bool // it makes what it matches be cached; otherwise it keeps it from being cached
	Enabled bool
}

// String names the rule so that it is found in Cloudflare's panel.
func (r Rule) String() string {
	if r.Page {
		return fmt.Sprintf("page rule %q", r.Match)
	}
	return fmt.Sprintf("cache rule %q (%s)", r.Name, r.Match)
}

// cachePhase is where the cache rules of a zone are.
const cachePhase = rulesets.Phase("http_request_cache_settings")

// CacheRules are the cache rules, in the order in which they are asked: the last that matches wins.
func (c *Client) CacheRules(ctx context.Context) ([]Rule, error) {
	zone, err := c.Zone(ctx)
	if err != nil {
		return nil, err
	}
	params := rulesets.PhaseGetParams{}
	params.ZoneID.Value, params.ZoneID.Present = zone, true
	set, err := read(ctx, c, errand{"read the cache rules", "Zone.Cache Rules (read)"}, func(ctx context.Context) (*rulesets.PhaseGetResponse, error) {
		return c.reads.phases.Get(ctx, cachePhase, params)
	})
	var answer *cache.Error
	switch {
	case errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound:
		return nil, nil // nobody ever made one
	case err != nil:
		return nil, err
	}
	var out []Rule
	for i := range set.Rules {
		if r, ok := cacheRule(&set.Rules[i]); ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// cacheRule reads one rule; false for one that says nothing of whether things are cached.
func cacheRule(r *rulesets.PhaseGetResponseRule) (Rule, bool) {
	var told struct {
		Parameters struct {
			Cache *bool `json:"cache"`
		} `json:"action_parameters"`
	}
	if err := json.Unmarshal([]byte(r.JSON.RawJSON()), &told); err != nil || told.Parameters.Cache == nil {
		return Rule{}, false
	}
	return Rule{Name: clean.Line(r.Description), Match: clean.Line(r.Expression), Caches: *told.Parameters.Cache, Enabled: r.Enabled}, true
}

// PageRules are the older rules that make the edge cache, or keep it from it, the strongest first.
func (c *Client) PageRules(ctx context.Context) ([]Rule, error) {
	zone, err := c.Zone(ctx)
	if err != nil {
		return nil, err
	}
	params := page_rules.PageRuleListParams{}
	params.ZoneID.Value, params.ZoneID.Present = zone, true
	params.Order.Value, params.Order.Present = page_rules.PageRuleListParamsOrderPriority, true
	params.Direction.Value, params.Direction.Present = page_rules.PageRuleListParamsDirectionDesc, true
	list, err := read(ctx, c, errand{"read the page rules", "Zone.Page Rules (read)"}, func(ctx context.Context) (*[]page_rules.PageRule, error) {
		return c.reads.pageRules.List(ctx, params)
	})
	if err != nil || list == nil {
		return nil, err
	}
	var out []Rule
	for i := range *list {
		if r, ok := pageRule(&(*list)[i]); ok {
			out = append(out, r)
		}
	}
	return out, nil
}

func pageRule(p *page_rules.PageRule) (Rule, bool) {
	for _, a := range p.Actions {
		level := fmt.Sprint(a.Value)
		if string(a.ID) != "cache_level" || level != "cache_everything" && level != "bypass" || len(p.Targets) == 0 {
			continue
		}
		match := clean.Line(p.Targets[0].Constraint.Value)
		return Rule{Name: match, Page: true, Match: match, Caches: level == "cache_everything", Enabled: p.Status == page_rules.PageRuleStatusActive}, true
	}
	return Rule{}, false
}
