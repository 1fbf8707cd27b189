package config

import (
	"os"
	"reflect"
	"regexp"
	"testing"
)

// An error sends whoever wrote a key that is none to the guide, which therefore tells of each that there is.
func TestTheGuideKnowsEveryKey(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	keys := fields(reflect.TypeFor[Config](), map[reflect.Type]bool{})
	if len(keys) < 50 {
		t.Fatalf("only %v were found", keys)
	}
	for _, key := range keys {
		if !regexp.MustCompile(`\b` + key + `:|\b` + "`(\\w+\\.)?" + key + "`").Match(guide) {
			t.Errorf("docs/guide.md does not tell of %s", key)
		}
	}
}
