package main

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/contract"
)

func judgeOf(t *testing.T) *contract.Judge {
	t.Helper()
	judge, err := contract.NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// agreed asserts that nothing was said to the provider, or by it, that its published description does not know. A whole balancer is never written
// back, although the description would let us.
func agreed(t *testing.T, judge *contract.Judge) {
	t.Helper()
	for _, wrong := range judge.Wrong() {
		t.Errorf("against the provider's description: %s", wrong)
	}
	for what := range judge.Passed() {
		if strings.HasPrefix(what, "PUT ") {
			t.Errorf("a whole thing was written back: %s", what)
		}
	}
}
