// Package page is the wire that visitors use: it asks for a page, of whoever it is told to ask (the edge, or the balancer behind it), and keeps what
// the answer says of itself. It changes nothing.
package page

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/web"
)

// bodyKept is how much of a page is kept: enough to see what it is.
const bodyKept = 8 << 10

// Ask is a question.
type Ask struct {
	Of     string // who is asked, for people: "the balancer"
	At     string // their scheme and address: https://203.0.113.4
	Host   string // the site that is asked for, in the Host header and in TLS
	Path   string // with its query
	Accept string
	// AnyCertificate takes whatever certificate is shown: what stands behind an edge often has one that only the edge trusts. Nothing secret is sent.
	AnyCertificate bool
}

// Answer is what came back.
type Answer struct {
	Status  int
	Header  func(name string) string // cleaned
	Body    string                   // its beginning, cleaned
	Took    time.Duration
	Expires time.Time // of the certificate that was shown; zero without TLS
	Issuer  string
}

// Get asks once, on a connection of its own. Redirects are answers.
func Get(ctx context.Context, witness remote.Witness, a Ask) (answer Answer, err error) {
	ended := witness.See(remote.Call{Wire: "https", On: a.Of, What: "GET " + a.Path, Sent: fmt.Sprintf("GET %s%s  Host: %s  Accept: %s", a.At, a.Path, a.Host, a.Accept)})
	defer func() { ended(remote.Done(fmt.Sprint(answer.Status), err)) }()
	u, err := url.Parse(a.At)
	if err != nil || u.Host == "" {
		return Answer{}, &fault.Error{What: "ask for " + a.Path, On: a.Of, Why: a.At + " is no address", Next: "correct it in the config", Code: fault.Usage}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Scheme+"://"+u.Host+a.Path, nil)
	if err != nil {
		return Answer{}, (&fault.Error{What: "ask for " + a.Path, On: a.Of, Next: "correct the URL", Code: fault.Usage}).Because(err)
	}
	req.Host = a.Host
	req.Header.Set("User-Agent", "vmtui")
	req.Header.Set("Accept", a.Accept)
	client := &http.Client{CheckRedirect: web.Stay, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, DisableCompression: true, // one look should come in by the front door each time
		TLSClientConfig: &tls.Config{ServerName: (&url.URL{Host: a.Host}).Hostname(), InsecureSkipVerify: a.AnyCertificate, MinVersion: tls.VersionTLS12}, // #nosec G402 -- see AnyCertificate
	}}
	began := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, (&fault.Error{What: "ask for " + a.Path, On: a.Of, Next: "look at " + a.Of + " and at the network"}).Because(clean.Error(err, nil))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyKept))
	if err != nil {
		return Answer{}, (&fault.Error{What: "ask for " + a.Path, On: a.Of, Next: "ask again"}).Because(fmt.Errorf("it broke off after the status %d: %w", resp.StatusCode, clean.Error(err, nil)))
	}
	answer = Answer{Status: resp.StatusCode, Body: clean.Text(string(body)), Took: time.Since(began), Header: func(name string) string { return clean.Line(resp.Header.Get(name)) }}
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		leaf := resp.TLS.PeerCertificates[0]
		answer.Expires, answer.Issuer = leaf.NotAfter, clean.Line(leaf.Issuer.CommonName)
	}
	return answer, nil
}
