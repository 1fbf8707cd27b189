package sidekiq

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/redis"
)

// Place is where jobs lie: a queue, one of the sorted sets, or a shelf.
type Place struct {
	Name  string
	Set   bool
	Shelf *Shelf // nil unless it is one
	Size  int64

	key string
}

// The sorted sets.
const (
	Retry    = "retry"
	Schedule = "schedule"
	Dead     = "dead"
)

var sets = []string{Retry, Schedule, Dead}

// queueMark before a name says that a queue is meant, even if it is called like a set.
const queueMark = "queue:"

// Find says what a name means just now, and how many jobs are there. A queue that is empty is one that is known; a name that means nothing is an error.
func (j *Jobs) Find(ctx context.Context, name string) (Place, error) {
	bare, forced := strings.CutPrefix(name, queueMark)
	if !forced && slices.Contains(sets, name) {
		got, err := j.redis.Read(ctx, redis.Cmd("ZCARD", j.key(name)))
		if err != nil {
			return Place{}, err
		}
		return Place{Name: name, Set: true, Size: got[0].Int(), key: j.key(name)}, nil
	}
	got, err := j.redis.Read(ctx, redis.Cmd("HGETALL", j.key(shelvesKey)), redis.Cmd("SMEMBERS", j.key("queues")), redis.Cmd("LLEN", j.key("queue:"+bare)))
	if err != nil {
		return Place{}, err
	}
	shelves, queues := shelvesOf(got[0].Map()), texts(got[1])
	for _, shelf := range shelves {
		if !forced && shelf.ID == name {
			return j.shelfPlace(ctx, shelf)
		}
	}
	if got[2].Int() == 0 && !slices.Contains(queues, bare) && !slices.Contains(usual, bare) {
		return Place{}, nowhere(name, shelves, queues)
	}
	return Place{Name: bare, Size: got[2].Int(), key: j.key("queue:" + bare)}, nil
}

// shelfName is how a shelf is called.
var shelfName = regexp.MustCompile(`-(parked|filtered|removed|loaded)-\d{8}-\d+$`)

// nowhere is the error of a name that means nothing.
func nowhere(name string, shelves []Shelf, queues []string) *fault.Error {
	f := &fault.Error{What: "no such queue", On: clean.Line(name), Why: "no queue, set or parked list is called so", Next: "see vmtui sidekiq status", Code: fault.Usage}
	if shelfName.MatchString(name) {
		f.What, f.Why, f.Next = "nothing is parked under that name", "it was restored or deleted, unless it is another instance's", "vmtui sidekiq restore lists what is parked, and vmtui audit who did what"
		return f
	}
	names := slices.Concat(sets, usual, queues)
	for _, s := range shelves {
		names = append(names, s.ID)
	}
	if near := spelling.Nearest(name, names); near != "" {
		f.Next = "did you mean " + clean.Line(near) + "? All are in vmtui sidekiq status"
	}
	return f
}

func (j *Jobs) shelfPlace(ctx context.Context, shelf Shelf) (Place, error) {
	got, err := j.redis.Read(ctx, j.askShelf(shelf.ID)...)
	if err != nil {
		return Place{}, err
	}
	shelf.measure(got, time.Now())
	return Place{Name: shelf.ID, Shelf: &shelf, Size: shelf.Size, key: j.shelfKey(shelf.ID, "")}, nil
}

// Shelf finds one by its id, or by as much of it as no other one begins with.
func (j *Jobs) Shelf(ctx context.Context, id string) (Shelf, error) {
	all, err := j.shelves(ctx)
	if err != nil {
		return Shelf{}, err
	}
	var found []Shelf
	for _, s := range all {
		if s.ID == id {
			found = []Shelf{s}
			break
		}
		if id != "" && strings.HasPrefix(s.ID, id) {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 1:
		p, err := j.shelfPlace(ctx, found[0])
		if err != nil {
			return Shelf{}, err
		}
		return *p.Shelf, nil
	case 0:
		return Shelf{}, &fault.Error{What: "nothing is parked under that name", On: clean.Line(id), Why: "no parked list begins so", Next: "see vmtui sidekiq restore, which lists them", Code: fault.Usage}
	}
	return Shelf{}, &fault.Error{What: "that may be several parked lists", On: clean.Line(id), Why: found[0].ID + ", " + found[1].ID + " begin so", Next: "type it further", Code: fault.Usage}
}
