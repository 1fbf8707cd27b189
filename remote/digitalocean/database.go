package digitalocean

import (
	"context"
	"errors"
	"slices"

	"github.com/digitalocean/godo"
)

// Backups are those that the provider keeps of the managed database of that name, the newest first.
func (c *Client) Backups(ctx context.Context, database string) ([]Backup, error) {
	all, err := c.databases(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(d godo.Database) bool { return d.Name == database })
	if at < 0 {
		return nil, c.fault("find the database", database, errNoDatabase)
	}
	// Neither has this list pages.
	kept, err := read(ctx, c, "list the backups", database, func(ctx context.Context, g *godo.Client) ([]godo.DatabaseBackup, *godo.Response, error) {
		return g.Databases.ListBackups(ctx, all[at].ID, nil)
	})
	out := each(kept, func(b godo.DatabaseBackup) Backup { return Backup{Made: b.CreatedAt, GB: b.SizeGigabytes} })
	slices.SortFunc(out, func(a, b Backup) int { return b.Made.Compare(a.Made) })
	return out, err
}

// databases are the managed ones of the account. This list comes whole: the API knows no pages of it.
func (c *Client) databases(ctx context.Context) ([]godo.Database, error) {
	return read(ctx, c, "list the databases", "the account", func(ctx context.Context, g *godo.Client) ([]godo.Database, *godo.Response, error) {
		return g.Databases.List(ctx, nil)
	})
}

var errNoDatabase = errors.New("the account has no managed database of that name")
