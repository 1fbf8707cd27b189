package fleet

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/remote/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sample(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// output is what a look prints; replacements change parts of it.
func output(t testing.TB, replace ...string) string {
	t.Helper()
	text := `@@vmtui boot
7d41c0a9-be12-4c0a-9be1-27d41c0a9be1
@@vmtui cpu
cpu  1000 0 1000 8000 0 0 0 0 0 0
@@vmtui mem
MemTotal:        4000000 kB
MemFree:          100000 kB
MemAvailable:    1600000 kB
@@vmtui load
0.52 0.58 0.59 1/500 12345
@@vmtui disk
Filesystem     1024-blocks    Used Available Capacity Mounted on
/dev/vda1         81106868 17843510  63246974      22% /
@@vmtui web
12
@@vmtui streaming
7
@@vmtui nginx
yes
@@vmtui duck
no
@@vmtui docker
` + sample(t, "docker_ps.ndjson") + `
@@vmtui listed
@@vmtui unit
@@vmtui stats
` + sample(t, "docker_stats.ndjson") + `
@@vmtui again
cpu  1050 0 1000 8050 0 0 0 0 0 0
@@vmtui log
203.0.113.7 - - [22/Nov/2026:12:04:29 +0000] "GET / HTTP/1.1" 200 12 "-" "x"
`
	return strings.NewReplacer(replace...).Replace(text)
}

// fakeHost answers as it is told.
type fakeHost struct {
	mu    sync.Mutex
	look  func(ctx context.Context, c ssh.Command) ssh.Result
	asked []ssh.Command
	link  ssh.Link
}

func (h *fakeHost) Look(ctx context.Context, c ssh.Command) ssh.Result {
	h.mu.Lock()
	h.asked = append(h.asked, c)
	look := h.look
	h.mu.Unlock()
	return look(ctx, c)
}

func (h *fakeHost) Link() ssh.Link {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.link
}

func (h *fakeHost) set(look func(context.Context, ssh.Command) ssh.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.look = look
}

func (h *fakeHost) times() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

func says(text string) func(context.Context, ssh.Command) ssh.Result {
	return func(context.Context, ssh.Command) ssh.Result {
		return ssh.Result{Outcome: ssh.Exited, Stdout: text, Took: 30 * time.Millisecond}
	}
}

// blackHole answers nothing until its time is up.
func blackHole(ctx context.Context, _ ssh.Command) ssh.Result {
	<-ctx.Done()
	return ssh.Result{Outcome: ssh.Unreachable, Cause: ctx.Err()}
}

// run starts a watch and ends it with the test.
func run(ctx context.Context, w *Watch) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	return func() { cancel(); <-done }
}
