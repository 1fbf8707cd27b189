package job

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote/ssh"
)

// How long a version that was read holds, and how long reading it may take: Rails starts for it.
const (
	versionHolds = 24 * time.Hour
	versionLimit = 2 * time.Minute
)

// bootsKept is how many starts of Rails are remembered.
const bootsKept = 5

// ask runs a command line that is quoted already, for two minutes at most.
const ask = `exec timeout 120 /bin/sh -c "$1"`

// front does, for as long as it takes.
const front = `exec /bin/sh -c "$1"`

// The programs of Mastodon that are called here.
const (
	tootctlProgram = "tootctl"
	railsProgram   = "rails"
)

// memory is what this machine remembers of a node's Mastodon.
type memory struct {
	Node    string          `json:"node"`
	Version tootctl.Version `json:"version"`
	Seen    time.Time       `json:"seen"`
	Boots   []time.Duration `json:"boots"` // how long Rails took to start, newest first
}

// remembered is the memory of this node, empty when there is none.
func (r *Room) remembered() memory {
	var m memory
	b, err := os.ReadFile(filepath.Clean(r.Memory))
	if err != nil || json.Unmarshal(b, &m) != nil || m.Node != r.Node.Name {
		return memory{Node: r.Node.Name}
	}
	return m
}

// keep writes the memory down.
func (r *Room) keep(m memory) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(r.Memory), b, 0o600)
}

// Boot is how long Rails took to start on the node, the last times that it was measured.
func (r *Room) Boot() tootctl.Boot { return tootctl.Boot(r.remembered().Boots) }

// Version is the instance's, read once a day from the node. Reading it is nothing but a start of Rails, and so is what that takes.
func (r *Room) Version(ctx context.Context) (tootctl.Version, error) {
	m := r.remembered()
	if time.Since(m.Seen) < versionHolds && m.Version.Known() {
		return m.Version, nil
	}
	res := r.call(ctx, "read the version of Mastodon", tootctlProgram, "version")
	if err := res.Err("reading the version of Mastodon", r.Node.Name); err != nil {
		return tootctl.Version{}, err
	}
	v, ok := tootctl.ReadVersion(res.Stdout)
	if !ok {
		return v, &fault.Error{What: "the version cannot be read", On: r.Node.Name, Why: "tootctl version says " + res.Stdout, Next: "run it there yourself"}
	}
	m.Version, m.Seen, m.Boots = v, time.Now(), append([]time.Duration{res.Took}, m.Boots...)
	m.Boots = m.Boots[:min(len(m.Boots), bootsKept)]
	return v, r.keep(m)
}

// VersionSeen is when the version was read last; the zero time for never.
func (r *Room) VersionSeen() time.Time { return r.remembered().Seen }

// Evaluate runs a constant piece of Ruby in the instance's own Rails, which only reads, and gives the last line that it prints. The arguments are its ARGV.
func (r *Room) Evaluate(ctx context.Context, what, ruby string, args ...string) (string, error) {
	res := r.call(ctx, what, railsProgram, append([]string{"runner", ruby}, args...)...)
	if err := res.Err(what, r.Node.Name); err != nil {
		return "", err
	}
	said := strings.TrimSpace(res.Stdout)
	return said[strings.LastIndexByte(said, '\n')+1:], nil // what Rails has to complain about stands before it
}

// Front is a call in front of whoever waits for it, without a terminal and without a job: for what reads, and for what takes something back.
func (r *Room) Front(c *tootctl.Call) ssh.Command {
	p := r.place()
	p.quiet = true
	return ssh.Command{For: c.Line(), Script: front, Args: []string{p.command(newID(time.Now()), tootctlProgram, c.Words())}, Sudo: p.raises()}
}

// call runs one of Mastodon's programs in front, without a terminal and for two minutes at most: only what reads.
func (r *Room) call(ctx context.Context, what, program string, words ...string) ssh.Result {
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	p := r.place()
	p.quiet = true
	return r.host().Look(ctx, ssh.Command{For: what, Script: ask, Args: []string{p.command(newID(time.Now()), program, words)}})
}
