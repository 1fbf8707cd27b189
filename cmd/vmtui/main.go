// Command vmtui is the operations console of a Mastodon instance. This package is the front door: flags, subcommands, wiring; no logic.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the release build.
var version = "dev"

func main() {
	os.Exit(Main(os.Args[1:], streams{os.Stdin, os.Stdout, aloud()}))
}

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// Main runs one command and gives its exit code.
func Main(args []string, s streams) int {
	// SIGHUP is the operator's own connection going away: it stops a run at a step boundary as Ctrl-C does.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// Whoever reads our output may stop reading (`| head`): that must not end a run at some point in the middle of a step.
	signal.Ignore(syscall.SIGPIPE)
	// The second Ctrl-C is the operating system's again.
	context.AfterFunc(ctx, stop)
	f := newFlags(s)
	f.watched = newMonitored(s, f.secrets)
	root := newRoot(f)
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(f.out)
	root.SetErr(f.err)
	code := f.exit(ctx, root.ExecuteContext(ctx))
	f.watched.wellDone() // not deferred: a panic is not well done
	return code
}
