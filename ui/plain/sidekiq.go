package plain

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/ops/sidekiq"
	"github.com/vmtui/vmtui/ops/spelling"
)

// sheet is a table that is being written; its errors come out at the end.
type sheet struct{ *tabwriter.Writer }

func newSheet(out io.Writer) sheet { return sheet{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)} }

func (s sheet) row(cells ...any) {
	words := make([]string, len(cells))
	for i, c := range cells {
		words[i] = fmt.Sprint(c)
	}
	_, _ = fmt.Fprintln(s, strings.Join(words, "\t")) // Flush tells
}

// Sidekiq prints its state.
func Sidekiq(out io.Writer, v sidekiq.View) error {
	t := newSheet(out)
	t.row("QUEUE", "SIZE", "LATENCY", "SLOPE", "EMPTY IN", "WEIGHT")
	for _, q := range v.Queues {
		t.row(q.Name, q.Size, age(q.Latency), slope(q.Slope), eta(q), weight(q.Weight))
	}
	t.row()
	t.row("PROCESS", "BUSY", "QUIET", "BEAT", "RSS", "VERSION", "QUEUES")
	for _, p := range v.Processes {
		t.row(p.Identity, fmt.Sprintf("%d/%d", p.Busy, p.Concurrency), yes(p.Quiet), age(v.Time.Sub(p.Beat)), fmt.Sprintf("%d MB", p.RSS>>20), dash(p.Version), strings.Join(p.Queues, ","))
	}
	for _, p := range v.Stale {
		t.row(p.Identity, "?", "?", "gone", "", "", "no heartbeat")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nretry %d  schedule %d  dead %d\nprocessed %d (%s/s)  failed %d (%s/s)  today %d, %d failed\n",
		v.Sets.Retry, v.Sets.Schedule, v.Sets.Dead, v.Processed, rate(v.ProcessedRate), v.Failed, rate(v.FailedRate), v.Today, v.TodayBad)
	if len(v.Ticks) > 0 && !v.Ticks[0].At.IsZero() {
		fmt.Fprintf(&b, "scheduler: %s %s ago\n", v.Ticks[0].Name, age(v.Time.Sub(v.Ticks[0].At)))
	}
	for _, s := range v.Shelves {
		fmt.Fprintf(&b, "%s: %s of %s, since %s by %s\n", s.ID, spelling.Count(s.Size, "job", "jobs"), s.Queue, s.At.Local().Format(time.DateTime), s.By)
	}
	for _, l := range v.Lost {
		fmt.Fprintf(&b, "possibly lost: %s %s of %s, in the hands of %s\n", l.Class, l.JID, l.Queue, l.Process)
	}
	for _, a := range v.Alarms {
		fmt.Fprintf(&b, "%s: %s: %s\n  next: %s\n", a.Level, a.On, a.Why, a.Next)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Shelves prints what is parked.
func Shelves(out io.Writer, v sidekiq.View) error {
	if len(v.Shelves) == 0 {
		_, err := fmt.Fprintln(out, "nothing is parked")
		return err
	}
	t := newSheet(out)
	t.row("PARKED", "QUEUE", "JOBS", "OLDEST", "SINCE", "BY", "STATE")
	for _, s := range v.Shelves {
		state := string(s.Kind)
		switch {
		case s.Deleting != "":
			state += ", its deletion interrupted or under way"
		case s.Restoring:
			state += ", interrupted or under way"
		}
		t.row(s.ID, s.Queue, s.Size, age(s.Oldest), s.At.Local().Format(time.DateTime), s.By, state)
	}
	return t.Flush()
}

// Histogram prints what is in a place.
func Histogram(out io.Writer, h sidekiq.Histogram) error {
	of := fmt.Sprintf("all %s", spelling.Count(h.Counted, "job", "jobs"))
	if h.Sample {
		of = fmt.Sprintf("a sample: %d of %s, from both ends", h.Counted, spelling.Count(h.Size, "job", "jobs"))
	}
	if _, err := fmt.Fprintf(out, "%s, %s; %d meant, %d say they hold a unique lock\n", h.Place, of, h.Meant, h.Locked); err != nil {
		return err
	}
	t := newSheet(out)
	for _, part := range []struct {
		title string
		all   []sidekiq.Share
	}{{"CLASS", h.Classes}, {"HOST", h.Hosts}, {"ERROR", h.Errors}} {
		if len(part.all) == 0 {
			continue
		}
		t.row()
		t.row(part.title, "JOBS", "SHARE")
		for i, s := range part.all {
			if i == mostShares {
				t.row(fmt.Sprintf("and %d more", len(part.all)-i))
				break
			}
			t.row(s.Name, s.Count, fmt.Sprintf("%.1f %%", 100*float64(s.Count)/float64(max(h.Meant, 1))))
		}
	}
	return t.Flush()
}

const mostShares = 30

// Jobs prints a list.
func Jobs(out io.Writer, p sidekiq.Page) error {
	t := newSheet(out)
	t.row("JID", "CLASS", "QUEUE", "AGE", "HOST", "ERROR")
	for _, e := range p.Entries {
		t.row(e.JID, e.Class, e.Queue, since(e.At), dash(e.Host), dash(e.Error))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	more := ""
	if p.More {
		more = "; there may be more, see --skip and --limit"
	}
	_, err := fmt.Fprintf(out, "%d shown of %d there, %d looked at%s\n", len(p.Entries), p.Size, p.Read, more)
	return err
}

// Job prints one in full.
func Job(out io.Writer, j sidekiq.Full) error {
	t := newSheet(out)
	for _, line := range [][2]string{
		{"jid", j.JID}, {"class", j.Class}, {"queue", j.Queue}, {"enqueued", enqueued(j.At)}, {"goes to", j.Host}, {"retry", j.Retry}, {"tries", tries(j)},
		{j.DueSays(), moment(j.Due)}, {"first failed", moment(j.Failed)}, {"error", j.Error}, {"message", j.ErrorHas}, {"unique lock", j.Digest},
	} {
		if line[1] != "" && line[1] != "-" {
			t.row(line[0], line[1])
		}
	}
	for i, a := range j.Args {
		t.row(fmt.Sprintf("argument %d", i+1), a)
	}
	for _, l := range j.Backtrace {
		t.row("", l)
	}
	if err := t.Flush(); err != nil || !j.Folded {
		return err
	}
	_, err := fmt.Fprintln(out, "what may be about people is folded; --everything unfolds it")
	return err
}

// SidekiqPlan prints what would be done, and what that loses. Of one that is refused nothing would be done, nor asked for.
func SidekiqPlan(out io.Writer, p sidekiq.Plan) error {
	var b strings.Builder
	if p.Refusal != nil {
		p.Lines, p.Back, p.Confirm, p.Again = nil, "", "", ""
	}
	fmt.Fprintln(&b, p.What)
	say := func(what, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %-9s %s\n", what+":", text)
		}
	}
	if p.In.Counted > 0 {
		of := fmt.Sprintf(" (of %d looked at)", p.In.Counted)
		say("in it", cmp.Or(shares(p.In.Classes), "none that is meant")+of)
		say("goes to", shares(p.In.Hosts))
		say("errors", shares(p.In.Errors))
		if !p.In.Oldest.IsZero() {
			say("oldest", since(p.In.Oldest)+" old")
		}
	}
	for _, l := range p.Lines {
		say("does", l)
	}
	if p.Loss.Lost != "" {
		say("risk", p.Loss.Severity)
		say("lost", p.Loss.Lost)
		say("returns", p.Loss.Again)
	}
	say("back", p.Back)
	switch {
	case p.Again != "":
		say("asks for", p.Confirm+", and as well for "+p.Again)
	case p.Confirm != "":
		say("asks for", p.Confirm)
	}
	for _, c := range p.Caution {
		fmt.Fprintf(&b, "  ! %s\n", c)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// shares are the first few, in a line.
func shares(all []sidekiq.Share) string {
	var words []string
	for i, s := range all {
		if i == 5 {
			words = append(words, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		words = append(words, fmt.Sprintf("%s %d", s.Name, s.Count))
	}
	return strings.Join(words, ", ")
}

// SidekiqReport is what was done, in words.
func SidekiqReport(r sidekiq.Report) string {
	did := map[sidekiq.Deed]string{
		sidekiq.Park: "parked", sidekiq.Restore: "restored", sidekiq.Load: "read back", sidekiq.Delete: "deleted", sidekiq.Requeue: "retried", sidekiq.Kill: "given up",
		sidekiq.Move: "moved", sidekiq.PutBack: "put back",
	}
	var b strings.Builder
	if r.TakenOut() {
		did[r.Deed] = "taken out, and not deleted,"
	}
	if word, of := did[r.Deed]; of {
		fmt.Fprintf(&b, "%s: %s %s in %s", r.Name, spelling.Count(r.Jobs, "job", "jobs"), word, r.Took.Round(time.Millisecond))
	} else {
		fmt.Fprintf(&b, "%s: %s told to %s; each hears it at its next heartbeat, within 10 s", r.Name, told(r.Jobs), r.Deed)
	}
	if r.Left > 0 {
		fmt.Fprintf(&b, "; %d are left to be deleted", r.Left)
	}
	if r.Kept > 0 {
		fmt.Fprintf(&b, "; %d left as they were", r.Kept)
	}
	if r.Gone > 0 {
		fmt.Fprintf(&b, "; %d were no longer there", r.Gone)
	}
	if r.Unsure > 0 {
		fmt.Fprintf(&b, "; of %d it is not known who took them", r.Unsure)
	}
	if r.Back > 0 {
		fmt.Fprintf(&b, "; %d are there again", r.Back)
	}
	if r.Unlocked > 0 {
		fmt.Fprintf(&b, "; %s released", spelling.Count(r.Unlocked, "unique lock", "unique locks"))
	}
	switch {
	case r.Shelf != "" && r.Deed == sidekiq.Load:
		fmt.Fprintf(&b, "\nno worker sees it yet; put it into its queue with: vmtui sidekiq restore %s", r.Shelf)
	case r.Shelf != "":
		fmt.Fprintf(&b, "\nit lies in %s; take it back with: vmtui sidekiq restore %s", r.Shelf, r.Shelf)
	}
	for _, path := range r.Backups {
		fmt.Fprintf(&b, "\nbackup: %s", path)
	}
	if r.Certain != "" {
		fmt.Fprintf(&b, "\n%s", r.Certain)
	}
	if r.Doubt != "" {
		fmt.Fprintf(&b, "\ndoubt: %s", r.Doubt)
	}
	return b.String()
}

// told is how many processes a signal was left for.
func told(n int64) string {
	return spelling.Count(n, "process was", "processes were")
}

// Quoted is a word as a shell takes it.
func Quoted(word string) string { return shellescape.Quote(word) }

func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d == 0:
		return "-"
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func since(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return age(time.Since(t))
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// enqueued is when a job was put into its queue, and how long ago that is.
func enqueued(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return moment(t) + ", " + since(t) + " ago"
}

func tries(j sidekiq.Full) string {
	if j.Error == "" {
		return ""
	}
	return fmt.Sprint(j.Retries + 1)
}

func slope(s *float64) string {
	if s == nil {
		return "?"
	}
	return fmt.Sprintf("%+.1f/s", *s)
}

func eta(q sidekiq.Queue) string {
	switch {
	case q.Size == 0:
		return "-"
	case q.ETA != nil:
		return age(*q.ETA)
	case q.Slope == nil:
		return "?"
	}
	return "never, as it goes"
}

func weight(w int) string {
	if w == 0 {
		return "nobody listens"
	}
	return fmt.Sprint(w)
}

func rate(r *float64) string {
	if r == nil {
		return "?"
	}
	return fmt.Sprintf("%.1f", *r)
}

func yes(b bool) string {
	if b {
		return "quiet"
	}
	return "-"
}
