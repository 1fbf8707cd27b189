package sidekiq

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/vmtui/vmtui/keys/fault"
)

// Filter says which jobs are meant. All that is set must be so; the zero Filter means every job. Names may be patterns with * and ?.
type Filter struct {
	Classes []string      `json:"classes,omitempty"`
	Hosts   []string      `json:"hosts,omitempty"`  // where a job goes
	Errors  []string      `json:"errors,omitempty"` // its error's class, or words of the error's message
	Args    string        `json:"args,omitempty"`   // words of its arguments
	JIDs    []string      `json:"jids,omitempty"`
	Older   time.Duration `json:"older,omitempty"` // put into its queue longer ago than that
	Newer   time.Duration `json:"newer,omitempty"`
}

// Builtin are filters with a name.
var Builtin = map[string]Filter{
	// What a dead server leaves behind: fetches and deliveries from other servers that nobody will ever answer.
	"dead-http": {
		Classes: []string{
			"ActivityPub::ProcessingWorker", "ActivityPub::SynchronizeFeaturedCollectionWorker", "ThreadResolveWorker", "FetchReplyWorker",
			"RedownloadMediaWorker", "RedownloadHeaderWorker",
		},
		Errors: []string{"HTTP::ConnectionError", "HTTP::TimeoutError", "OpenSSL::SSL::SSLError"},
	},
}

// Empty reports that every job is meant.
func (f Filter) Empty() bool {
	return len(f.Classes)+len(f.Hosts)+len(f.Errors)+len(f.JIDs) == 0 && f.Args == "" && f.Older == 0 && f.Newer == 0
}

// Check says what is wrong with the patterns.
func (f Filter) Check() error {
	for _, pattern := range slices.Concat(f.Classes, f.Hosts) {
		if _, err := path.Match(pattern, ""); err != nil {
			return &fault.Error{What: "the filter cannot be read", On: pattern, Why: "its brackets do not match", Next: "write names with * and ?", Code: fault.Usage}
		}
	}
	if f.Older < 0 || f.Newer < 0 || f.Newer > 0 && f.Older >= f.Newer {
		return &fault.Error{What: "the filter means no job", On: f.String(), Why: "none is older than the one age and younger than the other", Next: "change the ages", Code: fault.Usage}
	}
	return nil
}

// String is the filter in words.
func (f Filter) String() string {
	var all []string
	say := func(what string, names []string) {
		if len(names) > 0 {
			all = append(all, what+" "+strings.Join(names, " or "))
		}
	}
	say("class", f.Classes)
	say("host", f.Hosts)
	say("error", f.Errors)
	say("jid", f.JIDs)
	if f.Args != "" {
		all = append(all, fmt.Sprintf("arguments with %q", f.Args))
	}
	if f.Older > 0 {
		all = append(all, "older than "+f.Older.String())
	}
	if f.Newer > 0 {
		all = append(all, "younger than "+f.Newer.String())
	}
	if len(all) == 0 {
		return "every job"
	}
	return strings.Join(all, ", ")
}

// sieve is a filter with its moment: a job does not come to be meant while it is looked for.
type sieve struct {
	Filter
	now time.Time
}

func (f sieve) means(p payload) bool {
	return f.named(p) && f.failed(p) && f.aged(p) && (f.Args == "" || inArgs(p.args, f.Args))
}

func (f sieve) named(p payload) bool {
	if len(f.JIDs) > 0 && !slices.Contains(f.JIDs, p.jid) {
		return false
	}
	if len(f.Classes) > 0 && !matches(f.Classes, p.kind()) && !matches(f.Classes, p.class) {
		return false
	}
	return len(f.Hosts) == 0 || matches(f.Hosts, p.host())
}

func (f sieve) failed(p payload) bool {
	return len(f.Errors) == 0 || slices.ContainsFunc(f.Errors, func(e string) bool {
		return p.errClass == e || p.errMessage != "" && strings.Contains(p.errMessage, e)
	})
}

// aged is not so of a job whose age cannot be read.
func (f sieve) aged(p payload) bool {
	if f.Older == 0 && f.Newer == 0 {
		return true
	}
	at := p.at()
	if at.IsZero() {
		return false
	}
	age := f.now.Sub(at)
	return (f.Older == 0 || age > f.Older) && (f.Newer == 0 || age < f.Newer)
}

func matches(patterns []string, name string) bool {
	return name != "" && slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

// inArgs looks for words in the arguments as they are written and as they are read: JSON spells many letters in two ways.
func inArgs(args, words string) bool {
	if strings.Contains(args, words) {
		return true
	}
	found := false
	var look func(_, v gjson.Result) bool
	look = func(_, v gjson.Result) bool {
		switch {
		case v.Type == gjson.String:
			found = strings.Contains(v.Str, words)
		case v.IsArray() || v.IsObject():
			v.ForEach(look)
		}
		return !found
	}
	if strings.Contains(args, `\`) {
		gjson.Parse(args).ForEach(look)
	}
	return found
}
