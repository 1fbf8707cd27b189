package web

import (
	"io"
	"net/http"

	"github.com/vmtui/vmtui/remote"
)

// bodyShown is how much of a request's body a witness is told.
const bodyShown = 2 << 10

// Witnessed tells a witness of each request. It stands above what adds the secret, so that it never sees one.
type Witnessed struct {
	Tell remote.Witness
	On   string // whom the requests are for: "digitalocean"
	Next http.RoundTripper

	Hide   func(string) string                     // takes a secret out of an error's text; nil when there is none
	Unsent func(error) bool                        // reports an error that came before anything could be sent; nil when none does
	Where  func(*http.Request) (what, sent string) // how a request is shown; its URL when nil
}

// RoundTrip implements http.RoundTripper.
func (w *Witnessed) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.Tell == nil {
		return w.Next.RoundTrip(req)
	}
	what, sent := req.Method+" "+req.URL.RequestURI(), req.Method+" "+req.URL.String()
	if w.Where != nil {
		what, sent = w.Where(req)
	}
	s := sendingOf(req.Context())
	ended := w.Tell(remote.Call{Wire: req.URL.Scheme, On: w.On, What: what, Sent: sent + body(req), Changes: s != nil})
	resp, err := w.Next.RoundTrip(req)
	switch {
	case err == nil && resp.StatusCode < http.StatusBadRequest:
		ended(remote.Ending{Verdict: remote.OK, Says: resp.Status})
	case err == nil:
		ended(remote.Ending{Verdict: verdictOf(resp.StatusCode, s != nil), Says: resp.Status})
	default:
		ended(remote.Ending{Verdict: w.verdict(err, s), Says: w.hide(err.Error())})
	}
	return resp, err
}

func (w *Witnessed) hide(text string) string {
	if w.Hide == nil {
		return text
	}
	return w.Hide(text)
}

// verdictOf an answer that refuses. A server that fails in the middle of a change does not say whether it was made.
func verdictOf(status int, changes bool) remote.Verdict {
	if changes && !Answered(status) {
		return remote.Unknown
	}
	return remote.Failed
}

// Answered reports that a status says what became of a change: a server that fails in the middle of one does not.
func Answered(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusRequestTimeout
}

// verdict of a request that was not answered.
func (w *Witnessed) verdict(err error, s *Sending) remote.Verdict {
	if s != nil {
		if left, _ := s.State(); left {
			return remote.Unknown
		}
		return remote.Unsent
	}
	if w.Unsent != nil && w.Unsent(err) {
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
