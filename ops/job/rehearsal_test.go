package job

import "testing"

// The dry run stands beside the real run wherever that is looked at: the record names it. One of another line is none, and a real run since then makes it stale.
func TestTheRealRunNamesItsRehearsal(t *testing.T) {
	r := bench(t, `echo "Removed 3 media attachments (approx. 1 MB)"`)
	run := func(r *Room, words ...string) Record {
		j := begin1(t, r, words...)
		until(t, r, j.ID, Done)
		return j
	}
	run(r, "media", "remove", "--days=4", "--dry-run")
	dry := run(r, "media", "remove", "--days=3", "--dry-run")
	run(r, "media", "usage")
	if dry.Rehearsed != "" {
		t.Errorf("the dry run names %q", dry.Rehearsed)
	}
	anna := *r
	anna.Operator = "anna@desk"
	first := run(&anna, "media", "remove", "--days=3")
	jobs, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	if jobs[0].ID != first.ID || jobs[0].Rehearsed != dry.ID {
		t.Errorf("%s was rehearsed by %q, want %s", jobs[0].Line, jobs[0].Rehearsed, dry.ID)
	}
	if got, found := jobs[0].Rehearsal(jobs); !found || got.Why != "Removed 3 media attachments (approx. 1 MB)" {
		t.Errorf("%+v", got)
	}
	if again := run(r, "media", "remove", "--days=3"); again.Rehearsed != "" {
		t.Errorf("the next one names %q", again.Rehearsed)
	}
	if _, found := (Record{}).Rehearsal(jobs); found {
		t.Error("a job that was not rehearsed has a rehearsal")
	}
}
