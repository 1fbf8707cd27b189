package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/trail"
	"github.com/vmtui/vmtui/ops/verb"
)

func newAudit(f *flags) *cobra.Command {
	var q auditFlags
	cmd := withJSON(f, &cobra.Command{
		Use: "audit", Short: "Who did what, when, where, and how it ended", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := q.query(time.Now())
			if err != nil {
				return err
			}
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return showTrail(ctx, f, a, query) })
		},
	})
	q.add(cmd)
	cmd.AddCommand(verifyTrail(f), anchorTrail(f))
	return cmd
}

// auditFlags say which entries are wanted.
type auditFlags struct {
	since, until, text string
	asked              trail.Query
}

func (q *auditFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&q.since, "since", "", "not before this `TIME`: 2026-11-03, 2026-11-03T04:00, or 12h or 30d ago")
	fs.StringVar(&q.until, "until", "", "not after this `TIME`")
	fs.StringVar(&q.asked.By, "by", "", "by this `OPERATOR`")
	fs.StringVar(&q.asked.On, "on", "", "on this `TARGET`: a node, a balancer")
	fs.StringVar(&q.asked.Run, "run", "", "of the run with this `ID`")
	fs.StringVar(&q.asked.Outcome, "outcome", "", "that ended in this `STATE`: done, failed, unknown; of a run also stopped, undone, refused")
	fs.StringVar((*string)(&q.asked.Kind), "kind", "", "of this `KIND`: act, decision, run")
	fs.StringVar(&q.text, "grep", "", "that say something which this `REGEXP` matches, in their output too")
	fs.IntVar(&q.asked.Most, "most", 200, "the newest `N` at the most; 0 for all")
}

func (q *auditFlags) query(now time.Time) (trail.Query, error) {
	query := q.asked
	if err := q.known(); err != nil {
		return query, err
	}
	var errs [3]error
	query.Since, errs[0] = moment(q.since, now)
	query.Until, errs[1] = moment(q.until, now)
	if q.text != "" {
		query.Text, errs[2] = regexp.Compile(q.text)
	}
	if errs[2] != nil {
		errs[2] = (&fault.Error{What: "--grep is no regular expression", On: q.text, Next: "put a backslash before what is meant as it is", Code: fault.Usage}).Because(errs[2])
	}
	return query, errors.Join(errs[:]...)
}

// known refuses words that no entry bears: they would find nothing, which reads as if nothing had been done.
func (q *auditFlags) known() error {
	for _, x := range []struct {
		flag, said string
		known      []string
	}{
		{"--outcome", q.asked.Outcome, trail.Outcomes},
		{"--kind", string(q.asked.Kind), []string{string(trail.Act), string(trail.Decision), string(trail.Ending)}},
	} {
		if x.said != "" && !slices.Contains(x.known, x.said) {
			return &fault.Error{What: "no entry bears that word", On: x.flag + " " + x.said, Why: spelling.Hint("the nearest is ", x.said, x.known, ""), Next: "say one of " + strings.Join(x.known, ", "), Code: fault.Usage}
		}
	}
	return nil
}

// moment reads a time, or how long ago it was. Nothing given is the zero time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := span(text); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &fault.Error{What: "that time is not understood", On: text, Next: "write 2026-11-03, 2026-11-03T04:00, 12h or 30d", Code: fault.Usage}
}

// span reads a duration, in days too.
func span(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		hours, err := time.ParseDuration(days + "h")
		return 24 * hours, err
	}
	return time.ParseDuration(text)
}

func showTrail(ctx context.Context, f *flags, a *app, q trail.Query) error {
	entries, err := trail.Read(ctx, a.stores, q)
	if err != nil {
		return err
	}
	if f.json {
		return f.printJSON(map[string]any{"entries": append([]trail.Entry{}, entries...)})
	}
	if len(entries) == 0 {
		return f.printf("nothing of the kind is in the audit trail\n")
	}
	w := tabwriter.NewWriter(f.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "TIME\tBY\tON\tOUTCOME\tOF\tRUN\tWHAT") // what is long stands last, and pushes nothing away
	for _, e := range entries {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Time.Local().Format(time.DateTime), from(e), e.On, cmp.Or(e.Outcome, "-"), verb.Spoken(e.Runbook), e.Run, whatWas(e))
	}
	return w.Flush()
}

func from(e trail.Entry) string {
	if e.Host == "" {
		return e.By
	}
	return e.By + "@" + e.Host
}

func whatWas(e trail.Entry) string {
	text := e.What
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return strings.ReplaceAll(text, "\n", " ")
}

func verifyTrail(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{
		Use: "verify", Short: "Prove that the audit trail is what was written", Args: between(0, 0),
		Long: "Makes the store's hash chain again, link by link, and compares it with the heads that are anchored on the exec node. It finds what was rewritten, cut out,\nput in or reordered. Output that was pruned is accounted for. When exec cannot be asked, only the chain itself is proved, and the exit code is 4.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return verify(ctx, f, a) })
		},
	})
}

// verify proves every store that can be reached.
func verify(ctx context.Context, f *flags, a *app) error {
	anchors, unread := a.keeper.Anchors(ctx)
	var proofs []run.Proof
	var errs []error
	var words []string
	for _, chain := range a.engine.Chains() {
		p, err := chain.Prove(ctx, anchors)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		proofs, words = append(proofs, p), append(words, proofWords(p))
	}
	if unread != nil {
		errs = append(errs, (&fault.Error{What: "the anchors were not compared", On: a.cfg.Exec().Name, Next: "verify again when exec answers: a chain made anew would not be noticed", Code: fault.Unknown}).Because(unread))
	}
	said := map[string]any{"holds": len(errs) == 0, "proofs": append([]run.Proof{}, proofs...), "anchors_read": unread == nil}
	if f.json || len(words) > 0 {
		errs = append([]error{f.answer(said, strings.Join(words, "\n"))}, errs...)
	}
	return errors.Join(errs...)
}

func proofWords(p run.Proof) string {
	words := fmt.Sprintf("the chain of store %s holds: %s over %s (%s of output pruned)", p.Store, spelling.Count(p.N, "link", "links"), spelling.Count(p.Events, "event", "events"), spelling.Count(p.Pruned, "line", "lines"))
	if p.Anchor == nil {
		return words + "\n  it is anchored nowhere yet: vmtui audit anchor"
	}
	return words + fmt.Sprintf("\n  it agrees with %s on exec; the newest, by %s on %s, leaves %s uncovered", spelling.Count(p.Anchors, "anchor", "anchors"), p.Anchor.By, p.Anchor.Time.Local().Format(time.DateTime), spelling.Count(p.Unanchored, "link", "links"))
}

func anchorTrail(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{
		Use: "anchor", Short: "Write on the exec node where the trail ends now; every leg of a run does so by itself", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
				heads, err := a.engine.Anchor(ctx)
				var words []string
				for _, h := range heads {
					words = append(words, fmt.Sprintf("link %d of store %s is anchored on %s", h.N, h.Store, a.cfg.Exec().Name))
				}
				return errors.Join(err, f.answer(map[string]any{"anchored": append([]run.Head{}, heads...)}, strings.Join(words, "\n")))
			})
		},
	})
}
