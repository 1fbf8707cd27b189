package sidekiq

import "time"

// RollCall finds out which processes live. One that was killed looks alive for a minute, until Redis forgets it and what it had in hand; a living one
// shows a new heartbeat before. It goes by heartbeats that change, and not by the clocks of other hosts. The zero RollCall has called nobody.
type RollCall struct{ beats map[string]time.Time }

// Missing are the processes of the first look that have not been heard since, and are not gone either.
func (r *RollCall) Missing(v View) []Process {
	if r.beats == nil {
		r.beats = map[string]time.Time{}
		for _, p := range v.Processes {
			r.beats[p.Identity] = p.Beat
		}
	}
	var missing []Process
	for _, p := range v.Processes {
		if first, called := r.beats[p.Identity]; called && first.Equal(p.Beat) {
			missing = append(missing, p)
		}
	}
	return missing
}
