package logs

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/ssh"
)

// host answers with lines and an end.
type host struct {
	asked ssh.Command
	lines []string
	end   ssh.Result
}

func (h *host) Stream(_ context.Context, c ssh.Command, line func(string)) ssh.Result {
	h.asked = c
	for _, l := range h.lines {
		line(l)
	}
	return h.end
}

var (
	compose1 = config.Node{Name: "worker-1", Role: config.RoleWorker, AccessLog: "/srv/log/access.log", Mastodon: config.Mastodon{Kind: config.KindCompose, Dir: "/root/mastodon", Project: "mastodon"}}
	native   = config.Node{Name: "exec", Role: config.RoleExec, AccessLog: "/var/log/nginx/access.log", Mastodon: config.Mastodon{Kind: config.KindNative}}
)

func TestWhatIsRunOnANode(t *testing.T) {
	for name, c := range map[string]struct {
		node config.Node
		tail Tail
		want string
	}{
		"a container":      {compose1, Tail{"web", 5, true, false}, "/root/mastodon mastodon logs --no-color --tail 5 --follow --no-log-prefix web"},
		"every container":  {compose1, Tail{"", 5, false, false}, "/root/mastodon mastodon logs --no-color --tail 5"},
		"a unit":           {native, Tail{"sidekiq", 9, true, false}, "--no-pager -o short-iso -n 9 -u mastodon-sidekiq --follow"},
		"every unit":       {native, Tail{"", 9, false, false}, "--no-pager -o short-iso -n 9 -u mastodon-*"},
		"an access log":    {compose1, Tail{Nginx, 7, true, false}, "-n 7 -F /srv/log/access.log"},
		"an access log's":  {native, Tail{Nginx, 7, false, false}, "-n 7 /var/log/nginx/access.log"},
		"dots and figures": {compose1, Tail{"web-2.b_c", 1, false, false}, "/root/mastodon mastodon logs --no-color --tail 1 --no-log-prefix web-2.b_c"},
	} {
		h := &host{end: ssh.Result{Outcome: ssh.Exited}}
		if err := reader(h).Read(t.Context(), c.node, c.tail, func(string) {}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(c.want, strings.Join(h.asked.Args, " ")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if h.asked.Tether != c.tail.Follow {
			t.Errorf("%s: a command that follows must die with the connection, and no other", name)
		}
	}
}

func reader(h *host) Reader {
	return Reader{Host: func(string) Host { return h }, Redact: func(s string) string { return strings.ReplaceAll(s, "hunter2", "[redacted]") }}
}

// What is no service's name never reaches a host, and looks like no flag there.
func TestStrangeServicesAreRefused(t *testing.T) {
	for _, service := range []string{"--help", "-f", "web; rm -rf /", "a/b", "$(id)", "web\nrm", " ", "é"} {
		h := &host{}
		if err := reader(h).Read(t.Context(), compose1, Tail{Service: service}, nil); err == nil || h.asked.Script != "" {
			t.Errorf("%q: %v, sent %q", service, err, h.asked.Args)
		}
	}
}

func TestNoSecretComesThrough(t *testing.T) {
	var got []string
	h := &host{lines: []string{"token=hunter2 used"}, end: ssh.Result{Outcome: ssh.Exited}}
	if err := reader(h).Read(t.Context(), compose1, Tail{Service: "web"}, func(l string) { got = append(got, l) }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"token=[redacted] used"}, got); d != "" {
		t.Error(d)
	}
}

func TestHowReadingEnds(t *testing.T) {
	h := &host{end: ssh.Result{Outcome: ssh.Exited, Code: 1, Stderr: "no such service: wbe"}}
	if err := reader(h).Read(t.Context(), compose1, Tail{Service: "wbe"}, nil); err == nil || !strings.Contains(err.Error(), "no such service: wbe") {
		t.Errorf("a failure is not told: %v", err)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	if err := reader(h).Read(ctx, compose1, Tail{}, nil); err != context.Canceled { //nolint:errorlint // exactly that, and not a failure of the host's
		t.Errorf("given up, it says %v", err)
	}
}
