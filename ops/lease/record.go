// Package lease keeps two records on the exec node, whatever store a run lives in: the lease, which says who is at work and expires, and the
// holds, which say that a worker is intentionally out and do not.
package lease

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/fleet"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Dir is where the records live on the exec node.
const Dir = "/var/lib/vmtui"

// Exec is the part of a host that the records need.
type Exec interface {
	Look(ctx context.Context, c ssh.Command) ssh.Result
	Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result
}

// ErrDamaged is a lease that nobody can read, so that nobody can say whose it is.
var ErrDamaged = errors.New("the lease is damaged")

// record is the lease as it stands on exec's disk.
type record struct {
	fleet.Lease
	Store     string    `json:"store"`      // the owner's state directory: two consoles on one host with different stores are two owners
	Holder    string    `json:"holder"`     // the process, so that a living one is told from a dead one of the same store
	Write     string    `json:"write"`      // of this very record: a command that arrives late must not take a later one of the same second for the one it read
	NotBefore time.Time `json:"not_before"` // after a takeover: the former owner may still act until then
}

// reading is the lease file at one moment, by exec's own clock.
type reading struct {
	raw   string
	now   time.Time
	token uint64  // the highest that was ever given; it outlives the leases, so that no two have the same
	rec   *record // nil: nobody holds it
}

const readScript = `date +%s && { cat "$1/token" 2>/dev/null || echo 0; } && { cat "$1/lease" 2>/dev/null || true; }`

func (k *Keeper) read(ctx context.Context) (reading, error) {
	res := k.cfg.Exec.Look(ctx, ssh.Command{For: "read the lease", Script: readScript, Args: []string{k.cfg.Dir}})
	if err := res.Err("reading the lease", k.cfg.ExecName); err != nil {
		return reading{}, err
	}
	return parse(res.Stdout)
}

func parse(out string) (reading, error) {
	first, rest, _ := strings.Cut(out, "\n")
	seconds, err := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	if err != nil {
		return reading{}, &fault.Error{What: "the lease cannot be read", Why: fmt.Sprintf("exec answered %q where its clock was asked for", first), Next: "look at " + Dir + " on the exec node"}
	}
	second, raw, _ := strings.Cut(rest, "\n")
	token, err := strconv.ParseUint(strings.TrimSpace(second), 10, 64)
	if err != nil {
		return reading{}, &fault.Error{What: "the lease's token cannot be read", On: Dir + "/token", Why: fmt.Sprintf("it is %q", second), Next: "write a number into it that no lease has had yet; the runs' transcripts name them"}
	}
	r := reading{raw: strings.TrimRight(raw, "\n"), now: time.Unix(seconds, 0), token: token}
	if r.raw == "" {
		return r, nil
	}
	r.rec = &record{}
	if err := json.Unmarshal([]byte(r.raw), r.rec); err != nil {
		r.rec = nil
		return r, &fault.Error{
			What: "the lease is damaged", On: Dir + "/lease", Why: err.Error(), Err: ErrDamaged,
			Next: "read it on the exec node and ask around; `vmtui lease clear --confirm damaged` removes it",
		}
	}
	l := &r.rec.Lease
	l.Owner, l.Host, l.Run = word(l.Owner), word(l.Host), word(l.Run)
	return r, nil
}

// writeScript replaces the lease only when it and the token still read as expected, under a lock that readers of the disk share. The token is
// written first: a cut between the two leaves one that is too high, which harms nobody.
const writeScript = `umask 077 && mkdir -p "$1" && flock -w 10 "$1/lock" sh -c '
current=$(cat "$1/lease" 2>/dev/null || true)
token=$(cat "$1/token" 2>/dev/null || echo 0)
if [ "$current" != "$2" ] || [ "$token" != "$4" ]; then exit 75; fi
if [ -z "$3" ]; then rm -f "$1/lease"; exit 0; fi
printf "%s\\n" "$5" > "$1/token.new" && mv -f "$1/token.new" "$1/token" &&
printf "%s" "$3" > "$1/lease.new" && mv -f "$1/lease.new" "$1/lease" && sync' sh "$1" "$2" "$3" "$4" "$5"`

// lostRace is the exit status of writeScript when somebody else wrote meanwhile (EX_TEMPFAIL).
const lostRace = 75

// write swaps the lease from what was read to next ("" removes it). swapped is false when somebody else was faster.
func (k *Keeper) write(ctx context.Context, permit remote.Permit, was reading, next *record) (swapped bool, err error) {
	text, token := "", was.token
	if next != nil {
		token = max(token, next.Token)
		next.Write = rand.Text()
		b, err := json.Marshal(next)
		if err != nil {
			return false, err
		}
		text = string(b)
	}
	res := k.cfg.Exec.Do(ctx, permit, ssh.Command{For: "write the lease", Script: writeScript, Args: []string{
		k.cfg.Dir, was.raw, text, strconv.FormatUint(was.token, 10), strconv.FormatUint(token, 10),
	}, Answers: []int{lostRace}})
	if res.Outcome == ssh.Exited && res.Code == lostRace {
		return false, nil
	}
	return res.OK(), res.Err("writing the lease", k.cfg.ExecName)
}
