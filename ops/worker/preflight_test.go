package worker

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// A new disk must let us in: by a key in the metadata; a snapshot may bring one along, which is for the operator to say, in person.
func TestTheWayBackIn(t *testing.T) {
	for name, x := range map[string]struct {
		metadata, image string
		asks, refuses   bool
	}{
		"our key":               {"ssh-ed25519 AAAAours mike", "base", false, false},
		"strangers, snapshot":   {"ssh-ed25519 AAAAtheirs eve", "snapshot", true, false},
		"none at all, custom":   {"", "custom", true, false},
		"strangers, bare image": {"ssh-ed25519 AAAAtheirs eve", "base", false, true},
	} {
		c := sample(t)
		c.Host = func(string) Host { return saying{out: x.metadata} }
		c.Cloud = imaging{image: digitalocean.Image{ID: 7, Name: "worker-golden", Type: x.image}}
		said, err := c.checkKeys(t.Context())
		var ask run.NeedsGo
		if asks := errors.As(err, &ask); asks != x.asks || asks && !ask.Attended {
			t.Errorf("%s: asks %v, %v", name, asks, err)
		}
		if refuses := fault.CodeOf(err) == fault.Refused; refuses != x.refuses {
			t.Errorf("%s: %v", name, err)
		}
		if !x.asks && !x.refuses && (err != nil || !strings.Contains(said, "one of our keys")) {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
}

// A plan tells of all that speaks against it, and stops at the first.
func TestAPlanTellsOfEachObjection(t *testing.T) {
	no := func(why string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			return "", &fault.Error{What: "it cannot be", Why: why, Next: "mend " + why, Code: fault.Refused}
		}
	}
	yes := func(context.Context) (string, error) { return "well", nil }
	ask := func(context.Context) (string, error) { return "", run.NeedsGo{Cause: "is it you?"} }
	found, err := foresee([]check{{"a", yes}, {"b", no("one")}, {"c", ask}, {"d", no("two")}})(t.Context(), &run.Walk{})
	if err != nil || found.Truth != run.Conflict || found.Detail != "it cannot be: one" || found.Hint != "mend one" {
		t.Errorf("%+v, %v", found, err)
	}
	if got := strings.Join(found.Details, "; "); got != "a: well; b: it cannot be: one; c: warning: is it you?; it will be asked; d: it cannot be: two" {
		t.Errorf("%s", got)
	}
}

// The only live, unquiet process that listens to the scheduler queue is not stopped; several are a warning.
func TestTheOnlySchedulerIsNotDrained(t *testing.T) {
	scheduling := func(host string, change func(*sidekiq.Process)) sidekiq.Process {
		p := sidekiqAt(host, 1, 0, false)
		p.Queues = []string{"default", "scheduler"}
		if change != nil {
			change(&p)
		}
		return p
	}
	for name, x := range map[string]struct {
		processes []sidekiq.Process
		says      string
		refuses   bool
	}{
		"elsewhere":              {[]sidekiq.Process{scheduling(two, nil), sidekiqAt(one, 1, 0, false)}, "the scheduler runs on " + two, false},
		"only here":              {[]sidekiq.Process{scheduling(one, nil)}, "the only scheduler", true},
		"the other one is quiet": {[]sidekiq.Process{scheduling(one, nil), scheduling(two, func(p *sidekiq.Process) { p.Quiet = true })}, "the only scheduler", true},
		"the other one is dead":  {[]sidekiq.Process{scheduling(one, nil), scheduling(two, func(p *sidekiq.Process) { p.Stale = true })}, "the only scheduler", true},
		"here and elsewhere":     {[]sidekiq.Process{scheduling(one, nil), scheduling(two, nil)}, "warning: 2 processes", false},
		"nowhere":                {[]sidekiq.Process{sidekiqAt(one, 1, 0, false)}, "warning: nobody listens", false},
	} {
		c := sample(t)
		redis := &beats{looks: []look{{listed(one), x.processes}}}
		c.Jobs, c.Host = redis, func(string) Host { return &docker{of: redis} }
		said, err := c.checkScheduler(t.Context())
		if got := said + fault.Of(errors.Join(err, errSilent)).What; !strings.Contains(got, x.says) || (fault.CodeOf(err) == fault.Refused) != x.refuses {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
}

// Somebody's work on that host is shown, whether it runs in tmux or waits in cron; and so is what would kill jobs some other day.
func TestWhatIsAtWorkIsShown(t *testing.T) {
	c := sample(t)
	c.Host = func(string) Host {
		return telling{words: map[string]string{"tootctl|tmux": "812 root tmux new -s media\n/etc/cron.d/media:0 3 * * * root tootctl media remove"}}
	}
	said, err := c.checkPeople(t.Context())
	if err != nil || !strings.Contains(said, "warning") || !strings.Contains(said, "tmux new -s media") || !strings.Contains(said, "/etc/cron.d/media") {
		t.Errorf("%q, %v", said, err)
	}
	c.Host = func(string) Host { return telling{} }
	if said, err := c.checkPeople(t.Context()); err != nil || strings.Contains(said, "warning") {
		t.Errorf("%q, %v", said, err)
	}
	if said, err := c.checkGrace(t.Context()); err != nil || !strings.Contains(said, "Recommended: stop_grace_period: 60s") {
		t.Errorf("%q, %v", said, err)
	}
	c.Host = func(string) Host { return telling{words: map[string]string{"stop_grace_period": "1"}} }
	if said, err := c.checkGrace(t.Context()); err != nil || strings.Contains(said, "warning") {
		t.Errorf("%q, %v", said, err)
	}
}

// tagged is a provider whose tag is used by these.
type tagged struct {
	Cloud
	uses digitalocean.TagUses
}

func (c tagged) TagUses(context.Context, string) (digitalocean.TagUses, error) { return c.uses, nil }

// Who else hangs on a tag is shown before it goes, and looked at once more just before; what would cut jobs off is refused.
func TestWhoElseUsesTheTagIsShown(t *testing.T) {
	for name, x := range map[string]struct {
		uses    digitalocean.TagUses
		says    string
		refuses bool
	}{
		"nobody":           {digitalocean.TagUses{Balancers: []string{"4de7ac8b"}}, "no database and no other balancer uses", false},
		"another balancer": {digitalocean.TagUses{Balancers: []string{"4de7ac8b", "other"}}, "also drives the balancers other", false},
		"a database":       {digitalocean.TagUses{Balancers: []string{"4de7ac8b"}, Databases: []string{"majel"}}, "lets it reach the databases majel", true},
	} {
		c := sample(t)
		c.in.Tag, c.Cloud = "web", tagged{uses: x.uses}
		said, err := c.checkTag(t.Context())
		if got := said + fault.Of(errors.Join(err, errSilent)).Why; !strings.Contains(got, x.says) || (fault.CodeOf(err) == fault.Refused) != x.refuses {
			t.Errorf("%s: %q, %v", name, said, err)
		}
		if !x.refuses && !strings.Contains(said, "cloud firewalls are not looked at") {
			t.Errorf("%s: nothing says that firewalls are not seen: %q", name, said)
		}
	}
}

// Checks are made side by side and told in their order; the first objection is the one that stops the step.
func TestChecksAreMadeSideBySide(t *testing.T) {
	var meet sync.WaitGroup
	meet.Add(3)
	together := func(said string, err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			meet.Done()
			meet.Wait()
			return said, err
		}
	}
	first := errors.New("first")
	all := []check{{"a", together("one", nil)}, {"b", together("", first)}, {"c", together("", errors.New("second"))}}
	if err := doChecks(all)(t.Context(), &run.Walk{}); !errors.Is(err, first) {
		t.Errorf("%v", err)
	}
}
