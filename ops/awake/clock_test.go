package awake

import (
	"testing"
	"time"
)

func TestNoClockMakesAMomentYounger(t *testing.T) {
	then := Instant{Boot: 10 * time.Second, Wall: time.Unix(1000, 0)}
	slept := Instant{Boot: 100 * time.Second, Wall: time.Unix(1001, 0)}
	if got := then.Until(slept); got != 90*time.Second {
		t.Fatal("suspend was not counted:", got)
	}
	stepped := Instant{Boot: 11 * time.Second, Wall: time.Unix(900, 0)}
	if got := then.Until(stepped); got != time.Second {
		t.Fatal("a clock set back made it younger:", got)
	}
}
