package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

const (
	homeEvery = 10 * time.Second // between looks whether the team's store is back
	homeLimit = 5 * time.Second  // for one
)

// bridge keeps, in the local store, what this process knows of a run whose store was lost under it: the frozen definition, the facts, the intents with
// their outcomes. It is an unfinished run of its own, and nobody walks it until an operator does. The error says what happened and what can be done.
func (l *leg) bridge(ctx context.Context, lost error) error {
	if !l.shared || l.e.Stores == nil || errors.Is(lost, ErrOvertaken) {
		return lost
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendLimit)
	defer cancel()
	id, err := l.copy(late, lost)
	if err != nil {
		return errors.Join(lost, err)
	}
	f := &fault.Error{
		What: "the run's store is lost", On: l.j.id, Why: fault.Of(lost).Why, Err: errors.Join(ErrLost, lost),
		Next: fmt.Sprintf("when the store is back: vmtui runs resume %s; if it cannot wait, go on in the store on this machine: vmtui runs resume %s", l.j.id, id),
	}
	return f
}

// copy writes the log as it is known here into the local store.
func (l *leg) copy(ctx context.Context, lost error) (string, error) {
	l.j.mu.Lock()
	h, raw, more := l.j.view.Header, l.j.raw, slices.Clone(l.j.unsent)
	l.j.mu.Unlock()
	h.Origin = &Origin{Run: l.j.id, Store: l.e.Stores.Team.Name(), Leg: l.j.leg, Last: uint64(len(raw))}
	local := l.e.Stores.Local
	id, err := create(ctx, local, h)
	if err != nil {
		return "", err
	}
	more = append(more, Event{Type: LegEnd, Leg: l.j.leg, State: string(Interrupted), Detail: "the team's run store was lost: " + fault.Of(lost).Why})
	if err := local.Append(ctx, id, 1, append(raw[1:len(raw):len(raw)], more...)...); err != nil {
		return "", unwritable(id, err)
	}
	return id, nil
}

// answers reports that the team's store can be asked for that run.
func (s *Stores) answers(ctx context.Context, id string) bool {
	if s == nil || s.Team == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, homeLimit)
	defer cancel()
	_, err := s.Team.Has(ctx, id)
	return err == nil
}

// goHome tells the team's store, as soon as it is back, that the run goes on here. It ends with ctx.
func (l *leg) goHome(ctx context.Context) {
	from := l.j.view.Header.Origin // frozen with the run
	if from == nil || from.Run == "" || l.e.Stores == nil || l.e.Stores.Team == nil {
		return
	}
	select {
	case <-ctx.Done():
		return
	case <-l.settled:
	}
	for pause(ctx, homeEvery) == nil {
		if err := l.e.mark(ctx, l.here(*from), ""); err == nil {
			l.j.say(ctx, "", "the team's run store is back: "+from.Run+" is marked there as going on here")
			return
		} else if errors.Is(err, ErrOvertaken) {
			l.j.say(ctx, "", err.Error())
			return
		}
	}
}

// home tells the team's store how a run ended that went on here.
func (l *leg) home(ctx context.Context, state State) {
	from := l.j.view.Header.Origin
	if from == nil || !l.isSettled() || l.e.Stores == nil || l.e.Stores.Team == nil {
		return
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), homeLimit)
	defer cancel()
	if !state.Final() {
		state = ""
	}
	if l.e.mark(late, l.here(*from), state) == nil && state != "" && !state.Resumable() && l.e.Places != nil {
		_ = l.e.Places.ClearPlace(late, from.Run) // else the note stays, and says the truth
	}
}

func (l *leg) here(from Origin) Place {
	return Place{Run: from.Run, Leg: from.Leg, Moved: l.j.id, By: l.e.Operator, Host: l.e.host(), Since: time.Now().UTC()}
}

// mark writes into a run of the team's that it goes on elsewhere, and, when it ended there, how. A run that is marked is not resumed.
func (e *Engine) mark(ctx context.Context, to Place, ended State) error {
	ctx, cancel := context.WithTimeout(ctx, homeLimit)
	defer cancel()
	for {
		r, err := read(ctx, e.Stores.Team, to.Run)
		if err != nil {
			return err
		}
		v := r.view
		if v.Moved == nil && v.Leg > to.Leg+1 {
			return overtaken(to.Run) // somebody walks it although the note says that it went on elsewhere
		}
		events, err := marks(v, to, ended)
		if err != nil || len(events) == 0 {
			return err
		}
		err = e.Stores.Team.Append(ctx, to.Run, v.Last, events...)
		if !errors.Is(err, ErrStale) {
			return err
		}
	}
}

// marks are the events that a run still lacks to say that it went on elsewhere.
func marks(v *View, to Place, ended State) ([]Event, error) {
	var events []Event
	if v.Moved == nil {
		ev, err := event(Moved, "", "", "", to)
		if err != nil {
			return nil, err
		}
		events = append(events, ev, Event{Type: Result, State: string(Stopped), Detail: fmt.Sprintf("the store was lost; %s on %s goes on with it as %s", to.By, to.Host, to.Moved)})
	}
	if ended != "" && v.State != ended {
		events = append(events, Event{Type: Result, State: string(ended), Detail: fmt.Sprintf("as %s, in the store of %s on %s", to.Moved, to.By, to.Host)})
	}
	for i := range events {
		events[i].Leg = v.Leg
	}
	return events, nil
}
