package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// Place is where a run of the team's is walked. It is kept apart from the team's store, where whoever may act must come by: so that a run which went on
// elsewhere while that store was lost is not walked a second time from it.
type Place struct {
	Run   string    `json:"run"`
	Leg   int       `json:"leg"`             // the last that was begun in the team's store
	Moved string    `json:"moved,omitempty"` // the run that it goes on as, in somebody's local store
	By    string    `json:"by"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// Places keep a place for every run of the team's that is not over.
type Places interface {
	// Place is the run's; nil when there is none.
	Place(ctx context.Context, run string) (*Place, error)
	SetPlace(ctx context.Context, p Place) error
	ClearPlace(ctx context.Context, run string) error
}

// Origin is the run that another one goes on from.
type Origin struct {
	Run   string `json:"run"`
	Store string `json:"store"` // where it is
	Leg   int    `json:"leg"`   // its last, as far as is known
	Last  uint64 `json:"last"`  // its last event that is certain to be there
}

// ErrMoved says that a run goes on elsewhere.
var ErrMoved = errors.New("the run goes on elsewhere")

// arrive makes sure, with the lease in hand, that this is the one place where the run is walked. It matters for runs of the team's that change anything.
func (l *leg) arrive(ctx context.Context) error {
	switch {
	case !l.rb.changes():
		return nil
	case l.alone():
		return l.confirmAlone(ctx)
	case l.e.Places == nil:
		return nil
	case l.j.view.Header.Origin != nil:
		return l.arriveHere(ctx, *l.j.view.Header.Origin)
	case !l.shared:
		return nil
	}
	was, err := l.e.Places.Place(ctx, l.j.id)
	if err != nil {
		return err
	}
	if was != nil && was.Moved != "" {
		l.closed = l.e.mark(ctx, *was, "") == nil
		return movedTo(l.j.id, *was)
	}
	return l.e.Places.SetPlace(ctx, l.place(l.j.id))
}

func (l *leg) place(run string) Place {
	return Place{Run: run, Leg: l.j.leg, By: l.e.Operator, Host: l.e.host(), Since: time.Now().UTC().Truncate(time.Second)}
}

func movedTo(id string, to Place) error {
	return &fault.Error{
		What: "the run goes on elsewhere", On: id, Err: ErrMoved, Code: fault.Refused,
		Why:  fmt.Sprintf("the store was lost, and %s took it on %s with them, as %s", to.By, to.Host, to.Moved),
		Next: "talk to them: only there it is known what was done since",
	}
}

// arriveHere takes a run along whose store is lost, unless it is back, or somebody else walked the run since.
func (l *leg) arriveHere(ctx context.Context, from Origin) error {
	was, err := l.e.Places.Place(ctx, from.Run)
	switch {
	case err != nil:
		return err
	case was != nil && was.Moved == l.j.id:
		close(l.settled)
		return nil
	case was == nil || was.Moved != "" || was.Leg != from.Leg:
		return l.elsewhere(from, was)
	}
	if l.e.Stores.answers(ctx, from.Run) {
		return &fault.Error{
			What: "the team's run store is back", On: from.Store, Why: "the run can go on there, before everybody's eyes", Code: fault.Refused, Err: ErrMoved,
			Next: "vmtui runs resume " + from.Run,
		}
	}
	if err := l.confirmMove(ctx, from); err != nil {
		return err
	}
	p := l.place(from.Run)
	p.Leg, p.Moved = from.Leg, l.j.id
	if err := l.e.Places.SetPlace(ctx, p); err != nil {
		return err
	}
	close(l.settled)
	return nil
}

// unarrived ends a leg that may not be walked here. The run is left as it is.
func (l *leg) unarrived(ctx context.Context, err error) (State, error) {
	if errors.Is(err, errUndo) {
		err = &ending{state: Stopped, detail: "stopped by request"}
	}
	if over(err) || ctx.Err() != nil || l.j.lost() != nil {
		return l.finish(ctx, err)
	}
	if !l.closed {
		if _, lost := l.j.add(ctx, LegEnd, "", string(Interrupted), err.Error(), nil); lost != nil {
			return Interrupted, l.bridge(ctx, lost)
		}
	}
	if fault.CodeOf(err) == fault.Refused {
		return Refused, err
	}
	return Interrupted, err
}

// elsewhere says that somebody else has the run.
func (l *leg) elsewhere(from Origin, was *Place) error {
	if was != nil && was.Moved != "" {
		return movedTo(from.Run, *was)
	}
	f := &fault.Error{
		What: "somebody else walked the run since", On: from.Run, Err: ErrMoved, Code: fault.Refused,
		Why: "it is over, or nothing is known of it on the exec node", Next: "wait for the team's run store, and look there",
	}
	if was != nil {
		f.Why = fmt.Sprintf("leg %d was begun by %s on %s; this is known here up to leg %d", was.Leg, was.By, was.Host, from.Leg)
	}
	return f
}

// confirmMove asks the operator whether the run is to leave the team's eyes.
func (l *leg) confirmMove(ctx context.Context, from Origin) error {
	return l.decide(ctx, Gate{
		Cause: "the team's run store does not answer: go on in the store on this machine?",
		Hint:  "the others see nothing of it until that store is back, and the run stays here from then on",
		Details: []string{
			"the run: " + from.Run + ", from " + from.Store,
			fmt.Sprintf("known here: up to its event %d, in leg %d", from.Last, from.Leg),
			"nobody else can walk it meanwhile: that is written down on the exec node",
		},
	})
}

// alone reports a run that began here because the team's store was away, and that nobody has said yes to.
func (l *leg) alone() bool {
	from := l.j.view.Header.Origin
	return from != nil && from.Run == "" && !l.begun()
}

// confirmAlone asks the operator whether the run is to begin where the others do not see it.
func (l *leg) confirmAlone(ctx context.Context) error {
	return l.decide(ctx, Gate{
		Cause:   "the team's run store does not answer: begin in the store on this machine?",
		Hint:    "the others see nothing of the run, now or later; that somebody is at work they see by the lease",
		Details: []string{"the team's run store: " + l.j.view.Header.Origin.Store},
	})
}

// decide asks a question that is the run's and no step's.
func (l *leg) decide(ctx context.Context, g Gate) error {
	g.Choices = []Choice{Go, Stop}
	var step string
	l.j.with(func(v *View, _ *history) { step = v.step() })
	if l.mode.beforehand("") {
		return l.pass(ctx, step, g)
	}
	ans, err := l.ask(ctx, step, g)
	if err == nil && ans.Choice != Go {
		err = &ending{state: Stopped, detail: "stopped at: " + g.Cause, step: step}
	}
	return err
}

// leave forgets where a run was that is over, and whose store knows.
func (l *leg) leave(ctx context.Context, err error) {
	over := err == nil
	var end *ending
	if errors.As(err, &end) {
		over = !end.state.Resumable()
	}
	if l.e.Places == nil || !over || !l.shared || !l.rb.changes() {
		return
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendLimit)
	defer cancel()
	if err := l.e.Places.ClearPlace(late, l.j.id); err != nil {
		l.j.say(ctx, "", "the note on the exec node that the run is walked stays: "+err.Error())
	}
}

func (l *leg) isSettled() bool {
	select {
	case <-l.settled:
		return true
	default:
		return false
	}
}
