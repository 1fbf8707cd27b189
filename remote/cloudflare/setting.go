package cloudflare

import (
	"context"
	"fmt"
	"time"

	"github.com/cloudflare/cloudflare-go/v7/zones"

	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
)

// The settings that an operator switches in an incident, by the API's names.
const (
	DevelopmentMode = "development_mode" // on or off: nothing is cached for three hours
	SecurityLevel   = "security_level"   // UnderAttack, or how it usually is
)

// UnderAttack is the level at which every visitor is challenged, and every other server with them.
const UnderAttack = "under_attack"

// Setting is a setting of the zone.
type Setting struct {
	Name    string
	Value   string
	Left    time.Duration // of development mode, until it ends by itself
	Changed time.Time     // zero: never
}

// Setting reads one.
func (c *Client) Setting(ctx context.Context, name string) (Setting, error) {
	zone, err := c.Zone(ctx)
	if err != nil {
		return Setting{}, err
	}
	params := zones.SettingGetParams{}
	params.ZoneID.Value, params.ZoneID.Present = zone, true
	got, err := read(ctx, c, errand{"read the setting " + name, "Zone.Zone Settings (read)"}, func(ctx context.Context) (*zones.SettingGetResponse, error) {
		return c.reads.zones.Settings.Get(ctx, name, params)
	})
	if err != nil {
		return Setting{}, err
	}
	s := Setting{Name: name, Value: clean.Line(fmt.Sprint(got.Value)), Changed: got.ModifiedOn}
	if s.Value == "on" && got.TimeRemaining > 0 {
		s.Left = time.Duration(got.TimeRemaining) * time.Second
	}
	return s, nil
}

// Set changes one.
func (c *Client) Set(ctx context.Context, permit remote.Permit, name, value string) error {
	return c.change(ctx, permit, errand{"set " + name + " to " + value, "Zone.Zone Settings (edit)"}, func(ctx context.Context, zone string) error {
		body := zones.SettingEditParamsBody{}
		body.Value.Value, body.Value.Present = value, true
		params := zones.SettingEditParams{Body: body}
		params.ZoneID.Value, params.ZoneID.Present = zone, true
		_, err := c.once.zones.Settings.Edit(ctx, name, params)
		return err
	})
}
