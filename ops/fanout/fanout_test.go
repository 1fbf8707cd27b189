package fanout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host answers as its function says, once its permit is good.
type host func(context.Context, ssh.Command) ssh.Result

func (h host) Do(ctx context.Context, permit remote.Permit, c ssh.Command) ssh.Result {
	if err := permit.Check(ctx); err != nil {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	return h(ctx, c)
}

// journal remembers the intent and the outcome.
type journal struct {
	intent  act.Act
	outcome act.Outcome
	fails   error
}

func (j *journal) Intend(_ context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	j.intent = a
	return func(_ context.Context, o act.Outcome) error { j.outcome = o; return j.fails }, nil
}

func fan(j *journal, readOnly bool, hosts map[string]host) fanout.Fan {
	return fanout.Fan{
		Host: func(name string) fanout.Host { return hosts[name] }, Door: act.NewDoor(readOnly, nil), Journal: j,
		Redact: func(s string) string { return strings.ReplaceAll(s, "hunter2", "[redacted]") },
	}
}

func says(r ssh.Result) host { return func(context.Context, ssh.Command) ssh.Result { return r } }

// hangs runs until it is given up, as a tethered command does.
func hangs(ctx context.Context, _ ssh.Command) ssh.Result {
	<-ctx.Done()
	return ssh.Result{Outcome: ssh.Unknown, Cause: fmt.Errorf("given up while it ran: %w", ctx.Err())}
}

func order(nodes ...string) fanout.Order {
	return fanout.Order{Nodes: nodes, Words: []string{"uptime"}}
}

func ended(t *testing.T, f fanout.Fan, o fanout.Order) fanout.View {
	t.Helper()
	w, err := f.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return w.Wait()
}

// short is a view in a line.
func short(v fanout.View) string {
	var parts []string
	for _, a := range v.Answers {
		parts = append(parts, a.Folded()+" "+a.Verdict())
	}
	return strings.Join(parts, "; ")
}

func TestEqualAnswersAreFolded(t *testing.T) {
	same := ssh.Result{Outcome: ssh.Exited, Stdout: "hello hunter2\n"}
	other := same
	other.Stderr = "warning\n"
	j := &journal{}
	v := ended(t, fan(j, false, map[string]host{
		"w1": says(same), "w2": says(same), "w3": says(other), "w4": says(ssh.Result{Outcome: ssh.Exited, Code: 3, Stdout: "hello hunter2\n"}),
		"w5": says(ssh.Result{Outcome: ssh.Signalled, Signal: "KILL"}), "w6": says(ssh.Result{Outcome: ssh.Unknown, Cause: errors.New("cut off")}),
		"w7": says(ssh.Result{Outcome: ssh.Unreachable, Cause: &fault.Error{What: "no SSH connection", On: "w7", Why: "no answer in time", Next: "ssh -v w7"}}),
		"w8": says(ssh.Result{Outcome: ssh.Unreachable, Cause: &fault.Error{What: "no SSH connection", On: "w8", Why: "no answer in time", Next: "ssh -v w8"}}),
	}), order("w8", "w7", "w6", "w5", "w4", "w3", "w2", "w1"))
	// Within what went equally well the order's own order counts: w3 was named before w2.
	want := "w3 exit 0; w[1-2] exit 0; w4 exit 3; w5 killed by KILL; w[7-8] unreachable: no SSH connection: no answer in time; w6 unknown: the outcome is unknown: cut off"
	if got := short(v); got != want {
		t.Error(got)
	}
	if v.Code() != fault.Unknown || !v.Over || v.Err != nil {
		t.Errorf("%v %+v", v.Code(), v)
	}
	if !slices.Equal(v.Answers[1].Nodes, []string{"w2", "w1"}) || v.Answers[1].Stdout != "hello [redacted]\n" {
		t.Errorf("%+v", v.Answers[1])
	}
	if !errors.Is(j.outcome.Err, remote.ErrUnknown) || !slices.Contains(j.outcome.Said, "  stderr: warning") || strings.Contains(strings.Join(j.outcome.Said, ""), "hunter2") {
		t.Errorf("%+v", j.outcome)
	}
	if j.intent.Target != "w[1-8]" || j.intent.What != "/bin/sh -c uptime" || j.intent.Danger != act.Changes {
		t.Errorf("%+v", j.intent)
	}
}

func TestTheWorstAnswerIsTheCode(t *testing.T) {
	well, ill := ssh.Result{Outcome: ssh.Exited}, ssh.Result{Outcome: ssh.Exited, Code: 2}
	refused := ssh.Result{Outcome: ssh.Unreachable, Cause: &fault.Error{What: "host key not trusted", Code: fault.Refused}}
	unsure := ssh.Result{Outcome: ssh.Unknown}
	for _, x := range []struct {
		results []ssh.Result
		want    fault.Code
	}{
		{[]ssh.Result{well, well}, 0}, {[]ssh.Result{well, ill}, fault.Failed}, {[]ssh.Result{ill, refused}, fault.Refused},
		{[]ssh.Result{unsure, refused}, fault.Unknown}, {[]ssh.Result{well, {Outcome: ssh.Unreachable}}, fault.Failed}, {[]ssh.Result{{Outcome: ssh.Signalled, Signal: "TERM"}}, fault.Failed},
	} {
		hosts, nodes := map[string]host{}, []string{}
		for i, r := range x.results {
			nodes = append(nodes, fmt.Sprint("w", i))
			hosts[nodes[i]] = says(r)
		}
		if v := ended(t, fan(&journal{}, false, hosts), order(nodes...)); v.Code() != x.want {
			t.Errorf("%s: %d, want %d", short(v), v.Code(), x.want)
		}
	}
}

func TestNothingIsSentWhenTheDoorIsShut(t *testing.T) {
	j := &journal{}
	_, err := fan(j, true, nil).Start(t.Context(), order("w1"))
	if fault.CodeOf(err) != fault.Refused || j.intent.Verb != "" {
		t.Error(err, j.intent)
	}
	for _, o := range []fanout.Order{{Words: []string{"true"}}, {Nodes: []string{"w1"}}, {Nodes: []string{"w1"}, Words: []string{""}}} {
		if _, err := fan(j, false, nil).Start(t.Context(), o); fault.CodeOf(err) != fault.Usage {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestNothingIsSentThatIsNotRecorded(t *testing.T) {
	sent := false
	f := fan(&journal{}, false, map[string]host{"w1": func(context.Context, ssh.Command) ssh.Result { sent = true; return ssh.Result{} }})
	f.Journal = refusing{}
	if _, err := f.Start(t.Context(), order("w1")); err == nil || !strings.Contains(err.Error(), "disk full") || sent {
		t.Errorf("%v, sent %v", err, sent)
	}
}

// refusing records nothing.
type refusing struct{}

func (refusing) Intend(context.Context, act.Act) (func(context.Context, act.Outcome) error, error) {
	return nil, errors.New("disk full")
}

func TestEachNodeHasItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := order("w1", "w2")
		o.Timeout = 5 * time.Second
		began := time.Now()
		v := ended(t, fan(&journal{}, false, map[string]host{"w1": says(ssh.Result{Outcome: ssh.Exited}), "w2": hangs}), o)
		if got := short(v); got != "w1 exit 0; w2 unknown: it had not ended in time, and was told to" || time.Since(began) != o.Timeout {
			t.Error(got, time.Since(began))
		}
	})
}

func TestAnswersArriveOneByOneAndTheRestIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := func(context.Context, ssh.Command) ssh.Result {
			time.Sleep(time.Second)
			return ssh.Result{Outcome: ssh.Exited}
		}
		w, err := fan(&journal{}, false, map[string]host{"w1": later, "w2": hangs}).Start(t.Context(), order("w1", "w2"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := w.View(t.Context(), 0)
		if err != nil || len(v.Answers) != 0 || !slices.Equal(v.Waiting, []string{"w1", "w2"}) || v.Over || w.Over() {
			t.Fatalf("%v %+v", err, v)
		}
		v, err = w.View(t.Context(), v.Version)
		if err != nil || short(v) != "w1 exit 0" || !slices.Equal(v.Waiting, []string{"w2"}) {
			t.Fatalf("%v %+v", err, v)
		}
		w.Cancel()
		if v = w.Wait(); short(v) != "w1 exit 0; w2 unknown: it was cancelled while it ran" || !v.Over || !w.Over() {
			t.Errorf("%+v", v)
		}
	})
}

func TestAnOutcomeThatCannotBeRecordedIsTold(t *testing.T) {
	full := errors.New("disk full")
	v := ended(t, fan(&journal{fails: full}, false, map[string]host{"w1": says(ssh.Result{Outcome: ssh.Exited})}), order("w1"))
	if !errors.Is(v.Err, full) {
		t.Error(v.Err)
	}
}

func TestTheCommandIsQuotedAndTethered(t *testing.T) {
	var got ssh.Command
	look := func(_ context.Context, c ssh.Command) ssh.Result { got = c; return ssh.Result{Outcome: ssh.Exited} }
	for _, x := range []struct {
		words  []string
		line   string
		script string
	}{
		{[]string{"echo $HOME | wc"}, "sudo -- /bin/sh -c 'echo $HOME | wc'", `exec /bin/sh -c "$1"`},
		{[]string{"echo", "$HOME", "it's"}, `sudo -- echo '$HOME' 'it'"'"'s'`, `"$@"`},
	} {
		o := fanout.Order{Nodes: []string{"w1"}, Words: x.words, Sudo: true}
		ended(t, fan(&journal{}, false, map[string]host{"w1": look}), o)
		if o.Line() != x.line || got.Script != x.script || !slices.Equal(got.Args, x.words) || !got.Sudo || !got.Tether {
			t.Errorf("%s, %+v", o.Line(), got)
		}
	}
	many, hosts := make([]string, 500), map[string]host{}
	for i := range many {
		many[i] = fmt.Sprint("w", i)
		hosts[many[i]] = says(ssh.Result{Outcome: ssh.Exited})
	}
	hosts["w0"] = look
	ended(t, fan(&journal{}, false, hosts), order(many...))
	if all := 2 * 500 * got.Limit; all > 80<<20 {
		t.Errorf("%d bytes may be under way", all)
	}
}
