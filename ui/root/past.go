package root

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// What comes back about what the palette was told.
type (
	gotPast struct {
		said []string
		err  error
	}
	remembered struct{ err error }
)

// askPast reads what was said in earlier sittings.
func (r *Root) askPast() tea.Cmd {
	d := r.env.Desk
	return r.post.Ask("past", func(ctx context.Context) tea.Msg {
		said, err := d.Past(ctx)
		return gotPast{said, err}
	})
}

// tookPast puts it before what has been said in this one.
func (r *Root) tookPast(m gotPast) {
	if m.err != nil {
		r.say("what was said before is not known: "+m.err.Error(), true)
		return
	}
	r.past = append(m.said, r.past...)
}

// remember keeps what was said, for this sitting and the next. Each line is a question of its own: the next must not call it off.
func (r *Root) remember(text string) tea.Cmd {
	r.past = append(r.past, text)
	d := r.env.Desk
	return r.post.Act(fmt.Sprint("remember ", len(r.past)), func(ctx context.Context) tea.Msg { return remembered{d.Say(ctx, text)} })
}
