package sidekiq

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Host is a node that can be asked for its name.
type Host interface {
	Look(ctx context.Context, c ssh.Command) ssh.Result
}

// hostnames says under which names Sidekiq may run on a node: its own, and the short ids of its containers.
const hostnames = `hostname
if command -v docker >/dev/null 2>&1; then docker ps -q 2>/dev/null | cut -c1-12; fi
exit 0`

// Named are the living processes that a name means: an identity or the beginning of one (a hostname), or a node, which host knows; host is nil for a
// name that is no node's.
func (j *Jobs) Named(ctx context.Context, name string, host Host) ([]Process, error) {
	all, err := j.Processes(ctx)
	if err != nil {
		return nil, err
	}
	var here []string
	if host != nil {
		res := host.Look(ctx, ssh.Command{For: "see which Sidekiqs are its own", Script: hostnames})
		if err := res.Err("reading its names", name); err != nil {
			return nil, err
		}
		here = strings.Fields(res.Stdout)
	}
	var found []Process
	for _, p := range all {
		if !p.Stale && (name != "" && strings.HasPrefix(p.Identity, name) || slices.Contains(here, p.Hostname)) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, &fault.Error{What: "no such Sidekiq process", On: clean.Line(name), Why: fmt.Sprintf("none of the %s is called so or runs there", spelling.Count(len(all), "process", "processes")), Next: "see vmtui sidekiq status", Code: fault.Usage}
	}
	return found, nil
}
