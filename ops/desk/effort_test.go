package desk

import (
	"context"
	"errors"
	"testing"
)

// errand is an effort that is over when it is said to be.
type errand struct {
	name      string
	over      bool
	cancelled bool
}

func (e *errand) View(context.Context, uint64) (string, error) { return e.name, nil }
func (e *errand) Wait() string                                 { return e.name }
func (e *errand) Over() bool                                   { return e.over }
func (e *errand) Cancel()                                      { e.cancelled = true }

// An effort keeps its number. Of many, the oldest that is over gives way and those that go on never do; who asks for one that is not there is told.
func TestEffortsGiveWay(t *testing.T) {
	none := errors.New("none")
	s := &efforts[string]{none: none}
	sees := func(number, want string) {
		t.Helper()
		got, err := s.view(t.Context(), number, 0)
		if got != want || want == "" && !errors.Is(err, none) {
			t.Errorf("number %q shows %q, %v; want %q", number, got, err, want)
		}
	}
	sees("", "")
	goesOn, over := &errand{name: "first"}, &errand{name: "second", over: true}
	if n := s.keep(goesOn); n != "1" {
		t.Errorf("the first has number %s", n)
	}
	s.keep(over)
	for range effortsKept - 2 {
		s.keep(&errand{name: "later"})
	}
	sees("2", "second")
	s.keep(&errand{name: "last"})
	sees("1", "first")
	sees("2", "")
	sees("3", "later")
	sees("", "last")
	for _, number := range []string{"0", "-1", "18", "x", "1x"} {
		sees(number, "")
	}
	if err := s.cancel("1"); err != nil || !goesOn.cancelled {
		t.Errorf("the first was not cancelled: %v", err)
	}
	if err := s.cancel("2"); !errors.Is(err, none) || over.cancelled {
		t.Errorf("one that gave way was cancelled: %v", err)
	}
}
