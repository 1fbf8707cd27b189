package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/cache"
	"github.com/vmtui/vmtui/ops/desk"
)

func newZone(f *flags) *cobra.Command {
	look := func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.zone(ctx, f) })
	}
	cmd := withJSON(f, &cobra.Command{
		Use: "zone", Short: "The zone at the edge at a glance", Args: noArgs, RunE: look,
		Long: "Shows the zone: its plan and what that allows, the token, development mode and \"under attack\", the DNS records with what differs from the balancer and the\n" +
			"nodes, the rules that make the edge keep things, and when the certificates end, at the edge and on each worker.",
	})
	cmd.AddCommand(switchZone(f, "dev", cache.Development, "Development mode: the edge keeps nothing for three hours"),
		switchZone(f, "attack", cache.Attack, "\"Under attack\": every visitor is challenged, and every other server with them"), proveZone(f))
	return cmd
}

func switchZone(f *flags, word, setting, short string) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{Use: word + " on|off", Short: short, Args: between(1, 1), ValidArgs: []string{"on", "off"}, RunE: func(cmd *cobra.Command, args []string) error {
		if args[0] != "on" && args[0] != "off" {
			return usage(cmd, "say on or off")
		}
		return withApp(cmd.Context(), f, f.asker(yes), func(ctx context.Context, a *app) error {
			s, err := a.caches.Switching(ctx, setting, args[0] == "on")
			if err == nil {
				err = a.maySwitch(ctx, f, yes, s)
			}
			if err == nil {
				err = a.caches.Switch(ctx, s)
			}
			if err != nil {
				return err
			}
			said := strings.ReplaceAll(s.Setting+" is "+s.To, "_", " ")
			if args[0] == "on" {
				said += "; `vmtui status` and the fleet remind you until it is switched back: vmtui zone " + word + " off"
			}
			return f.answer(map[string]any{"setting": s.Setting, "was": s.Was, "is": s.To}, said)
		})
	}}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without being asked")
	return withJSON(f, cmd)
}

// maySwitch says what it means and wants a yes.
func (a *app) maySwitch(ctx context.Context, f *flags, yes bool, s cache.Switch) error {
	if yes || a.door.ReadOnly() { // the door says why it refuses
		return nil
	}
	if !f.attended(false) {
		return &fault.Error{What: "not confirmed", On: "set " + s.Setting + " to " + s.To, Why: "nobody sits at a terminal to say yes. " + strings.Join(s.Text, " "), Next: "repeat it with --yes", Code: fault.Refused}
	}
	answer, err := f.asker(false).Ask(ctx, desk.Question{Subject: a.cfg.Cloudflare.Zone, Text: "set " + s.Setting + " from " + s.Was + " to " + s.To + "?", Details: s.Text})
	if err == nil && !answer.Yes {
		err = &fault.Error{What: "not switched", On: s.Setting, Why: "the answer was not yes", Next: "nothing was changed", Code: fault.Refused}
	}
	return err
}

func proveZone(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{Use: "prove", Short: "Prove that the token may purge, by purging a URL that never was", Args: between(0, 0), RunE: func(cmd *cobra.Command, _ []string) error {
		return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error {
			if err := a.caches.ProveToken(ctx); err != nil {
				return err
			}
			return f.answer(map[string]any{"may_purge": true}, "the token may purge")
		})
	}})
}

// The shape of `vmtui zone --json`. Fields are added, never renamed.
type (
	zoneDoc struct {
		Zone         string           `json:"zone"`
		Plan         string           `json:"plan"`
		Status       string           `json:"status"`
		Paused       bool             `json:"paused"`
		Limits       string           `json:"limits"`
		Token        string           `json:"token"`
		Proved       *time.Time       `json:"purge_proved"` // null: never
		ProvedSays   string           `json:"purge_refused,omitempty"`
		Development  string           `json:"development_mode"`
		Left         float64          `json:"development_seconds_left"`
		Security     string           `json:"security_level"`
		Reminders    []cache.Reminder `json:"reminders"`
		Records      []zoneRecord     `json:"records"`
		Differences  []string         `json:"differences"`
		Certificates []zoneCert       `json:"certificates"`
		Rules        []string         `json:"rules"`
		Errors       []*fault.Error   `json:"errors"`
	}
	zoneRecord struct {
		Type    string `json:"type"`
		Name    string `json:"name"`
		Content string `json:"content"`
		Proxied bool   `json:"proxied"`
		TTL     int    `json:"ttl_seconds"` // 0: automatic
	}
	zoneCert struct {
		Where   string     `json:"where"`
		What    string     `json:"what"`
		Expires *time.Time `json:"expires"`
		Doubt   string     `json:"doubt,omitempty"`
		Error   string     `json:"error,omitempty"`
	}
)

func (a *app) zone(ctx context.Context, f *flags) error {
	g, err := a.caches.Glance(ctx)
	if err != nil {
		return err
	}
	if f.json {
		err = f.printJSON(zoneJSON(g))
	} else {
		err = f.printf("%s\n", strings.Join(g.Lines(time.Now()), "\n"))
	}
	if err == nil && g.Zone.Err != nil {
		return g.Zone.Err
	}
	return err
}

func zoneJSON(g cache.Glance) zoneDoc {
	d := zoneDoc{
		Zone: g.Zone.Value.Name, Plan: g.Zone.Value.Plan, Status: g.Zone.Value.Status, Paused: g.Zone.Value.Paused, Limits: g.Limits, Token: g.Token.Value.Status,
		ProvedSays: g.Proved.Says, Development: g.Development.Value.Value, Left: g.Development.Value.Left.Seconds(), Security: g.Security.Value.Value,
		Reminders: append([]cache.Reminder{}, g.Reminders...), Records: []zoneRecord{}, Differences: append([]string{}, g.Differences.Value...),
		Certificates: []zoneCert{}, Rules: []string{}, Errors: []*fault.Error{},
	}
	if !g.Proved.At.IsZero() {
		d.Proved = &g.Proved.At
	}
	for _, r := range g.Records.Value {
		d.Records = append(d.Records, zoneRecord{r.Type, r.Name, r.Content, r.Proxied, int(r.TTL.Seconds())})
	}
	for _, c := range g.Certificates {
		one := zoneCert{Where: c.Where, What: c.What, Doubt: c.Doubt}
		if !c.Expires.IsZero() {
			one.Expires = &c.Expires
		}
		if c.Err != nil {
			one.Error = fmt.Sprint(c.Err)
		}
		d.Certificates = append(d.Certificates, one)
	}
	for _, r := range g.Rules.Value {
		d.Rules = append(d.Rules, r.String())
	}
	for _, err := range g.Errors() {
		d.Errors = append(d.Errors, fault.All(err)...)
	}
	return d
}
