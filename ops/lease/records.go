package lease

import (
	"context"
	"strings"

	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/remote/ssh"
)

// holdsFollow stands between the two records: no JSON begins so.
const holdsFollow = "@@vmtui holds"

// recordsScript reads both records in one command: this is asked for again and again, for as long as a console is open.
const recordsScript = readScript + `; printf '\n` + holdsFollow + `\n'; ` + holdsScript

// Records reads the lease and the holds.
func (k *Keeper) Records(ctx context.Context) (fleet.Records, error) {
	res := k.cfg.Exec.Look(ctx, ssh.Command{For: "read the lease and the holds", Script: recordsScript, Args: []string{k.cfg.Dir}})
	if err := res.Err("reading the lease and the holds", k.cfg.ExecName); err != nil {
		return fleet.Records{}, err
	}
	lease, holds, _ := strings.Cut(res.Stdout, holdsFollow+"\n")
	var all fleet.Records
	var r reading
	if r, all.LeaseErr = parse(lease); r.rec != nil {
		all.Lease = &r.rec.Lease
		all.Lease.Left = all.Lease.Expires.Sub(r.now)
	}
	all.Holds, all.HoldsErr = parseHolds(holds)
	return all, nil
}
