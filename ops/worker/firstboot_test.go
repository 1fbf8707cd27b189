package worker

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComplaintsOfFirstBootAreLegible(t *testing.T) {
	got := legible([]string{"no \x1b]52;c;YQ==\adisk"}, map[string][]string{"WARNING": {"a\nb"}, "ERROR": {"c"}})
	if diff := cmp.Diff([]string{"no disk", "ERROR: c", "WARNING: a b"}, got); diff != "" {
		t.Error(diff)
	}
}
