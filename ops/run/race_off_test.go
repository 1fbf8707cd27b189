//go:build !race

package run

// raceEnabled tells tests that measure CPU not to judge the race detector's.
func raceEnabled() bool { return false }
