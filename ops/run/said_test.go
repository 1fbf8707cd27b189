package run

import (
	"maps"
	"strings"
	"testing"
)

var support = Book{ID: "account-support", Inputs: []Input{{Name: "username", Type: "string", Needed: true}, {Name: "approve", Type: "bool"}, {Name: "disable_2fa", Type: "bool"}}}

// What is said behind a runbook's name is its target and its inputs, in any order, with --set or without.
func TestWhatIsSaidBehindARunbooksName(t *testing.T) {
	for said, want := range map[string]struct {
		target string
		given  map[string]string
	}{
		"":                                {"", map[string]string{}},
		"worker-2":                        {"worker-2", map[string]string{}},
		"username=wesley approve=true":    {"", map[string]string{"username": "wesley", "approve": "true"}},
		"--set username=wesley worker-2":  {"worker-2", map[string]string{"username": "wesley"}},
		"--set=username=a=b username=a=b": {"", map[string]string{"username": "a=b"}},
		"username=":                       {"", map[string]string{"username": ""}},
		"/about?page=2":                   {"/about?page=2", map[string]string{}},
	} {
		target, given, err := support.Said(strings.Fields(said))
		if err != nil || target != want.target || !maps.Equal(given, want.given) {
			t.Errorf("%q: %q, %v, %v", said, target, given, err)
		}
	}
	for said, want := range map[string]string{
		"usrname=wesley":        "the nearest is username",
		"--set disable-2fa=yes": "the nearest is disable_2fa",
		"--set approve":         "that input has no value",
		"--set":                 "does not belong here",
		"approve=a approve=b":   `once it is "a" and once "b"`,
		"worker-1 worker-2":     "done to worker-1 already",
		"worker-1 --yes":        "--yes",
		"weather=fine":          "use username=STRING or approve=BOOL",
	} {
		if _, _, err := support.Said(strings.Fields(said)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", said, err, want)
		}
	}
	roll := Book{ID: "workers-roll", Passes: true}
	if target, given, err := roll.Said([]string{"worker-reimage", "image=debian-12"}); err != nil || target != "worker-reimage" || given["image"] != "debian-12" {
		t.Errorf("what a roll passes on: %q, %v, %v", target, given, err)
	}
}

func TestWhatIsMissingBeforeThereCanBeAPlan(t *testing.T) {
	onWorker := support
	onWorker.Targets = "worker"
	for _, x := range []struct {
		book    Book
		target  string
		given   map[string]string
		missing string
	}{
		{support, "", nil, "username"},
		{support, "", map[string]string{"approve": "true"}, "username"},
		{support, "", map[string]string{"username": "wesley"}, ""},
		{support, "v4.6.6", nil, ""},
		{onWorker, "worker-2", nil, "username"},
	} {
		if got := x.book.Missing(x.target, x.given); got != x.missing {
			t.Errorf("%s %q %v: %q, want %q", x.book.ID, x.target, x.given, got, x.missing)
		}
	}
}
