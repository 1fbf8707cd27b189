package lease

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/ops/fleet"
)

func TestRecordsAreReadTogether(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", nil)
	if r, err := k.Records(t.Context()); err != nil || !cmp.Equal(r, fleet.Records{}) {
		t.Fatalf("nothing is there: %+v, %v", r, err)
	}
	defer b.acquire(k, "run-1")()
	hold := fleet.Hold{Worker: "worker-2", By: "kirk", Why: "say \"@@vmtui holds\"", Since: time.Unix(100, 0).UTC(), Run: "run-1"}
	if err := k.SetHold(t.Context(), allow{}, hold); err != nil {
		t.Fatal(err)
	}
	r, err := k.Records(t.Context())
	if err != nil || r.LeaseErr != nil || r.HoldsErr != nil || r.Lease == nil || r.Lease.Run != "run-1" || !cmp.Equal(r.Holds, []fleet.Hold{hold}) {
		t.Errorf("%+v, %v", r, err)
	}
}

// One damaged record does not hide the other.
func TestADamagedLeaseLeavesTheHolds(t *testing.T) {
	b := newBench(t)
	k := b.console("kirk", nil)
	release := b.acquire(k, "run-1")
	if err := k.SetHold(t.Context(), allow{}, fleet.Hold{Worker: "worker-2", By: "kirk", Since: time.Unix(100, 0).UTC()}); err != nil {
		t.Fatal(err)
	}
	release()
	if err := os.WriteFile(filepath.Join(b.dir, "lease"), []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := k.Records(t.Context())
	if err != nil || !errors.Is(r.LeaseErr, ErrDamaged) || r.HoldsErr != nil || len(r.Holds) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}
