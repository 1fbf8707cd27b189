package lease

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/ssh"
)

// The ledger of host keys is a third record on exec, and the only one that is never taken back: one line for every key that was renewed
// after a rebuild. From it an operator who was not there learns that a changed key is the new one.

const ledgerScript = guarded + `printf "%s\n" "$3" >> "$1/host-keys.log" && sync' sh "$1" "$2" "$3"`

// Enter writes one renewal into the ledger.
func (k *Keeper) Enter(ctx context.Context, p act.Permit, r keys.Renewal) error {
	return k.guardedWrite(ctx, p, "writing the host-key ledger", ledgerScript, ledgerLine(r))
}

// ledgerLine is a renewal as words without spaces; those in a person's name become dashes.
func ledgerLine(r keys.Renewal) string {
	return fmt.Sprintf("%s droplet=%d action=%s run=%s by=%s old=%s new=%s",
		r.At.UTC().Format(time.RFC3339), r.Droplet, r.Action, r.Run, strings.Join(strings.Fields(r.By), "-"), strings.Join(r.Old, ","), r.New)
}

// readLedger reads the newest lines; a droplet that was rebuilt more often than that since this laptop saw it is not offered.
const readLedger = `if [ -f "$1/host-keys.log" ]; then grep -F " droplet=$2 " "$1/host-keys.log" | tail -n 200; fi`

// Renewals reads what the ledger says of a droplet, oldest first. A damaged line breaks the chain it stands in, and no other.
func (k *Keeper) Renewals(ctx context.Context, droplet int) ([]keys.Renewal, error) {
	res := k.cfg.Exec.Look(ctx, ssh.Command{For: "read the ledger of host keys", Script: readLedger, Args: []string{k.cfg.Dir, strconv.Itoa(droplet)}})
	if err := res.Err("reading the ledger of host keys", k.cfg.ExecName); err != nil {
		return nil, err
	}
	var all []keys.Renewal
	for line := range strings.Lines(res.Stdout) {
		if r, ok := parseRenewal(line); ok && r.Droplet == droplet {
			all = append(all, r)
		}
	}
	return all, nil
}

var fingerprint = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

func parseRenewal(line string) (r keys.Renewal, ok bool) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return r, false
	}
	said := map[string]string{}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		said[key] = value
	}
	var err error
	if r.At, err = time.Parse(time.RFC3339, words[0]); err != nil {
		return r, false
	}
	if r.Droplet, err = strconv.Atoi(said["droplet"]); err != nil {
		return r, false
	}
	r.Action, r.Run, r.By, r.New = said["action"], said["run"], said["by"], said["new"]
	for _, f := range strings.Split(said["old"], ",") {
		if fingerprint.MatchString(f) {
			r.Old = append(r.Old, f)
		}
	}
	return r, fingerprint.MatchString(r.New)
}
