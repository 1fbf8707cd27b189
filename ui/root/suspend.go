package root

import (
	"os"
	"os/signal"
	"syscall"
)

// stopHere stops the whole foreground group, as the terminal's own ^Z would, and comes back when the shell continues it.
func stopHere() error {
	back := make(chan os.Signal, 1)
	signal.Notify(back, syscall.SIGCONT)
	defer signal.Stop(back)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	<-back
	return nil
}
