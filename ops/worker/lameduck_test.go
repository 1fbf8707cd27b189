package worker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// probed is an exec node that gets these answers from a worker, one after the other, and the last one from then on.
type probed struct {
	Host
	answers []string
	at      *int
}

func (p probed) Look(_ context.Context, c ssh.Command) ssh.Result {
	if !strings.Contains(c.Script, "http_code") {
		return ssh.Result{Outcome: ssh.Exited}
	}
	out := p.answers[min(*p.at, len(p.answers)-1)]
	*p.at++
	return ssh.Result{Outcome: ssh.Exited, Stdout: out}
}

// A lame duck holds only once the balancer's own probe answers 400 or more, for as long as its check needs; a flag that nobody sees, and a redirect,
// are no lame duck, and are said to be none.
func TestALameDuckIsProvenByTheBalancersProbe(t *testing.T) {
	for name, x := range map[string]struct {
		answers []string
		says    string // of the fault, "" when it holds
		within  time.Duration
	}{
		"noticed at once": {[]string{"503 0.01"}, "", 45 * time.Second},
		"after a while":   {[]string{"200 0.01", "200 0.01", "404 0.01"}, "", 47 * time.Second},
		"a good answer in between begins it anew":           {append(slices.Repeat([]string{"503 0.01"}, 30), "200 0.01", "503 0.01"), "", 76 * time.Second},
		"never seen: a cache, or another server's location": {[]string{"200 0.01"}, "no lame duck: the flag is set", unseen},
		"a redirect": {[]string{"301 0.01"}, "no lame duck: the flag is set", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := sample(t)
				c.Jobs = &beats{looks: []look{{}}}
				exec := probed{answers: x.answers, at: new(int)}
				c.Host = func(string) Host { return exec }
				w := &run.Walk{}
				check, began := c.verifyLameDuck(w), time.Now()
				p, err := check(t.Context())
				for err == nil && !p.Done && time.Since(began) < 5*time.Minute {
					time.Sleep(p.Again)
					p, err = check(t.Context())
				}
				if took := time.Since(began); took != x.within {
					t.Errorf("%s, want %s", took, x.within)
				}
				if x.says == "" && (err != nil || !p.Done || w.Fact(c.about(factDuck)) == "") {
					t.Errorf("%+v, %v", p, err)
				}
				if x.says != "" && (!strings.Contains(fault.Of(err).What, x.says) || !strings.Contains(fault.Of(err).Next, "open_file_cache") || w.Fact(c.about(factDuck)) != "") {
					t.Errorf("%+v, %v", p, err)
				}
			})
		})
	}
}

// Where there can be no lame duck the walk says so and goes the other way: out of the balancer first, and nginx ends the keepalives.
func TestWithoutALameDuckItGoesTheOtherWay(t *testing.T) {
	for name, change := range map[string]func(*crew){
		"TCP": func(c *crew) { c.in.Check.Protocol = "tcp" }, "redirect": func(c *crew) { c.in.Redirect = 301 },
	} {
		c := sample(t)
		change(c)
		var ids []string
		for _, s := range c.out() {
			ids = append(ids, s.ID)
			if s.ID == "lame-duck" && (!strings.HasPrefix(s.Title, "No lame duck: ") || !s.Gate) {
				t.Errorf("%s: %q", name, s.Title)
			}
		}
		if got := strings.Join(ids, " "); got != "hold hush lame-duck remove nginx sidekiq-quiet put-back stop" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestARedirectIsFoundWhenTheRunIsMade(t *testing.T) {
	for answer, want := range map[string]int{"301 0.01": 301, "200 0.01": 0, "503 0.01": 0, "000 5": 0} {
		c := sample(t)
		c.Host = func(string) Host { return probed{answers: []string{answer}, at: new(int)} }
		if got := c.redirected(t.Context()); got != want {
			t.Errorf("%s: %d", answer, got)
		}
	}
}
