package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

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
	return fmt.Sprintf("%s for %s, since %s by %s: switch it back (vmtui zone %s off)", inWords[m.Setting], span(max(now.Sub(m.Since), 0)), m.Since.Local().Format("15:04"), m.By, Switches[m.Setting])
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
