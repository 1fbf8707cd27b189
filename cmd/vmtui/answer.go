package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/job"
)

// deaf is why what a job asks cannot be answered from here, "" where it can.
func (a *app) deaf(f *flags) string {
	switch {
	case a.door.ReadOnly():
		return "read-only; to answer, attach without --read-only and read_only"
	case !f.attended(false):
		return "nobody sits at a terminal; to answer, attach at one"
	}
	return ""
}

// answers hands what the operator types to the job: each line for the question that stood when it was typed, whatever stands by the time that it can be sent.
// What is typed while another answer is on its way goes nowhere. What does not arrive is told.
func (a *app) answers(ctx context.Context, f *flags, r *job.Room, j job.Record, stand *job.Stand, stop context.CancelCauseFunc) <-chan struct{} {
	over := make(chan struct{})
	line := f.terminal().Line
	go func() {
		defer close(over)
		var sent sync.WaitGroup
		defer sent.Wait()
		way := make(chan struct{}, 1) // what is in it is on its way
		for {
			text, err := line(ctx)
			read := stand.Lines()
			if err != nil {
				if fault.CodeOf(err) != fault.Refused { // nobody can type here
					stop(err)
				}
				return
			}
			select {
			case way <- struct{}{}:
			default:
				f.note("not answered again: the answer before is still on its way, and what is typed meanwhile goes nowhere")
				continue
			}
			sent.Go(func() {
				defer func() { <-way }()
				if err := r.Answer(ctx, j, stand, read, text); err != nil && ctx.Err() == nil {
					f.note(err.Error())
				}
			})
		}
	}()
	return over
}

// unsent drops what stands on the line that is being typed: it was not typed under what the job says now, and return would make it an answer to that.
func (f *flags) unsent() {
	in, ok := f.in.(*os.File)
	if !ok {
		return
	}
	now, err := unix.IoctlGetTermios(int(in.Fd()), getTermios)
	if err != nil {
		return // no terminal
	}
	_ = unix.IoctlSetTermios(int(in.Fd()), setTermiosAfresh, now)
	if f.onTerminal() && !f.plain {
		_, _ = fmt.Fprint(f.err, "\r"+ansi.EraseLineRight) // it is only for the eye
	}
}
