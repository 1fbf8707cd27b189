package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/desk"
)

// purgeFlags are what is purged, where, and how one is asked.
type purgeFlags struct {
	order             cache.Order
	origin, cdn, edge bool
	from              string
	repeat            string
	plan, yes         bool
	confirm           string
}

func newPurge(f *flags) *cobra.Command {
	x := &purgeFlags{}
	cmd := &cobra.Command{
		Use: "purge [URL…]", Short: "Take pages out of the caches, from the origin outwards, and prove that they are right",
		Long: "Purges pages by URL, prefix, host, tag, or everything: at nginx on the workers (--origin), at the CDN before the Space (--cdn) and at the edge (--edge);\n" +
			"at the edge when nothing is said. What is asked by another cache is purged before it. The rule that makes the edge keep a page is named beforehand.\n\n" +
			"Afterwards the pages are asked for again. What was purged and what was not is kept: --repeat does the rest.",
		Example: "  vmtui purge /@picard --origin --edge\n  vmtui purge --prefix /tags/ --yes\n  vmtui purge --from urls.txt --yes\n  vmtui purge --everything --yes --confirm vmst.io\n  vmtui purge --repeat last",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			x.order.URLs = append(args, x.order.URLs...)
			return withApp(cmd.Context(), f, f.asker(x.yes), func(ctx context.Context, a *app) error { return a.purge(ctx, f, x) })
		},
	}
	fs := cmd.Flags()
	fs.StringArrayVar(&x.order.URLs, "url", nil, "a `URL`, or a path of the instance; may be given again")
	fs.StringArrayVar(&x.order.Prefixes, "prefix", nil, "everything that begins with `HOST/PATH`, or with a path of the instance")
	fs.StringArrayVar(&x.order.Hosts, "host", nil, "everything of a `HOST`")
	fs.StringArrayVar(&x.order.Tags, "tag", nil, "everything that bears a Cache-`TAG`")
	fs.BoolVar(&x.order.Everything, "everything", false, "everything there is; wants the zone's name")
	fs.StringVar(&x.from, "from", "", "more URLs, one a line, from a `FILE`; - is the standard input")
	fs.BoolVar(&x.origin, "origin", false, "nginx's own cache on every worker")
	fs.BoolVar(&x.cdn, "cdn", false, "the CDN before the Space")
	fs.BoolVar(&x.edge, "edge", false, "the edge")
	fs.StringVar(&x.repeat, "repeat", "", "what an earlier purge left: its `ID`, or last")
	fs.BoolVar(&x.plan, "plan", false, "look, say what would be sent, change nothing")
	fs.BoolVar(&x.yes, "yes", false, "do it without being asked")
	fs.StringVar(&x.confirm, "confirm", "", "where a whole cache is emptied: the `ZONE` again")
	cmd.AddCommand(listPurges(f), showPurge(f))
	return withJSON(f, cmd)
}

func (a *app) purge(ctx context.Context, f *flags, x *purgeFlags) error {
	p, err := a.planPurge(ctx, f, x)
	if err != nil {
		return err
	}
	if x.plan {
		return f.showPurgePlan(p)
	}
	typed, err := a.mayPurge(ctx, f, x, p)
	if err != nil {
		return err
	}
	w, err := a.caches.Purge(ctx, p, typed)
	if err != nil {
		return err
	}
	return f.purged(ctx, f.watchPurge(ctx, w))
}

func (a *app) planPurge(ctx context.Context, f *flags, x *purgeFlags) (cache.Plan, error) {
	if x.repeat != "" {
		return a.caches.Repeat(ctx, x.repeat)
	}
	more, err := f.lines(x.from)
	if err != nil {
		return cache.Plan{}, err
	}
	o := x.order
	o.URLs = append(o.URLs, more...)
	for _, at := range []struct {
		on    bool
		where cache.Where
	}{{x.origin, cache.Origin}, {x.cdn, cache.CDN}, {x.edge, cache.TheEdge}} {
		if at.on {
			o.At = append(o.At, at.where)
		}
	}
	return a.caches.Plan(ctx, o)
}

// lines are those of a file, without empty ones and comments.
func (f *flags) lines(name string) ([]string, error) {
	in := f.in
	switch name {
	case "":
		return nil, nil
	case "-":
	default:
		file, err := os.Open(filepath.Clean(name))
		if err != nil {
			return nil, (&fault.Error{What: "the URLs cannot be read", On: name, Next: "look at the file", Code: fault.Usage}).Because(err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	var out []string
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if l := strings.TrimSpace(lines.Text()); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out, lines.Err()
}

// mayPurge shows what will be sent and wants a yes, or the zone's name where a whole cache is emptied. It gives back what was typed.
func (a *app) mayPurge(ctx context.Context, f *flags, x *purgeFlags, p cache.Plan) (string, error) {
	switch {
	case a.door.ReadOnly(): // the door says why it refuses
		return x.confirm, nil
	case p.Danger == act.Destroys && !f.attended(x.yes) && x.confirm != p.Confirm:
		return "", &fault.Error{What: "not confirmed", On: p.Confirm, Why: strings.Join(p.Load, " "), Next: "repeat it with --yes --confirm " + p.Confirm, Code: fault.Refused}
	case !f.attended(false) && !x.yes:
		return "", unconfirmed(p.Order.Words())
	case x.yes:
		for _, l := range keptBy(p) {
			f.note(l)
		}
		return x.confirm, nil
	}
	f.note(strings.Join(purgePlanLines(p), "\n"))
	no := &fault.Error{What: "not purged", On: p.Order.Words(), Why: "it was not confirmed", Next: "nothing was changed", Code: fault.Refused}
	if p.Danger == act.Destroys {
		if x.confirm != "" {
			return x.confirm, nil
		}
		f.note("Type the name of the zone, " + p.Confirm + ", to do it:")
		typed, err := f.terminal().Line(ctx)
		if err == nil && strings.TrimSpace(typed) != p.Confirm {
			err = no
		}
		return strings.TrimSpace(typed), err
	}
	answer, err := f.asker(false).Ask(ctx, desk.Question{Subject: p.Order.Words(), Text: "this is what will be sent. Do it?"})
	if err == nil && !answer.Yes {
		err = no
	}
	return "", err
}

func purgePlanLines(p cache.Plan) []string {
	out := []string{p.Order.Words()}
	if p.Repeats != "" {
		out[0] = "the rest of purge " + p.Repeats + ": " + p.Order.Words()
	}
	out = append(out, keptBy(p)...)
	for _, l := range p.Lines {
		out = append(out, "  "+l)
	}
	for _, l := range p.Load {
		out = append(out, "  ! "+l)
	}
	if p.Limits != "" {
		out = append(out, "  the plan allows: "+p.Limits)
	}
	return out
}

// keptBy are the rules that keep what is purged, and what is left out: also who asks no question is told.
func keptBy(p cache.Plan) []string {
	var out []string
	for _, b := range p.Rules {
		out = append(out, "  kept by: "+b.String()+". Mend it first, or it is kept again")
	}
	for _, w := range p.Warnings {
		out = append(out, "  ! "+w)
	}
	return out
}

// purgePlanDoc is a plan for scripts. Fields are added, never renamed.
type purgePlanDoc struct {
	Order    cache.Order   `json:"order"`
	Danger   act.Danger    `json:"danger"`
	Confirm  string        `json:"confirm"`
	Items    []cache.Item  `json:"items"`
	Plan     []string      `json:"plan"`
	Load     []string      `json:"load"`
	Rules    []cache.Blame `json:"rules"`
	Warnings []string      `json:"warnings"`
	Limits   string        `json:"limits"`
}

func (f *flags) showPurgePlan(p cache.Plan) error {
	if f.json {
		return f.printJSON(purgePlanDoc{
			p.Order, p.Danger, p.Confirm, p.Items, p.Lines, append([]string{}, p.Load...), append([]cache.Blame{}, p.Rules...), append([]string{}, p.Warnings...), p.Limits,
		})
	}
	return f.printf("%s\n", strings.Join(purgePlanLines(p), "\n"))
}

// watchPurge says on standard error what is being done, until it is over.
func (f *flags) watchPurge(ctx context.Context, w *cache.Work) cache.View {
	ctx = context.WithoutCancel(ctx) // what ends the work ends it; looking at it goes on until then
	said := ""
	for v, after := (cache.View{}), uint64(0); !v.Over; after = v.Version {
		var err error
		if v, err = w.View(ctx, after); err != nil {
			break
		}
		if v.Now != "" && v.Now != said {
			said = v.Now
			f.note(said)
		}
	}
	return w.Wait()
}

// purgeDoc is a purge for scripts. Fields are added, never renamed.
type purgeDoc struct {
	cache.Record
	Tally  string     `json:"tally"`
	Notes  []string   `json:"notes"`
	Proofs []probeDoc `json:"proofs"`
}

// purged prints what came of a purge and gives the exit code.
func (f *flags) purged(ctx context.Context, v cache.View) error {
	var err error
	if f.json {
		err = f.printJSON(purgeDoc{v.Record, v.Tally(), append([]string{}, v.Notes...), probesJSON(v.Proofs)})
	} else {
		err = f.showPurged(v)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return errors.Join(ended(fault.Interrupted), v.Err)
	case v.Err != nil:
		return v.Err
	}
	for _, p := range v.Proofs {
		if ok, said := p.Worked(); !ok {
			what, code := "purged, and not right", fault.Failed
			if p.Verdict.Unsure {
				what, code = "purged, and not proved", fault.Unknown
			}
			return &fault.Error{What: what, On: p.URL, Why: said, Next: p.Verdict.Next, Code: code}
		}
	}
	return nil
}

func (f *flags) showPurged(v cache.View) error {
	if err := f.printf("purge %s: %s\n", v.ID, v.Tally()); err != nil {
		return err
	}
	for n, i := range v.Rest() {
		if n == restShown {
			if err := f.printf("  and more: vmtui purge show %s\n", v.ID); err != nil {
				return err
			}
			break
		}
		if err := f.printf("  %s\n", itemLine(i)); err != nil {
			return err
		}
	}
	for _, note := range v.Notes {
		if err := f.printf("  %s\n", note); err != nil {
			return err
		}
	}
	return f.showProbes(v.Proofs)
}

// restShown is how many items are listed that were not purged.
const restShown = 20

func itemLine(i cache.Item) string {
	said := fmt.Sprintf("%-8s %-6s %s: %s", i.State, i.At, i.On, i.What)
	if i.Why != "" {
		said += " (" + i.Why + ")"
	}
	return said
}

func listPurges(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{Use: "list", Short: "What was purged from this machine, newest first", Args: between(0, 0), RunE: func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(_ context.Context, a *app) error {
			all, err := a.caches.Records()
			if err != nil {
				return err
			}
			if f.json {
				docs := []purgeDoc{}
				for _, r := range all {
					docs = append(docs, purgeDoc{r, r.Tally(), []string{}, []probeDoc{}})
				}
				return f.printJSON(map[string]any{"purges": docs})
			}
			for _, r := range all {
				if err := f.printf("%s  %s  %s: %s\n", r.ID, r.Began.Local().Format(time.DateTime), r.Order.Words(), r.Tally()); err != nil {
					return err
				}
			}
			return nil
		})
	}})
}

func showPurge(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{Use: "show ID", Short: "A purge item by item, by its ID, or last", Args: between(1, 1), RunE: func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(_ context.Context, a *app) error {
			r, err := a.caches.Record(args[0])
			if err != nil {
				return err
			}
			if f.json {
				return f.printJSON(purgeDoc{r, r.Tally(), []string{}, []probeDoc{}})
			}
			for _, i := range r.Items {
				if err := f.printf("%s\n", itemLine(i)); err != nil {
					return err
				}
			}
			return f.printf("%s\n", r.Tally())
		})
	}})
}
