package run

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the program that the crash tests run and kill.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_TEST_CHILD") != "" {
		os.Exit(child())
	}
	if spec := os.Getenv("RUN_TEST_FAMILY"); spec != "" {
		os.Exit(familyChild(spec))
	}
	goleak.VerifyTestMain(tests{m})
}

// tests are all tests and what is done when they have run.
type tests struct{ *testing.M }

// Run implements goleak.TestingM.
func (t tests) Run() int {
	code := t.M.Run()
	for _, end := range atEnd {
		end()
	}
	return code
}

var atEnd []func()
