package redis

import (
	"context"
	"errors"
	"net"
	"strings"

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
	var dial *dialError
	switch text := err.Error(); {
	case strings.HasPrefix(text, "NOAUTH"), strings.HasPrefix(text, "WRONGPASS"), strings.HasPrefix(text, "ERR invalid password"):
		f.Next = "look at the user and password in the Redis URL"
	case strings.HasPrefix(text, "LOADING"):
		f.Next = "Redis is still reading its data from disk: try again in a moment"
	case isAnswer(err):
		f.Next = "look at the state of Redis"
	case errors.As(err, &dial):
		f.Next = "look at whether Redis (or stunnel before it) listens there"
	case isTimeout(err):
		f.Next = "Redis did not answer in time: look at its load and at the way to it"
	default:
		f.Next = "try again"
	}
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
