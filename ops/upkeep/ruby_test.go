package upkeep

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// rails is a node whose Rails answers with a text.
type rails struct {
	nowhere
	says string
}

func (r rails) Look(context.Context, ssh.Command) ssh.Result {
	return ssh.Result{Outcome: ssh.Exited, Stdout: "warning: something is deprecated\n" + r.says + "\n"}
}

func on(says string, said map[string]string) *chore {
	d := deps()
	d.Jobs.Host = rails{says: says}
	return &chore{Deps: d, said: said}
}

// A replica is refused, and a database that may be behind its bucket is asked about; what Rails says that is no answer is an error and nothing else.
func TestWhatIsComparedBelongsTogether(t *testing.T) {
	for says, want := range map[string]func(error) bool{
		`{"recovery":false,"database":"m","age":42,"storage":"s3","bucket":"b"}`: func(err error) bool { return err == nil },
		`{"recovery":true,"database":"m","age":42,"storage":"s3","bucket":"b"}`: func(err error) bool {
			return fault.CodeOf(err) == fault.Refused && strings.Contains(err.Error(), "replica")
		},
		`{"recovery":false,"database":"m","age":90000,"storage":"s3","bucket":""}`: func(err error) bool { var ask run.NeedsGo; return errors.As(err, &ask) && ask.Attended },
		`{"recovery":false,"database":"m","age":-1,"storage":"s3","bucket":""}`:    func(err error) bool { var ask run.NeedsGo; return errors.As(err, &ask) && ask.Attended },
		`PG::ConnectionBad`: func(err error) bool { return err != nil && strings.Contains(err.Error(), "PG::ConnectionBad") },
	} {
		if said, err := on(says, nil).compare(t.Context(), &run.Walk{}); !want(err) {
			t.Errorf("%s: %q, %v", says, said, err)
		}
	}
}

// An alias of the instance's own is not purged.
func TestOneOfOursIsNotPurged(t *testing.T) {
	c := on(`{"accounts":3,"followed":0,"severity":"","ours":true}`, map[string]string{"domain": "web.vmst.example"})
	if _, err := c.server(t.Context()); fault.CodeOf(err) != fault.Refused {
		t.Error(err)
	}
	c = on(`{"accounts":0,"followed":0,"severity":"suspend","ours":false}`, map[string]string{"domain": "spam.example"})
	if so, said, err := c.purged(t.Context()); !so || err != nil || said != "0 accounts of spam.example known" {
		t.Errorf("%v %q %v", so, said, err)
	}
}

// Where a pool stands before the database and no way past it is configured, old posts are not removed without a word.
func TestAPoolIsAskedAbout(t *testing.T) {
	c := on(`{"pool":true,"tables":[{"relname":"statuses","live":3,"dead":1,"bytes":2048}]}`, nil)
	_, err := c.tables("before", "").Verify(&run.Walk{})(t.Context())
	var ask run.NeedsGo
	if !errors.As(err, &ask) || !strings.Contains(ask.Hint, "upgrade.db_host") {
		t.Error(err)
	}
}

// A search server without room is asked about; one that does not tell is not.
func TestAFullSearchServerIsAskedAbout(t *testing.T) {
	n := func(i int) *int { return &i }
	for want, x := range map[string]index{"disk is 86 %": {Heap: n(95), Disk: n(86)}, "heap is 91 %": {Heap: n(91), Disk: n(85)}} {
		if got := x.full(); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (index{}).full() + (index{Heap: n(90), Disk: n(85)}).full(); got != "" {
		t.Error(got)
	}
}

// A cluster that is red, or off, is not given work.
func TestASickClusterIsLeftAlone(t *testing.T) {
	for says, want := range map[string]string{
		`{"enabled":false,"status":"","nodes":0,"docs":{},"rows":{},"found":0}`: "no search server", `{"enabled":true,"status":"red","nodes":1,"docs":{},"rows":{},"found":0}`: "is red",
	} {
		if _, err := on(says, nil).index(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
