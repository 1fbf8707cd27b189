// Package keys holds who we are and whom we trust: identities and agents, known hosts, API tokens, redaction.
package keys

import (
	"context"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
)

// QuestionKind tells an asker how to dress a question.
type QuestionKind string

// The questions that can come up from below.
const (
	AskHostKey    QuestionKind = "host-key"   // pin this unknown host key?
	AskNewKey     QuestionKind = "new-key"    // replace a host's key by the one that the ledger on exec names?
	AskPassphrase QuestionKind = "passphrase" // unlock this private key
	AskSudo       QuestionKind = "sudo"       // the password that sudo wants
)

// Question is something only the operator can answer.
type Question struct {
	Kind    QuestionKind
	Subject string   // the host or the key file
	Text    string   // one sentence
	Details []string // fingerprint, randomart: shown as they are
	Doubts  []string // what may be why it is asked at all, such as a line of known_hosts that is broken
	Secret  bool     // the answer is typed unseen and never stored
	Settle  string   // the command that makes it unnecessary; "" where there is none
}

// Answer is what the operator said. Yes answers a yes-or-no question, Text a typed one.
type Answer struct {
	Yes  bool
	Text string
}

// Asker carries questions up to whoever can answer: the console, a prompt, or a refuser.
type Asker interface {
	Ask(ctx context.Context, q Question) (Answer, error)
}

// Refuser answers nothing: for unattended work, where a question is a reason to stop.
type Refuser struct{}

// Ask refuses with exit code 3.
func (Refuser) Ask(_ context.Context, q Question) (Answer, error) {
	f := &fault.Error{
		What: "a question needs an operator", On: q.Subject, Why: q.Text,
		Next: "run it attended once, or settle it beforehand", Code: fault.Refused,
	}
	if q.Kind == AskHostKey && len(q.Details) > 0 {
		f.Why += " It shows " + q.Details[0] + "."
	}
	if len(q.Doubts) > 0 {
		f.Why += " " + strings.Join(q.Doubts, " ")
	}
	if q.Settle != "" {
		f.Next = "compare the fingerprint, then: " + q.Settle
	}
	return Answer{}, f
}
