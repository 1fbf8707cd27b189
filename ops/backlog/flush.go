package backlog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
)

// factShelf is where the jobs of this run lie.
const factShelf = "parked"

func flushSteps(s *site) ([]run.Step, string, error) {
	queue, err := s.said(queueInput)
	if err != nil {
		return nil, "", err
	}
	then, err := s.said(thenInput)
	if err != nil {
		return nil, "", err
	}
	steps := []run.Step{
		{
			StepInfo: run.StepInfo{ID: "preview", Title: "See what is in it", Kind: run.Read, Why: "What a flush loses differs by queue and by what is in it: " + sidekiq.LossOf(queue).Lost + ".", Panes: []string{Pane}, NoUndo: "it only looks", Usual: "a second"},
			Deadline: time.Minute,
			Plan:     plan("redis: LLEN, LRANGE 0 199 and -200 -1 of queue:"+queue, "redis: INFO, for the eviction policy"),
			Do:       func(ctx context.Context, w *run.Walk) error { return s.preview(ctx, w, queue) },
		},
		s.parkStep(queue), s.recoverStep(queue),
	}
	switch then {
	case remove:
		steps = append(steps, s.deleteStep(queue))
	case restore:
		steps = append(steps, s.restoreStep(queue))
	}
	return steps, queue, nil
}

func (s *site) preview(ctx context.Context, w *run.Walk, queue string) error {
	p, err := s.Plan(ctx, sidekiq.Order{Deed: sidekiq.Park, Name: queue}, nil)
	if err != nil {
		return err
	}
	tellPlan(w, p)
	return p.Refusal
}

func (s *site) parkStep(queue string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "park", Title: "Put the queue aside", Kind: run.Once, Panes: []string{Pane}, Usual: "a moment; asks for the queue's name",
			Why: "A rename is instant and can be taken back, whatever the size. The workers see an empty queue and go on with what arrives."},
		Deadline: 30 * time.Minute,
		Plan: plan("where Redis may drop what nobody touches (maxmemory_policy allkeys-*): a backup of all of it first, in "+s.Dir,
			"redis: RENAME queue:"+queue+" queue:"+queue+"-parked-TIME, as one script with its record"),
		Observe: func(ctx context.Context, w *run.Walk) (run.Finding, error) {
			if id := w.Fact(factShelf); id != "" {
				return run.Finding{Truth: run.IsDone, Detail: "it was put into " + id}, nil
			}
			id, err := s.parkedBy(ctx, w.Run(), queue)
			if err != nil || id == "" {
				return run.Finding{Truth: run.IsPending}, err
			}
			return run.Finding{Truth: run.IsDone, Detail: "it lies in " + id}, nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			r, err := s.carry(ctx, w, sidekiq.Order{Deed: sidekiq.Park, Name: queue, Run: w.Run()})
			if err == nil && r.Shelf == "" {
				err = &fault.Error{What: "nothing was parked", On: queue, Why: "the workers have emptied it since it was looked at", Next: "nothing needs to be done: end the run here", Code: fault.Refused}
			}
			if err != nil {
				return err
			}
			return w.Remember(ctx, factShelf, r.Shelf)
		},
		Undo:     func(ctx context.Context, w *run.Walk) error { return s.takeBack(ctx, w, queue) },
		UndoPlan: []string{"redis: the parked list in front of what has arrived since, as it was"},
	}
}

// takeBack restores what this run has parked. What is not parked any more was restored, or deleted, which only its backup brings back.
func (s *site) takeBack(ctx context.Context, w *run.Walk, queue string) error {
	shelf, err := s.mine(ctx, w, queue)
	if err != nil {
		return err
	}
	if shelf == "" {
		w.Out("this run has parked nothing that still lies there")
		return nil
	}
	v, err := s.Jobs.Snapshot(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(v.Shelves, func(x sidekiq.Shelf) bool { return x.ID == shelf }) {
		w.Out("%s is no longer parked", shelf)
		return nil
	}
	_, err = s.carry(ctx, w, sidekiq.Order{Deed: sidekiq.Restore, Name: shelf})
	return err
}

// mine is the shelf of this run: the one that it remembers, or, when it died before it could, the one that says so itself. "" is none.
func (s *site) mine(ctx context.Context, w *run.Walk, queue string) (string, error) {
	if id := w.Fact(factShelf); id != "" {
		return id, nil
	}
	return s.parkedBy(ctx, w.Run(), queue)
}

// parkedBy is the shelf that a run has put a queue onto, "" while there is none: another's is never taken for it.
func (s *site) parkedBy(ctx context.Context, id, queue string) (string, error) {
	if id == "" { // a dry walk
		return "", nil
	}
	v, err := s.Jobs.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(v.Shelves, func(x sidekiq.Shelf) bool {
		return x.Run == id && x.Queue == queue && x.Kind == sidekiq.Parked
	})
	if i < 0 {
		return "", nil
	}
	return v.Shelves[i].ID, nil
}

func (s *site) recoverStep(queue string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "recover", Title: "See the workers recover", Kind: run.Read, Why: "With the backlog away, what arrives must be done at once. If it is not, the backlog was not the cause.", Panes: []string{Pane}, NoUndo: "it only looks", Usual: "half a minute", Skip: true},
		Deadline: 5 * time.Minute,
		Plan:     plan("redis: LLEN and LINDEX -1 of queue:"+queue+" until its oldest job waits less than 30 s", "redis: GET stat:processed until it has grown"),
		Verify: func(w *run.Walk) run.Check {
			first := int64(-1)
			return func(ctx context.Context) (run.Progress, error) {
				v, err := s.Jobs.Snapshot(ctx)
				if err != nil {
					return run.Progress{For: "an answer of Redis: " + err.Error(), Again: pace}, nil //nolint:nilerr // it is waited for, visibly
				}
				if first < 0 {
					first = v.Processed
				}
				i := slices.IndexFunc(v.Queues, func(q sidekiq.Queue) bool { return q.Name == queue })
				switch {
				case i >= 0 && v.Queues[i].Latency > 30*time.Second:
					return run.Progress{For: fmt.Sprintf("its oldest job, which waits %s", v.Queues[i].Latency.Round(time.Second)), Again: pace}, nil
				case v.Processed == first:
					return run.Progress{For: "the next jobs to be done; Sidekiq counts them at its heartbeats", Again: pace, Usual: "10 s"}, nil
				}
				return run.Progress{Done: true, Detail: fmt.Sprintf("%s done meanwhile, and %s is level", spelling.Count(v.Processed-first, "job", "jobs"), queue)}, nil
			}
		},
	}
}

func (s *site) deleteStep(queue string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "delete", Title: "Delete what was parked", Kind: run.Once, Skip: true, NoUndo: "read the backup back: vmtui sidekiq restore --backup FILE", Usual: "seconds; asks for the parked list's name",
			Why: "A second decision, with a name of its own to type, which nobody can have said beforehand: until here everything can be taken back. A backup is written first, read back and proved."},
		Deadline: 30 * time.Minute,
		Plan:     plan("a backup of all of it in "+s.Dir, "redis: the unique locks of those jobs, each only if the job in question holds it", "redis: UNLINK of the parked list, if it still is what the backup was made of"),
		Do: func(ctx context.Context, w *run.Walk) error {
			shelf, err := s.mine(ctx, w, queue)
			if err != nil {
				return err
			}
			if shelf == "" {
				return &fault.Error{What: "nothing was deleted", On: queue, Why: "what this run has parked is not there any more", Next: "see what is parked: vmtui sidekiq restore"}
			}
			_, err = s.carry(ctx, w, sidekiq.Order{Deed: sidekiq.Delete, Name: shelf})
			return err
		},
	}
}

func (s *site) restoreStep(queue string) run.Step {
	return run.Step{
		StepInfo: run.StepInfo{ID: "restore", Title: "Put it back", Kind: run.Idempotent, Skip: true, NoUndo: "park it again", Usual: "a moment",
			Why: "What was parked goes in front of what has arrived since, as it was."},
		Deadline: 30 * time.Minute,
		Plan:     plan("redis: what has arrived goes to the parked list's newest end, in portions; then the list takes the queue's place, as one script"),
		Do:       func(ctx context.Context, w *run.Walk) error { return s.takeBack(ctx, w, queue) },
	}
}
