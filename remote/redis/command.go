package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// Command is one command: its name and its arguments (strings, numbers, bytes).
type Command []any

// Cmd makes a command.
func Cmd(args ...any) Command { return args }

// Unshown is an argument that is sent and never shown: what strangers wrote, tokens among it.
type Unshown string

// MarshalBinary is how it is sent.
func (u Unshown) MarshalBinary() ([]byte, error) { return []byte(u), nil }

// String is how it is shown.
func (u Unshown) String() string { return fmt.Sprintf("(%d bytes)", len(u)) }

// reading are the commands that change nothing; Read sends no others.
var reading = map[string]bool{
	"PING": true, "TIME": true, "INFO": true, "DBSIZE": true, "EXISTS": true, "TYPE": true, "TTL": true, "PTTL": true, "GET": true, "MGET": true,
	"STRLEN": true, "LLEN": true, "LINDEX": true, "LRANGE": true, "LPOS": true, "SCARD": true, "SMEMBERS": true, "SISMEMBER": true, "ZCARD": true,
	"ZRANGE": true, "ZREVRANGE": true, "ZRANGEBYSCORE": true, "ZSCORE": true, "ZCOUNT": true, "HEXISTS": true, "HGET": true, "HMGET": true, "HGETALL": true, "HLEN": true, "SCAN": true, "SSCAN": true, "HSCAN": true, "ZSCAN": true,
}

func (cmd Command) name() string {
	if len(cmd) == 0 {
		return ""
	}
	s, _ := cmd[0].(string)
	return strings.ToUpper(s)
}

// Reply is an answer to a command: a string, a number, a list of such, or nothing. It is as Redis sent it; what is shown of it must be cleaned.
type Reply struct{ value any }

// Nil reports that there is no such key, field or element.
func (r Reply) Nil() bool { return r.value == nil }

// Text is the answer as a string, empty when there is none.
func (r Reply) Text() string {
	switch v := r.value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// Int is the answer as a number, 0 when it is none.
func (r Reply) Int() int64 {
	if n, ok := r.value.(int64); ok {
		return n
	}
	n, err := strconv.ParseInt(r.Text(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// List is the answer as a list, empty when it is none.
func (r Reply) List() []Reply {
	in, _ := r.value.([]any)
	out := make([]Reply, 0, len(in))
	for _, v := range in {
		out = append(out, Reply{v})
	}
	return out
}

// Map is the answer of HGETALL.
func (r Reply) Map() map[string]string {
	list := r.List()
	out := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		out[list[i].Text()] = list[i+1].Text()
	}
	return out
}

// Ping asks whether Redis answers.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.Read(ctx, Cmd("PING"))
	return err
}

// Read sends commands that change nothing, all in one round trip, and once more when a connection kept from earlier turns out to be dead.
func (c *Client) Read(ctx context.Context, cmds ...Command) ([]Reply, error) {
	for _, cmd := range cmds {
		if !reading[cmd.name()] {
			return nil, c.fault("read from Redis", fmt.Errorf("%s is not a reading command; nothing was sent", cmd.name()))
		}
	}
	if len(cmds) == 0 {
		return nil, nil
	}
	out, err := c.pipeline(ctx, cmds)
	var dial *dialError
	var own *fault.Error // the URL could not be had: asking for it again at once changes nothing
	if err != nil && !errors.As(err, &own) && !isAnswer(err) && ctx.Err() == nil && !errors.As(err, &dial) && !isTimeout(err) {
		out, err = c.pipeline(ctx, cmds)
	}
	return out, c.fault("read from Redis", err)
}

func (c *Client) pipeline(ctx context.Context, cmds []Command) (_ []Reply, err error) {
	ended := c.see(cmds, false)
	defer func() { ended(c.ending(err)) }()
	rdb, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { c.give(rdb, err) }()
	var sent []*goredis.Cmd
	_, err = rdb.Pipelined(ctx, func(p goredis.Pipeliner) error {
		sent = queue(ctx, p, cmds)
		return nil
	})
	return replies(sent, err)
}

// Change sends commands as one transaction, exactly once. The permit is asked when the connection stands, just before they leave. An error that
// wraps remote.ErrUnknown means that they left and no answer came.
func (c *Client) Change(ctx context.Context, permit remote.Permit, what string, cmds ...Command) (_ []Reply, err error) {
	if permit == nil || len(cmds) == 0 {
		return nil, c.fault(what, errors.New("a change needs a permit and something to change; nothing was sent"))
	}
	ended := c.see(cmds, true)
	defer func() { ended(c.ending(err)) }()
	rdb, err := c.take(ctx)
	if err != nil {
		return nil, c.fault(what, err)
	}
	var dialled error
	defer func() { c.give(rdb, dialled) }()
	conn, cause := alive(ctx, rdb)
	if cause != nil {
		dialled = cause
		return nil, c.fault(what, cause)
	}
	defer func() { _ = conn.Close() }()
	if err := permit.Check(ctx); err != nil {
		return nil, err
	}
	var sent []*goredis.Cmd
	if len(cmds) == 1 { // one is whole by itself
		sent = []*goredis.Cmd{conn.Do(ctx, cmds[0]...)}
		err = sent[0].Err()
	} else {
		_, err = conn.TxPipelined(ctx, func(p goredis.Pipeliner) error {
			sent = queue(ctx, p, cmds)
			return nil
		})
	}
	out, err := replies(sent, refusal(sent, err))
	if err != nil && !isAnswer(err) {
		return nil, c.unknown(what, err)
	}
	return out, c.fault(what, err)
}

// alive is a connection of its own that answers. One kept from earlier may be dead, and that must show before anything is sent that must not be
// sent twice.
func alive(ctx context.Context, rdb *goredis.Client) (conn *goredis.Conn, err error) {
	for range 2 {
		conn = rdb.Conn()
		if err = conn.Ping(ctx).Err(); err == nil {
			return conn, nil
		}
		_ = conn.Close()
		if isAnswer(err) {
			break
		}
	}
	return nil, err
}

// refusal is what Redis said to the command for which it refused a transaction; of the transaction it only says that it did.
func refusal(sent []*goredis.Cmd, err error) error {
	if err == nil || !strings.HasPrefix(err.Error(), "EXECABORT") {
		return err
	}
	for _, s := range sent {
		if said := s.Err(); said != nil && isAnswer(said) && !strings.HasPrefix(said.Error(), "EXECABORT") {
			return said
		}
	}
	return err
}

func queue(ctx context.Context, p goredis.Pipeliner, cmds []Command) []*goredis.Cmd {
	sent := make([]*goredis.Cmd, 0, len(cmds))
	for _, cmd := range cmds {
		sent = append(sent, p.Do(ctx, cmd...))
	}
	return sent
}

// replies takes the answers. Nothing there is an answer; an error of any command is the error of all.
func replies(sent []*goredis.Cmd, err error) ([]Reply, error) {
	if err != nil && !errors.Is(err, goredis.Nil) {
		return nil, err
	}
	out := make([]Reply, 0, len(sent))
	for _, s := range sent {
		v, err := s.Result()
		if err != nil && !errors.Is(err, goredis.Nil) {
			return nil, err
		}
		out = append(out, Reply{v})
	}
	return out, nil
}
