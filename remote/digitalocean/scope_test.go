package digitalocean

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/contract"
)

// Whoever is refused for a scope reads the one that the API's description asks for.
func TestScopesAreThoseOfTheDescription(t *testing.T) {
	for _, x := range []struct{ method, path, asked string }{
		{"GET", "/v2/account", "/v2/account"}, {"GET", "/v2/actions/{action_id}", "/v2/actions/9"},
		{"GET", "/v2/droplets", "/v2/droplets"}, {"GET", "/v2/droplets/{droplet_id}", "/v2/droplets/12"},
		{"GET", "/v2/droplets/{droplet_id}/actions", "/v2/droplets/12/actions"}, {"POST", "/v2/droplets/{droplet_id}/actions", "/v2/droplets/12/actions"},
		{"GET", "/v2/images", "/v2/images"}, {"GET", "/v2/images/{image_id}", "/v2/images/7"},
		{"GET", "/v2/load_balancers", "/v2/load_balancers"}, {"GET", "/v2/load_balancers/{lb_id}", "/v2/load_balancers/x"},
		{"POST", "/v2/load_balancers/{lb_id}/droplets", "/v2/load_balancers/x/droplets"}, {"DELETE", "/v2/load_balancers/{lb_id}/droplets", "/v2/load_balancers/x/droplets"},
		{"POST", "/v2/tags/{tag_id}/resources", "/v2/tags/web/resources"}, {"DELETE", "/v2/tags/{tag_id}/resources", "/v2/tags/web/resources"},
		{"GET", "/v2/databases", "/v2/databases"}, {"GET", "/v2/databases/{database_cluster_uuid}/firewall", "/v2/databases/x/firewall"},
	} {
		want, err := contract.Scopes(x.method, x.path)
		if err != nil {
			t.Error(err)
			continue
		}
		got := scopesOf(&http.Request{Method: x.method, URL: &url.URL{Path: x.asked}})
		for _, scope := range want {
			if !strings.Contains(got, scope) {
				t.Errorf("%s %s: %q, the description asks for %v", x.method, x.path, got, want)
			}
		}
	}
	if got := scopesOf(&http.Request{Method: "POST", URL: &url.URL{Path: "/v2/droplets/12/actions"}}); !strings.Contains(got, "droplet:admin") {
		t.Errorf("a rebuild needs %q", got)
	}
}
