package screen

import (
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// asking is a job that asks, and has printed so.
func asking(e Env, lines ...string) *Job {
	j := NewJob(e, job.Record{ID: "20260808-120000-cccccc", Words: []string{"maintenance", "fix-duplicates"}, Line: "tootctl maintenance fix-duplicates", Asks: true})
	j.take(poured{Lines: lines})
	return j
}

// An answer is for the question that was read: another one that came meanwhile is shown, and has to be read first.
func TestAnAnswerIsForWhatWasRead(t *testing.T) {
	j := asking(env(t.Context(), stage.New(nil)), "Continue anyway? (Yes/No)")
	defer j.Close()
	opened, _ := j.press("job-answer")
	d := opened.(OpenWhile).Dialog.(*dialog.Prompt)
	for _, c := range "Yes" {
		d.Press(dialog.Key{Name: string(c), Text: string(c)})
	}
	j.take(poured{Lines: []string{"Continue? (Yes/No)"}})
	shows(t, d, "Continue? (Yes/No)")
	if res := d.Press(dialog.Key{Name: "enter"}); res != nil {
		t.Errorf("what was typed for one question went to another: %+v", res)
	}
	shows(t, d, "it asks something else by now")
	if res := d.Press(dialog.Key{Name: "enter"}); res == nil || res.Text != "Yes" {
		t.Errorf("%+v", res)
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

func shows(t *testing.T, d dialog.Dialog, want string) {
	t.Helper()
	if f := d.Draw(120, 36); !strings.Contains(f.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, f.String())
	}
}
