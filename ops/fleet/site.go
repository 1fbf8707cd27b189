package fleet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
)

// pageLimit is how much of the page is read: enough to know that it comes.
const pageLimit = 64 << 10

// SiteByHTTP looks at the public site from here, as a visitor would. An answer of 500 or more is a state, not an error: the site was seen.
func SiteByHTTP(url string, witness remote.Witness) func(context.Context) (Site, error) {
	// No connection is kept: one look in a while should come in by the front door each time.
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	return func(ctx context.Context) (site Site, err error) {
		ended := witness.See(remote.Call{Wire: "https", On: "site", What: "GET " + url})
		defer func() { ended(remote.Done(fmt.Sprint(site.Status), err)) }()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return Site{}, (&fault.Error{What: "cannot look at the site", On: url, Next: "correct `site` in the config"}).Because(err)
		}
		req.Header.Set("User-Agent", "vmtui")
		began := time.Now()
		resp, err := client.Do(req)
		if err != nil {
			return Site{}, (&fault.Error{What: "the site does not answer", On: url, Next: "look at the load balancer and at DNS"}).Because(clean.Error(err, nil))
		}
		defer func() { _ = resp.Body.Close() }()
		if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, pageLimit)); err != nil {
			return Site{}, (&fault.Error{What: "the site broke off", On: url, Next: "look at the load balancer"}).Because(fmt.Errorf("after the status %d: %w", resp.StatusCode, clean.Error(err, nil)))
		}
		return Site{URL: url, Status: resp.StatusCode, Took: time.Since(began)}, nil
	}
}
