package cache

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// normal is what the fleet says of an edge with which nothing is the matter.
const normal = "normal"

// IsNormal reports that nothing wants to be switched back.
func IsNormal(state string) bool { return strings.HasPrefix(state, normal) }

// settingsAgain is how often the fleet asks the edge itself: a minute is soon enough, and the API's requests are counted.
const settingsAgain = time.Minute

// looks are what the edge said last.
type looks struct {
	at  time.Time
	on  map[string]string // what is switched on, by setting
	err error
}

// Normal says how the edge stands, for the fleet: what is switched on, by whom if that is known here, and that it wants to be switched back.
func (r *Room) Normal(ctx context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.last.at) >= settingsAgain || r.stale {
		r.last, r.stale = r.settings(ctx), false
		r.last.at = now
	}
	var said []string
	for _, setting := range []string{Attack, Development} {
		if r.last.on[setting] == "" {
			continue
		}
		said = append(said, r.standing(setting))
	}
	switch {
	case len(said) > 0:
		return strings.Join(said, "; "), nil
	case r.last.err != nil:
		return "", r.last.err
	}
	return normal, nil
}

// settings asks for those that an operator switches. What cannot be asked is remembered by its reminder.
func (r *Room) settings(ctx context.Context) looks {
	seen := looks{on: map[string]string{}}
	for _, setting := range []string{Attack, Development} {
		s, err := r.Edge.Setting(ctx, setting)
		switch {
		case err == nil && (s.Value == "on" || s.Value == cloudflare.UnderAttack):
			seen.on[setting] = s.Value
		case err == nil:
			_ = r.forget(setting) // it is tried again at the next look
		default:
			seen.err = fault.Of(err)
			for _, m := range r.reminders() {
				if m.Setting == setting {
					seen.on[setting] = m.Is
				}
			}
		}
	}
	return seen
}

// standing is a setting that is on, in words.
func (r *Room) standing(setting string) string {
	for _, m := range r.reminders() {
		if m.Setting == setting {
			return fmt.Sprintf("%s since %s by %s: switch it back", inWords[setting], m.Since.Local().Format("15:04"), m.By)
		}
	}
	return inWords[setting] + ", switched on elsewhere: switch it back"
}
