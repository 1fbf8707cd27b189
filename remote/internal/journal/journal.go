// Package journal is a witness for the wires' tests: it writes down what it hears.
package journal

import (
	"strings"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/remote"
)

// Journal is safe for concurrent use.
type Journal struct {
	mu    sync.Mutex
	calls []remote.Call
	ends  map[int]remote.Ending
}

// Hear is a remote.Witness.
func (j *Journal) Hear(c remote.Call) func(remote.Ending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := len(j.calls)
	j.calls = append(j.calls, c)
	return func(e remote.Ending) {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.ends == nil {
			j.ends = map[int]remote.Ending{}
		}
		j.ends[n] = e
	}
}

// Last finds the last call whose text begins so, and its ending; it fails the test when there is none.
func (j *Journal) Last(t *testing.T, what string) (remote.Call, remote.Ending) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.calls) - 1; i >= 0; i-- {
		if strings.HasPrefix(j.calls[i].What, what) {
			return j.calls[i], j.ends[i]
		}
	}
	t.Fatalf("nobody told the witness of %q: %+v", what, j.calls)
	return remote.Call{}, remote.Ending{}
}
