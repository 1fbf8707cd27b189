package dialog

import (
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/theme"
	"github.com/vmtui/vmtui/ui/widget"
)

// Ask is the dialog for a question from below. It opens by itself, so it listens only after the hand has been quiet.
func Ask(tag string, q desk.Question, now time.Time) Dialog {
	hush := widget.NewHush(now)
	if q.Secret {
		return &Reason{Tag: tag, Title: titleOf(q), Text: q.Text, Deed: deedOf(q), Secret: true, Alarm: theme.Alarm, Hush: hush}
	}
	return &Choice{
		Tag: tag, Title: titleOf(q), Text: q.Text, Details: q.Details, Cancel: "No",
		Options: []Option{{ID: "yes", Label: yesOf(q)}}, Alarm: theme.Alarm, Hush: hush,
	}
}

// Answered turns a dialog's result into the answer of a question.
func Answered(q desk.Question, r Result) desk.Answer {
	if q.Secret {
		return desk.Answer{Yes: r.OK, Text: r.Text}
	}
	return desk.Answer{Yes: r.OK && r.Choice == "yes"}
}

func titleOf(q desk.Question) string {
	switch q.Kind {
	case desk.AskHostKey:
		return "Host key of " + q.Subject
	case desk.AskNewKey:
		return "New host key of " + q.Subject
	case desk.AskPassphrase:
		return "Passphrase for " + q.Subject
	case desk.AskSudo:
		return "sudo on " + q.Subject
	}
	return q.Subject
}

func deedOf(q desk.Question) string {
	if q.Kind == desk.AskSudo {
		return "give it to sudo"
	}
	return "unlock"
}

func yesOf(q desk.Question) string {
	switch q.Kind {
	case desk.AskHostKey:
		return "Yes, pin this key"
	case desk.AskNewKey:
		return "Yes, replace the old key"
	}
	return "Yes"
}
