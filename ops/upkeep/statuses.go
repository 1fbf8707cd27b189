package upkeep

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
)

// oldStatuses removes posts of others that nobody here has to do with.
func oldStatuses() sheet {
	return sheet{
		id: "old-statuses", title: "Remove old posts of others", danger: act.Destroys,
		summary: "Removes other servers' posts that nobody here follows, favourited or answered, and their media, from the database. Says how large the tables are before and after.",
		dangers: []string{
			"There is no dry run, and what is removed comes only back when somebody fetches it again.",
			"It is silent for 20 to 40 minutes at its beginning, and heavy for hours: do it when few people are awake.",
			"The disk gets its space back only by VACUUM FULL, which locks the tables, or by pg_repack.",
			"It needs a connection straight to the database, which upgrade.db_host, db_port and db_name in the config are: a pool with a short statement timeout ends it.",
		},
		asks: []ask{
			{name: "days", about: "only what is older than so many days", kind: "int", without: "90", least: 14, most: 3650},
			{name: "batch_size", about: "rows at a time; fewer are gentler", kind: "int", without: "500", least: 10, most: 10000},
			{name: "clean_followed", about: "also posts of people who are followed from here", kind: "bool", without: "false"},
			{name: "continue", about: "go on with an interrupted one", kind: "bool", without: "false"},
		},
		steps: func(c *chore) []run.Step {
			words := []string{"statuses", "remove", c.option("--days", "days"), c.option("--batch-size", "batch_size")}
			if c.yes("clean_followed") {
				words = append(words, "--clean-followed")
			}
			if c.yes("continue") {
				words = append(words, "--continue")
			}
			return []run.Step{
				c.tables("before", "How large the tables are, and whether a pool stands before the database."),
				c.step(errand{
					id: "remove", title: "Remove old posts", kind: run.Once, after: "before", again: "a new run with --set continue=true goes on where it stopped", noUndo: "what is removed from the database is gone", usual: "hours",
					why: "Posts are removed in batches. An interrupted one goes on with continue=true.", call: c.call(words...),
				}),
				c.tables("after", "What was removed are dead rows now; autovacuum makes room of them for new ones."),
			}
		},
	}
}

// table is one of the database's, by its own statistics.
type table struct {
	Relname string
	Live    int
	Dead    int
	Bytes   int64
}

type tables struct {
	Pool   bool
	Tables []table
}

const tablesRuby = `c = ActiveRecord::Base.connection
t = c.select_all("SELECT relname, n_live_tup AS live, n_dead_tup AS dead, pg_total_relation_size(relid) AS bytes FROM pg_stat_user_tables WHERE relname IN ('statuses', 'media_attachments', 'conversations') ORDER BY relname").to_a
puts({pool: !c.prepared_statements, tables: t}.to_json)`

// tables looks at the tables, and keeps what it saw for the step behind it.
func (c *chore) tables(id, why string) run.Step {
	return c.look(id, "Look at the tables", why, tablesRuby,
		func(ctx context.Context, w *run.Walk) (string, error) {
			var t tables
			if err := c.see(ctx, "look at the tables", tablesRuby, &t); err != nil {
				return "", err
			}
			said := t.words()
			if id == "after" {
				return since(w.Fact(resultFact("before")), said), nil
			}
			if t.Pool && len(c.Jobs.Direct) == 0 && !w.Granted("pool") {
				return "", run.NeedsGo{
					Key: "pool", Cause: "a pool probably stands before the database", Hint: "say upgrade.db_host, db_port and db_name in the config, and it is run past it; through the pool a long statement may be ended half-way",
					Details: []string{"prepared statements are off, as they must be behind a transaction pool", said},
				}
			}
			return said, w.Remember(ctx, resultFact(id), said)
		})
}

// since compares two looks at the database's statistics, which follow what was removed and do not lead it.
func since(was, is string) string {
	if was == is {
		return "before and now: " + is + "; the statistics show no difference, or not yet"
	}
	return "before: " + was + "; now: " + is
}

func (t tables) words() string {
	var said []string
	for _, x := range t.Tables {
		said = append(said, fmt.Sprintf("%s %s, %s, %d dead", x.Relname, size(x.Bytes), spelling.Count(x.Live, "row", "rows"), x.Dead))
	}
	return strings.Join(said, "; ")
}

// size is a number of bytes as tootctl says it.
func size(n int64) string {
	const kilo = 1024
	units, at, f := []string{"bytes", "KB", "MB", "GB", "TB"}, 0, float64(n)
	for f >= kilo && at < len(units)-1 {
		f, at = f/kilo, at+1
	}
	return fmt.Sprintf("%.3g %s", f, units[at])
}
