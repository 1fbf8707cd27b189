package sidekiq

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// Entry is a job in a list: what may be shown to everybody.
type Entry struct {
	JID      string    `json:"jid"`
	Class    string    `json:"class"`
	Queue    string    `json:"queue"`
	Host     string    `json:"host,omitempty"` // where it goes
	At       time.Time `json:"at,omitzero"`    // when it was put into its queue
	Due      time.Time `json:"due,omitzero"`   // retry and schedule: when it comes next; dead: when it died
	Error    string    `json:"error,omitempty"`
	Retries  int       `json:"retries,omitempty"`
	Locked   bool      `json:"locked,omitempty"` // it says that it holds a unique lock
	Size     int       `json:"bytes"`
	ErrorHas string    `json:"error_message,omitempty"`
}

// Page is a part of a list.
type Page struct {
	Entries []Entry `json:"jobs"`
	Read    int     `json:"read"` // jobs that were looked at for it
	Size    int64   `json:"size"` // jobs there
	More    bool    `json:"more"` // not all was looked at
}

// Browse lists up to most jobs that the filter means, after passing over the first skip of them: the newest first in a list, the next due first in a
// set. It reads only as far as it must; progress hears how far, and may be nil.
func (j *Jobs) Browse(ctx context.Context, p Place, f Filter, skip, most int, progress func(read int)) (Page, error) {
	page := Page{Entries: []Entry{}, Size: p.Size}
	s := sieve{f, time.Now()}
	err := j.scan(ctx, p, func(jobs []found) (bool, error) {
		for i, job := range jobs {
			page.Read++
			pl := payloadOf(job.raw)
			if !s.means(pl) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			page.Entries = append(page.Entries, entryOf(job, pl))
			if len(page.Entries) == most {
				page.More = i+1 < len(jobs) || int64(page.Read) < p.Size
				return false, nil
			}
		}
		if progress != nil {
			progress(page.Read)
		}
		return true, nil
	})
	return page, err
}

func entryOf(job found, p payload) Entry {
	retries, _ := strconv.Atoi(p.retries) // none is 0
	e := Entry{
		JID: clean.Line(p.jid), Class: p.name(), Queue: clean.Line(p.queue), Host: clean.Line(p.host()), At: p.at(), Error: clean.Line(p.errClass),
		ErrorHas: clean.Short(withoutPeople(p.errMessage), 300), Retries: retries, Locked: p.digest != "", Size: len(job.raw),
	}
	if job.score != "" {
		e.Due = stamp(json.Number(job.score))
	}
	return e
}

// DueSays is what the moment means that a job of a set has: it died then, or comes next then.
func (f Full) DueSays() string {
	if f.In == Dead {
		return "died"
	}
	return "comes next"
}

// Full is one job with all that it says.
type Full struct {
	Entry
	In        string    `json:"in"`              // the place where it lies
	Failed    time.Time `json:"failed,omitzero"` // first
	Retry     string    `json:"retry"`           // as it stands in the job
	Digest    string    `json:"lock_digest,omitempty"`
	Args      []string  `json:"args"`   // one each; what may be about people is folded
	Folded    bool      `json:"folded"` // something is
	Backtrace []string  `json:"backtrace,omitempty"`
}

// Job finds a job by its id. Unless everything is asked for, what its arguments say of people is folded.
func (j *Jobs) Job(ctx context.Context, p Place, jid string, everything bool) (Full, error) {
	var full Full
	seen := false
	s := sieve{Filter{JIDs: []string{jid}}, time.Now()}
	err := j.scan(ctx, p, func(jobs []found) (bool, error) {
		for _, job := range jobs {
			if !strings.Contains(job.raw, jid) {
				continue
			}
			if pl := payloadOf(job.raw); s.means(pl) {
				full, seen = fullOf(job, pl, everything), true
				full.In = p.Name
				return false, nil
			}
		}
		return true, nil
	})
	if err == nil && !seen {
		err = &fault.Error{What: "no such job", On: clean.Line(jid), Why: "it is not in " + p.Name + ": it was done meanwhile, or lies elsewhere", Next: "look for it in retry, dead and the other queues", Code: fault.Usage}
	}
	return full, err
}
