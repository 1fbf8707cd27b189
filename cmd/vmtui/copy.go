package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/ops/courier"
	"github.com/vmtui/vmtui/ops/spelling"
)

func newCopy(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{
		Use: "copy FROM TO", Short: "Copy a file to a node or from one", Args: between(2, 2),
		Long: "Copy one file; NODE:PATH is one on a node. It gets its name in one move when it is whole, and keeps its mode.\n\n" +
			"  vmtui copy provision.sh worker-1:/root/\n  vmtui copy worker-1:/var/log/syslog .",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.copy(ctx, f, args[0], args[1]) })
		},
	})
}

// copy goes to a node or comes from one.
func (a *app) copy(ctx context.Context, f *flags, from, to string) error {
	e, err := courier.Read(from, to, a.isNode)
	if err != nil {
		return err
	}
	trip, err := a.courier().Start(ctx, e)
	if err != nil {
		return err
	}
	f.copying(ctx, trip)
	if err := trip.Wait().Err; err != nil {
		return err
	}
	return f.answer(map[string]any{"from": from, "to": to}, e.From()+" is copied to "+e.To())
}

func (a *app) courier() courier.Courier {
	return courier.Courier{Host: func(name string) courier.Host { return a.host(name) }, Door: a.door, Journal: a.engine.Single()}
}

func (a *app) isNode(name string) bool {
	_, known := a.cfg.Node(name)
	return known
}

// copying shows how far a copy is, in tenths, until it is over.
func (f *flags) copying(ctx context.Context, trip *courier.Trip) {
	said := 0
	for v, err := trip.View(ctx, 0); err == nil && !v.Over; v, err = trip.View(ctx, v.Version) {
		if tenth := v.Percent() / 10; tenth > said && tenth < 10 {
			said = tenth
			f.note(fmt.Sprintf("%s: %d0 %% of %s", v.Errand.From(), tenth, spelling.Count(v.Of, "byte", "bytes")))
		}
	}
}
