package worker

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
)

// alike is what a worker says that is fit to serve.
var alike = map[string]string{
	"findmnt": "nfs4", "PING": "+PONG\r\n+OK", "df -P": "/dev/vda1 80 20 60 25% /", ".env.production": "aa .env.production\nbb docker-compose.yml",
	"ssl_certificate": "cc /etc/ssl/fullchain.pem", "config --images": "mastodon:v4 sha256:11\nstreaming:v4 sha256:22", "date +%s": "1764000000",
}

// Whatever would make a worker serve wrong pages or spoil jobs keeps it out: each spoils one thing.
func TestAWorkerThatIsNotItsPeersEqualStaysOut(t *testing.T) {
	for name, x := range map[string]struct {
		mine map[string]string
		says string // "" when it may serve
	}{
		"alike":                                {alike, ""},
		"no NFS: docker would make the folder": {with(alike, "findmnt", ""), "the shared directory is not mounted"},
		"a tunnel that closes":                 {with(alike, "PING", ""), "Redis does not answer through the tunnel"},
		"a Redis with a password":              {with(alike, "PING", "-NOAUTH Authentication required."), ""},
		"another configuration":                {with(alike, ".env.production", "zz .env.production\nbb docker-compose.yml"), "configuration: here"},
		"another certificate":                  {with(alike, "ssl_certificate", "zz /etc/ssl/fullchain.pem"), "certificates: here"},
		"a clock that is off":                  {with(alike, "date +%s", "1764000060"), "the clock is wrong"},
		"a clock that is off a bit":            {with(alike, "date +%s", "1764000003"), ""},
		"another digest":                       {with(alike, "config --images", "mastodon:v4 sha256:99\nstreaming:v4 sha256:22"), "images: here"},
		"an image that is not there":           {with(alike, "config --images", "mastodon:v4 sha256:11\nstreaming:v4 absent"), "images are not pulled"},
		"a df that is not understood":          {with(alike, "df -P", "/dev/vda1 80 76 4 - /"), `looking at the disk of worker-2: "/dev/vda1`},
		"a full disk":                          {with(alike, "df -P", "/dev/vda1 80 76 4 95% /"), "the disk is nearly full"},
	} {
		t.Run(name, func(t *testing.T) {
			c := sample(t)
			c.Host = func(node string) Host {
				if node == "worker-2" {
					return telling{words: x.mine}
				}
				return telling{words: alike}
			}
			var said []string
			for _, v := range askAll(t.Context(), c.parityChecks("worker-1")) {
				if v.err != nil {
					said = append(said, fault.Of(v.err).What+": "+fault.Of(v.err).Why)
				}
			}
			got := strings.Join(said, "; ")
			if x.says == "" && got != "" || x.says != "" && !strings.Contains(got, x.says) || len(said) > 1 && name != "an image that is not there" {
				t.Errorf("%q, want %q", got, x.says)
			}
		})
	}
}

// Each worker is asked by its own directory and project: they need not be called alike.
func TestEachIsComparedByItsOwnDirectory(t *testing.T) {
	c := sample(t)
	for i := range c.Config.Nodes {
		if n := &c.Config.Nodes[i]; n.Name == "worker-1" {
			n.Mastodon.Dir, n.Mastodon.Project = "/srv/mastodon", "live"
		}
	}
	asked := map[string][]string{}
	c.Host = func(node string) Host { return heard{into: asked, node: node} }
	if _, err := c.same(t.Context(), "worker-1", "configuration", "sums"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.notMounted(t.Context(), "answer"); err != nil {
		t.Fatal(err)
	}
	mine, theirs := strings.Join(asked["worker-2"], " "), strings.Join(asked["worker-1"], " ")
	if mine != "/root/mastodon mastodon" || theirs != "/srv/mastodon live /srv/mastodon" {
		t.Errorf("%q, %q", mine, theirs)
	}
}

// Parity comes before the first container, and Sidekiq is the last to start.
func TestTheWayBackIsInOrder(t *testing.T) {
	c := sample(t)
	for name, want := range map[string][]string{
		Reimage: {"hold", "hush", "lame-duck", "idle", "remove", "nginx", "sidekiq-quiet", "stop", "mark", "announce", "rebuild", "power-on", "come-back", "host-key", "new-disk", "first-boot", "provision", "parity", "start", "add", "sidekiq-start", "watch", "release", "report"},
		Return:  {"parity", "start", "add", "sidekiq-start", "watch", "release", "report"},
	} {
		at := 0
		for _, s := range shelved(c)[name] {
			if at < len(want) && s.ID == want[at] {
				at++
			}
		}
		if at != len(want) {
			t.Errorf("%s: %s is not where it belongs", name, want[at])
		}
	}
}
