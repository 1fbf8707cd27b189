// Package logs reads what a node writes: the output of its containers or units, and the access log of its nginx.
package logs

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"strconv"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Nginx is the service that is no container: a node's own web server.
const Nginx = "nginx"

// Host is a node that is read.
type Host interface {
	Stream(ctx context.Context, c ssh.Command, line func(string)) ssh.Result
}

// Tail says what is read.
type Tail struct {
	Service string // web, streaming, sidekiq, …; Nginx; "" for everything in containers or units
	Lines   int    // of what was written before
	Follow  bool   // go on with what is written from now on
	Colours bool   // keep the colours that a service writes in
}

// Reader reads the logs of every node.
type Reader struct {
	Host   func(node string) Host
	Redact func(string) string // what is written by machines may hold a secret of ours
}

// Read hands on a node's lines, cleaned, oldest first, one call at a time. With Follow it ends with ctx, or when there is nothing left to follow.
func (r Reader) Read(ctx context.Context, n config.Node, t Tail, line func(string)) error {
	c, err := command(n, t)
	if err != nil {
		return err
	}
	res := r.Host(n.Name).Stream(ctx, c, func(l string) { line(r.Redact(l)) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return unread(res.Err(c.For, n.Name), t)
}

// unread adds what to do when the node has no such log, which it says in its own words.
func unread(err error, t Tail) error {
	var f *fault.Error
	if t.Service != "" && errors.As(err, &f) && f.Next == "" {
		f.Next = "see whether the node runs that service: there are web, streaming and sidekiq, and nginx for its access log"
	}
	return err
}

// service is what may stand on a command line as the name of one: no flag, no path.
var service = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)

// command reads as asked for. What follows is tethered: it dies with the connection, and does not stay behind on the node for ever.
func command(n config.Node, t Tail) (ssh.Command, error) {
	if t.Lines < 0 {
		return ssh.Command{}, &fault.Error{What: "that is no number of lines", On: strconv.Itoa(t.Lines), Why: "some programs take a number below zero for all there is", Next: "say how many: 0 or more", Code: fault.Usage}
	}
	if t.Service != "" && !service.MatchString(t.Service) {
		return ssh.Command{}, &fault.Error{What: "no such service", On: t.Service, Why: "that is no service's name", Next: "name web, streaming, sidekiq or nginx", Code: fault.Usage}
	}
	c := ssh.Command{For: "read the log of " + cmp.Or(t.Service, "every service"), Tether: t.Follow, Colours: t.Colours}
	lines := strconv.Itoa(t.Lines)
	switch {
	case t.Service == Nginx:
		c.Script, c.Args = tail, []string{"-n", lines}
		if t.Follow {
			c.Args = append(c.Args, "-F")
		}
		c.Args = append(c.Args, n.AccessLog)
		return c, nil
	case n.Mastodon.Kind == config.KindNative:
		c.Script, c.Args = journal, []string{"--no-pager", "-o", "short-iso", "-n", lines, "-u", "mastodon-" + cmp.Or(t.Service, "*")}
	default:
		c.Script, c.Args = compose, []string{n.Mastodon.Dir, n.Mastodon.Project, "logs", "--no-color", "--tail", lines}
	}
	if t.Follow {
		c.Args = append(c.Args, "--follow")
	}
	if c.Script == compose && t.Service != "" { // whose lines they are need not stand before each
		c.Args = append(c.Args, "--no-log-prefix", t.Service)
	}
	return c, nil
}

// What is run on a node.
const (
	tail    = `exec tail "$@"`
	journal = `exec journalctl "$@"`
	compose = `cd "$1" && project=$2 && shift 2 && exec docker compose -p "$project" "$@"`
)
