package roll

import (
	"context"
	"fmt"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// backedUp wants a backup of the database that is new enough: the provider tells of a managed one, of any other somebody has to.
func (u *upgrade) backedUp() run.Step {
	const why = "A migration that goes wrong is taken back by a backup and by nothing else."
	name, most := u.Config.Upgrade.Database, u.Config.Upgrade.Backup
	if name != "" {
		return u.reading(reading{
			id: "backup", title: "See that there is a backup", why: why,
			plan: []string{"GET /v2/databases, and the backups of " + name + ": the newest must not be older than " + age(most)},
		}, u.managed)
	}
	return run.Step{
		StepInfo: run.StepInfo{ID: "backup", Title: "Know of a backup", Kind: run.Read, NoUndo: "it changed nothing", Panes: u.panes(), Why: why},
		Deadline: time.Minute,
		Plan:     plan("somebody's word: which backup there is, and when it was made; upgrade.database names one that the provider can be asked about"),
		Do: func(_ context.Context, w *run.Walk) error {
			return u.word(w, "is there a backup of the database, made today, that somebody has seen?", "look at the provider's panel, or make one")
		},
	}
}

// managed asks the provider. What it does not list, or lists as too old, somebody may still have made elsewhere.
func (u *upgrade) managed(ctx context.Context, w *run.Walk) ([]string, error) {
	name, most := u.Config.Upgrade.Database, u.Config.Upgrade.Backup
	kept, err := u.Cloud.Backups(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(kept) == 0 {
		return nil, u.word(w, "the provider has no backup of "+name, "make one, or wait for the nightly one")
	}
	newest := time.Since(kept[0].Made)
	said := []string{fmt.Sprintf("backup: the newest of %s that the provider has was made %s ago, at %s, %s", name, age(newest), kept[0].Made.Local().Format(time.DateTime), sizes(kept))}
	if newest > most {
		return said, u.word(w, fmt.Sprintf("the newest backup of %s is %s old, and upgrade.backup_age is %s", name, age(newest), age(most)), "wait for the next one, or make one")
	}
	return said, nil
}

// sizes says how large the newest is, beside the one before: one that shrank by half lacks something.
func sizes(kept []digitalocean.Backup) string {
	said := fmt.Sprintf("%.2f GB", kept[0].GB)
	if len(kept) > 1 {
		said += fmt.Sprintf(", the one before %.2f GB", kept[1].GB)
		if kept[0].GB < kept[1].GB/2 {
			said += "; warning: it is less than half as large"
		}
	}
	return said
}

// word is somebody's: said beforehand, or asked for.
func (u *upgrade) word(w *run.Walk, cause, next string) error {
	if u.backup != "" {
		w.Out("backup: somebody's word: %s", u.backup)
		return nil
	}
	if w.Granted("backup") {
		return nil
	}
	return run.NeedsGo{Key: "backup", Attended: true, Cause: cause, Hint: next + "; go on where you have seen another; unattended it is said beforehand: --set backup='which one'"}
}

// age is a time as people say it.
func age(d time.Duration) string {
	if d >= 48*time.Hour {
		return spelling.Count(int(d/(24*time.Hour)), "day", "days")
	}
	return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
}
