package worker

import (
	"errors"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
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
