package upkeep

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// nowhere is a node that cannot be reached: what is built needs none.
type nowhere struct{}

func (nowhere) Look(context.Context, ssh.Command) ssh.Result {
	return ssh.Result{Outcome: ssh.Unreachable}
}
func (nowhere) Do(context.Context, remote.Permit, ssh.Command) ssh.Result {
	return ssh.Result{Outcome: ssh.Unreachable}
}
func (nowhere) Stream(context.Context, ssh.Command, func(string)) ssh.Result {
	return ssh.Result{Outcome: ssh.Unreachable}
}
func (nowhere) User() string { return "root" }

func deps() Deps {
	exec := config.Node{Name: "exec", Role: config.RoleExec, Mastodon: config.Mastodon{Kind: config.KindNative, User: "mastodon", Dir: "/home/mastodon/live"}}
	return Deps{Config: &config.Config{Instance: "vmst.example", Nodes: []config.Node{exec}}, Jobs: &job.Room{Host: nowhere{}, Node: exec, Instance: "vmst.example"}}
}

// needed is the least that each book has to be told.
var needed = map[string]map[string]string{
	"account-support": {"username": "picard", "approve": "true", "disable_2fa": "true", "reset_password": "true"}, "domain-purge": {"domain": "spam.example"},
}

// Each book can be built, says its dangers, shows its dry run first where tootctl has one, and wants the name before something is lost.
func TestEveryBook(t *testing.T) {
	books := Books(deps())
	if len(books) != 9 {
		t.Errorf("%d books", len(books))
	}
	for _, b := range books {
		rb, err := b.Build(t.Context(), "", needed[b.ID])
		if err != nil || len(b.Dangers) == 0 || b.Summary == "" {
			t.Errorf("%s: %v", b.ID, err)
			continue
		}
		if again, err := b.Build(t.Context(), "", rb.Inputs); err != nil || again.Hash() != rb.Hash() {
			t.Errorf("%s: it is another one when it is resumed: %v", b.ID, err)
		}
		asks, loses, rehearsed := false, false, -1
		for i, s := range rb.Steps {
			lines, err := s.Plan(t.Context())
			if err != nil {
				t.Errorf("%s: %s: %v", b.ID, s.ID, err)
			}
			text := strings.Join(lines, "\n")
			asks = asks || strings.Contains(text, "the name vmst.example is to be typed")
			loses = loses || s.Kind == run.Once && s.NoUndo == ""
			if s.ID == rehearsal {
				rehearsed = i
				if !strings.Contains(text, "--dry-run") {
					t.Errorf("%s: its rehearsal is none: %s", b.ID, text)
				}
			}
			if s.Kind != run.Read && s.ID != rehearsal && rehearsed < 0 && strings.Contains(text, " remove ") && b.ID != "old-statuses" {
				t.Errorf("%s: %s comes before a rehearsal", b.ID, s.ID)
			}
		}
		if asks != (b.Danger == act.Destroys) || loses {
			t.Errorf("%s: danger %s, asks %v, a step without a word on its way back %v", b.ID, b.Danger, asks, loses)
		}
		if last := rb.Steps[len(rb.Steps)-1]; last.Verify == nil {
			t.Errorf("%s: nothing is looked at in the end", b.ID)
		}
	}
}

// What is said is held against what can be: nothing of it gets further.
func TestInputsAreHeldAgainstTheBook(t *testing.T) {
	for _, x := range []struct{ book, name, value string }{
		{"domain-purge", "domain", ""}, {"domain-purge", "domain", "; rm -rf /"}, {"domain-purge", "domain", "--by-uri"}, {"domain-purge", "domain", "a b.example"}, {"domain-purge", "domain", "spam.example\n"},
		{"domain-purge", "domain", "example"}, {"domain-purge", "domain", "$(id).example"}, {"account-support", "username", "picard@vmst.example"}, {"account-support", "username", "-x"},
		{"media-orphans", "prefix", "--dry-run"}, {"media-orphans", "prefix", "a b"}, {"media-cleanup", "days", "0"}, {"media-cleanup", "days", "-1"}, {"media-cleanup", "days", "1e3"}, {"preview-cards", "days", "13"},
		{"search-reindex", "clean", "yes"}, {"search-reindex", "concurrency", "26"},
	} {
		for _, b := range Books(deps()) {
			if b.ID != x.book {
				continue
			}
			if _, err := b.Build(t.Context(), "", map[string]string{x.name: x.value}); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), x.name) {
				t.Errorf("%s: %s=%q: %v", x.book, x.name, x.value, err)
			}
		}
	}
}

// An index counts as empty only while the database has what belongs into it.
func TestWhatAnIndexLacks(t *testing.T) {
	n := func(i int) *int { return &i }
	full := map[string]*int{"instances": n(1), "accounts": n(2), "tags": n(3), "public_statuses": n(0), "statuses": n(5)}
	rows := map[string]int{"instances": 1, "accounts": 2, "tags": 3, "statuses": 5}
	for want, x := range map[string]index{
		"":                      {Docs: full, Rows: rows, Found: 1},
		"a search for accounts": {Docs: full, Rows: rows},
		"tags (94 of 100)":      {Docs: map[string]*int{"instances": n(95), "accounts": n(1), "tags": n(94), "public_statuses": n(0), "statuses": n(1)}, Due: map[string]*int{"instances": n(100), "accounts": nil, "tags": n(100)}, Rows: rows, Found: 1},
		"public_statuses (0 of 7) statuses (90 of 100)": {Docs: map[string]*int{"instances": n(1), "accounts": n(1), "tags": n(1), "public_statuses": n(0), "statuses": n(90)}, Due: map[string]*int{"public_statuses": n(7), "statuses": n(100)}, Rows: rows, Found: 1},
		"tags":     {Docs: map[string]*int{"instances": n(1), "accounts": n(0), "tags": nil, "public_statuses": n(0), "statuses": n(1)}, Rows: map[string]int{"tags": 1}},
		"accounts": {Docs: map[string]*int{"instances": n(1), "accounts": n(0), "tags": n(1), "public_statuses": n(0), "statuses": n(1)}, Rows: rows},
	} {
		if got := strings.Join(x.lacking(), " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWords(t *testing.T) {
	if got := []string{size(0), size(1536), size(912 << 20), size(3 << 40)}; !slices.Equal(got, []string{"0 bytes", "1.5 KB", "912 MB", "3 TB"}) {
		t.Error(got)
	}
	if got := used([]string{"Object  Total  Local", "Attachments    211 GB   9.42 GB", "Preview Cards  14.2 GB  "}); got != "attachments 211 GB (9.42 GB of people here), preview cards 14.2 GB" {
		t.Error(got)
	}
	if got := used([]string{"nothing of the kind"}); got != "not known" {
		t.Error(got)
	}
	if got := since("1 row", "1 row"); !strings.Contains(got, "no difference") || since("2 rows", "1 row") != "before: 2 rows; now: 1 row" {
		t.Error(got)
	}
	if n, known := orphansIn("success: Removed 12345 orphans (approx. 3 GB) (DRY RUN)"); n != 12345 || !known {
		t.Error(n, known)
	}
	if _, known := orphansIn("success: OK"); known {
		t.Error("a number out of nothing")
	}
}

// Of a job that prints a line for each file its first lines are told, and its last ones are kept: what counts stands in them.
func TestALongJobKeepsItsEnd(t *testing.T) {
	o := outcome{result: tootctl.Success, why: "Removed 1000 orphans"}
	for i := range 1000 {
		o.add(fmt.Sprint("file ", i))
	}
	kept := o.kept()
	if len(o.lines) != linesMost || o.more != 1000-linesMost || !strings.HasPrefix(kept, "(988 lines before)\nfile 988\n") || !strings.Contains(kept, "file 999\n= ") || !strings.HasSuffix(ending(kept), "Removed 1000 orphans") {
		t.Errorf("%d lines, %d more, kept:\n%s", len(o.lines), o.more, kept)
	}
}

// A walk through the storage that broke off is no walk, though tootctl ends well; what the world does not show is wrong, however well tootctl ended.
func TestWhatEndedWellMayBeWrong(t *testing.T) {
	c := on("", map[string]string{})
	ok := outcome{job: job.Job{Result: tootctl.Success}, result: tootctl.Success, why: "Removed 1 orphans (approx. 1 KB)"}
	cut := ok
	cut.add("Error fetching list of files: 503")
	cut.add("If you want to continue from this point, add --start-after=cache/a/1.png to your command")
	call := c.call("media", "remove-orphans")
	for want, x := range map[string]struct {
		e errand
		o outcome
	}{
		"start_after=cache/a/1.png": {errand{call: call, says: c.whole}, cut},
		"and 3 are left":            {errand{call: call, proof: func(context.Context) (bool, string, error) { return false, "3 are left", nil }}, ok},
	} {
		said, wrong, err := c.judge(t.Context(), &run.Walk{}, x.e, x.o)
		if text := fmt.Sprint(wrong); said != "" || err != nil || !strings.Contains(text+fault.Of(wrong).Next, want) {
			t.Errorf("%q: %q, %v, %v", want, said, wrong, err)
		}
	}
	secret := errand{call: c.call("accounts", "modify", "troi", "--reset-password")}
	if _, wrong, _ := c.judge(t.Context(), &run.Walk{}, secret, outcome{job: job.Job{Record: job.Record{ID: "7"}, Result: tootctl.Success}, result: tootctl.Success}); wrong == nil || !strings.Contains(wrong.Error(), "a new password that nobody has") {
		t.Error(wrong)
	}
	said, wrong, err := c.judge(t.Context(), &run.Walk{}, errand{call: call, says: c.whole}, ok)
	if wrong != nil || err != nil || !strings.Contains(said, "Removed 1 orphans") {
		t.Error(said, wrong, err)
	}
}

// What is left after a removal is held against what was removed: as much as before is a failure.
func TestWhatIsLeftOfOrphans(t *testing.T) {
	c := on("", nil)
	for said, want := range map[string]string{"Removed 0 orphans (approx. 0 Bytes) (DRY RUN)": "nothing orphaned is left", "Removed 4 orphans (approx. 1 KB) (DRY RUN)": "as much is orphaned as before", "": "success"} {
		got, err := c.fewer(&run.Walk{}, outcome{job: job.Job{Result: tootctl.Success}, why: said})
		if text := got + fmt.Sprint(err); !strings.Contains(text, want) {
			t.Errorf("%q: %s", said, text)
		}
	}
}
