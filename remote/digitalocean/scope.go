package digitalocean

import (
	"net/http"
	"regexp"
)

// scopes are what a token must be allowed to for what is asked of the API here. A rebuild needs more than the API's description says of it.
var scopes = []struct {
	method string
	path   *regexp.Regexp
	needs  string
}{
	{http.MethodPost, regexp.MustCompile(`^/v2/droplets/[^/]+/actions$`), "droplet:update and droplet:admin"},
	{http.MethodGet, regexp.MustCompile(`^/v2/droplets`), "droplet:read"},
	{http.MethodGet, regexp.MustCompile(`^/v2/load_balancers`), "load_balancer:read"},
	{"", regexp.MustCompile(`^/v2/load_balancers/[^/]+/droplets$`), "load_balancer:update"},
	{http.MethodPost, regexp.MustCompile(`^/v2/tags/[^/]+/resources$`), "tag:create"},
	{http.MethodDelete, regexp.MustCompile(`^/v2/tags/[^/]+/resources$`), "tag:delete"},
	{http.MethodGet, regexp.MustCompile(`^/v2/databases`), "database:read"},
	{http.MethodGet, regexp.MustCompile(`^/v2/images`), "image:read"},
	{http.MethodGet, regexp.MustCompile(`^/v2/actions`), "actions:read"},
	{http.MethodGet, regexp.MustCompile(`^/v2/account$`), "account:read"},
}

// scopesOf is what a token needs for a request, "" when that is not known.
func scopesOf(r *http.Request) string {
	if r == nil || r.URL == nil {
		return ""
	}
	for _, s := range scopes {
		if (s.method == "" || s.method == r.Method) && s.path.MatchString(r.URL.Path) {
			return s.needs
		}
	}
	return ""
}
