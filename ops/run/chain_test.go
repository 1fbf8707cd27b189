package run

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// chainedStore has two runs, one of them finished.
func chainedStore(t *testing.T) *SQLite {
	t.Helper()
	s := openAt(t, t.TempDir(), nil)
	tell(t, s)
	return s
}

// tell writes two runs, one of which ends.
func tell(t *testing.T, s kept) {
	t.Helper()
	for _, id := range []string{"r1", "r2"} {
		if err := s.Create(t.Context(), id, Header{Title: "a title"}); err != nil {
			t.Fatal(err)
		}
	}
	grow(t, s, "r1", Event{Type: Output, Step: "a", Detail: "one"}, Event{Type: Intent, Step: "a", Data: []byte(`{"what":"rm x"}`)})
	grow(t, s, "r2", Event{Type: Output, Step: "a", Detail: "two"})
	grow(t, s, "r1", Event{Type: Result, State: string(Done)})
}

func grow(t *testing.T, s kept, id string, events ...Event) {
	t.Helper()
	last, err := s.last(t.Context(), id)
	if err == nil {
		err = s.Append(t.Context(), id, last, events...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func anchorNow(t *testing.T, s kept) Anchor {
	t.Helper()
	h, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return Anchor{Head: h, Time: time.Now(), By: "mike"}
}

// chainHolds has two handles append to different runs at once: their links are one chain all the same.
func chainHolds(t *testing.T, open opener) {
	a, b := open(t, nil), open(t, nil)
	var both sync.WaitGroup
	for id, s := range map[string]kept{"r1": a, "r2": b} {
		both.Go(func() {
			if err := s.Create(t.Context(), id, Header{Title: "a title"}); err != nil {
				t.Error(err)
			}
			for range 20 {
				grow(t, s, id, Event{Type: Output, Detail: "some"}, Event{Type: Intent, Data: []byte(`{"what":"rm x"}`)})
			}
		})
	}
	both.Wait()
	early := anchorNow(t, a)
	grow(t, a, "r2", Event{Type: Output, Detail: "more"})
	late := anchorNow(t, b)
	grow(t, b, "r2", Event{Type: Output, Detail: "and more"})
	stranger := Anchor{Head: Head{Store: "another", N: 99}}
	p, err := a.Prove(t.Context(), []Anchor{late, stranger, early})
	if err != nil || p.N != 44 || p.Events != 84 || p.Anchors != 2 || p.Unanchored != 1 || p.Anchor.N != late.N {
		t.Errorf("%+v, %v", p, err)
	}
	if h, err := b.Head(t.Context()); err != nil || h != p.Head || len(h.Store) < 20 {
		t.Errorf("%+v is not %+v, %v", h, p.Head, err)
	}
}

// Each way of making the log say something else is found, and told apart.
func TestChainFindsWhatWasChanged(t *testing.T) {
	for name, x := range map[string]struct{ sql, why string }{
		"an output rewritten":         {`UPDATE events SET detail = 'on' WHERE run = 'r1' AND seq = 2`, "run r1, events 2 to 3"},
		"an intent rewritten":         {`UPDATE events SET data = '{"what":"rm y"}' WHERE run = 'r1' AND seq = 3`, "run r1, events 2 to 3"},
		"a time rewritten":            {`UPDATE events SET time = time + 1 WHERE run = 'r2' AND seq = 2`, "run r2, events 2 to 2"},
		"a state rewritten":           {`UPDATE events SET state = 'failed' WHERE type = 'result'`, "run r1, events 4 to 4"},
		"two events changed round":    {`UPDATE events SET seq = 5 - seq WHERE run = 'r1' AND seq IN (2, 3)`, "run r1"},
		"an event cut out":            {`DELETE FROM events WHERE run = 'r1' AND seq = 2`, "events 2 to 3 are covered by link 3 and 1 of them are there"},
		"a run cut out":               {`DELETE FROM events WHERE run = 'r2'; DELETE FROM runs WHERE id = 'r2'`, "of run r2"},
		"a run out of the list":       {`DELETE FROM runs WHERE id = 'r2'`, "run r2 has 2 events, and the list of runs says 0"},
		"an event put in":             {`INSERT INTO events SELECT run, 9, time, leg, type, step, state, detail, data, body FROM events WHERE run = 'r2' AND seq = 2`, "run r2 has 9 events, and its links cover 2"},
		"a link cut out":              {`DELETE FROM links WHERE n = 3`, "link 3 is missing"},
		"two links changed round":     {`UPDATE links SET n = 9 WHERE n = 3; UPDATE links SET n = 3 WHERE n = 4; UPDATE links SET n = 4 WHERE n = 9`, "are not what link 3 covers"},
		"a link's digest":             {`UPDATE links SET digest = zeroblob(32) WHERE n = 2`, "link 2 covers"},
		"the end cut off":             {`DELETE FROM links WHERE n = 5; DELETE FROM events WHERE run = 'r1' AND seq = 4; UPDATE runs SET last = 3 WHERE id = 'r1'`, "its end was cut off"},
		"an output made another body": {`UPDATE events SET detail = '', data = NULL, body = zeroblob(32) WHERE run = 'r1' AND seq = 2`, "run r1, events 2 to 3"},
		"an intent made a pruned one": {`UPDATE events SET detail = '', data = NULL, body = zeroblob(32) WHERE run = 'r1' AND seq = 3`, "run r1, events 2 to 3"},
	} {
		t.Run(name, func(t *testing.T) {
			s := chainedStore(t)
			anchor := anchorNow(t, s)
			// Through a third number, because two rows may not have one number in between.
			stmt := strings.Replace(x.sql, "UPDATE events SET seq = 5 - seq WHERE run = 'r1' AND seq IN (2, 3)",
				"UPDATE events SET seq = 9 WHERE run = 'r1' AND seq = 2; UPDATE events SET seq = 2 WHERE run = 'r1' AND seq = 3; UPDATE events SET seq = 3 WHERE run = 'r1' AND seq = 9", 1)
			if _, err := s.db.ExecContext(t.Context(), stmt); err != nil {
				t.Fatal(err)
			}
			_, err := s.Prove(t.Context(), []Anchor{anchor})
			if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), x.why) || fault.Of(err).Next == "" {
				t.Errorf("%v does not say %q", err, x.why)
			}
		})
	}
}

// Who makes the whole chain anew is found by what stands elsewhere.
func TestChainMadeAnewIsFoundByItsAnchor(t *testing.T) {
	s := chainedStore(t)
	anchor := anchorNow(t, s)
	err := write(t.Context(), s.db, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), `UPDATE events SET detail = 'nothing' WHERE run = 'r1' AND seq = 2; DELETE FROM links; UPDATE chain SET n = 0, digest = zeroblob(32)`); err != nil {
			return err
		}
		for _, l := range []struct {
			id          string
			after, upto uint64
		}{{"r1", 0, 1}, {"r2", 0, 1}, {"r1", 1, 3}, {"r2", 1, 2}, {"r1", 3, 4}} {
			events, err := s.readEvents(t.Context(), tx, l.id, l.after, l.upto)
			if err == nil {
				err = s.link(t.Context(), tx, l.id, events)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prove(t.Context(), nil); err != nil {
		t.Fatalf("the forgery is not well made: %v", err)
	}
	if _, err := s.Prove(t.Context(), []Anchor{anchor}); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "made anew") {
		t.Error(err)
	}
}

// outputIsPruned takes the output of what has ended, and leaves the proof.
func outputIsPruned(t *testing.T, open opener) {
	s := open(t, nil)
	tell(t, s)
	anchor := anchorNow(t, s)
	if p, err := s.Prune(t.Context(), time.Now().Add(-time.Hour)); err != nil || p != (Pruned{}) {
		t.Errorf("of runs that ended an hour ago: %+v, %v", p, err)
	}
	want := Pruned{Runs: 1, Lines: 1, Size: 3}
	later := time.Now().Add(time.Hour)
	if p, err := s.Prunable(t.Context(), later); err != nil || p != want {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := s.Prune(t.Context(), later); err != nil || p != want {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := s.Prune(t.Context(), later); err != nil || p != (Pruned{}) {
		t.Errorf("twice: %+v, %v", p, err)
	}
	p, err := s.Prove(t.Context(), []Anchor{anchor})
	if err != nil || p.Pruned != 1 || p.Anchors != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	v := NewView("r1")
	evs, err := s.Events(t.Context(), "r1", 0)
	for _, ev := range evs {
		v.Apply(ev)
	}
	if err != nil || v.Cut != 1 || v.State != Done || strings.Contains(fmt.Sprint(v.Lines), "Text:one") || !strings.Contains(string(evs[2].Data), "rm x") {
		t.Errorf("%+v, %v", v, err)
	}
	if evs, err := s.Events(t.Context(), "r2", 0); err != nil || evs[1].Detail != "two" {
		t.Errorf("the unfinished run lost its output: %+v, %v", evs, err)
	}
}

// A store from before the chain keeps what it holds, and gets one.
func TestStoreIsUpgraded(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite", dsn(filepath.Join(dir, "runs.db")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = old.ExecContext(t.Context(), sqliteDialect.steps[0][0]+`;
INSERT INTO runs VALUES ('r0','b','t','mike','done','s',1,2,2,1,0);
INSERT INTO events VALUES ('r0',1,1,0,'started','','','title','{}'), ('r0',2,2,1,'result','','done','',NULL)`)
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, dir, nil)
	if evs, err := s.Events(t.Context(), "r0", 0); err != nil || len(evs) != 2 {
		t.Errorf("%+v, %v", evs, err)
	}
	if p, err := s.Prove(t.Context(), nil); err != nil || p.N != 1 || p.Events != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}
