package sidekiq

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/vmtui/vmtui/remote/clean"
)

// payload is what is read of a job: slices of its own text, exactly as Redis has it. What cannot be read stays empty.
type payload struct {
	class, wrapped, jid, queue string
	args                       string // JSON
	created, enqueued, failed  string // JSON numbers
	errClass, errMessage       string
	retries                    string
	digest                     string // of its unique lock
	backtrace                  string
}

// payloadOf reads the top of a job's JSON. Arguments are passed over, and numbers stay as they are written: ids there are larger than a float holds.
func payloadOf(raw string) payload {
	var p payload
	if !strings.HasPrefix(raw, "{") {
		return p
	}
	gjson.Parse(raw).ForEach(func(k, v gjson.Result) bool {
		switch k.Str {
		case "class":
			p.class = v.Str
		case "wrapped":
			p.wrapped = v.Str
		case "jid":
			p.jid = v.Str
		case "queue":
			p.queue = v.Str
		case "args":
			p.args = v.Raw
		case "created_at":
			p.created = v.Raw
		case "enqueued_at":
			p.enqueued = v.Raw
		case "failed_at":
			p.failed = v.Raw
		case "error_class":
			p.errClass = v.Str
		case "error_message":
			p.errMessage = v.Str
		case "retry_count":
			p.retries = v.Raw
		case "lock_digest":
			p.digest = v.Str
		case "error_backtrace":
			p.backtrace = v.Str
		}
		return true
	})
	return p
}

// mailJobs are Active Jobs whose mailer and method say more than their class.
const mailJobs = "ActionMailer::"

// kind is the real class: Active Job wraps it, and a mail is known by its mailer.
func (p payload) kind() string {
	if strings.HasPrefix(p.wrapped, mailJobs) {
		mailer, method := gjson.Get(p.args, "0.arguments.0"), gjson.Get(p.args, "0.arguments.1")
		if mailer.Type == gjson.String && method.Type == gjson.String {
			return mailer.Str + "#" + method.Str
		}
	}
	return cmp.Or(p.wrapped, p.class, "?")
}

// name is the kind, safe to show.
func (p payload) name() string { return clean.Line(p.kind()) }

// at is when the job was put into its queue, or made.
func (p payload) at() time.Time { return stamp(json.Number(cmp.Or(p.enqueued, p.created))) }

// host is where the job wants to go: that of the first argument which is a URL, or else of the error's. "" is nowhere outside.
func (p payload) host() string {
	found := ""
	if strings.Contains(p.args, `"http`) {
		gjson.Parse(p.args).ForEach(func(_, v gjson.Result) bool {
			if v.Type == gjson.String {
				found = hostOf(v.Str)
			}
			return found == ""
		})
	}
	if found == "" {
		if i := strings.Index(p.errMessage, "http"); i >= 0 {
			found = hostOf(p.errMessage[i:])
		}
	}
	return found
}

// hostOf is the host of a text that begins with a URL.
func hostOf(text string) string {
	rest, ok := strings.CutPrefix(text, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(text, "http://"); !ok {
			return ""
		}
	}
	if end := strings.IndexAny(rest, "/?#: \"')>,"); end >= 0 {
		rest = rest[:end]
	}
	return strings.ToLower(rest)
}
