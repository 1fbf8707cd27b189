package roll

import (
	"errors"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
)

// What runs on a worker is told by its image: an older one stops the upgrade, of one that says no version a person is asked, and what is not Mastodon's is
// left alone. An old one is the answer whatever else is to be asked.
func TestWhatRunsOfAnOlderVersion(t *testing.T) {
	const all = `5d1f2a7c0b31 mastodon-web-1 ghcr.io/mastodon/mastodon:v4.7.0 mastodon/web
5d1f2a7c0b32 mastodon-streaming-1 ghcr.io/mastodon/mastodon-streaming:v4.7.0@sha256:77aa mastodon/streaming
5d1f2a7c0b39 grafana-1 grafana/grafana:12 grafana/web
`
	for name, x := range map[string]struct{ more, old, blind string }{
		"all of it is new":         {},
		"one was left behind":      {more: "5d1f2a7c0b33 extra-pull ghcr.io/mastodon/mastodon:v4.6.5 /", old: "extra-pull on worker-1 is of v4.6.5"},
		"its tag was taken away":   {more: "5d1f2a7c0b33 mastodon-sidekiq-1 3c2f9a11d0e7 mastodon/sidekiq", blind: "mastodon-sidekiq-1 on worker-1, whose image 3c2f9a11d0e7 says no version"},
		"it is known by its bytes": {more: "5d1f2a7c0b33 mastodon-sidekiq-1 ghcr.io/mastodon/mastodon@sha256:77aa mastodon/sidekiq", blind: "says no version"},
	} {
		r := sample(t)
		s := &search{upgrade: &upgrade{roll: r, version: "v4.7.0"}, hosts: map[string]bool{}}
		node, _ := r.Config.Node("worker-1")
		said := s.containers(node, all+x.more)
		if !strings.HasPrefix(said, "v4.7.0 in mastodon-web-1, mastodon-streaming-1") || strings.Contains(said, "grafana") || !s.hosts["5d1f2a7c0b31"] {
			t.Errorf("%s: %s, %v", name, said, s.hosts)
		}
		for what, is := range map[string][2]string{"old": {strings.Join(s.old, ""), x.old}, "blind": {strings.Join(s.blind, ""), x.blind}} {
			if got, want := is[0], is[1]; (want == "") != (got == "") || !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q, not %q", name, what, got, want)
			}
		}
		err := s.verdict(&run.Walk{})
		var ask run.NeedsGo
		if (x.old != "") != (fault.CodeOf(err) == fault.Refused) || (x.blind != "") != errors.As(err, &ask) || x.old+x.blind == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
