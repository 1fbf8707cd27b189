package stage

import (
	"time"

	"github.com/vmtui/vmtui/ops/audit"
)

// Calls is a command log with a call of every kind, newest first.
func Calls() audit.View {
	entries := []audit.Entry{
		{Wire: "ssh", On: "worker-2", What: "docker ps -a --format json", Sent: "/bin/sh -c 'docker ps -a --format json' vmtui", Verdict: audit.Open},
		{Wire: "https", On: "digitalocean", What: "DELETE /v2/load_balancers/4de7ac8b/droplets", Changes: true, Verdict: audit.Unknown,
			Sent: "DELETE https://api.digitalocean.com/v2/load_balancers/4de7ac8b/droplets\n{\"droplet_ids\":[20002]}", Says: "connection reset after the request had left", Took: 412 * time.Millisecond},
		{Wire: "tcp 127.0.0.1:6379", On: "redis", What: "LLEN queue:default; SMEMBERS processes", Sent: "LLEN queue:default\nSMEMBERS processes", Verdict: audit.OK, Says: "answered", Took: 700 * time.Microsecond},
		{Wire: "ssh", On: "worker-3", What: "log in at 10.0.0.13:22 as root", Verdict: audit.Failed, Says: "no answer in time", Took: 5 * time.Second},
		{Wire: "ssh", On: "worker-2", What: "docker compose stop sidekiq $1=/opt/mastodon", Changes: true, Verdict: audit.Unsent, Says: "the lease is somebody else's", Took: 3 * time.Millisecond},
		{Wire: "ssh", On: "exec", What: "systemctl is-active mastodon-sidekiq", Verdict: audit.OK, Says: "exit 0", Took: 48 * time.Millisecond},
		{Wire: "https", On: "site", What: "GET https://vmst.example/", Verdict: audit.OK, Says: "200", Took: 131 * time.Millisecond},
	}
	n := uint64(len(entries))
	for i := range entries {
		e := &entries[i]
		e.N, e.At, n = n, Noon.Add(-time.Duration(2*i+1)*time.Second), n-1
		if e.Sent == "" {
			e.Sent = e.What
		}
	}
	return audit.View{Entries: entries, Version: 1}
}
