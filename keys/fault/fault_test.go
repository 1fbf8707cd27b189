package fault

import (
	"errors"
	"fmt"
	"testing"
)

// What to do next is said once, at the end, however deep the fault is that knows it.
func TestTheNextStepIsSaidOnce(t *testing.T) {
	deep := &Error{What: "no SSH connection", On: "worker-2", Why: "refused", Next: "see whether it is up", Code: Unknown}
	for want, f := range map[string]*Error{
		"not sent: asking worker-2: no SSH connection on worker-2: refused (next: see whether it is up)":                  (&Error{What: "not sent"}).Because(fmt.Errorf("asking worker-2: %w", deep)),
		"refused: no SSH connection on worker-2: refused (next: see whether it is up)":                                    (&Error{What: "refused", Next: deep.Next}).Because(deep),
		"refused: no SSH connection on worker-2: refused (next: see whether it is up) (next: compare it with the config)": (&Error{What: "refused", Next: "compare it with the config"}).Because(deep),
		"refused: out of luck (next: wait)": (&Error{What: "refused", Next: "wait"}).Because(errors.New("out of luck")),
		"refused: known (next: wait)":       (&Error{What: "refused", Why: "known", Next: "wait"}).Because(deep),
	} {
		if f.Error() != want {
			t.Errorf("%q, want %q", f.Error(), want)
		}
	}
	if f := (&Error{What: "not sent"}).Because(deep); f.Code != Unknown || !errors.Is(f, deep) {
		t.Errorf("the cause is lost: %+v", f)
	}
}
