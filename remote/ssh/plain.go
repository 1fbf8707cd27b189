package ssh

import (
	"errors"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// What a host says reaches us by two ways: the output of commands, and the errors of the library, in which it words its disconnects and
// refusals. Both leave this package through here.

// said is an output as it may be shown and kept.
func (h *Host) said(b *bounded) string {
	if b.missing() > 0 {
		return h.pool.config.Secrets.RedactCut(clean.Text(b.text()))
	}
	return h.pool.config.Secrets.Redact(clean.Text(b.text()))
}

// hand gives whoever sent a command the secret that it was sent for, and hides it from then on.
func (h *Host) hand(c Command, out *bounded) {
	if c.Told == nil {
		return
	}
	for line := range strings.Lines(clean.Text(out.text())) {
		_, word, found := strings.Cut(line, c.Mark)
		if word = strings.TrimSpace(word); found && word != "" {
			h.pool.config.Secrets.Hide(word)
			c.Told(word)
		}
	}
}

func (h *Host) plain(text string) string { return h.pool.config.Secrets.Redact(clean.Line(text)) }

// plainly is an error as it may be shown; what it is stays.
func (h *Host) plainly(err error) error { return clean.Error(err, h.pool.config.Secrets) }

// plainFault is a fault as it may be shown.
func (h *Host) plainFault(f *fault.Error) *fault.Error {
	out := *f
	out.What, out.On, out.Why, out.Next = h.plain(f.What), h.plain(f.On), h.plain(f.Why), h.plain(f.Next)
	if out == *f {
		return f
	}
	return &out
}

// spoken is a result whose cause was worded on the host, by sudo for example.
func (h *Host) spoken(r Result) Result {
	var f *fault.Error
	if errors.As(r.Cause, &f) {
		r.Cause = h.plainFault(f)
	}
	return r
}

// errSecret keeps a secret out of the process lists of two machines. Its text does not say which.
var errSecret = errors.New("a secret would have stood in its command line, where everybody on the host can read it")

// discreet refuses a command line with a secret in it: a script gets one on its standard input.
func (h *Host) discreet(line string) error {
	if !h.pool.config.Secrets.Holds(line) {
		return nil
	}
	return (&fault.Error{What: "command not sent", On: h.name, Next: "take the secret out of what you typed or configured", Code: fault.Refused}).Because(errSecret)
}
