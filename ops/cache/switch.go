package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// The settings that can be switched.
const (
	Development = cloudflare.DevelopmentMode
	Attack      = cloudflare.SecurityLevel
)

// What settings are called.
var (
	inWords = map[string]string{cloudflare.DevelopmentMode: "development mode is on", cloudflare.SecurityLevel: "\"under attack\" is on"}
	// Switches are the words by which they are switched.
	Switches = map[string]string{cloudflare.DevelopmentMode: "dev", cloudflare.SecurityLevel: "attack"}
	// recorded is under which name the record has each.
	recorded = map[string]string{cloudflare.DevelopmentMode: "cache/development", cloudflare.SecurityLevel: "cache/attack"}
)

// Switch is a setting that is about to be switched.
type Switch struct {
	Setting string
	To      string
	Was     string
	Text    []string // what it does, in plain words
}

// usualLevel is what the security level goes back to when nobody knows what it was.
const usualLevel = "medium"

// Switching says what switching a setting means; nothing is changed yet.
func (r *Room) Switching(ctx context.Context, setting string, on bool) (Switch, error) {
	if err := r.needEdge(); err != nil {
		return Switch{}, err
	}
	if Switches[setting] == "" {
		return Switch{}, &fault.Error{What: "no such switch", On: setting, Next: "say dev or attack", Code: fault.Usage}
	}
	now, err := r.Edge.Setting(ctx, setting)
	if err != nil {
		return Switch{}, err
	}
	s := Switch{Setting: setting, Was: now.Value}
	switch {
	case setting == cloudflare.DevelopmentMode && on:
		s.To, s.Text = "on", []string{"The edge keeps nothing: everything goes through to the workers, for three hours, or until it is switched back."}
	case setting == cloudflare.DevelopmentMode:
		s.To, s.Text = "off", []string{"The edge keeps things again, as its rules say."}
	case on:
		s.To, s.Text = cloudflare.UnderAttack, []string{"Every visitor must prove to be a person first.", "Other servers and apps cannot: federation and most apps stand still until it is switched back."}
	default:
		s.To, s.Text = r.levelBefore(), []string{"Visitors are let in again without being challenged."}
	}
	if s.Was == s.To {
		return s, &fault.Error{What: "nothing to switch", On: r.zone(), Why: strings.ReplaceAll(setting+" is "+s.To, "_", " ") + " already", Next: "see `vmtui zone`", Code: fault.Usage}
	}
	return s, nil
}

func (r *Room) levelBefore() string {
	for _, m := range r.reminders() {
		if m.Setting == cloudflare.SecurityLevel && m.Was != "" && m.Was != cloudflare.UnderAttack {
			return m.Was
		}
	}
	return usualLevel
}

// Switch switches it, as a single act, and remembers to say that it must be switched back. The reminder is written first: a setting without one is worse
// than the other way round.
func (r *Room) Switch(ctx context.Context, s Switch) error {
	permit, settle, err := r.Door.Open(ctx, r.Journal, act.Act{
		Verb: recorded[s.Setting], Target: r.zone(), What: fmt.Sprintf("set %s from %s to %s", s.Setting, s.Was, s.To), Danger: act.Changes, Unleased: true,
	})
	if err != nil {
		return err
	}
	on := s.To == "on" || s.To == cloudflare.UnderAttack
	if on {
		err = r.remind(Reminder{Setting: s.Setting, Is: s.To, Was: s.Was, By: r.Operator, Since: time.Now().UTC()})
	}
	if err == nil {
		err = r.Edge.Set(ctx, permit, s.Setting, s.To)
	}
	if refusedFor := fault.CodeOf(err); on && err != nil && refusedFor != fault.Unknown || !on && err == nil {
		err = errors.Join(err, r.forget(s.Setting))
	}
	r.mu.Lock()
	r.stale = true
	r.mu.Unlock()
	return errors.Join(err, settle(act.Outcome{Err: err}))
}
