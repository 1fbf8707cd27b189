package upkeep

import (
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// previewCards drops the thumbnails of links.
func previewCards() sheet {
	return sheet{
		id: "preview-cards", title: "Clean up preview cards", danger: act.Changes,
		summary: "Removes the thumbnails of link previews that are older than some days, and says what the storage holds before and after.",
		dangers: []string{"A thumbnail comes back only when somebody posts the link again, two weeks later at the earliest."},
		asks: []ask{
			{name: "days", about: "only what is older than so many days; never below 14", kind: "int", without: "180", least: 14, most: 3650},
			concurrency("5"),
		},
		steps: func(c *chore) []run.Step {
			return c.clean(errand{
				id: "remove", title: "Remove preview cards", kind: run.Once, after: rehearsal, noUndo: "a thumbnail comes back when the link is posted again", usual: "minutes to hours",
				why:  "Only the pictures go; the cards with title and text stay.",
				call: c.call("preview_cards", "remove", c.option("--days", "days"), c.option("--concurrency", "concurrency")),
			})
		},
	}
}
