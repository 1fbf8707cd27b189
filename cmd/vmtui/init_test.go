package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// init asks, finds the rest through the API, and writes a config that is good.
func TestInitFindsTheFleet(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	text, err := os.ReadFile(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`token: "(file:[^"]+)", api_url: ([^,]+),`).FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("the box's config has no digitalocean line:\n%s", text)
	}
	path := filepath.Join(t.TempDir(), "new", "config.yaml")
	args := []string{"init", "--token", found[1], "--api-url", found[2], "--exec", "exec"}
	got := vmtui(t, path, append(args, "--instance", "vmst.example", "--json")...)
	if got.code != 0 || !strings.Contains(got.out, `"workers": 3`) {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"vmst.example", "worker-1", "worker-3", "min_healthy: 2"} {
		if !strings.Contains(string(written), word) {
			t.Errorf("%q is not in\n%s", word, written)
		}
	}
	if got := vmtui(t, path, "config", "check"); got.code != 0 {
		t.Errorf("config check: exit %d\n%s", got.code, got.err)
	}
	if got := vmtui(t, path, append(args, "--instance", "vmst.example")...); got.code != 2 || !strings.Contains(got.err, "--force") {
		t.Errorf("an existing config was not protected: exit %d\n%s", got.code, got.err)
	}
	if got := vmtui(t, filepath.Join(t.TempDir(), "c.yaml"), args...); got.code != 2 || !strings.Contains(got.err, "--help") {
		t.Errorf("without answers: exit %d\n%s", got.code, got.err)
	}
}
