package sidekiq

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// Kind says why jobs lie on a shelf.
type Kind string

// The kinds of shelf.
const (
	Parked   Kind = "parked"   // put aside by an operator
	Filtered Kind = "filtered" // a filter is being carried out on the queue, or was interrupted
	Removed  Kind = "removed"  // taken out of a queue to be deleted; the backup is not proved yet, or the delete was interrupted
	Loaded   Kind = "loaded"   // read from a backup, not restored yet
)

// Shelf is a list of jobs that no worker sees: parked, or left by an act that was interrupted. It lies in Redis, known to every operator.
type Shelf struct {
	ID    string    `json:"id"`
	Kind  Kind      `json:"kind"`
	Queue string    `json:"queue"` // where the jobs belong
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	// Cut is set while a restore by age is under way: jobs made before it stay.
	Cut time.Time `json:"cut,omitzero"`
	// Restoring says that a restore was begun and is not over.
	Restoring bool `json:"restoring,omitempty"`
	// Source is the backup that the jobs were read from.
	Source string `json:"source,omitempty"`
	// Run is the run that parked them.
	Run string `json:"run,omitempty"`
	// Backup is where those who parked them keep a copy: Redis may drop this list.
	Backup string `json:"backup,omitempty"`
	// Deleting is the backup of a deletion that has begun and is not over: it has all that lay here, and that is less now.
	Deleting string `json:"deleting,omitempty"`

	Size   int64         `json:"size"`
	Oldest time.Duration `json:"-"` // age of the oldest job
}

// shelvesKey is the hash of all shelves, by id.
const shelvesKey = "vmtui:shelves"

// The lists of a shelf. Only the first exists unless something is under way.
const (
	laterPart = "-later" // what arrived while a filter is carried out
	goPart    = "-go"    // what a restore by age puts back
	stayPart  = "-stay"  // what it does not
)

// deletePart is what a deletion counts its own steps under.
const deletePart = "-delete"

var parts = []string{"", laterPart, goPart, stayPart}

func (j *Jobs) shelfKey(id, part string) string { return j.key("queue:" + id + part) }

// stepsKey counts the steps of an act on a shelf, so that none is done twice.
func (j *Jobs) stepsKey(id string) string { return j.key("vmtui:steps:" + id) }

// askShelf asks for the lengths of a shelf's parts and its oldest job.
func (j *Jobs) askShelf(id string) []redis.Command {
	cmds := make([]redis.Command, 0, len(parts)+1)
	for _, part := range parts {
		cmds = append(cmds, redis.Cmd("LLEN", j.shelfKey(id, part)))
	}
	return append(cmds, redis.Cmd("LINDEX", j.shelfKey(id, ""), -1))
}

// shelvesOf reads the records, newest first. One that cannot be read is shown by its id: its jobs are there all the same.
func shelvesOf(records map[string]string) []Shelf {
	out := make([]Shelf, 0, len(records))
	for id, raw := range records {
		s := Shelf{Kind: Parked}
		if json.Unmarshal([]byte(raw), &s) != nil {
			s = Shelf{Kind: Parked}
		}
		s.ID, s.Queue, s.By, s.Run, s.Backup = id, clean.Line(s.Queue), clean.Line(s.By), clean.Line(s.Run), clean.Line(s.Backup)
		s.Deleting = clean.Line(s.Deleting)
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Shelf) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// shelves are all there are, not measured.
func (j *Jobs) shelves(ctx context.Context) ([]Shelf, error) {
	got, err := j.redis.Read(ctx, redis.Cmd("HGETALL", j.key(shelvesKey)))
	if err != nil {
		return nil, err
	}
	return shelvesOf(got[0].Map()), nil
}

func (s *Shelf) measure(replies []redis.Reply, now time.Time) {
	s.Size = 0
	for i := range parts {
		s.Size += replies[i].Int()
	}
	s.Oldest = latency(replies[len(parts)], now)
}

// record is what is written of a shelf.
func (s Shelf) record() string {
	s.Size = 0
	b, err := json.Marshal(s)
	if err != nil {
		return "{}" // plain values always pack
	}
	return string(b)
}

// note writes down what is about to be done to a shelf, also in a Redis whose memory is full.
func (g *grip) note(ctx context.Context, s Shelf) error {
	_, err := g.steady(ctx, noteScript, []string{g.jobs.key(shelvesKey)}, s.ID, s.record())
	return err
}

// dropped reports a parked list that has no job any more, though nobody has put one back or deleted one: that takes its record away.
func (s Shelf) dropped() bool { return s.Kind == Parked && !s.Restoring && s.Size == 0 }

const droppedWhy = "Redis has dropped what lay there, or somebody deleted it past vmtui"

// copies says where else the jobs of a shelf are.
func (s Shelf) copies() string {
	if s.Backup == "" {
		return "no backup of it is known; look for one: b in the console, or the directory sidekiq of the state directory"
	}
	return "read its backup back: vmtui sidekiq restore --backup …/" + s.Backup + ", in the directory sidekiq of " + s.By + "'s state directory; what came in while it was written is in the one after it"
}

// MarshalJSON writes the age in seconds.
func (s Shelf) MarshalJSON() ([]byte, error) {
	type plain Shelf
	return json.Marshal(struct {
		plain
		Oldest float64 `json:"oldest_seconds"`
	}{plain(s), s.Oldest.Seconds()})
}
