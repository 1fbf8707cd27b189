package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

// Renewal is one entry of the permanent ledger of host keys on exec: a machine was rebuilt on record, and whoever did it read the new key
// over the private network.
type Renewal struct {
	At      time.Time
	Droplet int
	Action  string // the provider's, by which it was rebuilt
	Run     string
	By      string
	Old     []string // SHA256 fingerprints that were pinned before
	New     string
}

// Ledger reads the renewals of one host, oldest first. It knows a host by the name under which its key is pinned. ErrNoLedger is for those it
// does not speak of: exec does not vouch for itself.
type Ledger func(ctx context.Context, host string) ([]Renewal, error)

// ErrNoLedger says that nobody keeps a ledger of a host.
var ErrNoLedger = errors.New("no ledger is kept of this host")

// ledgerPatience bounds the look into the ledger, which may have to log in to exec first.
const ledgerPatience = 30 * time.Second

// Consult makes a ledger known, before the first Check. Somebody else may have rebuilt a machine while this laptop was shut: the ledger is how
// its operator learns that a changed key is the new one.
func (t *Trust) Consult(l Ledger) { t.ledger = l }

// recorded looks whether the ledger accounts for a changed key. If it does, the operator sees both fingerprints and who renewed them, and may
// have the host's entries replaced; if not, stop stays what it is.
func (t *Trust) recorded(ctx context.Context, p Peer, key ssh.PublicKey, stop error, asker Asker) error {
	if t.ledger == nil || !errors.Is(stop, ErrChanged) {
		return stop
	}
	host, print := p.Host, ssh.FingerprintSHA256(key)
	if t.stillRefused(host + " " + print) {
		return stop
	}
	pins := t.Fingerprints(host)
	chain, err := t.vouched(ctx, host, pins, print)
	if errors.Is(err, ErrNoLedger) {
		return stop
	}
	if err != nil || len(chain) == 0 {
		return unaccounted(stop, err)
	}
	if _, nobody := asker.(Refuser); nobody {
		return accounted(stop, p, chain)
	}
	if err := t.settled(ctx, host); err != nil {
		return err
	}
	done, err := t.queue(ctx)
	if err != nil {
		return err
	}
	defer done()
	if unknown, err := t.verify(p, key); unknown || !errors.Is(err, ErrChanged) {
		return err // settled meanwhile
	}
	a, err := asker.Ask(ctx, Question{
		Kind: AskNewKey, Subject: host, Details: t.renewal(host, key, chain),
		Text: "Exec's ledger says it was rebuilt. Replace the old key by this?",
	})
	if err != nil {
		return err
	}
	if !a.Yes {
		return t.refuse(host, print)
	}
	return t.Renew(ctx, Window{Host: host, Old: pins, Key: key, Until: time.Now().Add(ledgerPatience)})
}

// Renewing says that a host's key is about to be renewed here, the ledger first. Until done is called nobody is asked whether it may be: whoever meets
// the new key meanwhile waits, and looks again.
func (t *Trust) Renewing(host string) (done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, is := t.renewed[host]; is {
		return func() {} // the one who was first says when it is over
	}
	over := make(chan struct{})
	t.renewed[host] = over
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.renewed[host] == over {
			delete(t.renewed, host)
			close(over)
		}
	}
}

// settled waits until nobody here is renewing a host's key.
func (t *Trust) settled(ctx context.Context, host string) error {
	t.mu.Lock()
	over, is := t.renewed[host]
	t.mu.Unlock()
	if !is {
		return nil
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *Trust) vouched(ctx context.Context, host string, pins []string, print string) ([]Renewal, error) {
	ctx, cancel := context.WithTimeout(ctx, ledgerPatience)
	defer cancel()
	all, err := t.ledger(ctx, host)
	if err != nil {
		return nil, err
	}
	return unbroken(all, pins, print), nil
}

// unbroken is the way from a pinned key to the one shown, each renewal beginning with what the one before ended with. The key shown must be
// the newest there is: an older one is somebody with a key that was thrown away.
func unbroken(all []Renewal, pins []string, print string) []Renewal {
	if len(all) == 0 || all[len(all)-1].New != print {
		return nil
	}
	var chain []Renewal
	want := []string{print}
	for _, r := range slices.Backward(all) {
		if !slices.Contains(want, r.New) {
			continue
		}
		chain = append([]Renewal{r}, chain...)
		if overlap(r.Old, pins) {
			return chain
		}
		want = r.Old
	}
	return nil
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// renewal is what the operator reads before saying yes.
func (t *Trust) renewal(host string, key ssh.PublicKey, chain []Renewal) []string {
	var details []string
	if entries, err := t.Entries(host); err == nil {
		for _, e := range entries {
			if e.Marker == "" {
				details = append(details, "pinned  "+e.Key()+"  "+e.Place())
			}
		}
	}
	details = append(details, "shown   "+named(key))
	for i, r := range chain {
		said := "ledger  " + r.words()
		if i < len(chain)-1 { // what was in between; the last one ends with the key shown
			said += ", then " + r.New
		}
		details = append(details, said)
	}
	return append(details, Randomart(key)...)
}

func (r Renewal) words() string {
	return fmt.Sprintf("%s by %s, run %s", r.At.Local().Format("2006-01-02 15:04"), r.By, r.Run)
}

// accounted is the hard stop where nobody can be asked, with what the ledger says.
func accounted(stop error, p Peer, chain []Renewal) error {
	f := *fault.Of(stop)
	f.Why += "; the ledger on exec accounts for it: rebuilt " + chain[len(chain)-1].words()
	f.Next = "compare the fingerprints, then: " + p.trusting(chain[len(chain)-1].New)
	return &f
}

// unaccounted is the hard stop after the ledger was asked in vain.
func unaccounted(stop, err error) error {
	f := *fault.Of(stop)
	if err != nil {
		f.Why += "; the ledger on exec could not be read: " + fault.Of(err).What
		return &f
	}
	f.Why += "; the ledger on exec knows of no rebuild that explains it"
	return &f
}
