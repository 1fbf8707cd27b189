package webhook_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// permit is a right that holds, unless it is an error.
type permit struct{ err error }

func (p permit) Check(context.Context) error { return p.err }

const secret = "/hooks/T0/B0/xyzzy"

func TestPost(t *testing.T) {
	lost := errors.New("the lease was lost")
	for name, x := range map[string]struct {
		permit remote.Permit
		end    func(http.ResponseWriter)
		posts  int
		right  func(error) bool
	}{
		"taken":     {permit{}, func(w http.ResponseWriter) { w.WriteHeader(204) }, 1, func(err error) bool { return err == nil }},
		"refused":   {permit{}, func(w http.ResponseWriter) { w.WriteHeader(404) }, 1, func(err error) bool { return fault.CodeOf(err) == fault.Failed }},
		"unknown":   {permit{}, func(w http.ResponseWriter) { w.WriteHeader(502) }, 1, func(err error) bool { return errors.Is(err, remote.ErrUnknown) }},
		"dropped":   {permit{}, func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, 1, func(err error) bool { return errors.Is(err, remote.ErrUnknown) }},
		"redirect":  {permit{}, func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(307) }, 1, func(err error) bool { return fault.CodeOf(err) == fault.Failed }},
		"no right":  {permit{lost}, func(http.ResponseWriter) {}, 0, func(err error) bool { return errors.Is(err, lost) }},
		"no permit": {nil, func(http.ResponseWriter) {}, 0, func(err error) bool { return fault.CodeOf(err) == fault.Refused }},
	} {
		t.Run(name, func(t *testing.T) {
			var bodies, calls []string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				bodies = append(bodies, r.URL.Path+" "+string(b))
				x.end(w)
			}))
			c := webhook.New(func(call remote.Call) func(remote.Ending) {
				calls = append(calls, call.What, call.Sent)
				return func(e remote.Ending) { calls = append(calls, e.Says) }
			})
			err := c.Post(t.Context(), x.permit, srv.URL+secret, "file:hook", []byte(`{"text":"done"}`))
			srv.Close()
			if !x.right(err) || len(bodies) != x.posts {
				t.Errorf("%v; %q", err, bodies)
			}
			if x.posts > 0 && bodies[0] != secret+` {"text":"done"}` {
				t.Errorf("%q", bodies)
			}
			if err != nil && strings.Contains(err.Error(), "xyzzy") || strings.Contains(strings.Join(calls, "\n"), "xyzzy") {
				t.Errorf("the address is shown: %v %q", err, calls)
			}
		})
	}
}

func TestNobodyThereIsAPlainFailure(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	address := srv.URL + secret
	srv.Close()
	err := webhook.New(nil).Post(t.Context(), permit{}, address, "file:hook", []byte(`{}`))
	if err == nil || errors.Is(err, remote.ErrUnknown) || strings.Contains(err.Error(), "xyzzy") {
		t.Errorf("%v", err)
	}
	if err := webhook.New(nil).Post(t.Context(), permit{}, "xyzzy", "file:hook", nil); fault.CodeOf(err) != fault.Usage || strings.Contains(err.Error(), "xyzzy") {
		t.Errorf("%v", err)
	}
}
