// Package sidekiq reads the state of Mastodon's job queues and asks its processes to become quiet. It speaks Sidekiq's own Redis layout of the
// versions 6.5 to 8. Arguments of jobs are never read out: they hold what people wrote.
package sidekiq

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/redis"
)

// Redis is the part of the wire that this package needs.
type Redis interface {
	Read(ctx context.Context, cmds ...redis.Command) ([]redis.Reply, error)
	Change(ctx context.Context, permit remote.Permit, what string, cmds ...redis.Command) ([]redis.Reply, error)
	Hold(ctx context.Context, what string) (*redis.Line, error)
}

// Jobs is the Sidekiq of one instance. It is safe for concurrent use.
type Jobs struct {
	redis  Redis
	prefix string
}

// New makes it. Namespace is Mastodon's REDIS_NAMESPACE, mostly empty.
func New(r Redis, namespace string) *Jobs {
	if namespace != "" {
		namespace = strings.TrimSuffix(namespace, ":") + ":"
	}
	return &Jobs{redis: r, prefix: namespace}
}

func (j *Jobs) key(k string) string { return j.prefix + k }

// signalSeconds is how long a signal waits to be picked up; a process that beats does so within 10 s.
const signalSeconds = 60

// Quiet asks processes to take no new jobs. What they have in hand goes on. It cannot be taken back: only a restart makes a process work again.
// A process obeys at its next heartbeat, so the proof is Processes saying that it is Quiet.
func (j *Jobs) Quiet(ctx context.Context, permit remote.Permit, identities []string) error {
	return j.Signal(ctx, permit, signals[Quiet], identities)
}

// Signal leaves a signal for processes, which they hear at their next heartbeat.
func (j *Jobs) Signal(ctx context.Context, permit remote.Permit, signal string, identities []string) error {
	var cmds []redis.Command
	for _, id := range identities {
		if id == "" {
			return toldNobody(errors.New("a process has no identity"))
		}
		key := j.key(id + "-signals")
		cmds = append(cmds, redis.Cmd("LPUSH", key, signal), redis.Cmd("EXPIRE", key, signalSeconds))
	}
	if len(cmds) == 0 {
		return toldNobody(errors.New("no process is named"))
	}
	_, err := j.redis.Change(ctx, permit, fmt.Sprintf("send %s to %d Sidekiq processes", signal, len(identities)), cmds...)
	return err
}

func toldNobody(why error) error {
	return (&fault.Error{What: "nobody was sent a signal", On: "Sidekiq", Code: fault.Usage}).Because(why)
}
