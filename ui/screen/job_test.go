package screen

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// asking is a job that asks, and has printed so.
func asking(e Env, lines ...string) *Job {
	j := NewJob(e, job.Record{ID: "20260808-120000-cccccc", Words: []string{"maintenance", "fix-duplicates"}, Line: "tootctl maintenance fix-duplicates", Asks: true})
	for i, l := range lines {
		j.stand.Says(l, func(string) {})
		j.stand.Rests(i+1, true)
	}
	j.take(poured{Lines: lines})
	return j
}

// An answer is for the question that was read: another one that comes meanwhile closes the dialog, and what had been typed goes nowhere.
func TestAnAnswerIsForWhatWasRead(t *testing.T) {
	d := stage.New(nil)
	j := asking(env(t.Context(), d), "Continue anyway? (Yes/No) ")
	defer j.Close()
	opened, _ := j.press("job-answer")
	ask := opened.(OpenWhile)
	for _, text := range []string{"y", "a", ""} {
		p := ask.Dialog.(*dialog.Prompt).Set(text)
		if res := p.Press(dialog.Key{Name: "enter"}); res != nil {
			t.Errorf("%q is an answer: %+v", text, res)
		}
	}
	shows(t, ask.Dialog, "Continue anyway? (Yes/No)")
	shows(t, ask.Dialog, "an empty line is no answer")
	res := ask.Dialog.(*dialog.Prompt).Set("Yes").Press(dialog.Key{Name: "enter"})
	if why := ask.Moot(); why != "" || res == nil {
		t.Fatalf("%q, %+v", why, res)
	}
	j.take(poured{Lines: []string{"Continue? (Yes/No) "}})
	if why := ask.Moot(); !strings.Contains(why, "more has come since") {
		t.Errorf("the dialog stays open: %q", why)
	}
	_, send := j.decided(*res) // it was on its way already
	if send(); !slices.Contains(d.Calls(), `answer 20260808-120000-cccccc "Yes" behind 1`) {
		t.Errorf("%q", d.Calls())
	}
}

// Nothing is answered while nothing is asked.
func TestOnlyAQuestionIsAnswered(t *testing.T) {
	j := asking(env(t.Context(), stage.New(nil)), "Continue? (Yes/No) ")
	defer j.Close()
	if f := j.stateBox(120); !strings.Contains(f.String(), "it asks, and waits for an answer") {
		t.Errorf("%s", f.String())
	}
	j.stand.Says("yes", func(string) {})
	j.stand.Rests(9, false)
	j.take(poured{Lines: []string{"yes"}})
	bs := j.Bindings()
	if why := bs[slices.IndexFunc(bs, func(b binding.Binding) bool { return b.ID == "job-answer" })].Why; why != "it asks nothing now" {
		t.Errorf("%q", why)
	}
}

// One answer is on its way at a time, so that none overtakes another; a job can be cancelled meanwhile.
func TestOneAnswerAtATime(t *testing.T) {
	j := asking(env(t.Context(), stage.New(nil)), "Continue? (Yes/No)")
	defer j.Close()
	why := func(id string) string {
		bs := j.Bindings()
		return bs[slices.IndexFunc(bs, func(b binding.Binding) bool { return b.ID == id })].Why
	}
	_, sent := j.decided(dialog.Result{Tag: "answer", OK: true, Text: "Yes"})
	if why("job-answer") == "" || why("job-cancel") != "" {
		t.Errorf("answering is off: %q, cancelling: %q", why("job-answer"), why("job-cancel"))
	}
	if _, _ = j.Update(sent()); why("job-answer") != "" {
		t.Errorf("it has arrived, and %q", why("job-answer"))
	}
}

// A job that is not followed any more runs all the same, and one that ended unseen ended as the node says: half of what it printed tells nothing of that.
func TestAJobThatIsNotFollowedAnyMore(t *testing.T) {
	j := NewJob(env(t.Context(), stage.New(nil)), job.Record{ID: "20260808-120000-cccccc", Words: []string{"media", "remove"}, Line: "tootctl media remove"})
	defer j.Close()
	j.take(poured{Lines: []string{"1/3 |==    |  ETA: 00:00:01"}, Ended: true})
	j.ended, j.err = true, errors.New("the connection broke")
	for want, x := range map[string]job.Job{
		"running  it is not followed any more: open it again. the connection broke": {Record: j.rec, State: job.Running},
		"success  Removed 3": {Record: j.rec, State: job.Done, Code: new(int), Result: tootctl.Success, Why: "Removed 3"},
	} {
		j.judge(foundJobs{jobs: []job.Job{x}})
		if f := j.stateBox(120); !strings.Contains(f.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, f.String())
		}
	}
	if _, again := j.answered(cancelled{}); again == nil {
		t.Error("it was cancelled, nothing of it is read, and nobody asks how it stands")
	}
}

// Why something was not done stays on the screen, whole, with what to do next: on a job until it goes on, and of a line until that is another one.
func TestASetbackStays(t *testing.T) {
	e := env(t.Context(), stage.New(nil))
	other := &desk.Fault{What: "not started", On: "tootctl media remove", Why: "tootctl search deploy runs since 04:31, started by anna@desk: two long ones on one database hinder each other", Next: "wait for it: vmtui jobs attach 20261127-043130115-asuulw"}
	toot := NewToot(e, "media remove")
	defer toot.Close()
	_, c, err := toot.meant()
	if err != nil {
		t.Fatal(err)
	}
	toot.confirm(c)
	toot.begun(begunJob{err: other})
	drawn := func() string {
		f := toot.Draw(80, 24)
		return f.String()
	}
	f := drawn()
	for _, want := range []string{"started by anna@desk", "hinder each", "→ wait for it: vmtui jobs attach 20261127-043130115-asuulw"} {
		if !strings.Contains(f, want) {
			t.Errorf("it does not say %q:\n%s", want, f)
		}
	}
	toot.form().Set("--days", "14")
	if f := drawn(); !strings.Contains(f, "it can be run") {
		t.Errorf("another line was refused:\n%s", f)
	}
	j := asking(e, "Continue? (Yes/No) ")
	defer j.Close()
	j.answered(acted{what: "answer", err: other})
	state := j.stateBox(80)
	if !strings.Contains(state.String(), "→ wait for it") {
		t.Errorf("%s", state.String())
	}
	j.take(poured{Lines: []string{"yes"}})
	if state = j.stateBox(80); strings.Contains(state.String(), "wait for it") {
		t.Error("it has gone on, and what was refused before stands still")
	}
}

func shows(t *testing.T, d dialog.Dialog, want string) {
	t.Helper()
	if f := d.Draw(120, 36); !strings.Contains(f.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, f.String())
	}
}
