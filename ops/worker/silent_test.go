package worker

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// ended is a provider whose rebuild ended so; newer ones came after it.
type ended struct {
	owning
	status string
	newer  []digitalocean.Action
}

func (c ended) Action(_ context.Context, id int) (digitalocean.Action, error) {
	return digitalocean.Action{ID: id, Type: "rebuild", Status: c.status}, nil
}

func (c ended) AdoptRebuild(context.Context, int, int) ([]digitalocean.Action, error) {
	return c.newer, nil
}

// unreached is a host that ssh does not get into.
type unreached struct {
	Host
	cause error
}

func (h unreached) Look(context.Context, ssh.Command) ssh.Result {
	return ssh.Result{Outcome: ssh.Unreachable, Cause: h.cause}
}

// A host that cannot be asked is rebuilt on the provider's word only where that is accounted for: nothing at all comes back from it, or it shows a new
// key after this run's own rebuild, which is known to have ended in an error. Then the id is the word.
func TestWhatStandsForAHostThatCannotBeAsked(t *testing.T) {
	key, err := cryptossh.NewPublicKey(ed25519.PublicKey(strings.Repeat("k", ed25519.PublicKeySize)))
	if err != nil {
		t.Fatal(err)
	}
	shown := "10.0.0.12 " + string(cryptossh.MarshalAuthorizedKey(key))
	const nothing, refused = "000 0.001", "the host key has changed"
	for name, x := range map[string]struct {
		host           Host
		exec           map[string]string
		trusted        string
		status         string // of this run's rebuild, "" for none
		named          string
		confirm, tells string
		refuses        string
	}{
		"it answers":                       {host: saying{}, status: "errored"},
		"silent":                           {host: unreached{cause: ssh.ErrSilent}, exec: map[string]string{"curl": nothing}, confirm: "3164495", tells: "no sign of life"},
		"silent, errored":                  {host: unreached{cause: ssh.ErrSilent}, exec: map[string]string{"curl": nothing}, status: "errored", confirm: "3164495", tells: "known to have ended in an error; this is a new one"},
		"silent, another name":             {host: unreached{cause: ssh.ErrSilent}, exec: map[string]string{"curl": nothing}, named: "worker-3", refuses: "wrong machine"},
		"silent here only":                 {host: unreached{cause: ssh.ErrSilent}, exec: map[string]string{"curl": "200 0.01"}, status: "errored", refuses: "it lives"},
		"a new key after an errored one":   {host: unreached{cause: errors.New(refused)}, exec: map[string]string{"keyscan": shown}, trusted: "SHA256:old", status: "errored", confirm: "3164495", tells: "another host key than before its rebuild"},
		"a new key and no rebuild":         {host: unreached{cause: errors.New(refused)}, exec: map[string]string{"keyscan": shown}, trusted: "SHA256:old", refuses: refused},
		"a new key, the rebuild under way": {host: unreached{cause: errors.New(refused)}, exec: map[string]string{"keyscan": shown}, trusted: "SHA256:old", status: "in-progress", refuses: refused},
		"the old key refuses us":           {host: unreached{cause: errors.New(refused)}, exec: map[string]string{"keyscan": shown}, trusted: fingerprint(key), status: "errored", refuses: refused},
	} {
		c, w := sample(t), &run.Walk{}
		c.Cloud = ended{status: x.status, owning: owning{droplet: digitalocean.Droplet{ID: 3164495, Name: "worker-2", PrivateIP: "10.0.0.12", Status: "off"}}}
		if x.named != "" {
			c.Cloud = ended{status: x.status, owning: owning{droplet: digitalocean.Droplet{ID: 3164495, Name: x.named, PrivateIP: "10.0.0.12"}}}
		}
		c.in.HostKeys = []string{x.trusted}
		c.Host = func(node string) Host {
			if node == "exec" {
				return telling{words: x.exec}
			}
			return x.host
		}
		if x.status != "" {
			if err := w.Remember(t.Context(), factAction, "9"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := c.readyToRebuild(t.Context(), w)
		said := strings.Join(got.Details, "\n")
		if (err == nil) != (x.refuses == "") || err != nil && !strings.Contains(err.Error(), x.refuses) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (got.Confirm != x.confirm || !strings.Contains(said, x.tells) || (w.Fact(factSilent) != "") != (x.confirm != "")) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Somebody's own rebuild after one of ours that errored is neither adopted nor followed by another.
func TestARebuildBySomebodyElseIsAConflict(t *testing.T) {
	c := sample(t)
	for n, want := range []run.Truth{run.IsPending, run.Conflict} {
		c.Cloud = ended{newer: []digitalocean.Action{{ID: 12, Type: "rebuild", Status: "completed"}}[:n]}
		f, err := c.judgeErrored(t.Context(), digitalocean.Action{ID: 9, Status: "errored"})
		if err != nil || f.Truth != want {
			t.Errorf("%d newer: %+v, %v", n, f, err)
		}
	}
}

// Until another rebuild is really sent, what became of the last one stays known.
func TestTheErroredActionStaysKnown(t *testing.T) {
	c, w := sample(t), &run.Walk{}
	c.Cloud = acting{actions: []digitalocean.Action{{ID: 9, Type: "rebuild", Status: "errored"}}}
	if err := w.Remember(t.Context(), factAction, "9"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.rememberBefore(t.Context(), w, 9); err != nil || w.Fact(factAction) != "9" || w.Fact(factBefore) != "9" {
		t.Errorf("action %q, before %q, %v", w.Fact(factAction), w.Fact(factBefore), err)
	}
	if _, err := c.action(t.Context(), &run.Walk{}); fault.Of(err).Next == "" {
		t.Errorf("an action that nobody knows: %v", err)
	}
}
