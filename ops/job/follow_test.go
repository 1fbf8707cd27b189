package job

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
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
		asks  bool
		lines int
		told  int
		reads int // at most
		why   string
	}{
		"whole":           {lines: 5, reads: 1},
		"cut twice":       {after: []int{3, -1, -1, 4}, lines: 5, told: 2, reads: 5},
		"cut at once":     {after: []int{0, 0, 0}, lines: 5, told: 1, reads: 4},
		"never again":     {after: append([]int{3}, never...), lines: 2, told: 1, reads: 130, why: "nothing listens"},
		"never at all":    {after: never, reads: 1, why: "nothing listens"},
		"cut in a dialog": {after: []int{3}, asks: true, lines: 2, reads: 1, why: "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				node := &frayed{log: log, after: slices.Clone(x.after)}
				told, got := 0, []string(nil)
				r := &Room{Host: node, Dir: Dir, Tell: func(string) { told++ }}
				began := time.Now()
				err := r.Follow(t.Context(), Record{ID: "20261126-195337826-f3nf5y", Line: "tootctl media remove", Node: "exec", Asks: x.asks}, func(l string) { got = append(got, l) })
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
