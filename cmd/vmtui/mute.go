package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// mute takes the standard error output away for as long as a screen is drawn on: the runtime writes a crash there with all that a panic's
// message holds, secrets too, while the monitor has the same report and keeps them out of it. The function that it returns gives it back.
func mute() (speak func(), err error) {
	const stderr = 2
	before, err := unix.Dup(stderr)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(before)
	none, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = none.Close() }()
	if err := dup(int(none.Fd()), stderr); err != nil {
		return nil, err
	}
	return func() {
		_ = dup(before, stderr)
		_ = unix.Close(before)
	}, nil
}
