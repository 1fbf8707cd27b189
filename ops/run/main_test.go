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
	goleak.VerifyTestMain(m)
}
