package worker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// naming is a provider that has droplets of one name.
type naming struct {
	Cloud
	droplets []digitalocean.Droplet
}

func (c naming) Named(context.Context, string) ([]digitalocean.Droplet, error) {
	return slices.Clone(c.droplets), nil
}

func TestTheNewOneIsReachedAsItsModelIs(t *testing.T) {
	d := digitalocean.Droplet{PrivateIP: "10.0.0.11", PublicIP: "203.0.113.11"}
	for _, x := range []struct{ ssh, given, want string }{
		{"root@10.0.0.11:22", "", "root@{private}:22"}, {"203.0.113.11", "", "{public}"}, {"mike@10.0.0.11", "", "mike@{private}"},
		{"worker-1", "", ""}, {"root@10.0.0.99", "", ""}, {"worker-1", "root@{public}", "root@{public}"}, {"root@10.0.0.11", "root@10.0.0.14", ""}, {"root@", "", ""},
	} {
		got, err := destination(config.Node{Name: "worker-1", SSH: x.ssh}, d, x.given)
		if got != x.want || (err == nil) != (x.want != "") || err != nil && fault.CodeOf(err) != fault.Usage {
			t.Errorf("%q, %q: %q, %v", x.ssh, x.given, got, err)
		}
	}
}

// What the run says of the new worker is what the config understands.
func TestTheLineForTheConfigIsOne(t *testing.T) {
	c := made(sample(t))
	c.HostAt = func(string, string) Host { return addressed{} }
	like, _ := c.Config.Node("worker-1")
	c.node.Mastodon = like.Mastodon
	c.Host = func(string) Host { return addressed{} }
	facts := map[string]string{factDroplet: "3164501", factPrivate: "10.0.0.14", factPublic: "203.0.113.14"}
	if !c.learn(func(key string) string { return facts[key] }) {
		t.Fatal("nothing was learnt")
	}
	cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte("instance: vmst.io\nnodes:\n  - {name: exec, role: exec, ssh: exec}\n"+c.nodeLine()+"\n"))
	if err != nil {
		t.Fatalf("%s: %v", c.nodeLine(), err)
	}
	if n, _ := cfg.Node("worker-4"); n.Droplet != 3164501 || n.SSH != "root@10.0.0.14:22" || n.Mastodon.Dir != like.Mastodon.Dir || n.Mastodon.Kind != like.Mastodon.Kind {
		t.Errorf("%+v", n)
	}
}

// addressed is a host that says where it is.
type addressed struct{ Host }

func (addressed) Addr() string    { return "10.0.0.14:22" }
func (addressed) KnownAs() string { return "10.0.0.14:22" }

// Of all droplets of the name only those are adopted that this run's request can have become.
func TestOnlyADropletOfThisRunIsAdopted(t *testing.T) {
	c := made(sample(t))
	asked := time.Now().UTC().Truncate(time.Second)
	w := &run.Walk{}
	if err := w.Remember(t.Context(), factAsked, asked.Format(time.RFC3339)); err != nil {
		t.Fatal(err)
	}
	tag := runTag + w.Run()
	c.Cloud = naming{droplets: []digitalocean.Droplet{
		{ID: 1, Created: asked, Tags: []string{"workers"}}, {ID: 2, Created: asked, Tags: []string{runTag + "another"}},
		{ID: 3, Created: asked.Add(-time.Hour), Tags: []string{tag}}, {ID: 4, Created: asked.Add(-time.Minute), Tags: []string{"workers", tag}},
	}}
	got, err := c.made(t.Context(), w)
	if err != nil || len(got) != 1 || got[0].ID != 4 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.made(t.Context(), &run.Walk{}); err == nil {
		t.Error("a run that never asked has found something")
	}
}

func TestANameThatIsTakenIsRefused(t *testing.T) {
	c := made(sample(t))
	c.Cloud = naming{droplets: []digitalocean.Droplet{{ID: 1}}}
	if _, err := c.checkName(t.Context()); fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
	for _, name := range []string{"worker-2", "exec", ""} {
		if _, err := propose(t.Context(), sample(t).Deps, name, nil); fault.CodeOf(err) != fault.Usage {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A private key in the peers' user data would make two machines of one host key.
func TestUserDataWithAKeyIsRefused(t *testing.T) {
	c := made(sample(t))
	for encoded, wrong := range map[string]bool{"": false, "I2Nsb3VkLWNvbmZpZw==": false, "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0=": true, "not base64!": true} {
		c.Host = func(string) Host { return saying{out: encoded} }
		said, err := c.checkData(t.Context())
		if (err != nil) != wrong {
			t.Errorf("%q: %q, %v", encoded, said, err)
		}
	}
	c.in.New.Data = nobodys
	if _, err := c.checkData(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFingerprintsOfKeys(t *testing.T) {
	got := fingerprintsOf("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS mike\nnot a key\n")
	if len(got) != 1 || len(strings.Split(got[0], ":")) != 16 {
		t.Errorf("%q", got)
	}
}

func TestQueuesThatNobodyElseServes(t *testing.T) {
	mine := []sidekiq.Process{{Identity: "a", Queues: []string{"default", "scheduler", "pull"}}}
	others := []sidekiq.Process{
		{Identity: "b", Queues: []string{"default"}}, {Identity: "c", Queues: []string{"scheduler"}, Quiet: true}, {Identity: "d", Queues: []string{"pull"}, Stale: true},
	}
	if got := orphans(mine, append(others, mine...)); !slices.Equal(got, []string{"scheduler", "pull"}) {
		t.Errorf("%q", got)
	}
}

// Who looks a new worker up in the config finds what it was made like, as its own steps do.
func TestANewWorkerIsLikeItsModelInTheConfigToo(t *testing.T) {
	d := sample(t).Deps
	c := expect(d, "worker-4", inputs{New: &proposal{}})
	like := d.Config.Workers()[0]
	like.AccessLog = "/srv/log/access.log"
	c.become(like)
	n, known := c.Config.Node("worker-4")
	if !known || n.AccessLog != like.AccessLog || n.Mastodon.Dir != like.Mastodon.Dir || c.node.AccessLog != n.AccessLog {
		t.Errorf("%t %+v, and %+v", known, n, c.node)
	}
	if _, known := d.Config.Node("worker-4"); known {
		t.Error("everybody's config knows it")
	}
}
