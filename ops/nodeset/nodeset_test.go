package nodeset_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/nodeset"
)

var fleet = nodeset.Fleet{
	Names:  []string{"exec", "worker-1", "worker-2", "worker-3", "worker-10", "db01", "db02", "db10", "eu1-web1", "eu1-web2", "eu2-web1", "eu2-web2"},
	Groups: map[string][]string{"worker": {"worker-1", "worker-2", "worker-3", "worker-10"}},
}

func TestParse(t *testing.T) {
	for set, want := range map[string]string{
		"exec":                         "exec",
		"worker-[1-3],exec":            "exec worker-1 worker-2 worker-3",
		"worker-[3,1-2]":               "worker-1 worker-2 worker-3",
		"worker-[1-3]!worker-2":        "worker-1 worker-3",
		"worker-[1-3]!worker-2,exec":   "exec worker-1 worker-3",
		"@worker!worker-[2-3]":         "worker-1 worker-10",
		"@all&db*":                     "db01 db02 db10",
		"db[01-02,10]":                 "db01 db02 db10",
		"worker-[1-3/2]":               "worker-1 worker-3",
		"worker-?":                     "worker-1 worker-2 worker-3",
		"eu[1-2]-web[1-2]!eu1-web2":    "eu1-web1 eu2-web1 eu2-web2",
		" worker-1 , exec ":            "exec worker-1",
		"worker-1,worker-1,worker-[1]": "worker-1",
	} {
		got, err := nodeset.Parse(set, fleet)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %q, %v; want %q", set, got, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for set, why := range map[string]string{
		"":                       "a name is missing",
		"worker-1,":              "a name is missing",
		"worker-[1-4]":           `no node "worker-4"`,
		"wroker-1":               "worker-1",
		"db[1-2]":                `no node "db1"`,
		"worker-[1-":             "not closed",
		"worker-1]":              "not open",
		"worker-[3-1]":           "no range",
		"worker-[a-b]":           "no number",
		"worker-[1-3/0]":         "no range",
		"worker-[1-2000000000]":  "no range",
		"a[1-9999]b[1-9999]":     "more than",
		"worker-1!worker-1":      "no node is left",
		"web-*":                  "no node fits",
		"@workers":               "@worker",
		"worker-[99999999999]":   "no number",
		"worker-[-1]":            "no number",
		"exec & worker-1":        "no node is left",
		"worker-[1-3]!worker-30": `no node "worker-30"`,
	} {
		got, err := nodeset.Parse(set, fleet)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Usage || f.Next == "" || !strings.Contains(f.Error(), why) {
			t.Errorf("%q: %q, %v; want %q", set, got, err, why)
		}
	}
}

func TestFold(t *testing.T) {
	for want, names := range map[string]string{
		"":                       "",
		"exec":                   "exec",
		"worker-[1-3],exec":      "worker-1 worker-2 worker-3 exec",
		"worker-[1,3]":           "worker-3 worker-1",
		"db[08-11]":              "db08 db09 db10 db11",
		"db[9-10]":               "db9 db10",
		"db[1,01-02]":            "db1 db01 db02",
		"db[099-100]":            "db099 db100",
		"eu[1-2]-web[1-2]":       "eu1-web1 eu1-web2 eu2-web1 eu2-web2",
		"eu1-web[1-2],eu2-web1":  "eu1-web1 eu1-web2 eu2-web1",
		"w[1-2].s3":              "w1.s3 w2.s3",
		"10.0.0.[1-3]":           "10.0.0.1 10.0.0.2 10.0.0.3",
		"a99999999999999999999":  "a99999999999999999999",
		"worker-[0-1]":           "worker-0 worker-1",
		"worker-1":               "worker-1 worker-1",
		"n[1-2,00-01,0000-0001]": "n1 n2 n00 n01 n0000 n0001",
	} {
		got := nodeset.Fold(strings.Fields(names))
		if got != want {
			t.Errorf("%s: %q, want %q", names, got, want)
		}
	}
}

// TestFoldedIsTheSameSet folds sets of names of every kind and reads them again.
func TestFoldedIsTheSameSet(t *testing.T) {
	name := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("%s%0*d%s%s", rapid.SampledFrom([]string{"w", "db-", "eu1-"}).Draw(t, "stem"), rapid.IntRange(1, 3).Draw(t, "digits"), rapid.IntRange(0, 120).Draw(t, "number"),
			rapid.SampledFrom([]string{"", ".x", "-0"}).Draw(t, "tail"), rapid.SampledFrom([]string{"", "7", "8"}).Draw(t, "last"))
	})
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(name, 1, 40, rapid.ID[string]).Draw(t, "names")
		folded := nodeset.Fold(names)
		got, err := nodeset.Parse(folded, nodeset.Fleet{Names: names})
		if err != nil || !slices.Equal(got, names) {
			t.Fatalf("%q: %q, %v; want %q", folded, got, err, names)
		}
	})
}
