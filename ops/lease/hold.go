package lease

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// holdsScript prints one JSON record a line.
const holdsScript = `for f in "$1"/holds/*.json; do if [ -e "$f" ]; then cat "$f"; echo; fi; done`

// Holds reads every hold record.
func (k *Keeper) Holds(ctx context.Context) ([]fleet.Hold, error) {
	res := k.cfg.Exec.Look(ctx, ssh.Command{For: "read the holds", Script: holdsScript, Args: []string{k.cfg.Dir}})
	if err := res.Err("reading the holds", k.cfg.ExecName); err != nil {
		return nil, err
	}
	return parseHolds(res.Stdout)
}

// parseHolds reads what holdsScript printed.
func parseHolds(out string) ([]fleet.Hold, error) {
	var holds []fleet.Hold
	var bad []error
	for line := range strings.Lines(out) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var h fleet.Hold
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			bad = append(bad, err)
			continue
		}
		holds = append(holds, legible(h))
	}
	if len(bad) > 0 {
		return holds, (&fault.Error{What: "a hold record is damaged", On: Dir + "/holds", Next: "mend or remove it on the exec node"}).Because(errors.Join(bad...))
	}
	return holds, nil
}

// legible is a record as it may be shown: JSON can spell what no terminal should get.
func legible(h fleet.Hold) fleet.Hold {
	h.Worker, h.By, h.Why = word(h.Worker), word(h.By), word(h.Why)
	h.Run, h.Within, h.Intent = word(h.Run), word(h.Within), word(h.Intent)
	return h
}

// word is a text of a record as it may be shown, and not a megabyte of it.
func word(s string) string { return clean.Short(clean.Line(s), 1<<10) }

// Hold finds the record of one worker: nil when it is not on hold.
func (k *Keeper) Hold(ctx context.Context, worker string) (*fleet.Hold, error) {
	holds, err := k.Holds(ctx)
	for _, h := range holds {
		if h.Worker == worker {
			return &h, nil
		}
	}
	return nil, err
}

// tokenLost is the exit status of a write whose lease is no longer the current one.
const tokenLost = 76

// guarded checks, under the lock, that the lease's token is still $2 (0: no lease asked for) before anything is written.
const guarded = `umask 077 && mkdir -p "$1/holds" && flock -w 10 "$1/lock" sh -c '
if [ "$2" != 0 ]; then grep -q "\"token\":$2," "$1/lease" || exit 76; fi
`

const setScript = guarded + `printf "%s" "$4" > "$1/holds/$3.new" && mv -f "$1/holds/$3.new" "$1/holds/$3.json" && sync' sh "$1" "$2" "$3" "$4"`

const clearScript = guarded + `rm -f "$1/holds/$3.json" && sync' sh "$1" "$2" "$3"`

// onExecScript runs a script of somebody else's on exec, under the lock and the token.
const onExecScript = guarded + `script=$3; shift 3; exec sh -c "$script" sh "$@"' sh "$@"`

// OnExec changes something on exec that is no record of ours, while nobody else can take the lease over.
func (k *Keeper) OnExec(ctx context.Context, p act.Permit, what, script string, args ...string) error {
	return k.guardedWrite(ctx, p, what, onExecScript, append([]string{script}, args...)...)
}

// SetHold writes a worker's record. The permit comes from the caller's door.
func (k *Keeper) SetHold(ctx context.Context, p act.Permit, h fleet.Hold) error {
	h.Why = k.cfg.Secrets.Redact(h.Why) // typed by a person, and read by everybody on exec
	b, err := json.Marshal(legible(h))
	if err != nil {
		return err
	}
	return k.guardedWrite(ctx, p, "writing the hold of "+h.Worker, setScript, h.Worker, string(b))
}

// ClearHold removes a worker's record; removing none is fine.
func (k *Keeper) ClearHold(ctx context.Context, p act.Permit, worker string) error {
	return k.guardedWrite(ctx, p, "clearing the hold of "+worker, clearScript, worker)
}

func (k *Keeper) guardedWrite(ctx context.Context, p act.Permit, what, script string, args ...string) error {
	all := append([]string{k.cfg.Dir, strconv.FormatUint(k.Token(), 10)}, args...)
	res := k.cfg.Exec.Do(ctx, p, ssh.Command{For: what, Script: script, Args: all})
	if res.Outcome == ssh.Exited && res.Code == tokenLost {
		return &fault.Error{What: what, On: k.cfg.ExecName, Why: "the lease has been taken over", Next: "talk to its new owner: `vmtui lease`", Code: fault.Refused}
	}
	return res.Err(what, k.cfg.ExecName)
}
