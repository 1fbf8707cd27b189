package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// Conflict reports that a row of that key exists already.
func Conflict(err error) bool { return state(err) == "23505" }

// state is the code by which the server says what is wrong; "" when it said nothing.
func state(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

// answers say what a server's code means to an operator, by code or by its class.
var answers = map[string]struct{ why, next string }{
	"28":    {"it does not let us in", "look at the user and the password in the URL"},
	"3D000": {"there is no such database", "create it: createdb"},
	"42501": {"the user may not do that there", "let the user create a schema in that database: GRANT CREATE ON DATABASE"},
	"53300": {"it has too many connections already", "look at who is connected to it"},
	"53100": {"its disk is full", "make room on its disk"},
	"25006": {"it only reads: it is a standby", "name the primary in the URL"},
	"57P01": {"it is being stopped", "look at the server"},
	"57P03": {"it is starting, or stopping", "try again in a moment"},
}

// Fault says to an operator why PostgreSQL did not do it. A fault from below (the dialler's) passes as it is; nil stays nil.
func (c *Client) Fault(what string, err error) error {
	if err == nil {
		return nil
	}
	var own *fault.Error
	if errors.As(err, &own) {
		return own
	}
	f := &fault.Error{What: what, On: c.Name(), Why: c.plain(err), Err: err, Next: "look at whether PostgreSQL listens there, and at the way to it"}
	code := state(err)
	if a, known := answers[code]; known {
		f.Why, f.Next = a.why+" ("+f.Why+")", a.next
	} else if a, known := answers[class(code)]; known {
		f.Why, f.Next = a.why+" ("+f.Why+")", a.next
	} else if code != "" {
		f.Next = "look at the server's log"
	}
	return f
}

func class(code string) string {
	if len(code) < 2 {
		return ""
	}
	return code[:2]
}

// plain is an error's text, safe to show: without the password, and in a line.
func (c *Client) plain(err error) string {
	var late net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &late) && late.Timeout() {
		return "no answer in time"
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if password := c.Password(); password != "" {
		text = strings.ReplaceAll(text, password, "[password]")
	}
	return clean.Line(c.cfg.Secrets.Redact(text))
}
