package roll

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/ops/worker"
)

// Upgrade is the name of the runbook that brings Mastodon to its next version.
const Upgrade = "workers-upgrade"

// What may be said when an upgrade begins.
const (
	versionInput = "version"
	backupInput  = "backup"
	searchInput  = "search"
	fromInput    = "from"
)

func (d Deps) upgrade() run.Book {
	return run.Book{
		ID: Upgrade, Title: "Upgrade Mastodon without a pause", Danger: act.Changes,
		Summary: "Brings exec and all workers to another version while the instance serves: first the code and the migrations that old code bears, then exec, then one " +
			"worker after another, and the rest of the migrations when nothing old runs any more.",
		Dangers: []string{
			"Migrations change the database for good. Only a backup takes them back.",
			"While versions are mixed, the names of scripts and styles differ from worker to worker: serve both sets (CDN_HOST), or be quick.",
			"Each minor version has to be visited, and its release notes read: this walks what they usually ask for, and nothing that only they know of.",
		},
		Untried: []string{
			"A backup that the provider lists can be restored: nothing here restores one.",
			"How long migrations and assets take on a large instance: the box makes it a moment.",
		},
		Inputs: []run.Input{
			{Name: versionInput, Type: "string", Needed: true, About: "which one, as git and the images call it: v4.6.6"},
			{Name: backupInput, Type: "string", About: "which backup there is, in words: somebody's word where the provider cannot be asked, or lists none that is new enough; asked for when empty"},
			{Name: searchInput, Type: "enum", Values: []string{"mapping", "none"}, Default: "mapping", About: "what the search index needs afterwards, by the release notes"},
			workersAbout,
		},
		Build: d.buildUpgrade,
	}
}

// upgrade is one upgrade: a roll with much before it and behind.
type upgrade struct {
	*roll
	version string // with its v
	from    string // what exec ran when the run was made
	backup  string
	search  string
}

var versions = regexp.MustCompile(`^v(\d+)\.(\d+)\.(\d+)([-+.][0-9A-Za-z.-]+)?$`)

func (d Deps) buildUpgrade(ctx context.Context, target string, given map[string]string) (run.Runbook, error) {
	version := target
	if version == "" {
		version = given[versionInput]
	}
	if version != "" && !strings.HasPrefix(version, "v") {
		version = "v" + version
	}
	if !versions.MatchString(version) {
		return run.Runbook{}, &fault.Error{What: "no version", On: version, Why: "a version is written as v4.6.6", Next: "vmtui run " + Upgrade + " v4.6.6", Code: fault.Usage}
	}
	b, err := d.Book(worker.Recreate)
	if err != nil {
		return run.Runbook{}, err
	}
	u := &upgrade{roll: &roll{Deps: d, book: b}, version: version, backup: given[backupInput], search: given[searchInput], from: given[fromInput]}
	whom := maps.Clone(given)
	maps.DeleteFunc(whom, func(key, _ string) bool { return key != workersInput && !strings.HasPrefix(key, worker.FrozenIn) })
	if err := u.recruit(ctx, whom); err != nil {
		return run.Runbook{}, err
	}
	if err := d.Jobs.Native(); err != nil {
		return run.Runbook{}, err
	}
	if u.from == "" {
		if u.from, err = u.onExec(ctx); err != nil {
			return run.Runbook{}, err
		}
	}
	u.given[whyInput] = "the upgrade to " + version
	u.needs, u.proof = u.old, u.runs
	u.ahead, u.behind = u.before(), u.after()
	in := u.inputs()
	maps.Copy(in, map[string]string{versionInput: version, backupInput: u.backup, searchInput: u.search, fromInput: u.from})
	return run.Runbook{ID: Upgrade, Version: 1, Title: "Upgrade Mastodon to " + version, Target: version, Inputs: in, Steps: u.steps()}, nil
}

func (u *upgrade) before() []run.Step {
	env := u.Config.Upgrade.Direct()
	skipping := append(slices.Clone(env), "SKIP_POST_DEPLOYMENT_MIGRATIONS=true")
	return []run.Step{
		u.sane(), u.backedUp(),
		u.task(task{id: "fetch", title: "Fetch the code", kind: run.Idempotent, do: job.Task{Words: []string{"git", "fetch", "--tags", "--force"}}, noUndo: "code that is only fetched runs nowhere",
			why: "The code of all versions, before anything depends on it.", proof: u.fetched}),
		u.task(task{id: "checkout", title: "Check the code out on exec", kind: run.Idempotent, do: job.Task{Words: []string{"git", "checkout", u.version}}, noUndo: "git checkout " + u.from + " takes it back",
			why: "What runs goes on running: nothing is restarted yet.", proof: u.checkedOut}),
		u.task(task{id: "gems", title: "Install the gems", kind: run.Idempotent, do: job.Task{Words: []string{"bundle", "install"}}, noUndo: "gems that nothing uses do no harm", why: "The new code needs its libraries before a migration can load it.", usual: "some minutes"}),
		u.task(task{id: "packages", title: "Install the packages", kind: run.Idempotent, do: job.Task{Words: []string{"yarn", "install", "--immutable"}}, noUndo: "packages that nothing uses do no harm", why: "The assets are made of them.", usual: "some minutes"}),
		u.task(task{id: "assets", title: "Make the assets", kind: run.Idempotent, do: job.Task{Words: []string{"bin/rails", "assets:precompile"}}, noUndo: "the old assets are kept beside the new ones", why: "Pages of the new version name files that must be there.", usual: "some minutes", skip: true}),
		u.task(task{id: "pre-migrate", title: "Migrate what old code bears", kind: run.Once, do: job.Task{Words: []string{"bin/rails", "db:migrate"}, Env: skipping}, noUndo: "a migration is taken back by a backup alone", usual: "seconds to hours",
			why: "These migrations only add, so that the code that runs goes on working. They go to the database itself: a pool would lose their lock.", proof: u.migrated(skipping)}),
		u.restartSidekiq(), u.restartExec(), u.tag(), u.pull(),
	}
}

func (u *upgrade) after() []run.Step {
	env := u.Config.Upgrade.Direct()
	return []run.Step{
		u.nothingOld(),
		u.task(task{id: "post-migrate", title: "Migrate the rest", kind: run.Once, do: job.Task{Words: []string{"bin/rails", "db:migrate"}, Env: env}, noUndo: "a migration is taken back by a backup alone", usual: "seconds to hours",
			why: "These take away what only old code used. Nothing old runs any more: that was proved just now.", proof: u.migrated(env)}),
		u.mapping(),
	}
}

// sane refuses a way that Mastodon does not support: back, or over a minor version that was not visited.
func (u *upgrade) sane() run.Step {
	return u.reading(reading{
		id: "sane", title: "See that this is the next step", why: "Each minor version has migrations that the next one counts on. There is no way back.",
		plan: []string{"the versions, and the way to the database: " + strings.Join(append(u.Config.Upgrade.Direct(), "the rest as .env.production says"), " ")},
	}, func(_ context.Context, _ *run.Walk) ([]string, error) {
		from, to := versions.FindStringSubmatch(u.from), versions.FindStringSubmatch(u.version)
		if from == nil {
			return nil, &fault.Error{What: "exec's version is not known", On: u.Jobs.Node.Name, Why: fmt.Sprintf("git describes it as %q", u.from), Next: "check a tag out there first", Code: fault.Refused}
		}
		refuse := func(why, next string) ([]string, error) {
			return nil, &fault.Error{What: "that is not the next step", On: u.version, Why: why, Next: next, Code: fault.Refused}
		}
		major, minor, patch := minus(to[1], from[1]), minus(to[2], from[2]), minus(to[3], from[3])
		switch {
		case major != 0:
			return refuse("from "+u.from+" it is another major version", "follow its release notes by hand")
		case minor < 0 || minor == 0 && patch < 0:
			return refuse("it is older than "+u.from, "migrations cannot be walked back: restore a backup")
		case minor > 1:
			return refuse("from "+u.from+" it passes over a minor version", "visit v"+from[1]+"."+strconv.Itoa(number(from[2])+1)+" first")
		}
		said := []string{"from " + u.from + " to " + u.version}
		if len(u.Config.Upgrade.Direct()) == 0 {
			said = append(said, "warning: no upgrade.db_port is configured: migrations go where .env.production says, and through a transaction pool they fail")
		}
		return said, nil
	})
}

func number(digits string) int    { n, _ := strconv.Atoi(digits); return n } // the pattern lets digits through and nothing else
func minus(a, b string) int       { return number(a) - number(b) }
func (u *upgrade) tagged() string { return strings.TrimPrefix(u.version, "v") }

// onExec is the version that is checked out on exec.
func (u *upgrade) onExec(ctx context.Context) (string, error) {
	out, err := u.Jobs.Ask(ctx, "read the version of exec's code", job.Task{Words: []string{"git", "describe", "--tags", "--always"}})
	return strings.TrimSpace(out), err
}

func (u *upgrade) fetched(ctx context.Context) (bool, string, error) {
	out, err := u.Jobs.Ask(ctx, "look for the version among the tags", job.Task{Words: []string{"git", "tag", "--list", u.version}})
	if strings.TrimSpace(out) == u.version {
		return true, "the tag " + u.version + " is there", err
	}
	return false, "there is no tag " + u.version, err
}

func (u *upgrade) checkedOut(ctx context.Context) (bool, string, error) {
	now, err := u.onExec(ctx)
	return now == u.version, "exec's code is " + now, err
}

// migrated reports that no migration is down, as Rails sees them with that environment.
func (u *upgrade) migrated(env []string) func(context.Context) (bool, string, error) {
	return func(ctx context.Context) (bool, string, error) {
		if so, said, err := u.checkedOut(ctx); !so || err != nil {
			return false, said, err // the old code does not know the new migrations
		}
		out, err := u.Jobs.Ask(ctx, "see which migrations are down", job.Task{Words: []string{"bin/rails", "db:migrate:status"}, Env: env})
		if err != nil {
			return false, "", err
		}
		down, up := 0, 0
		for line := range strings.Lines(out) {
			switch f := strings.Fields(line); {
			case len(f) > 1 && f[0] == "down":
				down++
			case len(f) > 1 && f[0] == "up":
				up++
			}
		}
		if up == 0 {
			return false, "", &fault.Error{What: "the migrations' status is not understood", On: u.Jobs.Node.Name, Why: "no line says up", Next: "run bin/rails db:migrate:status there"}
		}
		return down == 0, fmt.Sprintf("%s down, %d up", spelling.Count(down, "migration", "migrations"), up), nil
	}
}

// restartSidekiq is exec's own Sidekiq's turn: a run of its own, as it is done by itself.
func (u *upgrade) restartSidekiq() run.Step {
	exec := u.Jobs.Node.Name
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "exec-sidekiq", Title: "Restart Sidekiq on " + exec, Kind: run.Idempotent, Panes: []string{"sidekiq@" + exec},
			Why: "The scheduler begins jobs that the new code may know otherwise. It finishes what it has in hand first.",
		},
		Plan: plan(worker.SidekiqRestart + " " + exec + ", as a run of its own"),
		Child: func(ctx context.Context, _ *run.Walk, begun *run.Header) (run.Runbook, error) {
			if begun != nil {
				rb, _, err := u.Rebuild(ctx, exec, *begun)
				return rb, err
			}
			b, err := u.Book(worker.SidekiqRestart)
			if err != nil {
				return run.Runbook{}, err
			}
			return b.Build(ctx, exec, nil)
		},
	}
}

// execUnits are the services of exec beside Sidekiq that run Mastodon's code, if they run.
const execUnits = `systemctl list-units 'mastodon-web*' 'mastodon-streaming*' --state=active --plain --no-legend | cut -d ' ' -f 1`

// restartExec restarts what else runs the old code on exec. Visitors do not come there.
func (u *upgrade) restartExec() run.Step {
	exec := u.Jobs.Node.Name
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "exec-services", Title: "Restart the other services of " + exec, Kind: run.Idempotent, NoUndo: "they run the code that is checked out", Skip: true, Panes: u.hostOfExec(),
			Why: "They run the old code until they are restarted. Visitors go to the workers.",
		},
		Deadline: 5 * time.Minute,
		Plan:     plan(exec+"$ "+execUnits, exec+"$ systemctl restart UNIT…", exec+"$ systemctl is-active UNIT…"),
		Do: func(ctx context.Context, w *run.Walk) error {
			return worker.ChangeOn(ctx, u.Deps.Deps, w, exec, "restart mastodon-web and mastodon-streaming", `for u in $(`+execUnits+`); do systemctl restart "$u" && systemctl is-active "$u" || exit 1; done`)
		},
	}
}

// imageLine is a line of a compose file that names one of Mastodon's images, with its tag.
const imageLine = `^([[:space:]]*image:[[:space:]]*["']?[^[:space:]"']*mastodon(-streaming)?):[^[:space:]"'@]+`

// tagsScript shows the tags of Mastodon's images in a worker's compose file, each with the digest that pins it: $1 directory, $2 the pattern.
const tagsScript = `cd "$1" && grep -E "$2" docker-compose.yml | sed -E "s/^[[:space:]]*image:[[:space:]]*//; s/[[:space:]]*(#.*)?\$//; s/[\"']//g; s/@/ @/; s/^[^ ]*:([^ :]+)/\1/" | sort -u`

// retag puts another tag in: $1 directory, $2 the pattern, $3 the tag, $4 what the old file is kept as.
const retag = `cd "$1" && cp -p docker-compose.yml "$4" && sed -E "s#$2#\1:$3#" "$4" >docker-compose.yml.new && cat docker-compose.yml.new >docker-compose.yml && rm docker-compose.yml.new`

// tags are the versions that a worker's compose file names.
func (u *upgrade) tags(ctx context.Context, name string) ([]string, error) {
	node, _ := u.Config.Node(name)
	out, err := u.parts[name].Look(ctx, "reading the images' tags", tagsScript, node.Mastodon.Dir, imageLine)
	tags := strings.Fields(out)
	switch {
	case err != nil:
	case strings.Contains(out, "@"):
		err = &fault.Error{What: "an image is pinned by its digest", On: name, Why: "docker-compose.yml says " + strings.TrimSpace(out) + ": docker goes by the digest, whatever the tag says", Next: "take the digest out of the file, or write the new one there by hand and leave this step out", Code: fault.Refused}
	case len(tags) == 0:
		err = &fault.Error{What: "no image of Mastodon's", On: name, Why: "docker-compose.yml names none with a tag", Next: "write the tag into it by hand, and leave this step out", Code: fault.Failed}
	}
	return tags, err
}

// tag writes the version into the compose files. On a shared directory the first edit is everybody's.
func (u *upgrade) tag() run.Step {
	kept := "docker-compose.yml.before-" + u.version
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "tag", Title: "Name the version in the compose files", Kind: run.Idempotent, Skip: true, Panes: u.panes(),
			Why: "Containers that run keep what they were made of. Only new ones are made of this, and nobody makes any before their turn.",
		},
		Deadline: 5 * time.Minute,
		Plan:     plan("sed of the image lines in docker-compose.yml on " + strings.Join(u.workers, ", ") + ": the tag becomes " + u.version + "; the old file is kept as " + kept),
		Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
			for _, name := range u.workers {
				tags, err := u.tags(ctx, name)
				if err != nil || len(tags) != 1 || tags[0] != u.version {
					return run.Finding{Truth: run.IsPending, Detail: name + ": " + strings.Join(tags, ", ")}, err
				}
			}
			return run.Finding{Truth: run.IsDone, Detail: "every file names " + u.version}, nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			for _, name := range u.workers {
				tags, err := u.tags(ctx, name)
				if err != nil {
					return err
				}
				if len(tags) == 1 && tags[0] == u.version {
					continue
				}
				node, _ := u.Config.Node(name)
				if err := u.parts[name].Change(ctx, w, "name "+u.version+" in docker-compose.yml", retag, node.Mastodon.Dir, imageLine, u.version, kept); err != nil {
					return err
				}
			}
			return nil
		},
		Undo: func(ctx context.Context, w *run.Walk) error {
			for _, name := range u.workers {
				node, _ := u.Config.Node(name)
				if err := u.parts[name].Change(ctx, w, "put docker-compose.yml back", `cd "$1" && test ! -e "$2" || { cat "$2" >docker-compose.yml && rm "$2"; }`, node.Mastodon.Dir, kept); err != nil {
					return err
				}
			}
			return nil
		},
		UndoPlan: []string{"put " + kept + " back, on each"},
	}
}

// pull brings the images to every worker before anybody is taken out of service for them.
func (u *upgrade) pull() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "pull", Title: "Pull the images everywhere", Kind: run.Idempotent, NoUndo: "an image that nothing uses only takes room", Usual: "a minute or two for each", Panes: u.panes(),
			Why: "A registry that answers slowly, or not at all, is found out while every worker still serves. Images that are equal everywhere are proved to be so later.",
		},
		Deadline: 30 * time.Minute,
		Plan:     plan("docker compose pull -q   on " + strings.Join(u.workers, ", ")),
		Observe: func(ctx context.Context, _ *run.Walk) (run.Finding, error) {
			for _, name := range u.workers {
				out, err := u.parts[name].Images(ctx)
				if err != nil || !strings.Contains(out, u.version) || strings.Contains(out, "absent") {
					return run.Finding{Truth: run.IsPending, Detail: name + " lacks some"}, err
				}
			}
			return run.Finding{Truth: run.IsDone, Detail: "every worker has them"}, nil
		},
		Do: func(ctx context.Context, w *run.Walk) error {
			for _, name := range u.workers {
				if err := u.parts[name].Compose(ctx, w, "pull", "-q"); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// old reports a worker that does not run the version, or whose containers are older than its files.
func (u *upgrade) old(ctx context.Context, p worker.Part) (bool, string, error) {
	now, err := p.Version(ctx)
	if err != nil || now != u.tagged() {
		return true, "", err
	}
	return stale(ctx, p)
}

// runs wants a worker to serve, and to serve the version.
func (u *upgrade) runs(p worker.Part) func(*run.Walk) run.Check {
	return func(w *run.Walk) run.Check {
		serving := p.Serving(w)
		return func(ctx context.Context) (run.Progress, error) {
			got, err := serving(ctx)
			if err != nil || !got.Done {
				return got, err
			}
			now, err := p.Version(ctx)
			switch {
			case err != nil:
				return run.Progress{For: "a page; " + fault.Of(err).What, Again: time.Second}, nil
			case now != u.tagged():
				return run.Progress{}, &fault.Error{What: "another version serves", On: p.Name(), Why: "it says " + now + ", not " + u.tagged(), Next: "look at its containers' images"}
			}
			got.Detail += "; it serves " + now
			return got, nil
		}
	}
}

// mapping tells the search server of new mappings, where the release notes ask for it.
func (u *upgrade) mapping() run.Step {
	s := u.task(task{
		id: "search", title: "Bring the search mapping up to date", kind: run.Idempotent, do: job.Task{Words: []string{"bin/tootctl", "search", "deploy", "--only-mapping"}}, skip: true,
		noUndo: "an index holds nothing that the database does not hold", why: "New code may ask the search server for what its old mapping does not know.",
	})
	observe := s.Observe
	s.Observe = func(ctx context.Context, w *run.Walk) (run.Finding, error) {
		if u.search == "none" {
			return run.Finding{Truth: run.LeftOut, Detail: "search=none was said"}, nil
		}
		return observe(ctx, w)
	}
	return s
}
