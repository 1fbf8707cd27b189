package redis

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
)

// isAnswer tells an error that Redis itself gave from one of the way there.
func isAnswer(err error) bool {
	var said goredis.Error
	return errors.As(err, &said)
}

func isTimeout(err error) bool {
	var late net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &late) && late.Timeout())
}

// fault says to an operator why Redis did not do it. A fault from below (the dialler's) passes as it is; nil stays nil.
func (c *Client) fault(what string, err error) error {
	if err == nil {
		return nil
	}
	var own *fault.Error
	if errors.As(err, &own) {
		return own
	}
	f := &fault.Error{What: what, On: c.Name(), Why: c.plain(err), Err: err, Code: fault.Failed}
	f.Next = next(err)
	return f
}

func (c *Client) unknown(what string, err error) error {
	return &fault.Error{
		What: what, On: c.Name(), Code: fault.Unknown, Err: errors.Join(remote.ErrUnknown, err),
		Why:  "it was sent, but whether it was carried out is unknown: " + c.plain(err),
		Next: "look at the state before doing it again",
	}
}

// plain is an error's text, safe to show and without the password.
func (c *Client) plain(err error) string {
	s := c.cfg.Secrets.Redact(clean.Line(err.Error()))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opt != nil && c.opt.Password != "" {
		s = strings.ReplaceAll(s, c.opt.Password, "[password]")
	}
	return s
}

// answers are Redis's own refusals and what to do about each. A transaction or a script that is refused so has changed nothing.
var answers = []struct{ begins, next string }{
	{"NOAUTH", "look at the user and password in the Redis URL"},
	{"WRONGPASS", "look at the user and password in the Redis URL"},
	{"ERR invalid password", "look at the user and password in the Redis URL"},
	{"ERR AUTH", "look at the user and password in the Redis URL"},
	{"NOPERM", "the Redis user may not do that: give it the command, or use another user in the Redis URL"},
	{"LOADING", "Redis is still reading its data from disk: try again in a moment"},
	{"READONLY", "this is a replica, as after a failover: wait until the name leads to the new primary (stunnel without `delay = yes` must be restarted), then do it again"},
	{"MASTERDOWN", "the primary is away: wait for the failover, then do it again"},
	{"OOM", "Redis is at its memory limit and takes nothing new: give it more memory, or delete what is parked or dead; then do it again"},
	{"MISCONF", "Redis cannot write its disk and refuses changes: look at the disk of the Redis host"},
	{"BUSY", "another script has kept Redis busy: look at SLOWLOG, then do it again"},
	{"EXECABORT", "Redis refused a command of the transaction; nothing was changed: look at its state"},
}

// next is the way on.
func next(err error) string {
	if isAnswer(err) {
		for _, a := range answers {
			// Before Redis 7 a script wraps what it was told: "ERR Error running script (…): -OOM command not allowed …".
			if text := err.Error(); strings.HasPrefix(text, a.begins) || strings.Contains(text, "-"+a.begins+" ") {
				return a.next
			}
		}
		return "look at the state of Redis"
	}
	var dial *dialError
	switch {
	case errors.As(err, &dial):
		return "look at whether Redis (or stunnel before it) listens there"
	case isTimeout(err):
		return "Redis did not answer in time: look at its load and at the way to it"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "something there accepts and then closes, as a stunnel does that has lost its Redis: restart it (systemctl restart stunnel4) and look at its log"
	}
	return "try again"
}

// Passing reports an error that may pass by itself: no connection, no answer, or a Redis that is starting or changing its primary.
func Passing(err error) bool {
	var own *fault.Error
	if !errors.As(err, &own) || own.Code == fault.Refused || own.Code == fault.Usage {
		return false
	}
	cause := own.Err
	var dial *dialError
	switch {
	case cause == nil:
		return false
	case isAnswer(cause):
		for _, word := range []string{"LOADING", "READONLY", "MASTERDOWN", "BUSY"} {
			if strings.HasPrefix(cause.Error(), word) || strings.Contains(cause.Error(), "-"+word+" ") {
				return true
			}
		}
		return false
	case errors.As(cause, &dial), isTimeout(cause), errors.Is(cause, remote.ErrUnknown):
		return true
	}
	return errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF) || errors.Is(cause, syscall.ECONNRESET) || errors.Is(cause, syscall.EPIPE)
}
