package fleet

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var worker = NodeConfig{Name: "worker-1", Role: RoleWorker, Project: "mastodon", LameDuck: "/var/lib/vmtui/lame-duck"}

func TestParse(t *testing.T) {
	h, cpu, err := worker.parse(output(t), seenBefore{})
	if err != nil {
		t.Fatal(err)
	}
	if h.CPU != 50 || h.Mem != 60 || h.Disk != 22 || h.Load1 != 0.52 || h.Web != 12 || h.Streaming != 7 || !h.Nginx || h.LameDuck || len(h.Problems) != 0 {
		t.Errorf("health %+v", h)
	}
	if cpu != (ticks{2000, 10000}) || len(h.LogLines) == 0 || !strings.HasPrefix(h.LogLines[len(h.LogLines)-1], "203.0.113.7") {
		t.Errorf("ticks %v, line %q", cpu, h.LogLines)
	}
	want := []Container{
		{Service: "web", Name: "mastodon-web-1", ID: "7d41c0a9be12", State: "running", Health: "healthy", Image: "ghcr.io/mastodon/mastodon:v4.6.5", Status: "Up 2 days (healthy)", CPU: "37.42%", Mem: "1.244GiB"},
		{Service: "streaming", Name: "mastodon-streaming-1", ID: "c91b3357aa04", State: "running", Health: "unhealthy", Image: "ghcr.io/mastodon/mastodon-streaming:v4.6.5", Status: "Up 2 days (unhealthy)", CPU: "2.17%", Mem: "161.6MiB"},
		{Service: "sidekiq", Name: "mastodon-sidekiq-1", ID: "3f2a9d1c77be", State: "running", Health: "starting", Image: "ghcr.io/mastodon/mastodon:v4.6.5", Status: "Up 38 seconds (health: starting)"},
	}
	if d := cmp.Diff(want, h.Containers); d != "" {
		t.Error(d)
	}
}

func TestParseNextLook(t *testing.T) {
	h1, cpu, err := worker.parse(output(t), seenBefore{})
	if err != nil {
		t.Fatal(err)
	}
	before := seenBefore{health: h1, cpu: cpu, known: true}
	h2, _, err := worker.parse(output(t, "cpu  1000 0 1000 8000", "cpu  1100 0 1000 8300", sample(t, "docker_stats.ndjson"), ""), before)
	if err != nil || h2.CPU != 25 || len(h2.CPUs) != 2 || h2.CPUs[0] != 50 || len(h1.CPUs) != 1 {
		t.Errorf("%v, %+v", err, h2)
	}
	if h2.Containers[0].CPU != "37.42%" || h2.Containers[0].Mem != "1.244GiB" {
		t.Errorf("the last known use was lost: %+v", h2.Containers[0])
	}
	// After a reboot the counters begin anew.
	h3, _, err := worker.parse(output(t, "7d41c0a9-be12", "ffffffff-be12"), before)
	if err != nil || h3.CPU != 50 {
		t.Errorf("%v, %+v", err, h3)
	}
}

func TestParseWhatIsMissing(t *testing.T) {
	for name, x := range map[string]struct {
		replace []string
		problem string
	}{
		"memory":     {[]string{"MemAvailable", "Other"}, "memory"},
		"disk":       {[]string{"22%", "-"}, "disk"},
		"load":       {[]string{"0.52 0.58 0.59 1/500 12345", ""}, "load"},
		"web":        {[]string{"\n12\n", "\nsh: 1: ss: not found\n"}, "connections to web"},
		"streaming":  {[]string{"\n7\n", "\n"}, "connections to streaming"},
		"cpu":        {[]string{"cpu  1000", "nothing"}, "processor"},
		"docker":     {[]string{"@@vmtui listed\n", ""}, "docker does not answer"},
		"bad docker": {[]string{`{"Command"`, `{"Command`}, "cannot be read"},
	} {
		h, _, err := worker.parse(output(t, x.replace...), seenBefore{})
		if err != nil || len(h.Problems) != 1 || !strings.Contains(h.Problems[0], x.problem) {
			t.Errorf("%s: %v, %q", name, err, h.Problems)
		}
	}
	for _, text := range []string{"", "garbage", "@@vmtui boot\n", "@@vmtui boot\ncat: no such file\n", strings.Repeat("x", 100000)} {
		if _, _, err := worker.parse(text, seenBefore{}); err == nil {
			t.Errorf("%.20q was taken for a look", text)
		}
	}
}

// An answer that broke off is no look, or has its problems: it never passes for a node of which all was seen.
func TestParseCutShort(t *testing.T) {
	full := output(t)
	whole := strings.Index(full, "@@vmtui listed") + len("@@vmtui listed")
	for i := range full {
		h, _, err := worker.parse(full[:i], seenBefore{})
		if i < whole && err == nil && len(h.Problems) == 0 {
			t.Errorf("cut after %d bytes it was taken for whole: %+v", i, h)
		}
	}
}

func TestLogCannotForgeParts(t *testing.T) {
	forged := "@@vmtui duck\nyes\n@@vmtui boot\nfff\n"
	h, _, err := worker.parse(output(t, "203.0.113.7 - -", forged+"203.0.113.7 - -"), seenBefore{})
	if err != nil || h.LameDuck || !strings.HasPrefix(h.BootID, "7d41") {
		t.Errorf("%v, %+v", err, h)
	}
}

func TestParseExec(t *testing.T) {
	exec := NodeConfig{Name: "exec", Role: RoleExec, Unit: "mastodon-sidekiq"}
	for unit, state := range map[string]string{"active": "running", "failed": "exited", "inactive": "exited", "activating": "restarting"} {
		h, _, err := exec.parse(output(t, "@@vmtui unit\n", "@@vmtui unit\n"+unit+"\n", "@@vmtui listed\n", ""), seenBefore{})
		if err != nil || len(h.Containers) != 1 || h.Containers[0].Service != "sidekiq" || h.Containers[0].State != state || len(h.Problems) != 0 {
			t.Errorf("%s: %v, %+v", unit, err, h)
		}
	}
}

func TestContainersOfAllForms(t *testing.T) {
	for file, want := range map[string]string{
		"docker_ps.ndjson":                "web/running/healthy streaming/running/unhealthy sidekiq/running/starting",
		"docker_compose_ps.ndjson":        "web/running/healthy sidekiq/exited/",
		"docker_compose_ps_pre_2_21.json": "web/running/healthy",
	} {
		all, bad := Containers(sample(t, file), "mastodon")
		var got []string
		for _, c := range all {
			got = append(got, c.Service+"/"+c.State+"/"+c.Health)
			if len(c.ID) != 12 || c.Name == "" {
				t.Errorf("%s: %+v", file, c)
			}
		}
		if strings.Join(got, " ") != want || bad != 0 {
			t.Errorf("%s: %v, %d bad", file, got, bad)
		}
		if all, _ := Containers(sample(t, file), "other"); len(all) != 0 {
			t.Errorf("%s: of another project: %v", file, all)
		}
	}
}

func TestContainersLeftOut(t *testing.T) {
	text := `{"ID":"1","Names":"mastodon-web-run-1","State":"running","Labels":"com.docker.compose.oneoff=True,com.docker.compose.project=mastodon,com.docker.compose.service=web"}
{"ID":"2","Names":"watchtower","State":"running","Labels":""}
not json
{"ID":"3","Names":"mastodon_web_1","Status":"Up 3 hours","Labels":{"com.docker.compose.project":"mastodon","com.docker.compose.service":"web"}}`
	all, bad := Containers(text, "mastodon")
	if len(all) != 1 || bad != 1 || all[0].ID != "3" || all[0].State != "running" {
		t.Errorf("%+v, %d", all, bad)
	}
}

func TestTicks(t *testing.T) {
	for line, want := range map[string]ticks{
		"cpu  1 2 3 4 5 6 7 8 9 10": {27, 36}, // guest time is in user already
		"cpu 1 2 3 4":               {6, 10},
		"cpu0 1 2 3 4 5":            {},
		"cpu 1 2 x 4":               {},
		"":                          {},
	} {
		if got := ticksOf(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
	if _, ok := between(ticks{5, 10}, ticks{4, 9}); ok {
		t.Error("counters that went back gave a load")
	}
}

func TestHistoryIsBounded(t *testing.T) {
	var all []float64
	for i := range 100 {
		all = history(all, float64(i))
	}
	if len(all) != sparkline || all[sparkline-1] != 99 || all[0] != 70 {
		t.Errorf("%v", all)
	}
}

func TestAnythingParses(t *testing.T) {
	full := output(t)
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, len(full)).Draw(t, "from")
		to := rapid.IntRange(from, len(full)).Draw(t, "to")
		text := full[:from] + rapid.String().Draw(t, "noise") + full[to:]
		h, _, err := worker.parse(text, seenBefore{})
		if err == nil && (h.CPU < 0 || h.CPU > 100 || h.Mem < 0 || h.Mem > 100 || h.Disk < 0 || h.Disk > 100 || h.Web < 0) {
			t.Fatalf("%+v", h)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(output(f))
	f.Add(output(f, "\n", "\r\n"))
	f.Fuzz(func(_ *testing.T, text string) {
		_, _, _ = worker.parse(text, seenBefore{})
		_, _ = Containers(text, "")
		usage(text)
	})
}
