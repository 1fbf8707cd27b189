package upkeep

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/spelling"
)

// searchReindex builds the search index anew, the small ones first.
func searchReindex() sheet {
	return sheet{
		id: "search-reindex", title: "Reindex the search", danger: act.Changes,
		summary: "Fills the search index from the database: first instances, accounts and tags, then the posts. Looks at the cluster before, and counts and searches after.",
		dangers: []string{
			"Where a mapping has changed, an index is emptied first: search is incomplete until it is full again.",
			"The posts of a large instance take hours, and the search server needs memory for them: with a full heap its answers time out, and documents are missing.",
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
		id: id, title: title, why: why, kind: run.Once, skip: true, again: "a new run with --set clean=false goes on sooner", noUndo: "an index holds nothing that the database does not hold", usual: "minutes to hours",
		call: c.call(append(append(words, "--only"), only...)...),
	})
}

// index is what the search server and the database say.
type index struct {
	Enabled bool
	Status  string
	Nodes   int
	Heap    *int            // of the fullest node, in percent; nil where the server does not say
	Disk    *int            // the same
	Docs    map[string]*int // nil where the index is not there
	Due     map[string]*int // how many of the small ones belong into it
	Rows    map[string]int  // about so many, by the database's own estimate
	Found   int             // accounts that a search finds
}

const indexRuby = `e = Chewy.enabled?
h = e ? Chewy.client.cluster.health : {}
i = e ? {instances: InstancesIndex, accounts: AccountsIndex, tags: TagsIndex, public_statuses: PublicStatusesIndex, statuses: StatusesIndex} : {}
d = i.transform_values { |x| Chewy.client.count(index: x.index_name)['count'] rescue nil }
r = ActiveRecord::Base.connection.select_rows("SELECT relname, reltuples::bigint FROM pg_class WHERE relname IN ('instances', 'accounts', 'tags', 'statuses')").to_h
w = {instances: (Instance.searchable.count rescue nil), accounts: (Account.searchable.count rescue nil), tags: (Tag.listable.count rescue nil)}
n = e ? (Chewy.client.nodes.stats(metric: 'jvm,fs')['nodes'].values rescue []) : []
m = n.filter_map { |x| x.dig('jvm', 'mem', 'heap_used_percent') }.max
s = n.filter_map { |x| (t = x.dig('fs', 'total')) && 100 - 100 * t['available_in_bytes'] / t['total_in_bytes'] }.max
f = d[:accounts].to_i > 0 ? AccountsIndex.query(match_all: {}).limit(1).to_a.size : 0
puts({enabled: e, status: h['status'].to_s, nodes: h['number_of_nodes'].to_i, heap: m, disk: s, docs: d, due: w, rows: r, found: f}.to_json)`

// cluster looks whether the search server can take it.
func (c *chore) cluster() run.Step {
	s := c.look("cluster", "Look at the search server", "A server that is red, or full, does not get better by more work.", indexRuby,
		func(ctx context.Context, w *run.Walk) (string, error) {
			x, err := c.index(ctx)
			if full := x.full(); err == nil && full != "" && !w.Granted("full") {
				err = run.NeedsGo{Key: "full", Attended: true, Cause: full, Hint: "make room first: a full search server refuses documents, or stops writing at all", Details: []string{x.words()}}
			}
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

// How full, in percent, a search server may be before somebody is asked: above such a disk it moves its shards away, and then writes no more.
const (
	heapMost = 90
	diskMost = 85
)

// full says of what there is too little, "" where there is enough, or the server does not tell.
func (x index) full() string {
	switch {
	case x.Disk != nil && *x.Disk > diskMost:
		return fmt.Sprintf("the search server's disk is %d %% full", *x.Disk)
	case x.Heap != nil && *x.Heap > heapMost:
		return fmt.Sprintf("the search server's heap is %d %% full", *x.Heap)
	}
	return ""
}

// found proves that the index holds something, and that a search finds it.
func (c *chore) found() run.Step {
	return c.look("found", "Count and search", "An exit status says nothing of an index. What the database has must be found.", indexRuby,
		func(ctx context.Context, _ *run.Walk) (string, error) {
			x, err := c.index(ctx)
			if err != nil {
				return "", err
			}
			if lacking := x.lacking(); len(lacking) > 0 {
				return "", &fault.Error{
					What: "the index is not full", On: strings.Join(lacking, ", "), Why: "less is in it than belongs there, or a search finds nothing: " + x.words(),
					Next: "retry in a minute, since what was just written shows after half a minute; then look at the log of the search server, and run it again",
				}
			}
			return x.words(), nil
		})
}

// indexes are in the order in which they are told.
var indexes = []struct{ name, table string }{{"instances", "instances"}, {"accounts", "accounts"}, {"tags", "tags"}, {"public_statuses", "statuses"}, {"statuses", "statuses"}}

// enough is the part, in percent, of what belongs into a small index that must be there: people come and go while it is built.
const enough = 95

// lacking are the indexes that have nothing while the database has, or too little of what is known to belong there. Public posts are those of people who
// want to be found: there may be none.
func (x index) lacking() []string {
	var out []string
	for _, i := range indexes {
		docs, due := x.Docs[i.name], x.Due[i.name]
		switch {
		case docs == nil || *docs == 0 && x.Rows[i.table] > 0 && i.name != "public_statuses":
			out = append(out, i.name)
		case due != nil && *docs*100 < *due*enough:
			out = append(out, fmt.Sprintf("%s (%d of %d)", i.name, *docs, *due))
		}
	}
	if n := x.Docs["accounts"]; n != nil && *n > 0 && x.Found == 0 {
		out = append(out, "a search for accounts")
	}
	return out
}

func (x index) words() string {
	said := fmt.Sprintf("%s, %s", x.Status, spelling.Count(x.Nodes, "node", "nodes"))
	if x.Heap != nil && x.Disk != nil {
		said += fmt.Sprintf(", heap %d %% and disk %d %% full", *x.Heap, *x.Disk)
	}
	for _, i := range indexes {
		docs := "none"
		if n := x.Docs[i.name]; n != nil {
			docs = fmt.Sprint(*n)
		}
		if due := x.Due[i.name]; due != nil {
			said += fmt.Sprintf("; %s %s of %d", i.name, docs, *due)
			continue
		}
		said += fmt.Sprintf("; %s %s (about %s)", i.name, docs, spelling.Count(x.Rows[i.table], "row", "rows"))
	}
	return said
}
