package digitalocean

import (
	"errors"
	"io"
	"net/http"

	"github.com/vmtui/vmtui/remote"
)

// bodyShown is how much of a request's body a witness is told.
const bodyShown = 2 << 10

// witnessed tells a witness of each request. It stands above the token, so that it never sees one.
type witnessed struct {
	tell  remote.Witness
	token *token
	next  http.RoundTripper
}

func (w *witnessed) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.tell == nil {
		return w.next.RoundTrip(req)
	}
	what := req.Method + " " + req.URL.RequestURI()
	s, changes := req.Context().Value(sendingKey{}).(*sending)
	ended := w.tell(remote.Call{Wire: req.URL.Scheme, On: "digitalocean", What: what, Sent: req.Method + " " + req.URL.String() + body(req), Changes: changes})
	resp, err := w.next.RoundTrip(req)
	switch {
	case err == nil && resp.StatusCode < http.StatusBadRequest:
		ended(remote.Ending{Verdict: remote.OK, Says: resp.Status})
	case err == nil:
		ended(remote.Ending{Verdict: verdictOf(resp.StatusCode, changes), Says: resp.Status})
	default:
		ended(remote.Ending{Verdict: verdict(err, s), Says: w.token.hide(err.Error())})
	}
	return resp, err
}

// verdictOf an answer that refuses. A server that fails in the middle of a change does not say whether it was made.
func verdictOf(status int, changes bool) remote.Verdict {
	if changes && (status >= http.StatusInternalServerError || status == http.StatusRequestTimeout) {
		return remote.Unknown
	}
	return remote.Failed
}

// verdict of a request that was not answered.
func verdict(err error, s *sending) remote.Verdict {
	var token *tokenError
	if s != nil {
		if left, _ := s.state(); left {
			return remote.Unknown
		}
		return remote.Unsent
	}
	if errors.As(err, &token) {
		return remote.Unsent
	}
	return remote.Failed
}

// body is what a request carries, on a line of its own.
func body(req *http.Request) string {
	if req.GetBody == nil {
		return ""
	}
	r, err := req.GetBody()
	if err != nil {
		return ""
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, bodyShown))
	if err != nil || len(text) == 0 {
		return ""
	}
	return "\n" + string(text)
}
