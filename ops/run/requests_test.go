package run

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

func TestRequests(t *testing.T) {
	for _, c := range []struct {
		what  string
		state State
		world string
	}{{RequestStop, Stopped, "lame removed"}, {RequestUndo, Undone, ""}} {
		for _, where := range []string{"gate", "wait"} {
			t.Run(c.what+" in a "+where, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e, w := memEngine(), newWorld(t)
					rb := w.book()
					if where == "wait" {
						rb.at("removed").Deadline = time.Hour
						rb.at("removed").Verify = func(*Walk) Check {
							return func(context.Context) (Progress, error) {
								return Progress{For: "godot", Again: 20 * time.Minute}, nil
							}
						}
					}
					id := start(t, e, rb)
					began := time.Now()
					wait := walking(t.Context(), e, id, rb, Mode{})
					settled(t)
					if err := e.Request(t.Context(), id, c.what); err != nil {
						t.Fatal(err)
					}
					if state, err := wait(); state != c.state || err != nil || w.state() != c.world {
						t.Errorf("%s, %v, world %q", state, err, w.state())
					}
					if time.Since(began) > 2*time.Second {
						t.Error("it took the whole pause")
					}
				})
			})
		}
	}
}

func TestRequestsToTheDead(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	rb := w.book()
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true}); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	if err := e.Request(t.Context(), id, RequestUndo); code(err) != fault.Refused {
		t.Errorf("undo of a run that nobody walks: %v", err)
	}
	if err := e.Answer(t.Context(), id, Answer{Gate: 99, Choice: Go}); !errors.Is(err, ErrStale) {
		t.Errorf("stale answer: %v", err)
	}
	v, _ := e.View(t.Context(), id)
	if err := e.Answer(t.Context(), id, Answer{Gate: v.GateSeq, Choice: Go, Typed: "w2"}); code(err) != fault.Refused {
		t.Errorf("answer that nobody hears: %v", err)
	}
	if err := e.Request(t.Context(), id, RequestStop); err != nil {
		t.Fatal(err)
	}
	if v, _ := e.View(t.Context(), id); v.State != Stopped {
		t.Errorf("it is %s", v.State)
	}
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true, Undo: true}); state != Undone || err != nil || w.state() != "" {
		t.Errorf("undo of a stopped run: %s, %v, world %q", state, err, w.state())
	}
	if _, err := e.Walk(t.Context(), "nothing", rb, unattended); code(err) != fault.Usage {
		t.Errorf("a run that is not: %v", err)
	}
	if err := e.Request(t.Context(), id, "dance"); code(err) != fault.Usage {
		t.Errorf("a request that is not: %v", err)
	}
}

func TestWrongAnswersAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := memEngine(), newWorld(t)
		rb := w.book()
		id := start(t, e, rb)
		wait := walking(t.Context(), e, id, rb, Mode{})
		settled(t)
		v, _ := e.View(t.Context(), id)
		for _, a := range []Answer{{Choice: Go}, {Choice: Go, Typed: "w3"}, {Choice: Skip, Reason: "x"}, {Choice: Retry}} {
			a.Gate = v.GateSeq
			if err := e.Answer(t.Context(), id, a); code(err) != fault.Refused {
				t.Errorf("%+v: %v", a, err)
			}
		}
		// An answer written by an engine that does not check: the walker does, and asks again.
		bad, _ := event(Answered, "rebuilt", "", "", Answer{Gate: v.GateSeq, Choice: Go, Typed: "w3"})
		if err := e.Store.Append(t.Context(), id, v.Last, bad); err != nil {
			t.Fatal(err)
		}
		settled(t)
		v2, _ := e.View(t.Context(), id)
		if v2.Gate == nil || v2.GateSeq == v.GateSeq {
			t.Fatal("the gate did not open again")
		}
		if err := e.Answer(t.Context(), id, Answer{Gate: v2.GateSeq, Choice: Go, Typed: "w2"}); err != nil {
			t.Fatal(err)
		}
		if state, err := wait(); state != Done || err != nil {
			t.Error(state, err)
		}
	})
}

// Stopping lets go of a run, it does not throw it away: after a point of no return there is no other way than forward.
func TestStoppedRunIsTakenUpAgain(t *testing.T) {
	e, w := memEngine(), newWorld(t)
	rb := w.book()
	id := start(t, e, rb)
	if state, err := e.Walk(t.Context(), id, rb, Mode{Unattended: true}); state != AtGate || err != nil {
		t.Fatal(state, err)
	}
	if err := e.Request(t.Context(), id, RequestStop); err != nil {
		t.Fatal(err)
	}
	if state, err := e.Walk(t.Context(), id, rb, unattended); state != Done || err != nil {
		t.Errorf("%s, %v, world %q", state, err, w.state())
	}
	if _, err := e.Walk(t.Context(), id, rb, unattended); code(err) != fault.Refused {
		t.Errorf("a finished run is walked: %v", err)
	}
}
