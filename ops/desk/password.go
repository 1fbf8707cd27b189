package desk

import (
	"context"

	"github.com/vmtui/vmtui/ops/job"
)

// handed is a new password of a run that is walked here.
type handed struct {
	word  string // "" once it was taken
	taken bool
}

// Hand implements job.Hands: for whoever hears it at once, or for whoever copies it here.
func (d *Desk) Hand(ctx context.Context, run, password string) job.Holder {
	if d.Heard != nil {
		if d.Heard(ctx, run, password) {
			return job.Taken
		}
		return job.Nobody
	}
	d.mu.Lock()
	d.spoken[run] = handed{word: password}
	d.mu.Unlock()
	d.stir()
	return job.Waits
}

// Holder implements job.Hands.
func (d *Desk) Holder(run string) job.Holder {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch h := d.spoken[run]; {
	case h.taken:
		return job.Taken
	case h.word != "":
		return job.Waits
	}
	return job.Nobody
}

// Password is one that a run was given here and that nobody has copied yet, "" for none. It is kept in memory only.
func (d *Desk) Password(run string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spoken[run].word
}

// ForgetPassword forgets one that was taken.
func (d *Desk) ForgetPassword(run string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.spoken[run].word != "" {
		d.spoken[run] = handed{taken: true}
	}
}
