package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/fixtures/doom"
)

// backlogRun walks one of Sidekiq's runbooks, asserts how it ends and what its transcript says in this order, and gives its last line.
func backlogRun(t *testing.T, b *box.Box, args []string, code int, state string, says ...string) line {
	t.Helper()
	got := vmtui(t, b.ConfigPath(), append(args, "--yes", "--json")...)
	end := last(t, got.out)
	said := transcript(t, b, end.Run)
	if got.code != code || end.State != state {
		t.Fatalf("%v: exit %d, %+v\n%s\n%s", args, got.code, end, got.err, said)
	}
	rest := said
	for _, want := range says {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Errorf("%v: no %q behind what came before:\n%s", args, want, said)
			break
		}
		rest = after
	}
	return end
}

// backups are the files that a transcript names.
func backups(said string) (paths []string) {
	for text := range strings.Lines(said) {
		if _, path, is := strings.Cut(text, "backup: "); is {
			paths = append(paths, strings.TrimSpace(path))
		}
	}
	return paths
}

// deadOnes is how many jobs lie in the dead set.
func deadOnes(t *testing.T, b *box.Box) int {
	t.Helper()
	var doc struct{ Sets struct{ Dead int } }
	got := vmtui(t, b.ConfigPath(), "sidekiq", "status", "--json")
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
		t.Fatalf("%v: %s", err, got.err)
	}
	return doc.Sets.Dead
}

// Sidekiq's runbooks by the program, one after another on one instance that goes on working.
func TestSidekiqsRunbooks(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)

	// Triage looks, measures, counts and says what next; it changes nothing.
	backlogRun(t, b, []string{"run", "sidekiq-triage", "push"}, 0, "done",
		"threads are busy; retry", "jobs a second are done", "push: ", "ActivityPub::DeliveryWorker", "push: they go to", "next: ")

	// The dead of dead servers go, with a backup; without the name nothing does.
	end := backlogRun(t, b, []string{"run", "sidekiq-dead-cleanup"}, 3, "waiting", "delete 3 jobs from dead", "ThreadResolveWorker 3", "3 of 5 jobs are meant")
	if n := deadOnes(t, b); n != 5 {
		t.Errorf("%d dead jobs before it was confirmed", n)
	}
	backlogRun(t, b, []string{"runs", "resume", end.Run, "--confirm", "dead"}, 0, "done", "3 jobs; ", "backup: ")
	if n := deadOnes(t, b); n != 2 {
		t.Errorf("%d dead jobs", n)
	}
	saved := backups(transcript(t, b, end.Run))
	if len(saved) != 1 {
		t.Fatalf("backups: %v", saved)
	}
	if got := vmtui(t, b.ConfigPath(), "sidekiq", "restore", "--backup", saved[0], "--confirm", "dead"); got.code != 0 || deadOnes(t, b) != 5 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}

	// A flush parks, and without another word leaves it parked.
	end = backlogRun(t, b, []string{"run", "sidekiq-flush", "pull"}, 3, "waiting", "risk medium", "account moves")
	backlogRun(t, b, []string{"runs", "resume", end.Run, "--confirm", "pull"}, 0, "done", "park the queue pull", "done meanwhile, and pull is level")
	left := parkedOf(t, b.ConfigPath())
	if len(left) != 1 || !strings.HasPrefix(left[0], "pull-parked-") {
		t.Fatalf("parked: %v", left)
	}

	// Or it is put back at the end of the same run, which leaves what another one has parked of the same queue.
	backlogRun(t, b, []string{"run", "sidekiq-flush", "pull", "--set", "then=restore", "--confirm", "pull"}, 0, "done", "risk medium", "restore ", "jobs; ")
	if ids := parkedOf(t, b.ConfigPath()); !slices.Equal(ids, left) {
		t.Errorf("parked after restore: %v", ids)
	}

	// What is said of the park does not let it delete: that asks for the parked list's own name. Until then all can be taken back.
	end = backlogRun(t, b, []string{"run", "sidekiq-flush", "push", "--set", "then=delete", "--confirm", "push"}, 3, "waiting", "Put the queue aside", "risk high", "gate: delete ")
	backlogRun(t, b, []string{"runs", "resume", end.Run, "--confirm", "push"}, 3, "waiting")
	backlogRun(t, b, []string{"runs", "undo", end.Run}, 0, "undone", "restore ")
	if ids := parkedOf(t, b.ConfigPath()); !slices.Equal(ids, left) {
		t.Errorf("parked after undo: %v", ids)
	}
	end = backlogRun(t, b, []string{"run", "sidekiq-flush", "ingress", "--set", "then=delete", "--confirm", "ingress"}, 3, "waiting")
	ids := slices.DeleteFunc(parkedOf(t, b.ConfigPath()), func(id string) bool { return !strings.HasPrefix(id, "ingress-") })
	if len(ids) != 1 {
		t.Fatalf("parked: %v", ids)
	}
	backlogRun(t, b, []string{"runs", "resume", end.Run, "--confirm", ids[0]}, 0, "done", "gate: delete ", "unique locks released", "backup: ")
	if ids := parkedOf(t, b.ConfigPath()); !slices.Equal(ids, left) {
		t.Errorf("parked after deletion: %v", ids)
	}

	// default is never flushed by a script alone: its second question is a person's.
	backlogRun(t, b, []string{"run", "sidekiq-flush", "default", "--confirm", "default"}, 3, "waiting", "risk critical", "asked about twice")
	if ids := parkedOf(t, b.ConfigPath()); !slices.Equal(ids, left) {
		t.Errorf("parked: %v", ids)
	}
	if c := b.Jobs().Counts(); c.Lost != 0 || c.Doubled != 0 {
		t.Errorf("%+v %v", c, b.Jobs().Lost())
	}
}

// Where Redis may drop what nobody touches, a park writes a backup first, whoever asks for it; what Redis has dropped is said, and read back.
func TestParkingWhereRedisMayDropIt(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Eviction = "allkeys-lru" })
	got := vmtui(t, b.ConfigPath(), "sidekiq", "park", "push", "--plan")
	if got.code != 0 || !strings.Contains(got.out, "allkeys-lru") || !strings.Contains(got.out, "into a backup") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	end := backlogRun(t, b, []string{"run", "sidekiq-flush", "pull", "--confirm", "pull"}, 0, "done", "allkeys-lru", "backup: ")
	saved, ids := backups(transcript(t, b, end.Run)), parkedOf(t, b.ConfigPath())
	if len(saved) == 0 || len(ids) != 1 {
		t.Fatalf("backups: %v, parked: %v", saved, ids)
	}
	raw := goredis.NewClient(&goredis.Options{Addr: b.Jobs().Addr(), Protocol: 2, DisableIdentity: true})
	defer func() { _ = raw.Close() }()
	if n := raw.Del(t.Context(), "queue:"+ids[0]).Val(); n != 1 {
		t.Fatal("it was not there")
	}
	got = vmtui(t, b.ConfigPath(), "sidekiq", "status")
	if !strings.Contains(got.out, "Redis has dropped") || !strings.Contains(got.out, filepath.Base(saved[0])) {
		t.Errorf("%s%s", got.out, got.err)
	}
	got = vmtui(t, b.ConfigPath(), "sidekiq", "restore", ids[0], "--yes")
	if got.code != 0 || len(parkedOf(t, b.ConfigPath())) != 0 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	got = vmtui(t, b.ConfigPath(), "sidekiq", "restore", "--backup", saved[0], "--confirm", "pull")
	if ids = parkedOf(t, b.ConfigPath()); got.code != 0 || len(ids) != 1 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
}

// A run that died before it could note where the queue lies finds its own parked list by what that says of itself, though somebody else has parked the
// same queue since; and a run that has parked nothing takes nobody else's.
func TestAFlushKnowsItsOwn(t *testing.T) {
	t.Parallel()
	o := newOrdealOf(t, trial{book: "sidekiq-flush", target: "pull"}, doom.Crash{Step: "park", Point: doom.AfterEffect, N: 1})
	o.die(doomed{Confirm: "pull"})
	id, _ := o.log()
	mine := parkedOf(t, o.b.ConfigPath())
	if len(mine) != 1 {
		t.Fatalf("parked: %v", mine)
	}
	for got := (said{code: 1}); got.code != 0; { // once something waits there again
		got = vmtui(t, o.b.ConfigPath(), "sidekiq", "park", "pull", "--confirm", "pull")
		if got.code != 0 && !strings.Contains(got.err, "it is empty") {
			t.Fatalf("exit %d: %s", got.code, got.err)
		}
	}
	if _, code := o.walk(doomed{ID: id, Undo: true}); code != 0 {
		t.Fatalf("exit %d\n%s", code, transcript(t, o.b, id))
	}
	if ids := parkedOf(t, o.b.ConfigPath()); len(ids) != 1 || ids[0] == mine[0] {
		t.Errorf("parked: %v, and its own was %v\n%s", ids, mine, transcript(t, o.b, id))
	}
}

// A script's flush deletes only what its second confirmation is for, and is refused before anything is parked.
func TestAFlushByAScriptConfirmsTwice(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	for _, args := range [][]string{{}, {"--confirm-delete", "push"}, {"--yes"}} {
		got := vmtui(t, b.ConfigPath(), append([]string{"sidekiq", "flush", "pull", "--confirm", "pull", "--then", "delete"}, args...)...)
		if got.code != 3 || !strings.Contains(got.err, "--confirm-delete pull") || len(parkedOf(t, b.ConfigPath())) != 0 {
			t.Errorf("%v: exit %d: %s%s", args, got.code, got.out, got.err)
		}
	}
	got := vmtui(t, b.ConfigPath(), "sidekiq", "flush", "pull", "--confirm", "pull", "--then", "delete", "--confirm-delete", "pull")
	if got.code != 0 || !strings.Contains(got.out, "jobs deleted") || len(parkedOf(t, b.ConfigPath())) != 0 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	if got := vmtui(t, b.ConfigPath(), "sidekiq", "flush", "pull", "--confirm-delete", "pull"); got.code != 2 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
}
