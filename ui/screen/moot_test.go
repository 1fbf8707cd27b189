package screen

import (
	"testing"

	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// moot is what an action's question says of whether it still makes sense.
func moot(t *testing.T, a Action) func() string {
	t.Helper()
	open, ok := a.(OpenWhile)
	if !ok || open.Moot == nil {
		t.Fatalf("%+v stands whatever happens", a)
	}
	if why := open.Moot(); why != "" {
		t.Fatalf("it is closed at once: %s", why)
	}
	return open.Moot
}

// A job that has ended meanwhile needs neither an answer nor an end.
func TestAQuestionAboutAJobGoesWithTheJob(t *testing.T) {
	e := env(t.Context(), stage.New(nil))
	rec := stage.Jobs()[0].Record
	for _, key := range []string{"job-cancel", "job-answer"} {
		j := asking(e, "Continue? (Yes/No)")
		action, _ := j.press(key)
		why := moot(t, action)
		if j.ended = true; why() != "it has ended" {
			t.Errorf("%s: %q", key, why())
		}
	}
	l := NewJobs(e)
	rows := []job.Job{{Record: rec, State: job.Running}}
	l.rows.all = func() []job.Job { return rows }
	action, _ := l.press("job-cancel")
	why := moot(t, action)
	if rows[0].State = job.Done; why() != "the job has ended" {
		t.Errorf("in the list: %q", why())
	}
}
