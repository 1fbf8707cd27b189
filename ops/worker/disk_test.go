package worker

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// answering is a host that gives one answer, and counts how often its connection was let go of.
type answering struct {
	Host
	res   ssh.Result
	drops *int
}

func (h answering) Look(context.Context, ssh.Command) ssh.Result { return h.res }
func (h answering) Drop()                                        { *h.drops++ }

// A new disk is one that finds no mark of the run and runs another boot. The old sshd may answer for a while; a key that is neither the old nor the
// trusted one stops the walk.
func TestTheNewDiskIsProven(t *testing.T) {
	exited := func(out string) ssh.Result { return ssh.Result{Outcome: ssh.Exited, Stdout: out} }
	for name, x := range map[string]struct {
		res   ssh.Result
		done  bool
		says  string
		stops bool
	}{
		"another boot, no mark":           {exited("boot-2\n"), true, "the new disk", false},
		"the old disk":                    {exited("boot-1\nrun-1"), false, "the old disk to go", false},
		"the old disk, rebooted":          {exited("boot-2\nrun-1"), false, "the old disk to go", false},
		"the mark is gone, the same boot": {exited("boot-1\n"), false, "the old boot still answers", false},
		"nobody answers":                  {ssh.Result{Outcome: ssh.Unreachable, Cause: errors.New("no route")}, false, "a login", false},
		"another key":                     {ssh.Result{Outcome: ssh.Unreachable, Cause: &fault.Error{What: "the host key has changed", Code: fault.Refused}}, false, "", true},
	} {
		c, w, drops := sample(t), &run.Walk{}, 0
		if err := w.Remember(t.Context(), "boot", "boot-1"); err != nil {
			t.Fatal(err)
		}
		c.Host = func(string) Host { return answering{res: x.res, drops: &drops} }
		p, err := c.verifyNewDisk(w)(t.Context())
		var v verdict
		if p.Done != x.done || errors.As(err, &v) != x.stops || !strings.Contains(p.For+p.Detail, x.says) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if !x.done && drops == 0 {
			t.Errorf("%s: the next look would be over the same connection", name)
		}
		if !x.done && !x.stops && p.Again != c.Config.SSH.Retry {
			t.Errorf("%s: the next login comes after %s", name, p.Again)
		}
	}
}

// Where a host certificate vouches for the machine nothing is pinned; otherwise the new key takes the place of the old one.
func TestACertificateNeedsNoPin(t *testing.T) {
	for name, x := range map[string]struct {
		pins    []string
		dead    bool
		res     ssh.Result
		vouched bool
	}{
		"certificate":               {nil, false, ssh.Result{Outcome: ssh.Exited, Stdout: "boot-2\n"}, true},
		"the old system":            {nil, false, ssh.Result{Outcome: ssh.Exited, Stdout: "boot-1\nrun-1"}, false},
		"pinned":                    {[]string{"SHA256:old"}, false, ssh.Result{Outcome: ssh.Exited, Stdout: "boot-2\n"}, false},
		"it was dead: who can tell": {nil, true, ssh.Result{Outcome: ssh.Exited, Stdout: "boot-2\n"}, false},
		"not trusted":               {nil, false, ssh.Result{Outcome: ssh.Unreachable}, false},
	} {
		c, w, drops := sample(t), &run.Walk{}, 0
		if err := w.Remember(t.Context(), "boot", "boot-1"); err != nil {
			t.Fatal(err)
		}
		c.in.HostKeys, c.in.Dead = x.pins, x.dead
		c.Host = func(string) Host { return answering{res: x.res, drops: &drops} }
		if got := c.vouched(t.Context(), w); got != x.vouched {
			t.Errorf("%s: %v", name, got)
		}
	}
}
