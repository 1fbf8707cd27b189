package upkeep

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// searchReindex builds the search index anew, the small ones first.
func searchReindex() sheet {
	return sheet{
		id: "search-reindex", title: "Reindex the search", danger: act.Changes,
		summary: "Fills the search index from the database: first instances, accounts and tags, then the posts. Looks at the cluster before, and counts and searches after.",
		dangers: []string{
			"Where a mapping has changed, an index is emptied first: search is incomplete until it is full again.",
			"The posts of a large instance take hours, and the search server needs memory for them: watch its heap.",
		},
		asks: []ask{
			concurrency("2"),
			{name: "clean", about: "remove from the index what is gone from the database; false when an interrupted one goes on", kind: "bool", without: "true"},
			{name: "reset_chewy", about: "forget what is known of the index's mapping first, when that is confused", kind: "bool", without: "false"},
		},
		steps: func(c *chore) []run.Step {
			return []run.Step{
				c.cluster(),
				c.deploy("small", "Index instances, accounts and tags", "They are small: whatever is wrong shows here first.", "instances", "accounts", "tags"),
				c.deploy("posts", "Index the posts", "What people search for. It takes by far the longest.", "public_statuses", "statuses"),
				c.found(),
			}
		},
	}
}

func (c *chore) deploy(id, title, why string, only ...string) run.Step {
	words := []string{"search", "deploy", c.option("--concurrency", "concurrency")}
	if !c.yes("clean") {
		words = append(words, "--no-clean")
	}
	if c.yes("reset_chewy") && id == "small" {
		words = append(words, "--reset-chewy")
	}
	return c.step(errand{
		id: id, title: title, why: why, kind: run.Once, skip: true, noUndo: "an index holds nothing that the database does not hold", usual: "minutes to hours",
		call: c.call(append(append(words, "--only"), only...)...),
	})
}

// index is what the search server and the database say.
type index struct {
	Enabled bool
	Status  string
	Nodes   int
	Docs    map[string]*int // nil where the index is not there
	Rows    map[string]int  // about so many, by the database's own estimate
	Found   int             // accounts that a search finds
}

const indexRuby = `e = Chewy.enabled?
h = e ? Chewy.client.cluster.health : {}
i = e ? {instances: InstancesIndex, accounts: AccountsIndex, tags: TagsIndex, public_statuses: PublicStatusesIndex, statuses: StatusesIndex} : {}
d = i.transform_values { |x| Chewy.client.count(index: x.index_name)['count'] rescue nil }
r = ActiveRecord::Base.connection.select_rows("SELECT relname, reltuples::bigint FROM pg_class WHERE relname IN ('instances', 'accounts', 'tags', 'statuses')").to_h
f = d[:accounts].to_i > 0 ? AccountsIndex.query(match_all: {}).limit(1).to_a.size : 0
puts({enabled: e, status: h['status'].to_s, nodes: h['number_of_nodes'].to_i, docs: d, rows: r, found: f}.to_json)`

// cluster looks whether the search server can take it.
func (c *chore) cluster() run.Step {
	s := c.look("cluster", "Look at the search server", "A server that is red, or full, does not get better by more work.", indexRuby,
		func(ctx context.Context, _ *run.Walk) (string, error) {
			x, err := c.index(ctx)
			return x.words(), err
		})
	s.Skip = false
	return s
}

// index asks, and refuses a cluster that is off or red.
func (c *chore) index(ctx context.Context) (x index, err error) {
	if err = c.see(ctx, "look at the search server", indexRuby, &x); err != nil {
		return x, err
	}
	switch {
	case !x.Enabled:
		err = &fault.Error{What: "there is no search server", On: c.Config.Instance, Why: "ES_ENABLED is not true in .env.production", Next: "nothing is to be indexed", Code: fault.Refused}
	case x.Status == "red":
		err = &fault.Error{What: "the search server is red", On: c.Config.Instance, Why: "part of its data is not there", Next: "look at its log, disk and heap; then retry"}
	}
	return x, err
}

// found proves that the index holds something, and that a search finds it.
func (c *chore) found() run.Step {
	return c.look("found", "Count and search", "An exit status says nothing of an index. What the database has must be found.", indexRuby,
		func(ctx context.Context, _ *run.Walk) (string, error) {
			x, err := c.index(ctx)
			if err != nil {
				return "", err
			}
			if empty := x.empty(); len(empty) > 0 {
				return "", &fault.Error{What: "the index is not full", On: strings.Join(empty, ", "), Why: "nothing is in it or a search finds nothing: " + x.words(), Next: "look at the log of the search server; run it again"}
			}
			return x.words(), nil
		})
}

// indexes are in the order in which they are told.
var indexes = []struct{ name, table string }{{"instances", "instances"}, {"accounts", "accounts"}, {"tags", "tags"}, {"public_statuses", "statuses"}, {"statuses", "statuses"}}

// empty are the indexes that have nothing while the database has. Public posts are those of people who want to be found: there may be none.
func (x index) empty() []string {
	var out []string
	for _, i := range indexes {
		if docs := x.Docs[i.name]; docs == nil || *docs == 0 && x.Rows[i.table] > 0 && i.name != "public_statuses" {
			out = append(out, i.name)
		}
	}
	if n := x.Docs["accounts"]; n != nil && *n > 0 && x.Found == 0 {
		out = append(out, "a search for accounts")
	}
	return out
}

func (x index) words() string {
	said := fmt.Sprintf("%s, %d nodes", x.Status, x.Nodes)
	for _, i := range indexes {
		docs := "none"
		if n := x.Docs[i.name]; n != nil {
			docs = fmt.Sprint(*n)
		}
		said += fmt.Sprintf("; %s %s (about %d rows)", i.name, docs, x.Rows[i.table])
	}
	return said
}
