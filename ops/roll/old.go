package roll

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// nothingOld proves that every process runs the new code, whichever worker was left out of the roll.
func (u *upgrade) nothingOld() run.Step {
	exec := u.Jobs.Node.Name
	return u.reading(reading{
		id: "nothing-old", title: "Prove that nothing old runs", why: "Old code breaks on what the next migrations take away: a page, a stream or a job of it.", late: true,
		plan: []string{
			"/api/v2/instance of every worker of the config, from exec: version " + u.tagged(),
			"docker ps on each of them: every container of Mastodon's is of an image tagged " + u.version,
			exec + "$ ps of its mastodon units, and the jobs on it: each began after the code was checked out",
			"redis: SMEMBERS processes: every Sidekiq is one of these",
		},
	}, func(ctx context.Context, w *run.Walk) ([]string, error) {
		s := &search{upgrade: u}
		for _, look := range []func(context.Context) error{s.workers, s.exec, s.jobs, s.sidekiqs} {
			if err := look(ctx); err != nil {
				return s.said, err
			}
		}
		return s.said, s.verdict(w)
	})
}

// search is a look for what runs old code.
type search struct {
	*upgrade
	said  []string
	old   []string // with the version or the time that gives it away
	blind []string // of these nobody can tell

	hosts map[string]bool // whose Sidekiqs were looked at: the short id of a container
	name  string          // exec's host name, as its own Sidekiqs call it
	code  time.Time       // when the code was checked out, by exec's clock
}

// verdict refuses what is old, and asks about what it could not see into.
func (s *search) verdict(w *run.Walk) error {
	if len(s.old) > 0 {
		return &fault.Error{What: "old code still runs", On: s.version, Why: strings.Join(s.old, "; "), Next: "upgrade or stop it, then retry: a worker by vmtui run " + worker.Recreate + ", a service of exec by systemctl restart", Code: fault.Refused}
	}
	ask := run.NeedsGo{
		Key: "blind: " + strings.Join(s.blind, "; "), Attended: true, Details: s.blind,
		Cause: "of some processes nobody can tell which code they run: is it " + s.version + "?", Hint: "look at each, and stop or upgrade what is old first; Redis forgets a Sidekiq that was killed within a minute, and retry looks again",
	}
	if len(s.blind) == 0 || w.Granted(ask.Key) {
		return nil
	}
	return ask
}

// workers are looked at twice: what they answer, and what their containers are made of.
func (s *search) workers(ctx context.Context) error {
	s.hosts = map[string]bool{}
	for _, n := range s.Config.Workers() {
		part, err := worker.Recruit(ctx, s.Deps.Deps, n.Name, "")
		if err != nil {
			return err
		}
		now, err := part.Version(ctx)
		if err != nil {
			return err
		}
		if now != s.tagged() {
			s.old = append(s.old, n.Name+" serves "+now)
		}
		out, err := part.Look(ctx, "listing the containers that run", running)
		if err != nil {
			return err
		}
		s.said = append(s.said, fmt.Sprintf("%s serves %s; %s", n.Name, now, s.containers(n, out)))
	}
	return nil
}

// running is each container that runs, with its image and the service of a compose project that it is.
const running = `docker ps --format '{{.ID}} {{.Names}} {{.Image}} {{.Label "com.docker.compose.project"}}/{{.Label "com.docker.compose.service"}}'`

// image is one of Mastodon's, with what tells its version.
var image = regexp.MustCompile(`mastodon(?:-streaming)?(?::([^@/]+))?(?:@\S+)?$`)

// containers sorts what runs on a worker, and says it in short.
func (s *search) containers(on config.Node, listed string) string {
	var of []string
	for line := range strings.Lines(listed) {
		f := strings.Fields(clean.Line(line))
		if len(f) != 4 {
			continue
		}
		s.hosts[f[0][:min(12, len(f[0]))]] = true
		service, ours := strings.CutPrefix(f[3], on.Mastodon.Project+"/")
		ours = ours && slices.Contains(s.Config.Reimage.Start, service)
		m := image.FindStringSubmatch(f[2])
		switch {
		case m == nil && !ours: // somebody else's
		case m == nil || m[1] == "":
			s.blind = append(s.blind, fmt.Sprintf("%s on %s, whose image %s says no version", f[1], on.Name, f[2]))
		case m[1] != s.version && m[1] != s.tagged():
			s.old = append(s.old, fmt.Sprintf("%s on %s is of %s", f[1], on.Name, m[1]))
		default:
			of = append(of, f[1])
		}
	}
	return s.version + " in " + strings.Join(of, ", ")
}

// execUnitsBegan prints exec's host name, and then when the process of each of Mastodon's units began, in seconds.
const execUnitsBegan = `hostname; systemctl list-units 'mastodon-web*' 'mastodon-streaming*' 'mastodon-sidekiq*' --state=active --plain --no-legend | cut -d ' ' -f 1 | while read -r u; do
p=$(systemctl show -p MainPID --value "$u"); [ "$p" = 0 ] || echo "$u $(($(date +%s) - $(ps -o etimes= -p "$p")))"; done`

// exec is looked at by when its processes began: they read the code then, and not again.
func (s *search) exec(ctx context.Context) error {
	node := s.Jobs.Node.Name
	unread := func(text string) error {
		return &fault.Error{What: "when exec's processes began is not understood", On: node, Why: fmt.Sprintf("it says %q", clean.Short(text, 100)), Next: "retry; or look by systemctl status 'mastodon-*' there"}
	}
	head, err := s.Jobs.Ask(ctx, "see when the code was checked out", job.Task{Words: []string{"stat", "-c", "%Y", ".git/HEAD"}})
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(head), 10, 64)
	if err != nil {
		return unread(head)
	}
	s.code = time.Unix(seconds, 0)
	res := s.Host(node).Look(ctx, ssh.Command{For: "see when Mastodon's units began", Script: execUnitsBegan})
	if err := res.Err("seeing when Mastodon's units began", node); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(res.Stdout), "\n")
	s.name = strings.TrimSpace(lines[0])
	var fresh []string
	for _, line := range lines[1:] {
		unit, at, _ := strings.Cut(strings.TrimSpace(line), " ")
		began, err := strconv.ParseInt(at, 10, 64)
		switch {
		case err != nil:
			return unread(line)
		case began < seconds:
			s.old = append(s.old, fmt.Sprintf("%s on %s began at %s, and the code was checked out at %s", unit, node, time.Unix(began, 0).Format(time.DateTime), s.code.Format(time.DateTime)))
		default:
			fresh = append(fresh, unit)
		}
	}
	s.said = append(s.said, fmt.Sprintf("%s: begun since the code was checked out: %s", node, strings.Join(fresh, ", ")))
	return nil
}

// jobs are commands on exec that may have begun long ago.
func (s *search) jobs(ctx context.Context) error {
	all, err := s.Jobs.List(ctx)
	for _, j := range all {
		if j.State == job.Running && j.Started.Before(s.code) {
			s.old = append(s.old, fmt.Sprintf("job %s, %s, began before the code was checked out", j.ID, j.Line))
		}
	}
	return err
}

// sidekiqs are all that live, wherever they run.
func (s *search) sidekiqs(ctx context.Context) error {
	all, err := s.Deps.Deps.Jobs.Processes(ctx)
	living := 0
	for _, p := range all {
		if p.Stale {
			continue
		}
		living++
		switch {
		case s.hosts[p.Hostname]: // its container was looked at
		case p.Hostname != s.name:
			s.blind = append(s.blind, "a Sidekiq on "+p.Hostname+", which is no container of the workers, and not exec: "+p.Identity)
		case p.Started.Before(s.code):
			s.old = append(s.old, fmt.Sprintf("a Sidekiq on %s, %s, began before the code was checked out", s.Jobs.Node.Name, p.Identity))
		}
	}
	s.said = append(s.said, fmt.Sprintf("%d Sidekiqs live", living))
	return err
}
