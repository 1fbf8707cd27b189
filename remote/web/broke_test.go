package web

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"testing"
)

// Who was asked and why there is no answer stays; the method and the address, which are said beside it, go.
func TestARequestWithoutAnAnswerSaysWhyInFewWords(t *testing.T) {
	get := func(address string, err error) error { return &url.Error{Op: "Get", URL: address, Err: err} }
	for want, err := range map[string]error{
		"api.digitalocean.com closed the connection and gave no answer": fmt.Errorf("look: %w", get("https://api.digitalocean.com/v2/load_balancers/4de7", io.EOF)),
		"127.0.0.1:1: connection refused":                               get("http://127.0.0.1:1/v2", errors.New("connection refused")),
		"it: no such protocol":                                          get("::", errors.New("no such protocol")),
		"something else":                                                errors.New("something else"),
	} {
		if got := Broke(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
