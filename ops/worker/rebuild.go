package worker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// The facts a rebuild leaves in the log: the droplet's newest action before the intent, and the action it became.
const (
	factBefore = "rebuild-before"
	factAction = "rebuild-action"
)

// rebuild is the point of no return. The request is sent once; whatever is unclear afterwards is asked of the world, never sent again.
func (c *crew) rebuild() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "rebuild", Title: "Give it a new disk", Kind: run.Once, Confirm: c.confirm(),
			Why:    fmt.Sprintf("Everything on the disk of %s is replaced by image %s. This cannot be taken back.", c.dropletName(), c.in.ImageTag),
			Panes:  []string{"balancer"},
			NoUndo: "the old disk is gone; only forward, or left out and on hold", Usual: "1 to 5 minutes", Awaits: provider,
		},
		Deadline: c.Config.Reimage.Wait,
		Plan: plan("the budget, the identity and the lease are checked once more",
			fmt.Sprintf("POST /v2/droplets/%d/actions {type: rebuild, image: %d}   once", c.in.Droplet, c.in.Image),
			"GET /v2/actions/ID   until completed"),
		Ready:   c.readyToRebuild,
		Observe: c.observeRebuild,
		Do:      c.sendRebuild,
		Verify:  c.verifyRebuild,
	}
}

// observeRebuild resolves an intent whose answer was lost: only a sole newer rebuild is adopted, two are a conflict, none is unknown.
func (c *crew) observeRebuild(ctx context.Context, w *run.Walk) (run.Finding, error) {
	if w.Fact(factAction) != "" {
		return c.judge(ctx, w)
	}
	if len(w.Intents("rebuild")) == 0 {
		return pending("not rebuilt"), nil
	}
	newer, err := c.awaitListed(ctx, w)
	if err != nil {
		return run.Finding{}, err
	}
	switch len(newer) {
	case 0:
		return pending("the rebuild was requested, but no action of it is to be seen; it may still appear"), nil
	case 1:
		if err := c.adopt(ctx, w, newer[0]); err != nil {
			return run.Finding{}, err
		}
		return c.judge(ctx, w)
	}
	f := run.Finding{Truth: run.Conflict, Detail: fmt.Sprintf("%d rebuilds of this droplet are newer than the intent", len(newer)), Hint: "find out who else rebuilds " + c.node.Name + "; stop here and leave it out, on hold"}
	for _, a := range newer {
		f.Details = append(f.Details, fmt.Sprintf("action %d, %s, started %s", a.ID, a.Status, a.Started.Format(time.TimeOnly)))
	}
	return f, nil
}

// listings is how many times the provider is asked for what it may show only after a while.
const listings = 12

// shows asks the provider until it is so, or until that would have been seen by now.
func (c *crew) shows(ctx context.Context, so func() (bool, error)) (bool, error) {
	for range listings {
		if is, err := so(); is || err != nil {
			return is, err
		}
		if err := pause(ctx, c.Config.DigitalOcean.Poll); err != nil {
			return false, err
		}
	}
	return false, nil
}

// awaitListed gives an action of a lost answer time to appear.
func (c *crew) awaitListed(ctx context.Context, w *run.Walk) (newer []digitalocean.Action, err error) {
	_, err = c.shows(ctx, func() (bool, error) {
		newer, err = c.newerRebuilds(ctx, w)
		return len(newer) > 0, err
	})
	return newer, err
}

func (c *crew) adopt(ctx context.Context, w *run.Walk, a digitalocean.Action) error {
	w.Out("adopted the rebuild that the lost answer was about: action %d", a.ID)
	return w.Remember(ctx, factAction, strconv.Itoa(a.ID))
}

func (c *crew) newerRebuilds(ctx context.Context, w *run.Walk) ([]digitalocean.Action, error) {
	before, err := strconv.Atoi(w.Fact(factBefore))
	if err != nil {
		return nil, (&fault.Error{What: "the run does not say which action came before the rebuild", On: c.dropletName()}).Because(err)
	}
	return c.Cloud.AdoptRebuild(ctx, c.in.Droplet, before)
}

// judge says how a known action stands.
func (c *crew) judge(ctx context.Context, w *run.Walk) (run.Finding, error) {
	a, err := c.action(ctx, w)
	switch {
	case err != nil:
		return run.Finding{}, err
	case a.Status == digitalocean.Errored:
		return c.judgeErrored(ctx, a)
	}
	if a.Status != digitalocean.Completed {
		return run.Finding{Truth: run.UnderWay, Detail: fmt.Sprintf("rebuild %d is %s", a.ID, a.Status)}, nil
	}
	return done("rebuild %d is completed", a.ID), nil
}

// judgeErrored leaves the next rebuild to the operator, unless somebody has sent one already: it is not this run's, and may be of any image.
func (c *crew) judgeErrored(ctx context.Context, a digitalocean.Action) (run.Finding, error) {
	newer, err := c.Cloud.AdoptRebuild(ctx, c.in.Droplet, a.ID)
	if err != nil || len(newer) == 0 {
		return pending("the rebuild, action %d, ended in an error; what the disk holds is not known", a.ID), err
	}
	f := run.Finding{
		Truth: run.Conflict, Detail: fmt.Sprintf("this run's rebuild, action %d, ended in an error, and it was rebuilt since, not by this run", a.ID),
		Hint: "find out who did; stop here and leave it out, on hold; when its disk is known to be good, " + Return + " brings it back, else " + Reimage + " anew",
	}
	for _, n := range newer {
		f.Details = append(f.Details, fmt.Sprintf("action %d, %s, started %s", n.ID, n.Status, n.Started.Format(time.TimeOnly)))
	}
	return f, nil
}

func (c *crew) sendRebuild(ctx context.Context, w *run.Walk) error {
	before := lastOwn(w)
	err := c.repeated(ctx, w, func() (err error) {
		if before, err = c.rememberBefore(ctx, w, before); err != nil {
			return err
		}
		if err := c.afford(ctx, w); err != nil { // what was waited for may have taken minutes
			return err
		}
		return c.postRebuild(ctx, w)
	})
	if errors.Is(err, remote.ErrUnknown) {
		return c.settleLost(ctx, w, err)
	}
	return err
}

// postRebuild sends it. A refusal (422 for a pending event, 429) is definite: only after one of those it is sent again, by the operator's same word.
func (c *crew) postRebuild(ctx context.Context, w *run.Walk) error {
	return w.Act(ctx, act.Act{
		Verb: "rebuild", Target: c.word(w), Danger: act.Destroys, Identity: c.stillThat(w),
		What: fmt.Sprintf("POST /v2/droplets/%d/actions {type: rebuild, image: %d}", c.in.Droplet, c.in.Image),
	}, func(ctx context.Context, p act.Permit) error {
		// Only now, and only until this one is refused: what became of the last one stays known for as long as there is no other.
		last := w.Fact(factAction)
		if err := w.Remember(ctx, factAction, ""); err != nil {
			return err
		}
		a, err := c.Cloud.Rebuild(ctx, p, c.in.Droplet, c.in.Image)
		if err != nil {
			if last != "" && !errors.Is(err, remote.ErrUnknown) {
				return errors.Join(err, w.Remember(ctx, factAction, last))
			}
			return err
		}
		return w.Remember(ctx, factAction, strconv.Itoa(a.ID))
	})
}

// settleLost asks the world what became of a request whose answer was lost. Only a sole newer rebuild settles it.
func (c *crew) settleLost(ctx context.Context, w *run.Walk, lost error) error {
	w.Out("no answer to the rebuild request; asking the provider what became of it")
	newer, err := c.awaitListed(ctx, w)
	if err != nil || len(newer) != 1 {
		return errors.Join(lost, err)
	}
	return c.adopt(ctx, w, newer[0])
}

// rememberBefore waits until nothing is under way on the droplet, and remembers its newest action. What it was refused for may have been a rebuild
// that nobody had listed yet, perhaps our own: one that is newer than since is no reason to send another.
func (c *crew) rememberBefore(ctx context.Context, w *run.Walk, since int) (int, error) {
	actions, err := c.awaitActions(ctx, w)
	if err != nil {
		return since, err
	}
	newest := 0
	for _, a := range actions {
		newest = max(newest, a.ID)
		if since > 0 && a.ID > since && a.Type == "rebuild" {
			return since, c.rebuiltMeanwhile(a)
		}
	}
	return newest, w.Remember(ctx, factBefore, strconv.Itoa(newest))
}

func (c *crew) rebuiltMeanwhile(a digitalocean.Action) error {
	return &fault.Error{What: "a rebuild of this droplet is under way or done already", On: c.dropletName(), Why: fmt.Sprintf("action %d, %s, since %s", a.ID, a.Status, a.Started.Local().Format(time.TimeOnly)), Next: "find out whose it is; retry looks again", Code: fault.Refused}
}

// rebuildOf is the rebuild in words, for the hold record.
func (c *crew) rebuildOf() string {
	return fmt.Sprintf("rebuild of droplet %d with image %d", c.in.Droplet, c.in.Image)
}

// announce puts what a once-step is about to do into the hold record, so that any operator can see on exec what is about to happen, or did when this console died.
// It is a step of its own: a once-step holds one mutation only, so that its intent has one meaning.
func (c *crew) announce(what, step string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "announce", Title: "Announce the " + strings.Fields(what)[0], Kind: run.Idempotent, Until: step, NoUndo: "it goes with the hold", Panes: []string{"records"},
			Why: "If this console dies right after the request, the others must be able to read what was asked of the provider.",
		},
		Deadline: time.Minute,
		Plan:     plan(fmt.Sprintf("%s$ hold record of %s: %s", c.Config.Exec().Name, c.node.Name, what)),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			h, err := c.Records.Hold(ctx, c.node.Name)
			if err != nil || h == nil || h.Run != w.Run() || h.Intent != what {
				return pending("not announced"), err
			}
			return done("announced"), nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			h, err := c.Records.Hold(ctx, c.node.Name)
			if err != nil {
				return err
			}
			if h == nil {
				h = &fleet.Hold{Worker: c.node.Name, By: c.Operator, Why: c.why(), Since: time.Now().UTC().Truncate(time.Second)}
			}
			h.Run, h.Within, h.Intent = w.Run(), w.Within(), what
			return c.setHold(ctx, w, *h)
		},
	}
}

// verifyRebuild follows the action to its end.
func (c *crew) verifyRebuild(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		a, err := c.action(ctx, w)
		if err != nil {
			return run.Progress{}, err
		}
		p, err := c.follow(a, "look at the droplet in the control panel; stop leaves it out and on hold")
		if p.Done {
			c.host().Drop()
		}
		return p, err
	}
}
