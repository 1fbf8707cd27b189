package worker

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// serves is a host whose log gets a request every so often; exec answers the balancer's probe.
type serves struct {
	Host
	since time.Time
	every time.Duration // 0 is never
	gone  bool
	probe string
}

func (h *serves) Look(_ context.Context, c ssh.Command) ssh.Result {
	switch {
	case h.gone:
		return ssh.Result{Outcome: ssh.Unreachable, Cause: errors.New("no route to host")}
	case c.Script != requests:
		return ssh.Result{Outcome: ssh.Exited, Stdout: h.probe}
	case h.every == 0:
		return ssh.Result{Outcome: ssh.Exited, Stdout: "7"}
	}
	return ssh.Result{Outcome: ssh.Exited, Stdout: strconv.Itoa(7 + int(time.Since(h.since)/h.every))}
}

// Where nobody visits, the wait for the first request ends by itself; where somebody visits the others only, it does not.
func TestAWorkerOfASiteThatNobodyVisitsIsIn(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(map[string]*serves)
		in     bool
		says   string
	}{
		{"nobody visits", func(map[string]*serves) {}, true, "nobody came in 1m50s, nor to a peer; the balancer's check is served (answers 200)"},
		{"it is visited at last", func(h map[string]*serves) { h["worker-2"].every = 4 * time.Minute }, true, "nobody came"},
		{"it is visited", func(h map[string]*serves) { h["worker-2"].every, h["worker-1"].every = 30*time.Second, time.Second }, true, "requests have arrived: 1"},
		{"only the others are visited", func(h map[string]*serves) { h["worker-3"].every = time.Minute }, false, "its peers answered"},
		{"its check fails", func(h map[string]*serves) { h["exec"].probe = "503 0.01" }, false, "the balancer's check, repeated from exec, answers 503"},
		{"one peer is dead", func(h map[string]*serves) { h["worker-1"].gone = true }, true, "nobody came"},
		{"no peer can be asked", func(h map[string]*serves) { h["worker-1"].gone, h["worker-3"].gone = true, true }, false, "no peer could be asked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hosts := map[string]*serves{}
				for _, name := range []string{"exec", "worker-1", "worker-2", "worker-3"} {
					hosts[name] = &serves{since: time.Now(), probe: "200 0.01"}
				}
				c.change(hosts)
				crew := sample(t)
				crew.Cloud, crew.Host = &busyBalancer{}, func(name string) Host { return hosts[name] }
				check, began := crew.verifyArriving(&run.Walk{}), time.Now()
				for {
					p, err := check(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					said := p.Detail + p.For
					if p.Done || time.Since(began) > 5*time.Minute {
						if p.Done != c.in || !strings.Contains(said, c.says) {
							t.Errorf("in is %v: %s", p.Done, said)
						}
						return
					}
					time.Sleep(p.Again)
				}
			})
		})
	}
}
