package act_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

// journal remembers what it was told, in order.
type journal struct {
	told   []string
	refuse error
	settle error
}

func (j *journal) Intend(_ context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	if j.refuse != nil {
		return nil, j.refuse
	}
	j.told = append(j.told, "intent "+a.What)
	return func(ctx context.Context, o act.Outcome) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		j.told = append(j.told, "outcome "+o.Effect)
		return j.settle
	}, nil
}

type guard struct{ err error }

func (g *guard) Held() error { return g.err }

func same(context.Context) error { return nil }

var rebuild = act.Act{Verb: "reimage/rebuild", Target: "w2", What: "rebuild", Danger: act.Destroys, Typed: "w2", Identity: same}

func TestRefusals(t *testing.T) {
	other := errors.New("droplet 7 is called web-1")
	lost := &fault.Error{What: "the lease ran out", Next: "take it again", Code: fault.Refused}
	for name, c := range map[string]struct {
		readOnly bool
		guard    act.Guard
		change   func(*act.Act)
		why      string
	}{
		"read-only comes first":      {readOnly: true, guard: &guard{lost}, change: func(a *act.Act) { a.Typed = "" }, why: "read-only"},
		"nothing typed":              {guard: &guard{lost}, change: func(a *act.Act) { a.Typed = "" }, why: "not typed"},
		"another name typed":         {guard: &guard{}, change: func(a *act.Act) { a.Typed = "w3" }, why: "not typed"},
		"destroying without a proof": {guard: &guard{}, change: func(a *act.Act) { a.Identity = nil }, why: "nothing proves"},
		"no lease":                   {guard: &guard{lost}, change: func(*act.Act) {}, why: "ran out"},
		"no guard":                   {change: func(*act.Act) {}, why: "no lease"},
		"another identity":           {guard: &guard{}, change: func(a *act.Act) { a.Identity = func(context.Context) error { return other } }, why: "web-1"},
	} {
		t.Run(name, func(t *testing.T) {
			a, j := rebuild, &journal{}
			c.change(&a)
			p, _, err := act.NewDoor(c.readOnly, c.guard).Open(t.Context(), j, a)
			var f *fault.Error
			if p != nil || !errors.As(err, &f) || f.Code != fault.Refused || !strings.Contains(f.Why, c.why) || f.Next == "" {
				t.Errorf("%v, %+v", p, err)
			}
			if len(j.told) != 0 {
				t.Errorf("recorded: %v", j.told)
			}
		})
	}
}

func TestPermitIsGoodUntilSettled(t *testing.T) {
	g, j := &guard{}, &journal{}
	d := act.NewDoor(false, g)
	ctx, cancel := context.WithCancel(t.Context())
	p, settle, err := d.Open(ctx, j, rebuild)
	if err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		err := p.Check(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("check: %v, want %q", err, want)
		}
	}
	check("")
	g.err = errors.New("lease lost")
	check("lease lost")
	g.err = nil
	d.SetReadOnly(true)
	check("read-only")
	d.SetReadOnly(false)
	check("")
	gone, away := context.WithCancelCause(t.Context())
	away(errors.New("caller left"))
	if err := p.Check(gone); err == nil || err.Error() != "caller left" {
		t.Error(err)
	}
	cancel()
	check("canceled")
	if err := settle(act.Outcome{Effect: "action 1"}); err != nil {
		t.Errorf("settling after cancellation: %v", err)
	}
	check("used up")
	if err := settle(act.Outcome{}); err == nil {
		t.Error("settled twice")
	}
	if got := strings.Join(j.told, ", "); got != "intent rebuild, outcome action 1" {
		t.Error(got)
	}
}

func TestNothingIsSentThatIsNotRecorded(t *testing.T) {
	full := errors.New("disk full")
	p, _, err := act.NewDoor(false, &guard{}).Open(t.Context(), &journal{refuse: full}, rebuild)
	if p != nil || !errors.Is(err, full) {
		t.Errorf("%v, %v", p, err)
	}
	_, settle, err := act.NewDoor(false, &guard{}).Open(t.Context(), &journal{settle: full}, rebuild)
	if err != nil || !errors.Is(settle(act.Outcome{}), full) {
		t.Errorf("the lost outcome is not told: %v", err)
	}
}

func TestUnleased(t *testing.T) {
	a := act.Act{Verb: "lease/take", Target: "exec", What: "take the lease", Danger: act.Changes, Unleased: true}
	p, _, err := act.NewDoor(false, &guard{errors.New("no lease")}).Open(t.Context(), &journal{}, a)
	if err != nil || p.Check(t.Context()) != nil {
		t.Error(err)
	}
}
