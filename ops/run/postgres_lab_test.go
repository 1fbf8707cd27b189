//go:build lab

package run

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	lab "github.com/vmtui/vmtui/fixtures/lab/postgres"
	"github.com/vmtui/vmtui/remote/postgres"
)

// server is the one PostgreSQL of this package's tests, started by the first that needs it.
var server = sync.OnceValues(func() (*lab.Server, error) {
	dir, err := os.MkdirTemp("", "vmtui-run-")
	if err != nil {
		return nil, err
	}
	s, err := lab.New(context.Background(), dir)
	atEnd = append(atEnd, func() {
		if s != nil {
			_ = s.Stop()
		}
		_ = os.RemoveAll(dir)
	})
	return s, err
})

var databases atomic.Int32

// database makes a new one on the shared server, and gives its name.
func database(t *testing.T) (*lab.Server, string) {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("runs_%d", databases.Add(1))
	if err := s.Create(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	return s, name
}

// shared opens a store at a URL, as a machine whose state directory is dir.
func shared(t *testing.T, url, dir string, redact func(string) string) *Postgres {
	t.Helper()
	c := postgres.New(postgres.Config{URL: func(context.Context) (string, error) { return url, nil }})
	s := NewPostgres(c, dir, redact)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPostgresKeepsTheContract(t *testing.T) {
	for name, part := range contract {
		for _, machines := range []string{"one machine", "two machines"} {
			t.Run(name+" on "+machines, func(t *testing.T) {
				s, db := database(t)
				one := t.TempDir()
				part(t, func(t *testing.T, redact func(string) string) kept {
					dir := one
					if machines != "one machine" {
						dir = t.TempDir()
					}
					return shared(t, s.URL(s.Addr(), db), dir, redact)
				})
			})
		}
	}
}
