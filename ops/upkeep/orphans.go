package upkeep

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// mediaOrphans removes objects that the database knows nothing of.
func mediaOrphans() sheet {
	return sheet{
		id: "media-orphans", title: "Remove orphaned files", danger: act.Destroys,
		summary: "Walks the media storage and removes the files that the database knows nothing of; first as a rehearsal. What is there and what is known must belong together.",
		dangers: []string{
			"With a database that is older than the bucket, or another one's, nearly everything looks orphaned and is removed for good.",
			"Never right after a restore, and never on a replica.",
			"It lists every object: hours, and a cost for each thousand at the provider.",
		},
		asks: []ask{
			{name: "prefix", about: "only files whose key begins so", kind: "string", without: "cache/media_attachments", shape: prefixShape},
			{name: "start_after", about: "go on behind this key, which an interrupted one printed", kind: "string", shape: prefixShape},
		},
		steps: func(c *chore) []run.Step {
			words := []string{"media", "remove-orphans", c.option("--prefix", "prefix")}
			if c.said["start_after"] != "" {
				words = append(words, c.option("--start-after", "start_after"))
			}
			remove := errand{
				id: "remove", title: "Remove what is orphaned", kind: run.Once, after: rehearsal, noUndo: "what is removed from the bucket is gone", usual: "minutes to hours", known: stored, says: c.whole,
				why: "What the rehearsal counted is removed. Compare its number with what the storage holds before you go on.", call: c.call(words...),
			}
			return []run.Step{c.together(), c.usage("before", "What is known to the database: the rehearsal's number must be small beside it."), c.rehearse(remove), c.step(remove), c.left(remove)}
		},
	}
}

// left walks the storage again, without removing: nothing orphaned may be left.
func (c *chore) left(e errand) run.Step {
	dry, _ := e.call.Rehearse()
	return c.step(errand{
		id: "left", title: "Look what is left", why: "The same walk once more, without removing anything: it should count next to nothing. It takes as long again, and can be skipped.",
		kind: run.Idempotent, skip: true, noUndo: "it only looks", usual: e.usual, call: dry, says: c.fewer,
	})
}

// further is what tootctl prints where the storage's listing broke off. It counts what it has seen until then, and ends well.
var further = regexp.MustCompile(`--start-after=(\S+)`)

// whole takes no walk for one that broke off: its number would be too small.
func (c *chore) whole(_ *run.Walk, o outcome) (string, error) {
	for _, line := range o.last {
		if m := further.FindStringSubmatch(line); m != nil {
			return "", &fault.Error{
				What: "the storage was not walked to its end", On: c.Config.Instance, Why: "its listing broke off: " + o.words(),
				Next: "look at the storage, and retry; or begin anew with --set start_after=" + m[1] + ", which goes on behind what was walked",
			}
		}
	}
	return o.words(), nil
}

// orphans are how many tootctl found, in its closing line.
var orphans = regexp.MustCompile(`Removed (\d+) orphans`)

func orphansIn(text string) (n int, known bool) {
	m := orphans.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

// fewer compares what is left with what was removed.
func (c *chore) fewer(w *run.Walk, o outcome) (string, error) {
	if _, err := c.whole(w, o); err != nil {
		return "", err
	}
	left, known := orphansIn(o.words())
	gone, _ := orphansIn(ending(w.Fact(resultFact("remove"))))
	switch {
	case !known:
		return o.words(), nil
	case left == 0:
		return "nothing orphaned is left", nil
	case left >= gone:
		return "", &fault.Error{
			What: "as much is orphaned as before", On: c.Config.Instance, Why: fmt.Sprintf("%d removed, and %d are left", gone, left),
			Next: "look whether the bucket lets its objects be deleted, and whether something puts them back; skip it when you know why",
		}
	}
	return fmt.Sprintf("%d orphaned files are left, of %d removed: they came meanwhile, or could not be removed", left, gone), nil
}

// origin is what the files are compared with.
type origin struct {
	Recovery bool
	Database string
	Age      int // of the newest post, in seconds; below 0 for none
	Storage  string
	Bucket   string
}

const originRuby = `c = ActiveRecord::Base.connection
t = Status.order(id: :desc).limit(1).pick(:created_at)
o = Paperclip::Attachment.default_options
puts({recovery: c.select_value('SELECT pg_is_in_recovery()'), database: c.current_database, age: t ? (Time.now.utc - t).to_i : -1, storage: o[:storage].to_s, bucket: ENV['S3_BUCKET'].to_s}.to_json)`

// stale is how old the newest post may be: a database that was restored, or that nothing reaches, knows nothing of newer files.
const stale = time.Hour

// together refuses a replica, and a database that may be behind its bucket.
func (c *chore) together() run.Step {
	s := c.look("together", "Look at what is compared", "Files that are newer than the database look orphaned. It must be the living one, and the bucket its own.", originRuby, c.compare)
	s.Skip = false
	return s
}

func (c *chore) compare(ctx context.Context, w *run.Walk) (string, error) {
	var o origin
	if err := c.see(ctx, "look at database and bucket", originRuby, &o); err != nil {
		return "", err
	}
	said := fmt.Sprintf("database %s, storage %s %s, newest post %s ago", o.Database, o.Storage, o.Bucket, time.Duration(o.Age)*time.Second)
	switch {
	case o.Recovery:
		return said, &fault.Error{What: "the database is a replica", On: o.Database, Why: "it may be behind the bucket: what it does not know yet would be removed", Next: "run it where Mastodon writes", Code: fault.Refused}
	case o.Age >= 0 && time.Duration(o.Age)*time.Second < stale || w.Granted("stale"):
		return said, nil
	}
	return said, run.NeedsGo{
		Key: "stale", Attended: true, Cause: "the database may be older than the bucket", Hint: "go on only if this is the living database: what it does not know is removed for good", Details: []string{said},
	}
}
