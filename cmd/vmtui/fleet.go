package main

import (
	"context"
	"path/filepath"

	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/fleet"
)

// fleetConfig tells the watch where to look.
func (a *app) fleetConfig() fleet.Config {
	c := fleet.Config{
		Instance: a.cfg.Instance, Nodes: fleetNodes(a.cfg), Every: a.cfg.Fleet.Every, Cache: filepath.Join(a.cfg.StateDir, "fleet.json"),
		Host:     func(name string) fleet.Looker { return a.host(name) },
		Site:     fleet.SiteByHTTP(a.cfg.Site, a.calls.Witness),
		Records:  a.keeper.Records,
		Sidekiqs: a.seeSidekiqs,
		Services: []fleet.Probe{{Name: "redis", Look: a.seeRedis}},
	}
	if a.edge != nil {
		c.Services = append(c.Services, fleet.Probe{Name: "edge", Look: a.caches.Normal, Good: cache.IsNormal})
	}
	if a.cfg.LoadBalancer.ID != "" {
		c.Balancer = a.seeBalancer
	}
	return c
}

func fleetNodes(cfg *config.Config) []fleet.NodeConfig {
	var nodes []fleet.NodeConfig
	for _, n := range cfg.Nodes {
		node := fleet.NodeConfig{Name: n.Name, Role: n.Role, Dest: n.SSH, Droplet: n.Droplet, Project: n.Mastodon.Project, AccessLog: n.AccessLog}
		if n.Role == config.RoleWorker && cfg.LoadBalancer.LameDuck != config.NoLameDuck {
			node.LameDuck = cfg.LoadBalancer.LameDuck
		}
		if n.Mastodon.Kind == config.KindNative {
			node.Unit = "mastodon-sidekiq"
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func (a *app) seeBalancer(ctx context.Context) (fleet.Balancer, error) {
	lb, err := a.cloud.Balancer(ctx, a.cfg.LoadBalancer.ID)
	return fleet.Describe(lb, fleetNodes(a.cfg)), err
}

func (a *app) seeSidekiqs(ctx context.Context) ([]fleet.Sidekiq, error) {
	all, err := a.jobs.Processes(ctx)
	var beating []fleet.Sidekiq
	for _, p := range all {
		if !p.Stale {
			beating = append(beating, fleet.Sidekiq{Identity: p.Identity, Hostname: p.Hostname, Busy: p.Busy, Quiet: p.Quiet})
		}
	}
	return beating, err
}

func (a *app) seeRedis(ctx context.Context) (string, error) {
	if err := a.redis.Ping(ctx); err != nil {
		return "", err
	}
	return "answers", nil
}
