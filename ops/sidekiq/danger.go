package sidekiq

// Loss is what is lost when a place is emptied for good.
type Loss struct {
	Severity string `json:"severity"` // critical, high, medium, low
	Lost     string `json:"lost"`
	Again    string `json:"again"` // what brings it back, if anything does
}

// losses say it for Mastodon's queues and sets.
var losses = map[string]Loss{
	"default": {"critical",
		"local posts never reach timelines or other servers, uploads stay \"processing\", scheduled posts are not published, notifications are lost, blocks and deletes are not carried out",
		"only home feeds, by tootctl feeds build; the rest never. Do not flush this queue"},
	"push": {"high",
		"posts, replies, follows and deletes are never delivered to other servers, nor pushes to phones; undelivered deletes and blocks are a privacy problem",
		"only parts, by posting or editing again"},
	"ingress": {"high",
		"everything other servers sent and were told is accepted: posts, follows, likes and deletes of remote people are missed for good, since nobody sends them again",
		"nothing"},
	"mailers": {"medium",
		"confirmations, password resets, notifications and moderation mails are not sent",
		"who waits for a mail can ask for it again"},
	"pull": {"medium",
		"threads, replies, previews, accounts and media are not fetched; and imports, archives, running account and domain deletions, suspensions and account moves stop",
		"most is fetched again when somebody looks; imports, archives, deletions and moves are not: filter them out first"},
	"scheduler": {"low",
		"the scheduler's jobs do not run, scheduled posts are late",
		"the next tick, a minute to a day later, unless a unique lock of the lost job still blocks it"},
	"fasp":   {"low", "callbacks of discovery providers", "little of it is needed"},
	Retry:    {"high", "what failed before and would be tried again: mostly deliveries to slow or dead servers, but of every kind", "nothing"},
	Schedule: {"high", "scheduled posts, the ends of polls, key rotations, delayed deliveries", "scheduled posts within their window; polls never end with a notice"},
	Dead:     {"low", "nothing live: these jobs were given up already", "nothing"},
}

// LossOf says what emptying a queue or set loses.
func LossOf(name string) Loss {
	if l, known := losses[name]; known {
		return l
	}
	return Loss{Severity: "high", Lost: "jobs of a queue that Mastodon itself does not have: what they are, only their classes say", Again: "unknown"}
}

// twice are the queues that are asked about twice.
func twice(queue string) bool { return queue == "default" || queue == schedulerQueue }
