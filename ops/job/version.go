package job

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
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

// ask runs a command line that is quoted already.
const ask = `exec timeout 120 /bin/sh -c "$1"`

// seenVersion is what a state directory remembers.
type seenVersion struct {
	Node    string          `json:"node"`
	Version tootctl.Version `json:"version"`
	Seen    time.Time       `json:"seen"`
}

// Version is the instance's, read once a day from the node and remembered in a file.
func (r *Room) Version(ctx context.Context, file string) (tootctl.Version, error) {
	var old seenVersion
	if b, err := os.ReadFile(filepath.Clean(file)); err == nil && json.Unmarshal(b, &old) == nil && old.Node == r.Node.Name && time.Since(old.Seen) < versionHolds && old.Version.Known() {
		return old.Version, nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	res := r.Host.Look(ctx, ssh.Command{For: "read the version of Mastodon", Script: ask, Args: []string{command(r.Node, "version", []string{"version"})}})
	if err := res.Err("reading the version of Mastodon", r.Node.Name); err != nil {
		return tootctl.Version{}, err
	}
	v, ok := tootctl.ReadVersion(res.Stdout)
	if !ok {
		return v, &fault.Error{What: "the version cannot be read", On: r.Node.Name, Why: "tootctl version says " + res.Stdout, Next: "run it there yourself"}
	}
	b, err := json.Marshal(seenVersion{r.Node.Name, v, time.Now()})
	if err != nil {
		return v, err
	}
	return v, os.WriteFile(filepath.Clean(file), b, 0o600)
}
