package cache

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// Record is a purge as it is remembered on this machine: what was purged and what was not.
type Record struct {
	ID      string    `json:"id"`
	By      string    `json:"by"`
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended,omitzero"`
	Order   Order     `json:"order"`
	Items   []Item    `json:"items"`
	Repeats string    `json:"repeats,omitempty"`
}

// Rest are the items of which it is not certain that they are gone.
func (r Record) Rest() []Item {
	return slices.DeleteFunc(slices.Clone(r.Items), func(i Item) bool { return i.State.Settled() })
}

// Tally is the items by state, in words.
func (r Record) Tally() string {
	count := map[State]int{}
	for _, i := range r.Items {
		count[i.State]++
	}
	said := []string{fmt.Sprintf("%d of %d purged", count[Purged], len(r.Items))}
	for _, s := range []struct {
		state State
		words string
	}{{Absent, "had nothing to purge"}, {Failed, "failed"}, {Unknown, "unknown"}, {Unreached, "unreached"}, {Sent, "under way"}, {Waiting, "not sent"}} {
		if n := count[s.state]; n > 0 {
			said = append(said, fmt.Sprintf("%d %s", n, s.words))
		}
	}
	return strings.Join(said, ", ")
}

func newID(at time.Time) string {
	return at.UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
}

// recordsKept is how many purges are remembered.
const recordsKept = 50

func unkept(path string, err error) error {
	return (&fault.Error{What: "what is purged cannot be remembered", On: path, Next: "nothing more is sent that could not be repeated; make the state directory writable"}).Because(err)
}

// save writes the record, whole or not at all.
func (r Record) save(dir string) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	path := filepath.Join(dir, r.ID+".json")
	if err == nil {
		err = replace(path, text)
	}
	if err != nil {
		return unkept(path, err)
	}
	return nil
}

// replace puts a file in place of another; a reader sees the one or the other.
func replace(path string, text []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	return err
}

// Records are the purges of this machine, newest first. Older ones than the newest few are forgotten on the way.
func (r *Room) Records() ([]Record, error) {
	names, err := filepath.Glob(filepath.Join(r.dir(), "*.json"))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	var out []Record
	for n, name := range names {
		if n >= recordsKept {
			_ = os.Remove(name) // it is tried again the next time
			continue
		}
		rec, err := readRecord(name)
		if err != nil {
			return out, err
		}
		out = append(out, rec)
	}
	return out, nil
}

func readRecord(name string) (Record, error) {
	var rec Record
	text, err := os.ReadFile(filepath.Clean(name))
	if err == nil {
		err = json.Unmarshal(text, &rec)
	}
	if err != nil {
		return rec, (&fault.Error{What: "a purge that was remembered cannot be read", On: name, Next: "remove the file"}).Because(err)
	}
	for n := range rec.Items {
		if rec.Items[n].State == Sent && rec.Ended.IsZero() {
			rec.Items[n].State, rec.Items[n].Why = Unknown, "whoever sent it did not write down how it ended"
		}
	}
	return rec, nil
}

// newest is the id that stands for the newest purge, and for a repetition the newest that left something.
const newest = "last"

// Record is the purge with an id.
func (r *Room) Record(id string) (Record, error) {
	if id == newest {
		all, err := r.Records()
		if len(all) > 0 {
			return all[0], nil
		}
		return Record{}, errors.Join(err, &fault.Error{What: "no purge is known", Why: "none was made from this machine", Next: "see `vmtui purge --help`", Code: fault.Usage})
	}
	rec, err := readRecord(filepath.Join(r.dir(), filepath.Base(id)+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return rec, &fault.Error{What: "no such purge", On: id, Next: "see `vmtui purge list`", Code: fault.Usage}
	}
	return rec, err
}

// leftBy is the purge with an id whose rest is wanted.
func (r *Room) leftBy(id string) (Record, error) {
	if id != newest {
		return r.Record(id)
	}
	all, err := r.Records()
	repeated := map[string]bool{} // what is left of those is left of the repetition
	for _, rec := range all {
		if repeated[rec.Repeats] = true; len(rec.Rest()) > 0 && !repeated[rec.ID] {
			return rec, nil
		}
	}
	if err != nil {
		return Record{}, err
	}
	return Record{}, &fault.Error{What: "nothing to repeat", Why: "every purge of this machine is complete", Next: "see `vmtui purge list`", Code: fault.Usage}
}
