package desk

import (
	"context"
	"testing"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/job"
)

// What is said of a new password looks like none: it would be masked.
func TestWhatIsSaidOfAPasswordIsRead(t *testing.T) {
	for _, said := range []string{job.Comes, job.Handed, job.Lost, job.Awaited, job.Unhanded("exec").Error()} {
		if got := keys.NewRedactor().Redact(said); got != said {
			t.Errorf("%q", got)
		}
	}
}

// A new password waits until it was copied, and is then known to be taken; where somebody hears it at once, that is what they said.
func TestWhoHasAPassword(t *testing.T) {
	d := &Desk{spoken: map[string]handed{}}
	if d.Holder("one") != job.Nobody || d.Hand(t.Context(), "one", "hunter2") != job.Waits || d.Holder("one") != job.Waits || d.Password("one") != "hunter2" {
		t.Error("it does not wait")
	}
	d.ForgetPassword("other")
	if d.ForgetPassword("one"); d.Holder("one") != job.Taken || d.Password("one") != "" || d.Holder("other") != job.Nobody {
		t.Error("it was not taken once")
	}
	if d.Hand(t.Context(), "one", "hunter3") != job.Waits {
		t.Error("another one does not wait")
	}
	for took, want := range map[bool]job.Holder{true: job.Taken, false: job.Nobody} {
		d.Heard = func(context.Context, string, string) bool { return took }
		if got := d.Hand(t.Context(), "two", "hunter2"); got != want || d.Password("two") != "" {
			t.Errorf("%v: %s", took, got)
		}
	}
}
