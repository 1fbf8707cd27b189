package digitalocean

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/fixtures/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "dop_v1_verysecret"

func judgeOf(t *testing.T) *contract.Judge {
	t.Helper()
	judge, err := contract.NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// agreed asserts that what was asked, and what the box's provider answered, is as the provider's published description has it.
func agreed(t *testing.T, judge *contract.Judge) {
	t.Helper()
	for _, wrong := range judge.Wrong() {
		t.Errorf("against the provider's description: %s", wrong)
	}
}

// asked is one request as the server saw it.
type asked struct{ Line, Body, Auth string }

// api is a server that remembers what it was asked.
type apiServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
	waits []Wait
}

func serve(t *testing.T, h http.HandlerFunc) (*Client, *apiServer) {
	t.Helper()
	s, judge := &apiServer{}, judgeOf(t)
	s.Server = httptest.NewServer(judge.Requests(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.asked = append(s.asked, asked{r.Method + " " + r.URL.RequestURI(), string(body), r.Header.Get("Authorization")})
		s.mu.Unlock()
		h(w, r)
	})))
	t.Cleanup(func() {
		s.Close()
		agreed(t, judge)
	})
	c, err := New(Config{
		Token: func(context.Context) (string, error) { return secret, nil }, URL: s.URL, Poll: time.Millisecond,
		Waiting: func(_ context.Context, w Wait) { s.mu.Lock(); s.waits = append(s.waits, w); s.mu.Unlock() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, s
}

func (s *apiServer) requests() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]asked(nil), s.asked...)
}

func (s *apiServer) waited() []Wait {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Wait(nil), s.waits...)
}

func (s *apiServer) count() int { return len(s.requests()) }

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, code int, text string) {
	answer(w, code, map[string]string{"id": "x", "message": text, "request_id": "r-1"})
}

// drop ends the connection without an answer.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// allow is a permit that counts how often it was asked, and says what it is told to.
type allow struct {
	mu    sync.Mutex
	times int
	err   error
}

func (a *allow) Check(context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times++
	return a.err
}

func (a *allow) checks() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.times
}
