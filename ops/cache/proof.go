package cache

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/cloudflare"
)

// Proof is when the token was last proved to be able to purge, and how that ended.
type Proof struct {
	At   time.Time `json:"at"`
	Says string    `json:"says"` // "" when it may
}

func (r *Room) proofFile() string { return filepath.Join(r.Config.StateDir, "purge-proof.json") }

func (r *Room) proof() Proof {
	var p Proof
	text, err := os.ReadFile(r.proofFile())
	if err != nil || json.Unmarshal(text, &p) != nil {
		return Proof{} // it was never proved
	}
	return p
}

// noteProof remembers a proof; an API that is in trouble proves nothing. That it could not be written takes nothing from it.
func (r *Room) noteProof(err error) {
	if err != nil && !errors.Is(err, cloudflare.ErrToken) && !errors.Is(err, cloudflare.ErrScope) {
		return
	}
	text, bad := json.Marshal(Proof{At: time.Now().UTC(), Says: brief(err)})
	if bad == nil && os.MkdirAll(r.Config.StateDir, 0o700) == nil {
		_ = replace(r.proofFile(), text)
	}
}

// ProveToken proves, as an act of its own, that the token may purge: it purges a URL that never was.
func (r *Room) ProveToken(ctx context.Context) error {
	if err := r.needEdge(); err != nil {
		return err
	}
	permit, settle, err := r.Door.Open(ctx, r.Journal, act.Act{Verb: "cache/prove", Target: r.zone(), What: "purge a URL that never was, to prove that the token may", Danger: act.Changes, Unleased: true})
	if err != nil {
		return err
	}
	err = r.Edge.ProvePurge(ctx, permit)
	r.noteProof(err)
	return errors.Join(err, settle(act.Outcome{Err: err}))
}
