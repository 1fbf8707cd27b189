package web

import (
	"errors"
	"io"
	"net/url"
)

// Broke says why a request got no answer: who was asked, and what became of it. The address is left out that net/http puts before it; what was asked for
// is said beside this.
func Broke(err error) string {
	var about *url.Error
	if !errors.As(err, &about) {
		return err.Error()
	}
	whom := "it"
	if u, bad := url.Parse(about.URL); bad == nil && u.Host != "" {
		whom = u.Host
	}
	if errors.Is(about.Err, io.EOF) || errors.Is(about.Err, io.ErrUnexpectedEOF) {
		return whom + " closed the connection and gave no answer"
	}
	return whom + ": " + about.Err.Error()
}
