package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/book"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/postgres"
	"github.com/vmtui/vmtui/remote/redis"
	"github.com/vmtui/vmtui/ui/binding"
)

func newConfig(f *flags) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "The config file", Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return usage(cmd, "say what to do with it")
	}}
	cmd.AddCommand(withJSON(f, &cobra.Command{
		Use: "check", Short: "Check the config file, the secrets it names and the keys it offers", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return checkConfig(cmd.Context(), f) },
	}))
	return cmd
}

func checkConfig(ctx context.Context, f *flags) error {
	cfg, err := config.Load(f.config)
	if err != nil {
		return err
	}
	f.guard(ctx, cfg.StateDir, cfg.DigitalOcean.Token, cfg.Cloudflare.Token, cfg.Sidekiq.Redis, cfg.Store)
	if err := checkIdentities(cfg, identities(cfg, keys.Refuser{})); err != nil {
		return err
	}
	if err := errors.Join(checkSecrets(ctx, cfg, f.secrets), checkWires(ctx, cfg, f.secrets), checkProvisioning(cfg), checkKeys(cfg), checkState(ctx, cfg)); err != nil {
		return err
	}
	books, warnings, err := book.NewShelf(book.Deps{Deps: worker.Deps{Config: cfg}, Redact: f.secrets.Redact}, worker.Books(worker.Deps{Config: cfg})).Check()
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(map[string]any{"config": cfg.Path(), "instance": cfg.Instance, "nodes": len(cfg.Nodes), "runbooks": append([]string{}, books...), "warnings": append([]string{}, warnings...), "ok": true})
	}
	for _, w := range warnings {
		f.note("warning: " + w)
	}
	return f.printf("%s is good: %s, %s, %s\n", cfg.Path(), cfg.Instance, spelling.Count(len(cfg.Nodes), "node", "nodes"), owned(len(books)))
}

func owned(n int) string {
	if n == 0 {
		return "no runbooks of its own"
	}
	return spelling.Count(n, "runbook", "runbooks") + " of its own"
}

// checkSecrets resolves every reference once, so that a missing token is found now and not in the middle of something.
func checkSecrets(ctx context.Context, cfg *config.Config, secrets *keys.Redactor) error {
	var all []error
	for _, secret := range []struct{ path, ref string }{{"$.digitalocean.token", cfg.DigitalOcean.Token}, {"$.cloudflare.token", cfg.Cloudflare.Token}} {
		if secret.ref == "" {
			continue
		}
		if _, err := secrets.Resolve(ctx, secret.ref); err != nil {
			all = append(all, cfg.Blame(secret.path, err))
		}
	}
	return errors.Join(all...)
}

// checkWires makes what would speak to the provider, to Redis and to the team's store, without speaking to them.
func checkWires(ctx context.Context, cfg *config.Config, secrets *keys.Redactor) error {
	_, err := newCloud(cfg.DigitalOcean, "", cfg.Blame, secrets, nil, func(string) {})
	_, atEdge := newEdge(cfg, secrets, nil, func(string) {})
	sidekiq := redis.New(redis.Config{URL: urlOf(cfg, "$.sidekiq.redis", cfg.Sidekiq.Redis, secrets), Secrets: secrets}).Check(ctx)
	return errors.Join(err, atEdge, blamed(cfg, "$.sidekiq.redis", cfg.Sidekiq.Redis, sidekiq), checkStore(ctx, cfg, secrets))
}

// checkStore reads where the team's runs are, without going there.
func checkStore(ctx context.Context, cfg *config.Config, secrets *keys.Redactor) error {
	if !cfg.Shared() {
		return nil
	}
	store := postgres.New(postgres.Config{URL: urlOf(cfg, "$.store", cfg.Store, secrets), Secrets: secrets}).Check(ctx)
	return blamed(cfg, "$.store", cfg.Store, store)
}

// blamed points at the line of a URL that is of no use. The line of one that names a secret is said where it is resolved.
func blamed(cfg *config.Config, at, ref string, err error) error {
	if keys.IsReference(ref) {
		return err
	}
	return cfg.Blame(at, err)
}

// checkKeys holds the remapped keys against the console's own.
func checkKeys(cfg *config.Config) error {
	if _, err := binding.New(cfg.Bindings); err != nil {
		return cfg.Blame("$.bindings", (&fault.Error{What: "the key bindings contradict", Next: "correct bindings; the console's help (?) shows the ids", Code: fault.Usage}).Because(err))
	}
	return nil
}

// checkState opens the store of runs, which makes it where there is none.
func checkState(ctx context.Context, cfg *config.Config) error {
	store, err := run.Open(ctx, cfg.StateDir, nil)
	if err != nil {
		return cfg.Blame("$.state_dir", err)
	}
	return store.Close()
}

func checkProvisioning(cfg *config.Config) error {
	if cfg.Reimage.Provision == "" {
		return nil
	}
	if err := readable(cfg.Reimage.Provision); err != nil {
		return cfg.Blame("$.reimage.provision", (&fault.Error{What: "the provisioning script cannot be read", On: cfg.Reimage.Provision, Next: "correct reimage.provision", Code: fault.Usage}).Because(err))
	}
	return nil
}
