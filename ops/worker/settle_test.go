package worker

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

func TestSlownessIsMeasuredAgainstThePeers(t *testing.T) {
	ms := func(all ...int) (out []time.Duration) {
		for _, n := range all {
			out = append(out, time.Duration(n)*time.Millisecond)
		}
		return out
	}
	for name, x := range map[string]struct {
		pages
		slow bool
	}{
		"alike":             {pages{mine: ms(20, 30, 25), peers: ms(22, 28, 24, 30)}, false},
		"one hiccup":        {pages{mine: ms(20, 5000, 25), peers: ms(22, 28, 24)}, false},
		"later every time":  {pages{mine: ms(900, 800, 950), peers: ms(22, 28, 24)}, true},
		"all are slow":      {pages{mine: ms(2000, 2100, 1900), peers: ms(1800, 2000, 2200)}, false},
		"nobody to compare": {pages{mine: ms(2000), peers: nil}, false},
	} {
		if got := x.pages.slow(); got != x.slow {
			t.Errorf("%s: slow %v", name, got)
		}
	}
}

func TestAnswerOfCurl(t *testing.T) {
	for out, want := range map[string]struct {
		status int
		took   time.Duration
	}{"200 0.250000": {200, 250 * time.Millisecond}, "503": {503, 0}, "000 5.0": {0, 5 * time.Second}, "": {}, "curl: no": {}} {
		if status, took := answerOf(out); status != want.status || took != want.took {
			t.Errorf("%q: %d, %s", out, status, took)
		}
	}
}

// busyHost answers so many requests a second, some of them badly, and its page comes so late.
type busyHost struct {
	Host
	began       time.Time
	rate, worse float64
	page        string
}

func (h busyHost) Look(_ context.Context, c ssh.Command) ssh.Result {
	if strings.Contains(c.Script, "http_code") {
		return ssh.Result{Outcome: ssh.Exited, Stdout: h.page}
	}
	seconds := time.Since(h.began).Seconds()
	return ssh.Result{Outcome: ssh.Exited, Stdout: fmt.Sprintf("%d\n%d", int(h.rate*seconds), int(h.worse*seconds))}
}

// A worker is let go of as soon as enough of its answers were good, and at the latest when the watch ends; one that fails more than its peers, or is
// slower, is not.
func TestAWatchEndsWhenItHasSeenEnough(t *testing.T) {
	for name, x := range map[string]struct {
		rate, worse float64
		page        string // of the worker; its peers' comes in 20 ms
		since       time.Duration
		took        time.Duration
		says        string // of the fault
	}{
		"many requests":              {40, 0, "200 0.02", 0, 10 * time.Second, ""},
		"watched since it was added": {40, 0, "200 0.02", 30 * time.Second, 8 * time.Second, ""}, // five pages are timed
		"few requests":               {1, 0, "200 0.02", 0, time.Minute, ""},
		"a few errors":               {40, 0.1, "200 0.02", 0, 10 * time.Second, ""},
		"many errors":                {40, 4, "200 0.02", 0, 2 * time.Second, "fails more than its peers"},
		"no page at all":             {40, 0, "502 0.01", 0, 6 * time.Second, "serves no page"},
		"nobody answers":             {40, 0, "000 10.0", 0, 6 * time.Second, "serves no page"},
		"slow":                       {40, 0, "200 0.9", 0, time.Minute, "slower than its peers"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := sample(t)
				began := time.Now()
				mine := busyHost{began: began, rate: x.rate, worse: x.worse}
				c.Host = func(node string) Host {
					switch node {
					case "worker-2":
						return mine
					case "exec":
						return paged{mine: x.page, peers: "200 0.02"}
					}
					return busyHost{began: began, rate: 40}
				}
				if x.since > 0 {
					time.Sleep(x.since)
					c.served = &comparison{began: began}
				}
				check, from := c.verifySettled(&run.Walk{}), time.Now()
				p, err := check(t.Context())
				for err == nil && !p.Done && time.Since(from) < 5*time.Minute {
					time.Sleep(p.Again)
					p, err = check(t.Context())
				}
				if took := time.Since(from); took != x.took || !strings.Contains(fault.Of(orNothing(err)).What, x.says) || (x.says == "") != (err == nil) {
					t.Errorf("%s, want %s: %+v, %v", took, x.took, p, err)
				}
			})
		})
	}
}

// paged is an exec node that times pages.
type paged struct {
	Host
	mine, peers string
}

func (h paged) Look(_ context.Context, c ssh.Command) ssh.Result {
	if strings.Contains(strings.Join(c.Args, " "), "//10.0.0.12:") {
		return ssh.Result{Outcome: ssh.Exited, Stdout: h.mine}
	}
	return ssh.Result{Outcome: ssh.Exited, Stdout: h.peers}
}

func orNothing(err error) error {
	if err == nil {
		return errSilent
	}
	return err
}
