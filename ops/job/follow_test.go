package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// frayed is a node whose log is read over connections that break: how many lines come before each of them does, below 0 for one that is not made at all.
// After these it is whole.
type frayed struct {
	Host
	log   []string
	after []int
	reads int
}

func (f *frayed) Stream(_ context.Context, _ ssh.Command, line func(string)) ssh.Result {
	f.reads++
	if len(f.after) == 0 {
		for _, l := range f.log {
			line(l)
		}
		return ssh.Result{Outcome: ssh.Exited}
	}
	n := f.after[0]
	f.after = f.after[1:]
	if n < 0 {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: errors.New("nothing listens")}
	}
	for _, l := range f.log[:n] {
		line(l)
	}
	return ssh.Result{Outcome: ssh.Unknown, Cause: errors.New("cut off")}
}

func (*frayed) User() string { return "root" }

// A connection that breaks loses no line and shows none twice, and is told once each time; what is not made anew in time leaves the job alone and says how to get
// back to it. What cannot be reached at all says so at once.
func TestFollowingOverABrokenConnection(t *testing.T) {
	log := []string{"Script started on 2026-11-26 [COMMAND]", "1/3", "same", "same", "2/3", "Removed", "Script done on 2026-11-26 [COMMAND_EXIT_CODE=\"0\"]"}
	never := slices.Repeat([]int{-1}, 1000)
	for name, x := range map[string]struct {
		after []int
		lines int
		told  int
		reads int // at most
		why   string
	}{
		"whole":        {lines: 5, reads: 1},
		"cut twice":    {after: []int{3, -1, -1, 4}, lines: 5, told: 2, reads: 5},
		"cut at once":  {after: []int{0, 0, 0}, lines: 5, told: 1, reads: 4},
		"never again":  {after: append([]int{3}, never...), lines: 2, told: 1, reads: 130, why: "nothing listens"},
		"never at all": {after: never, reads: 1, why: "nothing listens"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				node := &frayed{log: log, after: slices.Clone(x.after)}
				told, got := 0, []string(nil)
				r := &Room{Host: node, Dir: Dir, Tell: func(string) { told++ }}
				began := time.Now()
				err := r.Follow(t.Context(), Record{ID: "20261126-195337826-f3nf5y", Line: "tootctl media remove", Node: "exec"}, func(l string) { got = append(got, l) })
				if want := []string{"1/3", "same", "same", "2/3", "Removed"}[:x.lines]; !slices.Equal(got, want) || told != x.told || node.reads > x.reads {
					t.Errorf("%q, told %d times, read %d times", got, told, node.reads)
				}
				if (err != nil) != (x.why != "") || err != nil && !strings.Contains(err.Error(), x.why) {
					t.Errorf("%v", err)
				}
				if took := time.Since(began); took > mendLimit+2*mendPause {
					t.Errorf("after %s", took)
				}
				if x.lines > 0 && err != nil && (!strings.Contains(fault.Of(err).Next, "vmtui jobs attach 20261126-195337826-f3nf5y") || fault.CodeOf(err) != fault.Unknown) {
					t.Errorf("%+v", fault.Of(err))
				}
			})
		})
	}
}

// raw is a node whose connection breaks when a question is read for the first time, and whose first answer arrives without anybody hearing of it.
type raw struct {
	shell
	cuts, deaf int
}

func (r *raw) Stream(ctx context.Context, c ssh.Command, line func(string)) ssh.Result {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	broke := false
	res := r.shell.Stream(ctx, c, func(l string) {
		if broke {
			return
		}
		line(l)
		if r.cuts > 0 && strings.HasPrefix(l, "Continue?") {
			r.cuts--
			broke = true
			cut()
		}
	})
	if broke {
		return ssh.Result{Outcome: ssh.Unknown, Cause: errors.New("cut off")}
	}
	return res
}

func (r *raw) Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result {
	res := r.shell.Do(ctx, p, c)
	if r.deaf > 0 && strings.HasPrefix(c.For, "answer ") {
		r.deaf--
		return ssh.Result{Outcome: ssh.Unknown, Cause: errors.New("no exit status came back")}
	}
	return res
}

// A job that asks is followed over a broken connection as well: its question is shown again, no line is lost, and an answer that is sent again, because nobody knows
// whether the first has arrived, is not taken twice. What was meant for one question never answers the next.
func TestAQuestionOverABrokenConnection(t *testing.T) {
	r := bench(t, `printf 'Continue? '; read -r a; echo "a $a"; printf 'Continue? '; read -r b; echo "b $b"`)
	j := begin1(t, r, "maintenance", "fix-duplicates")
	node := &raw{cuts: 1}
	r.Host, r.Tell = node, func(string) {}
	var got []string
	var stand Stand
	// What is read is done by what stands there.
	said := func(x string) func() bool { return func() bool { return strings.HasSuffix(strings.Join(got, "|"), x) } }
	done := make(chan error, 1)
	lines := make(chan string, 20)
	go func() { done <- r.Attend(t.Context(), j, func(l string) { lines <- l }, &stand) }()
	until := func(so func() bool) {
		t.Helper()
		for !so() {
			select {
			case l := <-lines:
				got = append(got, l)
			case <-t.Context().Done():
				t.Fatalf("%q", got)
			}
		}
	}
	until(said("Continue? |Continue? ")) // it was shown again
	first, question, err := stand.settled(t.Context(), j, stand.Lines())
	if err != nil || question != "Continue? " {
		t.Fatalf("%q, %v", question, err)
	}
	taken := filepath.Join(r.Dir, j.ID, fmt.Sprintf("answered.%d", first)) // as on a full disk, where nothing can be noted
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.answer(t.Context(), j, first, "none"); fault.CodeOf(err) != fault.Failed || !strings.Contains(err.Error(), "cannot be noted") {
		t.Errorf("an answer that cannot be noted: %v", err)
	}
	if err := os.Remove(taken); err != nil {
		t.Fatal(err)
	}
	node.deaf = 1
	if err := r.Answer(t.Context(), j, &stand, stand.Lines(), "yes"); fault.CodeOf(err) != fault.Unknown || !strings.Contains(err.Error(), "not taken twice") {
		t.Errorf("an answer that may have arrived: %v", err)
	}
	if err := r.answer(t.Context(), j, first, "two"); fault.CodeOf(err) != fault.Refused {
		t.Errorf("answered twice: %v", err)
	}
	until(said("a yes|Continue? "))
	if err := r.answer(t.Context(), j, first, "three"); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), "gone on") {
		t.Errorf("the first answer for the second question: %v", err)
	}
	if err := r.Answer(t.Context(), j, &stand, stand.Lines(), "no"); err != nil {
		t.Error(err)
	}
	until(said("b no"))
	err = <-done
	if want := "Continue? |Continue? |yes|a yes|Continue? |no|b no"; err != nil || strings.TrimSuffix(strings.Join(got, "|"), "|") != want {
		t.Errorf("%q, %v; want %s", got, err, want)
	}
}

// What is typed while a job works in silence would lie on its terminal until it asks again: it is not sent, and who typed it is told. The same by the node, for
// whoever knows how far the log is; and neither is what is no answer to a question that stands.
func TestNothingIsTypedWhereNothingIsAsked(t *testing.T) {
	r := bench(t, `printf 'Continue? '; read -r a; while [ ! -e go ]; do sleep 0.05; done; printf '\033[33mContinue? (Yes/No)\033[0m '; read -r b; echo "b $b"`)
	j := begin1(t, r, "maintenance", "fix-duplicates")
	var stand Stand
	lines, done := make(chan string, 20), make(chan error, 1)
	go func() { done <- r.Attend(t.Context(), j, func(l string) { lines <- l }, &stand) }()
	comes := func(want string) {
		t.Helper()
		if got := <-lines; got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	comes("Continue? ")
	first := stand.Lines()
	if err := r.Answer(t.Context(), j, &stand, first, "yes"); err != nil {
		t.Fatal(err)
	}
	comes("yes")
	if err := r.Answer(t.Context(), j, &stand, stand.Lines(), "yes"); err == nil || !strings.Contains(err.Error(), "it asks nothing now") {
		t.Errorf("while it works: %v", err)
	}
	for _, x := range []struct {
		at  int
		why string
	}{{stand.look().at, "it asks nothing now"}, {1, "gone on"}} {
		if err := r.answer(t.Context(), j, x.at, "yes"); err == nil || !strings.Contains(err.Error(), x.why) {
			t.Errorf("by the node, at %d: %v", x.at, err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.Node.Mastodon.Dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	comes("Continue? (Yes/No) ")
	second := stand.Lines()
	for _, x := range []struct {
		read      int
		text, why string
	}{{first, "yes", "gone on"}, {second, "y", "typed whole"}, {second, "", "no answer"}, {second, "yes\nyes", "one line"}} {
		if err := r.Answer(t.Context(), j, &stand, x.read, x.text); fault.CodeOf(err) != fault.Refused || !strings.Contains(err.Error(), x.why) {
			t.Errorf("%q: %v", x.text, err)
		}
	}
	if err := r.Answer(t.Context(), j, &stand, second, "no"); err != nil {
		t.Error(err)
	}
	comes("no")
	comes("b no")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What was typed before a question came is no answer to it, and one where nothing is asked says so.
func TestAnAnswerIsForWhatWasRead(t *testing.T) {
	j := Record{ID: "x", Line: "tootctl self-destruct", Node: "exec"}
	for name, x := range map[string]struct {
		then func(*Stand)
		at   int
		why  string
	}{
		"it comes to rest": {func(s *Stand) { s.Rests(7, true) }, 7, ""},
		"more comes":       {func(s *Stand) { s.Says("more", func(string) {}); s.Rests(9, true) }, 0, "gone on"},
		"it is silent":     {func(s *Stand) { s.Rests(7, false) }, 0, "asks nothing now"},
		"nobody knows":     {func(*Stand) {}, 0, "asks nothing now"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s Stand
				s.Says("Continue? ", func(string) {})
				time.AfterFunc(time.Second, func() { x.then(&s) })
				at, question, err := s.settled(t.Context(), j, 1)
				if at != x.at || (err != nil) != (x.why != "") || err != nil && !strings.Contains(err.Error(), x.why) || err == nil && question != "Continue? " {
					t.Errorf("at %d: %q, %v", at, question, err)
				}
				if got := s.Asks(1); got != (x.why == "") {
					t.Errorf("a question stands: %t", got)
				}
			})
		})
	}
	if _, _, err := new(Stand).settled(t.Context(), j, 0); err == nil || !strings.Contains(err.Error(), "asked nothing yet") {
		t.Errorf("%v", err)
	}
}
