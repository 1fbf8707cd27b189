package run

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/remote/postgres"
)

// Who asks the team's store while it is closed begins nothing that nobody waits for.
func TestTheTeamsStoreIsAskedWhileItIsClosed(t *testing.T) {
	for range 50 {
		s := NewPostgres(postgres.New(postgres.Config{
			URL:  func(context.Context) (string, error) { return "postgres://majel@db.invalid/runs", nil },
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no way") },
		}), t.TempDir(), nil)
		var asking sync.WaitGroup
		for range 4 {
			asking.Go(func() {
				if _, err := s.Has(t.Context(), "r1"); err == nil {
					t.Error("a store that nobody reaches has a run")
				}
			})
		}
		asking.Go(func() {
			for _, err := range s.Tail(t.Context(), "r1", 0) {
				if err == nil {
					t.Error("a store that nobody reaches has a log")
				}
			}
		})
		_ = s.Close()
		asking.Wait()
	}
}
