package worker

import (
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/remote/digitalocean"
)

func TestTheProbeIsTheBalancersOwn(t *testing.T) {
	http := digitalocean.HealthCheck{Protocol: "http", Port: 80, Path: "/lb-health", Timeout: 4500 * time.Millisecond}
	https, tcp, tls := http, http, http
	https.Protocol, https.Port = "https", 443
	tcp.Protocol = "tcp"
	tls.Protocol, tls.Port = "tcp", 443
	for name, x := range map[string]struct {
		in          inputs
		probe, page string
	}{
		"http":  {inputs{Check: http}, "-m 5 http://10.0.0.2:80/lb-health", "http://10.0.0.2:80/api/v2/instance"},
		"https": {inputs{Check: https}, "-k -m 5 https://10.0.0.2:443/lb-health", "-k -m 10 -H Host: a.example -H X-Forwarded-Proto: https https://10.0.0.2:443/api/v2/instance"},
		"proxy": {inputs{Check: http, Proxy: true}, "--haproxy-protocol -m 5 http://10.0.0.2:80/lb-health", "--haproxy-protocol"},
		"tcp":   {inputs{Check: tcp}, "5 10.0.0.2 80", "http://10.0.0.2:80/"},
		"tls":   {inputs{Check: tls}, "5 10.0.0.2 443", "-k -m 10 -H Host: a.example -H X-Forwarded-Proto: https https://10.0.0.2:443/"},
	} {
		x.in.Private = "10.0.0.2"
		if got := strings.Join(x.in.probeCommand("10.0.0.2").Args, " "); got != x.probe {
			t.Errorf("%s: the probe's arguments are %q", name, got)
		}
		if got := strings.Join(x.in.pageCommand("a.example", "10.0.0.2").Args, " "); !strings.Contains(got, x.page) {
			t.Errorf("%s: the page's arguments are %q", name, got)
		}
	}
}
