// Package upkeep holds the runbooks of an instance's upkeep, which are built on tootctl: what is rehearsed stands beside what is done, each command is a
// job of ops/job that outlives whoever walks the run, and what it was for is looked at in the world afterwards.
package upkeep

import (
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
)

// Deps is everything that the runbooks act through.
type Deps struct {
	Config *config.Config
	Jobs   *job.Room
	// Hands take a password that a run was given. It is kept nowhere else; nil: nobody takes one.
	Hands job.Hands
}

// Books is the shelf of upkeep.
func Books(d Deps) []run.Book {
	var books []run.Book
	for _, s := range []sheet{
		mediaCleanup(), mediaOrphans(), previewCards(), searchReindex(), oldStatuses(), accountSupport(), registrationsClose(), registrationsOpen(), domainPurge(),
	} {
		books = append(books, s.book(d))
	}
	return books
}
