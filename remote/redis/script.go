package redis

import (
	"context"
	"crypto/sha1" // #nosec G505 -- how Redis names a script
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/remote"
)

// Script is a Lua script that Redis carries out as one thing. Nothing is put together into its text: what varies are keys and arguments.
type Script struct {
	name, text, sha string
}

// NewScript makes one; the name is how it is shown.
func NewScript(name, text string) Script {
	sum := sha1.Sum([]byte(text)) // #nosec G401 -- as above
	return Script{name: name, text: text, sha: hex.EncodeToString(sum[:])}
}

// Line is one connection that was asked whether it lives and is kept for an act of many scripts, so that each is one round trip. Close it.
type Line struct {
	c    *Client
	rdb  *goredis.Client
	conn *goredis.Conn
}

// Hold opens a line. Nothing of an act is sent by it.
func (c *Client) Hold(ctx context.Context, what string) (*Line, error) {
	rdb, err := c.take(ctx)
	if err != nil {
		return nil, c.fault(what, err)
	}
	conn, err := alive(ctx, rdb)
	if err != nil {
		c.give(rdb, err)
		return nil, c.fault(what, err)
	}
	return &Line{c: c, rdb: rdb, conn: conn}, nil
}

// Close gives the line back.
func (l *Line) Close() {
	_ = l.conn.Close()
	l.c.give(l.rdb, nil)
}

// Run sends a script exactly once; the permit is asked just before. A Redis that does not know the script has not carried it out and is given its
// text. An error that wraps remote.ErrUnknown means that it left and no answer came: then this line is of no use any more.
func (l *Line) Run(ctx context.Context, permit remote.Permit, what string, s Script, keys []string, args ...any) (_ Reply, err error) {
	if permit == nil {
		return Reply{}, l.c.fault(what, errors.New("a change needs a permit; nothing was sent"))
	}
	ended := l.c.see([]Command{append(Cmd("EVAL", s.name, len(keys)), tail(keys, args)...)}, true)
	defer func() { ended(l.c.ending(err)) }()
	for _, head := range []Command{Cmd("EVALSHA", s.sha, len(keys)), Cmd("EVAL", s.text, len(keys))} {
		if err := permit.Check(ctx); err != nil {
			return Reply{}, err
		}
		var v any
		v, err = l.conn.Do(ctx, append(head, tail(keys, args)...)...).Result()
		if err == nil || errors.Is(err, goredis.Nil) {
			return Reply{v}, nil
		}
		if !isAnswer(err) {
			return Reply{}, l.c.unknown(what, err)
		}
		if !strings.HasPrefix(err.Error(), "NOSCRIPT") {
			break
		}
	}
	return Reply{}, l.c.fault(what, err)
}

// Heard is how many replicas have heard of all that was sent on this line, which is waited for until there is one.
func (l *Line) Heard(ctx context.Context, within time.Duration) (_ int64, err error) {
	ask := Cmd("WAIT", 1, within.Milliseconds())
	ended := l.c.see([]Command{ask}, false)
	defer func() { ended(l.c.ending(err)) }()
	n, err := l.conn.Do(ctx, ask...).Int64()
	return n, l.c.fault("ask whether a replica has heard of it", err)
}

func tail(keys []string, args []any) []any {
	out := make([]any, 0, len(keys)+len(args))
	for _, k := range keys {
		out = append(out, k)
	}
	return append(out, args...)
}

// Run is a script on a line of its own.
func (c *Client) Run(ctx context.Context, permit remote.Permit, what string, s Script, keys []string, args ...any) (Reply, error) {
	l, err := c.Hold(ctx, what)
	if err != nil {
		return Reply{}, err
	}
	defer l.Close()
	return l.Run(ctx, permit, what, s, keys, args...)
}

// String is how a script is shown.
func (s Script) String() string { return fmt.Sprintf("%s (sha %s)", s.name, s.sha[:8]) }
