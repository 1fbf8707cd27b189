package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// call is one request to a site in another process.
type call struct {
	Verb          string // look, change, acquire, release
	On, Step, Key string
	Change        change
	PID           string
}

type reply struct {
	Value   int
	Refused string
}

// listen serves the site on a socket in dir, until the test ends.
func (s *site) listen(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "site")
	line, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(s.serve)} // #nosec G112 -- a test's
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(line) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return path
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	var c call
	if json.NewDecoder(r.Body).Decode(&c) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var out reply
	var err error
	switch c.Verb {
	case "look":
		out.Value, err = s.look(r.Context(), c.On, c.Step, c.Key)
	case "change":
		err = s.change(r.Context(), c.Change)
	case "acquire":
		err = s.acquire(r.Context(), c.PID)
	case "release":
		err = s.release(r.Context(), c.PID)
	}
	if errors.Is(err, errStruck) {
		panic(http.ErrAbortHandler) // whoever asked is dead
	}
	if err != nil {
		out.Refused = err.Error()
	}
	_ = json.NewEncoder(w).Encode(out)
}

// client is the wire to a site in another process.
type client struct{ http *http.Client }

func dialSite(path string) *client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	return &client{&http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

func (c *client) ask(ctx context.Context, q call) (reply, error) {
	var out reply
	body, err := json.Marshal(q)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://site/", bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return out, fmt.Errorf("%w: %w", remote.ErrUnknown, err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return out, err
	}
	if out.Refused != "" {
		return out, &fault.Error{What: out.Refused, Code: fault.Refused}
	}
	return out, nil
}

func (c *client) look(ctx context.Context, on, step, key string) (int, error) {
	r, err := c.ask(ctx, call{Verb: "look", On: on, Step: step, Key: key})
	return r.Value, err
}

func (c *client) change(ctx context.Context, ch change) error {
	_, err := c.ask(ctx, call{Verb: "change", Change: ch})
	return err
}

func (c *client) acquire(ctx context.Context, pid string) error {
	_, err := c.ask(ctx, call{Verb: "acquire", PID: pid})
	return err
}

func (c *client) release(ctx context.Context, pid string) error {
	_, err := c.ask(ctx, call{Verb: "release", PID: pid})
	return err
}
