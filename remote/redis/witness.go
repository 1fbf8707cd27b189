package redis

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// argShown is how much of an argument a witness is told: jobs are long.
const argShown = 120

// see tells the witness of a round trip.
func (c *Client) see(cmds []Command, changes bool) (ended func(remote.Ending)) {
	if c.cfg.Witness == nil {
		return c.cfg.Witness.See(remote.Call{})
	}
	lines := make([]string, len(cmds))
	for i, cmd := range cmds {
		lines[i] = c.shown(cmd)
	}
	return c.cfg.Witness(remote.Call{Wire: c.wire(), On: "redis", What: strings.Join(lines, "; "), Sent: strings.Join(lines, "\n"), Changes: changes})
}

// wire is how Redis is reached, as far as that is known yet.
func (c *Client) wire() string {
	if n := c.Name(); n != unnamed {
		return "tcp " + n
	}
	return "tcp"
}

// ending is what a witness is told of a round trip.
func (c *Client) ending(err error) remote.Ending {
	switch {
	case err == nil:
		return remote.Ending{Verdict: remote.OK, Says: "answered"}
	case errors.Is(err, remote.ErrUnknown):
		return remote.Ending{Verdict: remote.Unknown, Says: fault.Of(err).Why}
	}
	e := remote.Done("", err)
	var dial *dialError
	if errors.As(err, &dial) {
		e.Verdict = remote.Unsent
	}
	return e
}

// argument is one as somebody would type it, shortened and without secrets.
func (c *Client) argument(text string) string {
	n, tail := len(text), ""
	if n > argShown {
		text, tail = c.cfg.Secrets.RedactCut(text[:argShown]), fmt.Sprintf("… (%d bytes)", n)
	}
	if text == "" || strings.ContainsAny(text, " \n\t\"") {
		text = fmt.Sprintf("%q", text)
	}
	return text + tail
}

// shown is a command as one would type it.
func (c *Client) shown(cmd Command) string {
	words := make([]string, len(cmd))
	for i, a := range cmd {
		text := fmt.Sprint(a)
		if b, ok := a.([]byte); ok {
			text = string(b)
		}
		words[i] = c.argument(text)
	}
	return strings.Join(words, " ")
}
