package courier_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/courier"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func known(name string) bool { return name == "worker-1" }

func TestBothEndsAreRead(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	if err := errors.Join(os.WriteFile("up", []byte("four"), 0o600), os.WriteFile("a:b", nil, 0o600), os.Mkdir("sub", 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ from, to, want, why string }{
		{"up", "worker-1:/root/", "up to worker-1:/root/up", ""},
		{"up", "worker-1:", "up to worker-1:up", ""},
		{"~/up", "worker-1:/x", dir + "/up to worker-1:/x", ""},
		{"a:b", "worker-1:/x", "a:b to worker-1:/x", ""},
		{"worker-1:/etc/motd", "sub", "worker-1:/etc/motd to sub/motd", ""},
		{"worker-1:/etc/motd", "new", "worker-1:/etc/motd to new", ""},
		{"worker-1:/e\x1b[2Jvil\u202e", "new", "worker-1:/evil to new", ""},
		{"up", "sub", "", "one of the two is on a node"},
		{"worker-1:a", "worker-1:b", "", "one of the two is on a node"},
		{"up", "worker-9:b", "", `no node is called "worker-9"`},
		{"sub", "worker-1:/x", "", "it is a directory"},
		{"/dev/null", "worker-1:/x", "", "it is no ordinary file"},
		{"none\x1b[2J", "worker-1:/x", "", "no such file here"},
		{"worker-9:/x", ".", "", `no node is called "worker-9"`},
		{"worker-1:/etc/", "new", "", "it is a directory"},
		{"worker-1:/x", "none/new", "", "no such directory"},
		{"worker-1:/x", "none/", "", "no such directory"},
		{"worker-1:/x", "/dev/null", "", "no ordinary file"},
	} {
		e, err := courier.Read(x.from, x.to, known)
		switch {
		case x.why == "" && (err != nil || e.From()+" to "+e.To() != x.want):
			t.Errorf("%q %q: %v %q", x.from, x.to, err, e.From()+" to "+e.To())
		case x.why != "" && (fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), x.why) || strings.Contains(err.Error(), "\x1b")):
			t.Errorf("%q %q: %v", x.from, x.to, err)
		}
	}
	if e, _ := courier.Read("up", "worker-1:", known); e.Size != 4 || !e.Up {
		t.Errorf("%+v", e)
	}
	if e, _ := courier.Read("worker-1:/x", "up", known); !e.Over || e.Up {
		t.Errorf("%+v", e)
	}
}

// host copies as its function says.
type host func(context.Context, ssh.Progress) error

func (h host) Upload(ctx context.Context, permit remote.Permit, _, _ string, progress ssh.Progress) error {
	if err := permit.Check(ctx); err != nil {
		return err
	}
	return h(ctx, progress)
}

func (h host) Download(ctx context.Context, _, _ string, progress ssh.Progress) error {
	return h(ctx, progress)
}

// journal remembers.
type journal struct {
	intent  act.Act
	outcome act.Outcome
}

func (j *journal) Intend(_ context.Context, a act.Act) (func(context.Context, act.Outcome) error, error) {
	j.intent = a
	return func(_ context.Context, o act.Outcome) error { j.outcome = o; return nil }, nil
}

func carried(h host, j *journal, readOnly bool) courier.Courier {
	return courier.Courier{Host: func(string) courier.Host { return h }, Door: act.NewDoor(readOnly, nil), Journal: j}
}

func TestWhatGoesUpIsOnRecordAndWhatComesDownIsNot(t *testing.T) {
	half := func(_ context.Context, tell ssh.Progress) error { tell(5, 10); return nil }
	for _, up := range []bool{true, false} {
		j := &journal{}
		trip, err := carried(half, j, !up).Start(t.Context(), courier.Errand{Node: "worker-1", Here: "a", There: "/b", Up: up})
		if err != nil {
			t.Fatal(err)
		}
		if v := trip.Wait(); !v.Over || v.Err != nil || v.Percent() != 50 {
			t.Errorf("%+v", v)
		}
		if onRecord := j.intent.What == "copy a to worker-1:/b"; onRecord != up {
			t.Errorf("up %v: %+v", up, j.intent)
		}
	}
	j := &journal{}
	if _, err := carried(half, j, true).Start(t.Context(), courier.Errand{Node: "worker-1", Up: true}); fault.CodeOf(err) != fault.Refused || j.intent.Verb != "" {
		t.Errorf("read-only: %v", err)
	}
}

func TestATripIsFollowedAndCalledOff(t *testing.T) {
	j, moved := &journal{}, make(chan struct{})
	stuck := func(ctx context.Context, tell ssh.Progress) error {
		tell(1, 4)
		close(moved)
		<-ctx.Done()
		return ctx.Err()
	}
	trip, err := carried(stuck, j, false).Start(t.Context(), courier.Errand{Node: "worker-1", Up: true, Size: 4})
	if err != nil {
		t.Fatal(err)
	}
	<-moved
	v, err := trip.View(t.Context(), 1)
	if err != nil || v.Done != 1 || v.Over {
		t.Errorf("%+v %v", v, err)
	}
	trip.Cancel()
	v, err = trip.View(t.Context(), v.Version)
	if err != nil || !v.Over || !errors.Is(v.Err, context.Canceled) || !errors.Is(j.outcome.Err, context.Canceled) {
		t.Errorf("%+v %v %+v", v, err, j.outcome)
	}
}
