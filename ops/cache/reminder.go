package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// Reminder says that a setting was switched from here, and wants to be switched back.
type Reminder struct {
	Setting string    `json:"setting"`
	Is      string    `json:"is"`
	Was     string    `json:"was"`
	By      string    `json:"by"`
	Since   time.Time `json:"since"`
}

// Words is the reminder in a line.
func (m Reminder) Words(now time.Time) string {
	return fmt.Sprintf("%s for %s, since %s by %s: switch it back (vmtui zone %s off)", inWords[m.Setting], max(now.Sub(m.Since), 0).Round(time.Minute), m.Since.Local().Format("15:04"), m.By, Switches[m.Setting])
}

// What settings are called.
var (
	inWords = map[string]string{cloudflare.DevelopmentMode: "development mode is on", cloudflare.SecurityLevel: "\"under attack\" is on"}
	// Switches are the words by which they are switched.
	Switches = map[string]string{cloudflare.DevelopmentMode: "dev", cloudflare.SecurityLevel: "attack"}
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
		return s, &fault.Error{What: "nothing to switch", On: r.zone(), Why: setting + " is " + s.To + " already", Next: "see `vmtui zone`", Code: fault.Usage}
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
		Verb: "cache/setting", Target: r.zone(), What: fmt.Sprintf("set %s from %s to %s", s.Setting, s.Was, s.To), Danger: act.Changes, Unleased: true,
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
	return errors.Join(err, settle(act.Outcome{Err: err}))
}

func (r *Room) remindersFile() string { return filepath.Join(r.Config.StateDir, "reminders.json") }

// Reminders are what wants to be switched back, as far as this machine knows.
func (r *Room) Reminders() []Reminder { return r.reminders() }

func (r *Room) reminders() []Reminder {
	var all []Reminder
	text, err := os.ReadFile(r.remindersFile())
	if err != nil || json.Unmarshal(text, &all) != nil {
		return nil // none was written, or somebody wrote something else: the settings themselves are shown all the same
	}
	return all
}

func (r *Room) remind(m Reminder) error {
	return r.writeReminders(append(r.without(m.Setting), m))
}

func (r *Room) forget(setting string) error {
	rest := r.without(setting)
	if len(rest) == len(r.reminders()) {
		return nil
	}
	return r.writeReminders(rest)
}

func (r *Room) without(setting string) []Reminder {
	return slices.DeleteFunc(r.reminders(), func(m Reminder) bool { return m.Setting == setting })
}

func (r *Room) writeReminders(all []Reminder) error {
	if len(all) == 0 {
		if err := os.Remove(r.remindersFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unkept(r.remindersFile(), err)
		}
		return nil
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err == nil {
		err = os.MkdirAll(r.Config.StateDir, 0o700)
	}
	if err == nil {
		err = replace(r.remindersFile(), text)
	}
	if err != nil {
		return unkept(r.remindersFile(), err)
	}
	return nil
}

// settleReminders drops those that the world has made true: development mode ends by itself, and somebody else may have switched back.
func (r *Room) settleReminders(g *Glance) {
	for setting, seen := range map[string]Part[cloudflare.Setting]{cloudflare.DevelopmentMode: g.Development, cloudflare.SecurityLevel: g.Security} {
		i := slices.IndexFunc(g.Reminders, func(m Reminder) bool { return m.Setting == setting })
		if i < 0 || seen.Err != nil || seen.Value.Value == g.Reminders[i].Is {
			continue
		}
		if r.forget(setting) == nil {
			g.Reminders = slices.Delete(g.Reminders, i, i+1)
		}
	}
}

// Proof is when the token was last proved to be able to purge, and how that ended.
type Proof struct {
	At   time.Time `json:"at"`
	Says string    `json:"says"` // "" when it may
}

func (r *Room) proofFile() string { return filepath.Join(r.Config.StateDir, "purge-proof.json") }

func (r *Room) proof() Proof {
	var p Proof
	text, err := os.ReadFile(r.proofFile())
	if err != nil || json.Unmarshal(text, &p) != nil {
		return Proof{} // it was never proved
	}
	return p
}

// noteProof remembers a proof. That it could not be written takes nothing from it.
func (r *Room) noteProof(err error) {
	text, bad := json.Marshal(Proof{At: time.Now().UTC(), Says: brief(err)})
	if bad == nil && os.MkdirAll(r.Config.StateDir, 0o700) == nil {
		_ = replace(r.proofFile(), text)
	}
}

// ProveToken proves, as an act of its own, that the token may purge: it purges a URL that never was.
func (r *Room) ProveToken(ctx context.Context) error {
	if err := r.needEdge(); err != nil {
		return err
	}
	permit, settle, err := r.Door.Open(ctx, r.Journal, act.Act{Verb: "cache/prove", Target: r.zone(), What: "purge a URL that never was, to prove that the token may", Danger: act.Changes, Unleased: true})
	if err != nil {
		return err
	}
	err = r.Edge.ProvePurge(ctx, permit)
	r.noteProof(err)
	return errors.Join(err, settle(act.Outcome{Err: err}))
}
