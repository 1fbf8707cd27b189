package lease

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

const placeScript = `cat "$1/runs/$2.json" 2>/dev/null || true`

// Place reads where a run of the team's is walked. Keeper implements run.Places: whoever may act for a run has the lease, and comes by here.
func (k *Keeper) Place(ctx context.Context, id string) (*run.Place, error) {
	res := k.cfg.Exec.Look(ctx, ssh.Command{For: "read where the run is walked", Script: placeScript, Args: []string{k.cfg.Dir, id}})
	if err := res.Err("reading where the run is walked", k.cfg.ExecName); err != nil {
		return nil, err
	}
	text := strings.TrimSpace(res.Stdout)
	if text == "" {
		return nil, nil
	}
	var p run.Place
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, (&fault.Error{What: "the note of where a run is walked is damaged", On: k.cfg.Dir + "/runs/" + id + ".json", Next: "read it on the exec node and ask around; then remove it", Code: fault.Refused}).Because(err)
	}
	p.Run, p.Moved, p.By, p.Host = clean.Line(p.Run), clean.Line(p.Moved), clean.Line(p.By), clean.Line(p.Host)
	return &p, nil
}

const setPlaceScript = guarded + `mkdir -p "$1/runs" && printf "%s" "$4" > "$1/runs/$3.new" && mv -f "$1/runs/$3.new" "$1/runs/$3.json" && sync' sh "$1" "$2" "$3" "$4"`

const clearPlaceScript = guarded + `rm -f "$1/runs/$3.json" && sync' sh "$1" "$2" "$3"`

// SetPlace writes where a run is walked.
func (k *Keeper) SetPlace(ctx context.Context, p run.Place) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return k.note(ctx, "noting where the run is walked", setPlaceScript, p.Run, string(b))
}

// ClearPlace forgets a run that is over.
func (k *Keeper) ClearPlace(ctx context.Context, id string) error {
	return k.note(ctx, "clearing where the run was walked", clearPlaceScript, id)
}

// note writes through the door, as the lease itself is written: the record is itself what tells of it.
func (k *Keeper) note(ctx context.Context, what, script string, args ...string) error {
	permit, settle, err := k.door.Open(ctx, unrecorded{}, act.Act{Verb: "lease/place", Target: k.cfg.ExecName, What: what, Danger: act.Changes, Unleased: true})
	if err != nil {
		return err
	}
	err = k.guardedWrite(ctx, permit, what, script, args...)
	if late := settle(act.Outcome{Err: err}); err == nil {
		err = late
	}
	return err
}
