package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/book"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
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
	if err := identities(cfg, keys.Refuser{}).Check(); err != nil {
		return err
	}
	if err := errors.Join(checkSecrets(ctx, cfg), checkWires(ctx, cfg), checkProvisioning(cfg), checkKeys(cfg), checkState(ctx, cfg)); err != nil {
		return err
	}
	books, warnings, err := book.NewShelf(book.Deps{Deps: worker.Deps{Config: cfg}}, worker.Books(worker.Deps{Config: cfg})).Check()
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(map[string]any{"config": cfg.Path(), "instance": cfg.Instance, "nodes": len(cfg.Nodes), "runbooks": append([]string{}, books...), "warnings": append([]string{}, warnings...), "ok": true})
	}
	for _, w := range warnings {
		f.note("warning: " + w)
	}
	return f.printf("%s is good: %s, %d nodes, %s\n", cfg.Path(), cfg.Instance, len(cfg.Nodes), owned(len(books)))
}

func owned(n int) string {
	switch n {
	case 0:
		return "no runbooks of its own"
	case 1:
		return "one runbook of its own"
	}
	return fmt.Sprintf("%d runbooks of its own", n)
}

// checkSecrets resolves every reference once, so that a missing token is found now and not in the middle of something.
func checkSecrets(ctx context.Context, cfg *config.Config) error {
	var all []error
	for _, ref := range []string{cfg.DigitalOcean.Token, cfg.Cloudflare.Token} {
		if ref == "" {
			continue
		}
		if _, err := keys.Resolve(ctx, ref); err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// checkWires makes what would speak to the provider and to Redis, without speaking to them.
func checkWires(ctx context.Context, cfg *config.Config) error {
	redact := keys.NewRedactor()
	_, err := newCloud(cfg.DigitalOcean, redact, nil, func(string) {})
	_, atEdge := newEdge(cfg.Cloudflare, redact, nil)
	return errors.Join(err, atEdge, redis.New(redis.Config{URL: redisURL(cfg, redact)}).Check(ctx))
}

// checkKeys holds the remapped keys against the console's own.
func checkKeys(cfg *config.Config) error {
	if _, err := binding.New(cfg.Bindings); err != nil {
		return (&fault.Error{What: "the key bindings contradict", On: cfg.Path(), Next: "correct bindings; the console's help (?) shows the ids", Code: fault.Usage}).Because(err)
	}
	return nil
}

// checkState opens the store of runs, which makes it where there is none.
func checkState(ctx context.Context, cfg *config.Config) error {
	store, err := run.Open(ctx, cfg.StateDir, nil)
	if err != nil {
		return err
	}
	return store.Close()
}

func checkProvisioning(cfg *config.Config) error {
	if cfg.Reimage.Provision == "" {
		return nil
	}
	if err := readable(cfg.Reimage.Provision); err != nil {
		return (&fault.Error{What: "the provisioning script cannot be read", On: cfg.Reimage.Provision, Next: "correct reimage.provision in " + cfg.Path(), Code: fault.Usage}).Because(err)
	}
	return nil
}
