package screen

import (
	"context"
	"fmt"
	"strconv"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ui/dialog"
)

// backupsOffered is how many backups have a key.
const backupsOffered = 9

// gotBackups are the backups that may be read back.
type gotBackups struct {
	all []sidekiq.BackupFile
	err error
}

func (s *Sidekiq) findBackups() tea.Cmd {
	d := s.env.Desk
	return s.Ask("backups", func(ctx context.Context) tea.Msg {
		all, err := d.SidekiqBackups(ctx)
		return gotBackups{all, err}
	})
}

// choose asks which backup is meant.
func (s *Sidekiq) choose(m gotBackups) Action {
	switch {
	case m.err != nil:
		return Say{Text: brief(m.err), Bad: true}
	case len(m.all) == 0:
		return Say{Text: "there is no backup on this machine: one is written by every delete"}
	}
	s.backups = m.all[:min(len(m.all), backupsOffered)]
	c := &dialog.Choice{Tag: "backup", Title: "Read which backup back?", Text: "What it would do is shown first. Backups from elsewhere: vmtui sidekiq restore --backup FILE."}
	for i, b := range s.backups {
		key := strconv.Itoa(i + 1)
		c.Details = append(c.Details, ansi.Truncate(fmt.Sprintf("%s  %s, %s ago: %s", key, b.Queue, age(b.At, s.env.World.Now), b.Of), backupWidth, "…"))
		c.Options = append(c.Options, dialog.Option{ID: key, Key: key, Label: key})
	}
	if more := len(m.all) - len(s.backups); more > 0 {
		c.Details = append(c.Details, fmt.Sprintf("and %d older", more))
	}
	return Open{c}
}

// backupWidth keeps a backup on one line of the dialog.
const backupWidth = 62

// chosen opens what reading a backup back would do.
func (s *Sidekiq) chosen(res dialog.Result) Action {
	i, err := strconv.Atoi(res.Choice)
	if !res.OK || err != nil || i < 1 || i > len(s.backups) {
		return nil
	}
	return Push{NewDeed(s.env, sidekiq.Order{Deed: sidekiq.Load, Name: s.backups[i-1].Path})}
}
