//go:build lab

package upkeep

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"os/user"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/fixtures/lab/mastodon"
	"github.com/vmtui/vmtui/fixtures/lab/postgres"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// here is a node that is this machine.
type here struct {
	nowhere
	user string
}

func (here) Look(ctx context.Context, c ssh.Command) ssh.Result {
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", c.Script, "vmtui"}, c.Args...)...) // #nosec G204 -- the product's own scripts
	var said, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	return ssh.Result{Outcome: ssh.Exited, Code: cmd.ProcessState.ExitCode(), Stdout: said.String(), Stderr: errs.String()}
}

func (h here) User() string { return h.user }

// railed is a chore on an application of Mastodon's names, with a real Rails and a real PostgreSQL.
func railed(t *testing.T, docs map[string]int) (*chore, *postgres.Server, *mastodon.Search) {
	t.Helper()
	db, err := postgres.New(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Stop() })
	search := mastodon.NewSearch(docs)
	t.Cleanup(search.Close)
	i, err := mastodon.New(t.Context(), t.TempDir(), db, "mastodon", search)
	if err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	d := deps()
	d.Jobs.Host = here{user: me.Username}
	d.Jobs.Node.Mastodon = config.Mastodon{Kind: config.KindNative, User: me.Username, Dir: i.Dir, Env: i.Env}
	return &chore{Deps: d, said: map[string]string{}}, db, search
}

// Each piece of Ruby that looks runs in a real Rails, on tables of Mastodon's names, and counts what it says that it counts. What takes too long to count is not
// waited for.
func TestLabTheRubyThatLooks(t *testing.T) {
	c, db, search := railed(t, map[string]int{"instances": 2, "accounts": 8, "tags": 2, "public_statuses": 1, "statuses": 3})
	ctx := t.Context()
	n := func(i int) *int { return &i }

	for _, x := range []struct {
		domain, subdomains string
		want               server
	}{
		{"borg.example", "true", server{Accounts: 3, Emojis: 2, Below: 1, Followed: 3, Severity: "suspend", Near: []string{}}},
		{"continuum.example", "false", server{Accounts: 2, Followed: 1, Severity: "silence", Near: []string{}}},
		{"continum.example", "false", server{Near: []string{"continuum.example"}}},
		{"'; DROP TABLE accounts; --", "true", server{Near: []string{}}},
	} {
		c.said = map[string]string{"domain": x.domain, "subdomains": x.subdomains}
		got, err := c.server(ctx)
		if diff := cmp.Diff(x.want, got); diff != "" || err != nil {
			t.Errorf("%s, %s: %v %s", x.domain, x.subdomains, err, diff)
		}
	}
	c.said = map[string]string{"domain": "web.vmst.example", "subdomains": "false"}
	if _, err := c.server(ctx); err == nil || !strings.Contains(err.Error(), "this instance") {
		t.Error(err)
	}

	c.said = map[string]string{"username": "troi"}
	troi, err := c.person(ctx)
	if mark := troi.Mark; err != nil || len(mark) != 8 || !cmp.Equal(troi, person{Found: true, Approved: true, Otp: true, Sessions: 2, Mark: mark, Near: []string{}}) {
		t.Errorf("%+v, %v", troi, err)
	}
	if _, err := db.Query(ctx, "mastodon", "UPDATE users SET encrypted_password = 'another' WHERE account_id = 2"); err != nil {
		t.Fatal(err)
	}
	if again, err := c.person(ctx); err != nil || again.Mark == troi.Mark {
		t.Errorf("a new password is not seen: %+v, %v", again, err)
	}
	c.said = map[string]string{"username": "weslye"}
	if _, err := c.person(ctx); err == nil || !strings.Contains(err.Error(), "did you mean wesley?") {
		t.Errorf("%v", err)
	}

	var seen tables
	if err := c.see(ctx, "look at the tables", tablesRuby, &seen); err != nil || seen.Pool || len(seen.Tables) != 3 || seen.Tables[2].Bytes == 0 {
		t.Errorf("%+v, %v", seen, err)
	}
	if mode, err := c.mode(ctx); err != nil || mode != "approved" {
		t.Errorf("%q, %v", mode, err)
	}
	if said, err := c.compare(ctx, &run.Walk{}); err != nil || !strings.Contains(said, "vmst-media") {
		t.Errorf("%q, %v", said, err)
	}

	x, err := c.index(ctx)
	want := index{
		Enabled: true, Status: "yellow", Nodes: 2, Heap: n(63), Disk: n(75), Found: 1,
		Docs: map[string]*int{"instances": n(2), "accounts": n(8), "tags": n(2), "public_statuses": n(1), "statuses": n(3)},
		Due:  map[string]*int{"instances": n(2), "accounts": n(8), "tags": n(2), "public_statuses": n(2), "statuses": n(3)},
		Rows: map[string]int{"accounts": 9, "tags": 3, "statuses": 8, "instances": 4},
	}
	if diff := cmp.Diff(want, x); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if got := strings.Join(x.lacking(), " "); got != "public_statuses (1 of 2)" {
		t.Error(got)
	}
	search.Hold("accounts", 0) // and somebody holds a table
	held := make(chan struct{})
	holding, let := context.WithCancel(ctx)
	go func() {
		defer close(held)
		_, _ = db.Query(holding, "mastodon", "BEGIN; LOCK TABLE statuses; SELECT pg_sleep(60)") // it is cut off
	}()
	t.Cleanup(func() { let(); <-held })
	for {
		n, err := db.Query(t.Context(), "mastodon", "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted")
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(n) != "0" {
			break
		}
	}
	began := time.Now()
	x, err = c.index(ctx)
	if took := time.Since(began); err != nil || x.Due["statuses"] != nil || x.Due["public_statuses"] != nil || x.Due["accounts"] == nil || took > 30*time.Second {
		t.Errorf("%+v, %v, after %s", x, err, took)
	}
	if got := strings.Join(x.lacking(), " "); got != "accounts" || !strings.Contains(x.words(), "; statuses 3 (not counted; its table has about 8 rows)") {
		t.Errorf("%s; %s", got, x.words())
	}
}
