package desk

import (
	"slices"
	"testing"
)

// What is said of every worker of a roll in the same words stands in its plan once.
func TestAWarningIsSaidOnce(t *testing.T) {
	var p Plan
	for _, detail := range []string{"grace: warning: no stop_grace_period", "warning: volumes stay", "grace: warning: no stop_grace_period", "well on worker-1", "warning, running on this host: cron"} {
		p.warn(detail)
	}
	if want := []string{"grace: no stop_grace_period", "volumes stay", "running on this host: cron"}; !slices.Equal(p.Warnings, want) {
		t.Errorf("%q", p.Warnings)
	}
}
