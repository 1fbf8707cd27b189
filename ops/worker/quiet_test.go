package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// look is what Redis and docker say at one moment.
type look struct {
	containers string // docker's ids of the running sidekiqs
	processes  []sidekiq.Process
}

// beats is a Redis that goes from one look to the next.
type beats struct {
	Jobs
	looks []look
	at    int
}

func (b *beats) Processes(context.Context) ([]sidekiq.Process, error) {
	return b.looks[b.at].processes, nil
}

func (b *beats) Work(_ context.Context, identity string) ([]sidekiq.Job, error) {
	return []sidekiq.Job{{Class: "DeliveryWorker", JID: "of " + identity, Queue: "push"}}, nil
}

// docker answers `docker ps` as the look of the moment has it.
type docker struct {
	saying
	of *beats
}

func (d docker) Look(ctx context.Context, c ssh.Command) ssh.Result {
	d.out = d.of.looks[d.of.at].containers
	return d.saying.Look(ctx, c)
}

func sidekiqAt(host string, beat, busy int, quiet bool) sidekiq.Process {
	return sidekiq.Process{Identity: host + ":7:0a", Hostname: host, Beat: time.Unix(int64(beat), 0), Busy: busy, Quiet: quiet}
}

const (
	one = "aaaaaaaaaaaa"
	two = "bbbbbbbbbbbb"
)

func listed(ids ...string) string {
	var lines []string
	for _, id := range ids {
		lines = append(lines, `{"ID":"`+id+`ffff","Names":"sidekiq","State":"running","Labels":"com.docker.compose.project=mastodon,com.docker.compose.service=sidekiq"}`)
	}
	return strings.Join(lines, "\n")
}

// Busy 0 is believed from two different heartbeats only; a newcomer is a conflict, and a heartbeat that vanished is unknown.
func TestQuietIsBelievedLate(t *testing.T) {
	alive := func(beat, busy int, quiet bool) look {
		return look{listed(one), []sidekiq.Process{sidekiqAt(one, beat, busy, quiet)}}
	}
	stale := sidekiqAt(one, 3, 0, true)
	stale.Stale = true
	for name, x := range map[string]struct {
		looks []look
		done  bool
		says  string // of the last look
		code  fault.Code
		lost  int
	}{
		"not heard yet":           {looks: []look{alive(1, 0, false), alive(2, 0, false)}, says: "the signal to be heard"},
		"one heartbeat":           {looks: []look{alive(1, 0, true), alive(1, 0, true)}, says: "a second heartbeat"},
		"two heartbeats":          {looks: []look{alive(1, 0, true), alive(2, 0, true)}, done: true},
		"busy between":            {looks: []look{alive(1, 0, true), alive(2, 1, true), alive(3, 0, true)}, says: "a second heartbeat"},
		"busy":                    {looks: []look{alive(1, 2, true)}, says: "jobs to finish: 2"},
		"a container without one": {looks: []look{alive(1, 0, true), {listed(one, two), []sidekiq.Process{sidekiqAt(one, 2, 0, true)}}}, says: "a second heartbeat"},
		"an unquiet newcomer": {looks: []look{alive(1, 0, true), {listed(one, two), []sidekiq.Process{sidekiqAt(one, 2, 0, true), sidekiqAt(two, 2, 0, false)}}},
			says: "a new Sidekiq process appeared", code: fault.Failed},
		"vanished":  {looks: []look{alive(1, 1, true), {listed(one), nil}}, says: "a Sidekiq process vanished", code: fault.Unknown, lost: 1},
		"forgotten": {looks: []look{alive(1, 1, true), {listed(one), []sidekiq.Process{stale}}}, says: "a Sidekiq process vanished", code: fault.Unknown, lost: 1},
		"restarted": {looks: []look{alive(1, 1, true), {listed(two), []sidekiq.Process{sidekiqAt(two, 2, 0, false)}}}, says: "a Sidekiq process vanished", code: fault.Unknown, lost: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := sample(t)
			redis := &beats{looks: x.looks}
			c.Jobs, c.Host = redis, func(string) Host { return &docker{of: redis} }
			check := c.verifyQuiet(&run.Walk{})
			var p run.Progress
			var err error
			for redis.at = range x.looks {
				p, err = check(t.Context())
			}
			if p.Done != x.done || fault.CodeOf(err) != x.code || !strings.Contains(p.For+fault.Of(errors.Join(err, errSilent)).What, x.says) || len(c.lost) != x.lost {
				t.Errorf("%+v, %v, lost %v", p, err, c.lost)
			}
			if unknown := errors.Is(err, remote.ErrUnknown); unknown != (x.code == fault.Unknown) {
				t.Errorf("unknown: %v", unknown)
			}
		})
	}
}

// Where a worker has several Sidekiqs, each with its queues, all of them are started; where it has none, nothing is.
func TestEverySidekiqIsStarted(t *testing.T) {
	c := sample(t)
	c.Config.Reimage.Start = []string{"web", "sidekiq", "sidekiq-push"}
	container := func(service, id string) string {
		return strings.ReplaceAll(listed(id), "service=sidekiq", "service="+service)
	}
	process := func(id string) sidekiq.Process { return sidekiqAt(id, 1, 0, false) }
	for name, x := range map[string]struct {
		look
		truth run.Truth
	}{
		"one of two": {look{container("sidekiq", one), []sidekiq.Process{process(one)}}, run.IsPending},
		"both":       {look{container("sidekiq", one) + "\n" + container("sidekiq-push", two), []sidekiq.Process{process(one), process(two)}}, run.IsDone},
	} {
		redis := &beats{looks: []look{x.look}}
		c.Jobs, c.Host = redis, func(string) Host { return &docker{of: redis} }
		if got, err := c.startSidekiq().Observe(t.Context(), &run.Walk{}); err != nil || got.Truth != x.truth {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for what, plan := range map[string]string{"start": planOf(t, c.startSidekiq()), "undo": strings.Join(c.hush().UndoPlan, "\n")} {
		if !strings.Contains(plan, " sidekiq sidekiq-push") {
			t.Errorf("%s: %s", what, plan)
		}
	}
	c.Config.Reimage.Start = []string{"web", "streaming"}
	if s := c.startSidekiq(); s.Do != nil || s.Kind != run.Read || !strings.Contains(planOf(t, s), "nothing") {
		t.Errorf("%+v", s.StepInfo)
	}
}

// A Sidekiq that a broken-off drain has told to be quiet is started anew: it would be waited for in vain.
func TestAQuietSidekiqIsStartedAnew(t *testing.T) {
	for name, x := range map[string]struct {
		first look
		sent  string
	}{
		"quiet":   {look{listed(one), []sidekiq.Process{sidekiqAt(one, 1, 0, true)}}, "restart -t 60 sidekiq; up -d --no-recreate sidekiq"},
		"stopped": {look{"", nil}, "up -d --no-recreate sidekiq"},
	} {
		c := sample(t)
		redis := &beats{looks: []look{x.first, {listed(one), []sidekiq.Process{sidekiqAt(one, 2, 0, false)}}}}
		host := &composed{docker: docker{of: redis}, until: x.sent}
		c.Jobs, c.Host = redis, func(string) Host { return host }
		if v := walked(t, c.startSidekiq()); v.State != run.Done || strings.Join(host.sent, "; ") != x.sent {
			t.Errorf("%s: %s, %s; sent %q", name, v.State, v.Detail, host.sent)
		}
	}
}

// composed is a docker whose compose is heard; when all of it was said, the next look is due.
type composed struct {
	docker
	sent  []string
	until string
}

func (h *composed) Do(_ context.Context, _ remote.Permit, c ssh.Command) ssh.Result {
	h.sent = append(h.sent, strings.Join(c.Args[2:], " "))
	if strings.Join(h.sent, "; ") == h.until {
		h.of.at = 1
	}
	return ssh.Result{Outcome: ssh.Exited}
}

func planOf(t *testing.T, s run.Step) string {
	t.Helper()
	lines, err := s.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// errSilent is joined so that there is an error to speak of.
var errSilent = errors.New("")
