package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/tootctl"
)

// trail is a journal that remembers.
type trail []string

func (t *trail) Intend(_ context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	return func(_ context.Context, o act.Outcome) error {
		*t = append(*t, fmt.Sprintf("%s: %s: %v: %s", a.Verb, a.What, o.Err, strings.Join(o.Said, "; ")))
		return nil
	}, nil
}

// age makes a job one that ended so long ago.
func age(t *testing.T, r *Room, id string, by time.Duration) {
	t.Helper()
	text := fmt.Sprintf("0 %d\n", time.Now().Add(-by).Unix())
	if err := os.WriteFile(filepath.Join(r.Dir, id, "exit"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What ended more than a month ago goes when the next one is started, and the trail says how it ended; what runs, or ended lately, stays.
func TestOldJobsAreForgotten(t *testing.T) {
	r := bench(t, `[ "$1" = version ] || exec sleep 600`)
	said := &trail{}
	r.Journal = said
	old, lately, runs := begin1(t, r, "version"), begin1(t, r, "version"), begin1(t, r, "media", "remove")
	until(t, r, old.ID, Done)
	until(t, r, lately.ID, Done)
	age(t, r, old.ID, Kept+time.Hour)
	age(t, r, lately.ID, Kept-time.Hour)
	next := begin1(t, r, "version")
	jobs, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	if got, want := strings.Join(ids, " "), strings.Join([]string{next.ID, runs.ID, lately.ID}, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if all := strings.Join(*said, "\n"); !strings.Contains(all, "tootctl/forget: forget what ended more than 30 days ago on exec: <nil>: "+old.ID+"  tootctl version  by mike@laptop: unknown, ") {
		t.Error(all)
	}
}

// One that has ended is forgotten at a word, and no other.
func TestForget(t *testing.T) {
	r := bench(t, `[ "$1" = version ] || exec sleep 600`)
	over := until(t, r, begin1(t, r, "version").ID, Done)
	if err := r.Forget(t.Context(), over); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(r.Dir, over.ID)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is there: %v", err)
	}
	runs := until(t, r, begin1(t, r, "media", "remove").ID, Running)
	if err := r.Forget(t.Context(), runs); fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
	runs.State = Done // whoever believes so
	if err := r.Forget(t.Context(), runs); fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
	until(t, r, runs.ID, Running)
	if err := r.Forget(t.Context(), Job{Record: Record{ID: "../live"}, State: Done}); fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
}

// How long Rails takes is what it took, and it is not started again for a day only to know.
func TestTheBootIsMeasured(t *testing.T) {
	r := bench(t, `echo x >>ran; echo 4.6.5+vmst`)
	if got := r.Boot().String(); got != "not measured here yet" {
		t.Error(got)
	}
	for range 2 {
		if v, err := r.Version(t.Context()); err != nil || v != (tootctl.Version{Major: 4, Minor: 6, Patch: 5}) {
			t.Errorf("%s, %v", v, err)
		}
	}
	ran, err := os.ReadFile(filepath.Join(r.Node.Mastodon.Dir, "ran"))
	if err != nil || string(ran) != "x\n" || r.Boot().String() != "1 s by the last start" {
		t.Errorf("%q, %v, %s", ran, err, r.Boot())
	}
	other := *r
	other.Node.Name = "another"
	if len(other.Boot()) != 0 {
		t.Error("another node's")
	}
}
