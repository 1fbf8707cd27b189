package presence

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/remote/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParse(t *testing.T) {
	out := "    731 /bin/sh -c " + stay + " vmtui console 4711 rw mike@lap top\n" +
		"    732 /bin/sh -c " + stay + " vmtui console 4711 rw mike@lap top\n" +
		"      5 /bin/sh -c " + stay + " vmtui console 12 ro anna@\x1b[31mdesk\n" +
		"      9 vi notes about vmtui console 1 rw forged@nowhere\n" +
		"      9 /bin/sh -c " + stay + " vmtui console x rw nobody\nnonsense\n vmtui console 1 rw x\n"
	want := []Console{{Who: "mike@lap top", PID: 4711, Open: 732 * time.Second}, {Who: "anna@desk", PID: 12, ReadOnly: true, Open: 5 * time.Second}}
	got := Parse(out)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want[1:], Others(got, Console{Who: "mike@lap top", PID: 4711})); d != "" {
		t.Error(d)
	}
}

// TestTheHostsOwnPsShowsIt runs the command as a host does, and lists it with the host's own ps.
func TestTheHostsOwnPsShowsIt(t *testing.T) {
	me := Console{Who: "mike@lap'top", PID: 4711, ReadOnly: true}
	c := me.command()
	cmd := exec.Command("/bin/sh", append([]string{"-c", c.Script, "vmtui"}, c.Args...)...) // #nosec G204 -- what a host runs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	out, err := exec.Command("/bin/sh", "-c", Script).Output() // #nosec G204 -- a constant
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range Parse(string(out)) {
		if got.PID == me.PID {
			if got.Open = 0; got != me {
				t.Errorf("%+v", got)
			}
			return
		}
	}
	t.Errorf("not listed in %s", out)
}

// host takes down when it was asked, and hangs up.
type host struct {
	asked []time.Time
	args  string
}

func (h *host) Stream(_ context.Context, c ssh.Command, _ func(string)) ssh.Result {
	h.asked, h.args = append(h.asked, time.Now()), strings.Join(c.Args, " ")
	return ssh.Result{Outcome: ssh.Unreachable}
}

func TestSitComesBackLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithTimeout(t.Context(), 10*time.Minute)
		defer end()
		h := &host{}
		Sit(ctx, h, Console{Who: "mike@laptop", PID: 9})
		if n := len(h.asked); n < 10 || n > 14 || h.args != "console 9 rw mike@laptop" {
			t.Errorf("asked %d times, with %q", n, h.args)
		}
		if gap := h.asked[1].Sub(h.asked[0]); gap != firstPause {
			t.Errorf("came back after %s", gap)
		}
	})
}
