package plain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC
	goleak.VerifyTestMain(m)
}

// typing is somebody at the prompt: one line after another, then nothing.
func typing(lines ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if len(lines) == 0 {
			<-ctx.Done()
			return "", ctx.Err()
		}
		line := lines[0]
		lines = lines[1:]
		return line, nil
	}
}

func TestPrinterGolden(t *testing.T) {
	for name, log := range map[string][]run.Event{"waiting": stage.Waiting(), "failing": stage.Failing(), "done": stage.Finished()} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p := NewPrinter(&out, "01J9ZQ7K3M")
			for _, ev := range log {
				if err := p.Print(ev); err != nil {
					t.Fatal(err)
				}
			}
			golden.RequireEqual(t, out.Bytes())
		})
	}
}

func TestStatusGolden(t *testing.T) {
	var out bytes.Buffer
	if err := Status(&out, stage.Fleet(), stage.Noon); err != nil {
		t.Fatal(err)
	}
	golden.RequireEqual(t, out.Bytes())
}

// answering is a desk whose run ends once its gate is answered.
type answering struct{ *stage.Desk }

func (a answering) Answer(ctx context.Context, id string, answer run.Answer) error {
	err := a.Desk.Answer(ctx, id, answer)
	last := a.Log[len(a.Log)-1]
	a.Happen(run.Event{Seq: last.Seq + 1, Time: last.Time, Leg: 1, Type: run.Answered, Step: last.Step, Data: fmt.Appendf(nil, `{"gate":%d,"choice":%q}`, last.Seq, answer.Choice)})
	a.Happen(run.Event{Seq: last.Seq + 2, Time: last.Time, Leg: 1, Type: run.LegEnd, Detail: "as asked"})
	return err
}

func TestFollowAsksAtTheGate(t *testing.T) {
	for _, c := range []struct {
		name  string
		log   []run.Event
		lines []string
		want  string
		says  []string
	}{
		{"a name", stage.Confirming(), []string{"go", "worker-3", "GO", "worker-2"}, `go typed "worker-2" reason ""`,
			[]string{"there is no way back. Type worker-2 to go on:", `"worker-3" is not worker-2. Nothing was done.`, "GATE: worker-2 is about to get a new disk"}},
		{"a reason", stage.Failing(), []string{"skip", "", "skip", "known"}, `skip typed "" reason "known"`, []string{"without a reason nothing is skipped"}},
		{"what is not offered", stage.Failing(), []string{"go", "undo", "", "stop"}, `stop typed "" reason ""`, []string{`"undo" is none of them`, "next: The share may not be mounted"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				fake := stage.New(c.log)
				state, err := Follow(t.Context(), answering{fake}, "01J9ZQ7K3M", 1, Terminal{Out: &out, Line: typing(c.lines...)})
				if err != nil || state != run.Interrupted {
					t.Fatalf("%s, %v\n%s", state, err, out.String())
				}
				if calls := fake.Calls(); len(calls) != 1 || !strings.HasSuffix(calls[0], c.want) {
					t.Errorf("the desk was told %q, want %q", calls, c.want)
				}
				for _, s := range c.says {
					if !strings.Contains(out.String(), s) {
						t.Errorf("it did not say %q:\n%s", s, out.String())
					}
				}
			})
		})
	}
}

func TestAGateAnsweredElsewhereLetsThePromptGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		fake := stage.New(stage.Failing())
		go func() {
			<-time.After(time.Minute) // nobody types; a colleague answers
			if err := (answering{fake}).Answer(context.Background(), "x", run.Answer{Choice: run.Stop}); err != nil {
				t.Error(err)
			}
		}()
		if _, err := Follow(t.Context(), fake, "01J9ZQ7K3M", 1, Terminal{Out: &out, Line: typing()}); err != nil {
			t.Fatal(err)
		}
		if calls := fake.Calls(); len(calls) != 1 {
			t.Errorf("the desk was told %q", calls)
		}
	})
}

// A run that is resumed is printed from its beginning: the gate at which it was left is told, and what is typed is for the gates that come.
func TestAGateOfAnEarlierLegIsOnlyPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		var out bytes.Buffer
		fake := stage.New(stage.Failing())
		_, err := Follow(ctx, fake, "01J9ZQ7K3M", 2, Terminal{Out: &out, Line: typing("stop")})
		if !errors.Is(err, context.DeadlineExceeded) || len(fake.Calls()) != 0 || !strings.Contains(out.String(), "GATE: ") || strings.Contains(out.String(), "your decision") {
			t.Errorf("%v, %q\n%s", err, fake.Calls(), out.String())
		}
	})
}

func TestWithoutAnybodyAGateIsOnlyPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		var out bytes.Buffer
		fake := stage.New(stage.Failing())
		state, err := Follow(ctx, fake, "01J9ZQ7K3M", 1, Terminal{Out: &out})
		if state != run.AtGate || !errors.Is(err, context.DeadlineExceeded) || len(fake.Calls()) != 0 {
			t.Errorf("%s, %v, %q", state, err, fake.Calls())
		}
	})
}

func TestAsk(t *testing.T) {
	q := desk.Question{Kind: desk.AskHostKey, Subject: "worker-2", Text: "Is this its key?", Details: []string{"SHA256:abc"}}
	for typed, want := range map[string]bool{"yes": true, "YES": true, "y": false, "": false, "no": false} {
		var out bytes.Buffer
		a, err := Terminal{Out: &out, Line: typing(typed)}.Ask(t.Context(), q)
		if err != nil || a.Yes != want {
			t.Errorf("%q: %+v, %v", typed, a, err)
		}
	}
	q.Secret = true
	var out bytes.Buffer
	a, err := Terminal{Out: &out, Secret: func(context.Context, string) (string, error) { return "hunter2", nil }}.Ask(t.Context(), q)
	if err != nil || a.Text != "hunter2" || strings.Contains(out.String(), "hunter2") {
		t.Errorf("%+v, %v, printed %q", a, err, out.String())
	}
	if _, err := (Terminal{Out: &out}).Ask(t.Context(), q); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestLines(t *testing.T) {
	line := Lines(strings.NewReader("one\ntwo\n"))
	var got []string
	for {
		l, err := line(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		got = append(got, l)
	}
	if _, err := line(t.Context()); !errors.Is(err, io.EOF) || !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("%q, then %v", got, err)
	}
}
