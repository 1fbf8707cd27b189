package sidekiq

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/redis"
)

// said is an answer of Redis that is an error.
type said string

func (s said) Error() string { return string(s) }
func (said) RedisError()     {}

// loadingRedis loads its data until a moment, and takes every change then.
type loadingRedis struct {
	until time.Time
	tries int
}

func (l *loadingRedis) answer() error {
	if l.tries++; time.Now().Before(l.until) {
		return &fault.Error{What: "it was asked something", On: "redis", Why: "LOADING Redis is loading the dataset in memory", Next: "try again in a moment", Err: said("LOADING Redis is loading the dataset in memory")}
	}
	return nil
}

func (l *loadingRedis) Read(_ context.Context, cmds ...redis.Command) ([]redis.Reply, error) {
	return make([]redis.Reply, len(cmds)), l.answer()
}

func (l *loadingRedis) Change(ctx context.Context, permit remote.Permit, _ string, cmds ...redis.Command) ([]redis.Reply, error) {
	if err := permit.Check(ctx); err != nil {
		return nil, err
	}
	return make([]redis.Reply, len(cmds)), l.answer()
}

func (l *loadingRedis) Hold(context.Context, string) (*redis.Line, error) { return nil, l.answer() }

// waitingActs are acts on a Redis that loads for so long, a plan to park there, and what is said meanwhile.
func waitingActs(t *testing.T, loads time.Duration) (*Acts, *loadingRedis, Plan, *[]Progress) {
	t.Helper()
	r, told := &loadingRedis{until: time.Now().Add(loads)}, &[]Progress{}
	a := &Acts{Jobs: New(r, ""), Door: act.NewDoor(false, nil), Journal: &book{}, Instance: instance, Operator: "mike@laptop", Dir: t.TempDir()}
	p := Plan{Deed: Park, Target: "push", place: Place{Name: "push", key: "queue:push"}, tell: func(p Progress) { *told = append(*told, p) }}
	return a, r, p, told
}

// A Redis that loads for minutes is waited for, visibly and with a deadline.
func TestLongLoadingIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, r, p, told := waitingActs(t, 7*time.Minute)
		began := time.Now()
		p.Deed = Dump
		rep, err := a.Do(t.Context(), Order{Deed: Dump, Identities: []string{"exec:1:abc"}}, p)
		if took := time.Since(began); err != nil || took < 7*time.Minute || took > 7*time.Minute+longestPause || rep.Doubt != "" || !strings.Contains(rep.Certain, "away before it was sent") {
			t.Errorf("%+v %v after %s", rep, err, took)
		}
		if n := len(*told); n < 7*12 || n != r.tries-1 {
			t.Fatalf("told %d times of %d tries", n, r.tries)
		}
		for i, far := range *told {
			if far.Of != 600 || far.Says != (*told)[0].Says || i > 0 && far.Done < (*told)[i-1].Done {
				t.Fatalf("%d: %+v", i, far)
			}
		}
		until := began.Add(10 * time.Minute).UTC().Format("15:04:05 UTC")
		for _, want := range []string{"LOADING", "try again in a moment", "until " + until, "loses nothing"} {
			if says := (*told)[0].Says; !strings.Contains(says, want) {
				t.Errorf("%q without %q", says, want)
			}
		}
	})
}

// It is not waited for without end, and what to do then is said; whoever gives up is heard at once.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, p, _ := waitingActs(t, time.Hour)
		began := time.Now()
		_, err := a.Do(t.Context(), Order{Deed: Park, Name: "push"}, p)
		if took := time.Since(began); took < patience || took > patience+longestPause {
			t.Errorf("after %s", took)
		}
		if f := fault.Of(err); !strings.Contains(f.Why, "after 10m0s of waiting: LOADING") || !strings.Contains(f.Next, "nothing is lost, and it is safe to do it again") || f.Code == fault.Unknown {
			t.Errorf("%v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, _, p, told := waitingActs(t, time.Hour)
		ctx, giveUp := context.WithTimeout(t.Context(), time.Minute)
		defer giveUp()
		began := time.Now()
		_, err := a.Do(ctx, Order{Deed: Park, Name: "push"}, p)
		if took := time.Since(began); took != time.Minute || err == nil || len(*told) == 0 {
			t.Errorf("%v after %s", err, took)
		}
	})
}
