package main

import (
	"context"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/postgres"
)

// How long a list waits for the team's store. A console shows what it has, and asks again soon; a command has only this one time.
const (
	consolePatience = 2 * time.Second
	commandPatience = 15 * time.Second
)

// openStores opens the store on this machine, and makes the team's, which is asked nothing yet.
func (a *app) openStores(ctx context.Context, console bool) error {
	var err error
	if a.local, err = run.Open(ctx, a.cfg.StateDir, a.secrets.Redact); err != nil {
		return a.cfg.Blame("$.state_dir", err)
	}
	a.stores = &run.Stores{Local: a.local, Patience: commandPatience}
	if console {
		a.stores.Patience = consolePatience
	}
	if !a.cfg.Shared() {
		return nil
	}
	c := postgres.Config{URL: urlOf(a.cfg, "$.store", a.cfg.Store, a.secrets), Secrets: a.secrets, Witness: a.calls.Witness}
	if a.cfg.StoreVia != config.Direct {
		c.Dial = a.host(a.cfg.StoreVia).Dial
	}
	a.stores.Team = run.NewPostgres(postgres.New(c), a.cfg.StateDir, a.secrets.Redact)
	return nil
}

// urlOf is a URL of the config, or the secret that it names, resolved when it is first needed.
func urlOf(cfg *config.Config, at, ref string, secrets *keys.Redactor) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if !keys.IsReference(ref) {
			return ref, nil
		}
		secret, err := secrets.Resolve(ctx, ref)
		return secret.Reveal(), cfg.Blame(at, err)
	}
}

// storeName is where runs begin.
func (a *app) storeName() string {
	if a.cfg.Shared() {
		return run.TeamStore
	}
	return run.LocalStore
}
