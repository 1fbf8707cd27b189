package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// What sudo and the script behind it say to us, on the error output. The mark is new for every call, so that no other text is taken for it.
func prompt(mark string) string { return "vmtui " + mark + " password:" }
func start(mark string) string  { return "vmtui " + mark + " begins" }

// heldMost is how much of what sudo says is kept.
const heldMost = 16 << 10

// doorway stands before a command's error output for as long as sudo has the word. It answers sudo's question, and opens when the command has begun.
type doorway struct {
	prompt, start []byte
	rest          io.Writer
	asked         func()        // must not block
	begun         chan struct{} // closed when the command has begun

	mu     sync.Mutex
	held   []byte      // of what sudo says
	asks   bool        // it asked
	given  keys.Secret // what went out last
	open   bool
	gotten error // why there was none
}

// newDoorway answers with the operator's password, on the input that only sudo reads so far.
func (h *Host) newDoorway(ctx context.Context, mark string, stdin io.WriteCloser, rest io.Writer) *doorway {
	d := &doorway{prompt: []byte(prompt(mark)), start: []byte(start(mark) + "\n"), rest: rest, begun: make(chan struct{})}
	user := h.User()
	d.asked = func() {
		h.pool.crew.run(func() {
			word, err := d.word(func(wrong keys.Secret) (keys.Secret, error) {
				return h.pool.config.Passwords.For(ctx, user, h.name, wrong)
			})
			if err != nil {
				_ = stdin.Close()
				return
			}
			_, _ = io.WriteString(stdin, word.Reveal()+"\n")
			select {
			case <-d.begun:
				h.pool.config.Passwords.Took(user, word)
			case <-ctx.Done():
			}
		})
	}
	return d
}

// word gets the next password and remembers it, or why there is none.
func (d *doorway) word(next func(wrong keys.Secret) (keys.Secret, error)) (keys.Secret, error) {
	d.mu.Lock()
	wrong := d.given
	d.mu.Unlock()
	word, err := next(wrong)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.gotten = err
		return word, err
	}
	d.given = word
	return word, nil
}

// Write never fails before the command has begun.
func (d *doorway) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open {
		return d.rest.Write(p)
	}
	d.held = append(d.held, p...)
	if _, after, found := bytes.Cut(d.held, d.start); found {
		d.open, d.held = true, nil
		close(d.begun)
		if len(after) > 0 {
			_, err := d.rest.Write(after)
			return len(p), err
		}
		return len(p), nil
	}
	if before, after, found := bytes.Cut(d.held, d.prompt); found {
		d.held = append(bytes.Clone(before), after...)
		d.asks = true
		d.asked()
	}
	d.held = d.held[max(0, len(d.held)-heldMost):]
	return len(p), nil
}

// admitted waits until the command has begun; false when it never will. Nobody stands in the way of a command without sudo.
func (d *doorway) admitted(over <-chan struct{}) bool {
	if d == nil {
		return true
	}
	select {
	case <-d.begun:
		return true
	case <-over:
		return false
	}
}

// verdict makes a command that sudo did not let in one that was never sent.
func (d *doorway) verdict(r Result) Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.open || r.Outcome == Unreachable:
		return r
	case d.gotten != nil:
		return Result{Outcome: Unreachable, Cause: d.gotten}
	case r.Outcome == Unknown && (!d.given.Empty() || !d.asks):
		return r
	case r.Outcome == Unknown:
		return Result{Outcome: Unreachable, Cause: r.Cause}
	}
	says := strings.TrimSpace(clean.Text(string(d.held)))
	if says == "" {
		says = "it says nothing"
	}
	f := &fault.Error{What: "sudo let nothing through", Why: says[strings.LastIndexByte(says, '\n')+1:], Next: "look at sudo -l on the host", Code: fault.Refused}
	return Result{Outcome: Unreachable, Cause: f.Because(errors.New(says))}
}
