package main

import (
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// The runtime writes a crash on the standard error output, with all that a panic's message holds, secrets too. So what people shall read has another
// descriptor from the start, and the runtime's own is shut as soon as a monitor hears the same report.
const stderr = 2

// aloud is the standard error output by another descriptor. A process that crashes is aborted, as a signal does: Go's own status for it is 2, which is
// the one for a command line or config that is wrong, where nothing was done. It leaves no core, in which every secret would be.
func aloud() *os.File {
	coreless()
	debug.SetTraceback("crash")
	fd, err := unix.FcntlInt(stderr, unix.F_DUPFD_CLOEXEC, stderr+1)
	if err != nil {
		return os.Stderr
	}
	return os.NewFile(uintptr(fd), os.Stderr.Name())
}

// mute shuts what the runtime writes to. Where that cannot be done a crash is seen twice.
func mute(errs *os.File) {
	if errs == os.Stderr {
		return
	}
	if none, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		_ = dup(int(none.Fd()), stderr)
		_ = none.Close()
	}
}

// speak undoes mute.
func speak(errs *os.File) {
	if errs != os.Stderr {
		_ = dup(int(errs.Fd()), stderr)
	}
}
