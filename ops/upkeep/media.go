package upkeep

import (
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// mediaCleanup drops copies of other servers' media.
func mediaCleanup() sheet {
	return sheet{
		id: "media-cleanup", title: "Clean up cached media", danger: act.Changes,
		summary: "Removes local copies of other servers' media that are older than some days, and says what the storage holds before and after.",
		dangers: []string{
			"Originals are fetched again only while the server that they are from still has them.",
			"It takes hours on a large instance, and the storage may slow it down.",
			"Avatars and headers are not touched: pruned ones do not come back when somebody looks at a profile.",
		},
		asks: []ask{
			{name: "days", about: "only what is older than so many days", kind: "int", without: "14", least: 1, most: 3650},
			concurrency("5"),
		},
		steps: func(c *chore) []run.Step {
			return c.clean(errand{
				id: "remove", title: "Remove cached media", kind: run.Once, after: rehearsal, noUndo: "it is fetched again when somebody looks at it, where it still exists", usual: "minutes to hours",
				why:  "What is gone is fetched again when it is needed. An interrupted one can be run again: it goes on with what is left. For every night there is the retention in the web interface.",
				call: c.call("media", "remove", c.option("--days", "days"), c.option("--concurrency", "concurrency")),
			})
		},
	}
}

// clean rehearses a removal, does it, and compares what the storage held before and holds after.
func (c *chore) clean(e errand) []run.Step {
	e.known = stored
	return []run.Step{c.usage("before", "What the storage holds, so that the difference can be seen."), c.rehearse(e), c.step(e), c.usageAfter()}
}

// usage is tootctl's own table of what the storage holds.
func (c *chore) usage(id, why string) run.Step {
	return c.step(c.usageErrand(id, why))
}

func (c *chore) usageErrand(id, why string) errand {
	return errand{
		id: id, title: "Look at the storage", why: why, kind: run.Idempotent, skip: true, noUndo: "it only looks", usual: "seconds to minutes", call: c.call("media", "usage"),
		says: func(_ *run.Walk, o outcome) (string, error) { return used(o.lines), nil },
	}
}

// usageAfter compares.
func (c *chore) usageAfter() run.Step {
	e := c.usageErrand("after", "Whether it was worth it: the same table again. The bucket's own figure follows later.")
	e.says = func(w *run.Walk, o outcome) (string, error) {
		was, is := stored(w), used(o.lines)
		if was == is {
			return "before and now: " + is + "; the table is too coarse to show a difference, or there is none", nil
		}
		return "before: " + was + "; now: " + is, nil
	}
	return c.step(e)
}

// stored is what the storage held before.
func stored(w *run.Walk) string { return used(strings.Split(w.Fact(resultFact("before")), "\n")) }

// used are the rows of the table that a clean-up changes. Its second column is what people here uploaded, which no clean-up touches.
func used(table []string) string {
	var said []string
	for _, line := range table {
		for _, row := range []string{"Attachments", "Preview Cards"} {
			rest, is := strings.CutPrefix(line, row)
			if !is {
				continue
			}
			sizes := strings.Fields(rest)
			if len(sizes) == 4 {
				sizes = append(sizes[:2:2], "("+sizes[2]+" "+sizes[3]+" of people here)")
			}
			said = append(said, strings.ToLower(row)+" "+strings.Join(sizes, " "))
		}
	}
	if len(said) == 0 {
		return "not known"
	}
	return strings.Join(said, ", ")
}
