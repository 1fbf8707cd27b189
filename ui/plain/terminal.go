// Package plain is the console for pipes, logs and screen readers: lines instead of a screen, questions at a prompt. What it prints
// is told in words; no line depends on another's place on the screen.
package plain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/vmtui/vmtui/ops/desk"
)

// Terminal is where lines go and where answers come from.
type Terminal struct {
	Out io.Writer
	// Line reads one line, without its end. Nil: nobody is there to answer.
	Line func(ctx context.Context) (string, error)
	// Secret reads one line without echo. Nil: secrets cannot be asked for.
	Secret func(ctx context.Context, prompt string) (string, error)
}

// ErrNobody says that a question came up and nobody could be asked.
var ErrNobody = errors.New("nobody can be asked: the input is no terminal")

// Fits reports that a full-screen console makes no sense on a terminal of this kind, as TERM names it.
func Fits(term string) bool { return term == "dumb" || term == "" }

// say prints one line. A writer that fails is noticed where the lines are made, not at each of them.
func (t Terminal) say(format string, args ...any) error {
	_, err := fmt.Fprintf(t.Out, format+"\n", args...)
	return err
}

// ask prints a prompt and reads the answer to it.
func (t Terminal) ask(ctx context.Context, prompt string) (string, error) {
	if t.Line == nil {
		return "", ErrNobody
	}
	if _, err := fmt.Fprint(t.Out, prompt+" "); err != nil {
		return "", err
	}
	line, err := t.Line(ctx)
	return strings.TrimSpace(line), err
}

// Lines turns an input into a Terminal's Line. Its one goroutine starts with the first line that is asked for and ends with the
// input; a line nobody waited for is kept for who asks next.
func Lines(in io.Reader) func(context.Context) (string, error) {
	lines, failed := make(chan string), make(chan error, 1)
	var once sync.Once
	start := func() {
		go func() {
			scan := bufio.NewScanner(in)
			for scan.Scan() {
				lines <- scan.Text()
			}
			err := scan.Err()
			if err == nil {
				err = io.EOF
			}
			failed <- err
			close(lines)
		}()
	}
	return func(ctx context.Context) (string, error) {
		once.Do(start)
		select {
		case line, ok := <-lines:
			if !ok {
				err := <-failed
				failed <- err
				return "", err
			}
			return line, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// shared is a writer for lines that come from several goroutines.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// Ask answers a question from below at the prompt. It makes a Terminal a keys.Asker. Anything but a plain yes is no.
func (t Terminal) Ask(ctx context.Context, q desk.Question) (desk.Answer, error) {
	if err := t.say("question about %s: %s", q.Subject, q.Text); err != nil {
		return desk.Answer{}, err
	}
	for _, d := range q.Details {
		if err := t.say("  %s", d); err != nil {
			return desk.Answer{}, err
		}
	}
	if q.Secret {
		if t.Secret == nil {
			return desk.Answer{}, ErrNobody
		}
		text, err := t.Secret(ctx, "type it, unseen:")
		return desk.Answer{Yes: err == nil, Text: text}, err
	}
	said, err := t.ask(ctx, "yes or no [no]:")
	return desk.Answer{Yes: strings.EqualFold(said, "yes")}, err
}
