package lease

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// anchorScript appends and never replaces: an anchor says where a store's chain ended when it was written.
const anchorScript = `umask 077 && mkdir -p "$1" && flock -w 10 "$1/lock" sh -c 'printf "%s\n" "$2" >> "$1/anchors.log" && sync' sh "$1" "$2"`

const anchorsScript = `cat "$1/anchors.log" 2>/dev/null || true`

// Anchor writes on exec where a store's chain ends. It needs no lease: it changes nothing that anybody works with.
func (k *Keeper) Anchor(ctx context.Context, a run.Anchor) error {
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	permit, settle, err := k.door.Open(ctx, unrecorded{}, act.Act{
		Verb: "audit/anchor", Target: k.cfg.ExecName, What: "append to " + k.cfg.Dir + "/anchors.log", Danger: act.Changes, Unleased: true,
	})
	if err != nil {
		return err
	}
	res := k.cfg.Exec.Do(ctx, permit, ssh.Command{For: "anchor the audit trail", Script: anchorScript, Args: []string{k.cfg.Dir, string(line)}})
	err = res.Err("anchoring the audit trail", k.cfg.ExecName)
	return errors.Join(err, settle(act.Outcome{Err: err}))
}

// Anchors reads what was anchored on exec, of every store, oldest first.
func (k *Keeper) Anchors(ctx context.Context) ([]run.Anchor, error) {
	res := k.cfg.Exec.Look(ctx, ssh.Command{For: "read the anchors of the audit trail", Script: anchorsScript, Args: []string{k.cfg.Dir}, Limit: 64 << 20})
	if err := res.Err("reading the anchors of the audit trail", k.cfg.ExecName); err != nil {
		return nil, err
	}
	var anchors []run.Anchor
	for line := range strings.Lines(res.Stdout) {
		var a run.Anchor
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			return anchors, (&fault.Error{What: "the anchors are damaged", On: k.cfg.ExecName + ":" + k.cfg.Dir + "/anchors.log", Next: "mend the line on the exec node; keep a copy of the file as it is"}).Because(err)
		}
		a.By = clean.Line(a.By)
		anchors = append(anchors, a)
	}
	return anchors, nil
}
