package main

import (
	"context"
	"errors"

	"github.com/vmtui/vmtui/ops/act"
)

// singly records one act in the history, and does it.
func (a *app) singly(ctx context.Context, verb, target, what string, do func(context.Context) error) error {
	return a.single(ctx, act.Act{Verb: verb, Target: target, What: what, Danger: act.Changes, Unleased: true}, func(ctx context.Context, _ act.Permit) error { return do(ctx) })
}

// changeHold is a single act on a hold record. It needs no lease: it says what is so, and changes no worker.
func (a *app) changeHold(ctx context.Context, verb, worker, what string, do func(context.Context, act.Permit) error) error {
	return a.single(ctx, act.Act{Verb: verb, Target: worker, What: what, Danger: act.Changes, Unleased: true}, do)
}

func (a *app) single(ctx context.Context, what act.Act, do func(context.Context, act.Permit) error) error {
	permit, settle, err := a.door.Open(ctx, a.engine.Single(), what)
	if err != nil {
		return err
	}
	err = do(ctx, permit)
	return errors.Join(err, settle(act.Outcome{Err: err}))
}
