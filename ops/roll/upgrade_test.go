package roll

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script runs one of a worker's over a compose file with that text, and gives what it printed and what the file says then.
func script(t *testing.T, text, script string, args ...string) (said, file string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "docker-compose.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", script, "sh", dir}, args...)...).CombinedOutput() // #nosec G204 -- the product's own scripts
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	now, err := os.ReadFile(path) // #nosec G304 -- as above
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out)), string(now)
}

// What a compose file is made of is read, in all of the ways in which it may be written: a digest beside a tag is told, because docker goes by that.
func TestTheTagsOfAComposeFile(t *testing.T) {
	for line, want := range map[string]string{
		"    image: ghcr.io/mastodon/mastodon:v4.6.5":                                "v4.6.5",
		`    image: "ghcr.io/mastodon/mastodon-streaming:v4.6.5"`:                    "v4.6.5",
		"    image: 'registry:5000/mastodon:v4.6.5'  # ours":                         "v4.6.5",
		"    image: ghcr.io/mastodon/mastodon:v4.6.5@sha256:77aa":                    "v4.6.5 @sha256:77aa",
		"    image: redis:7\n    image: mastodon:v4.6.5\n    image: mastodon:v4.6.6": "v4.6.5\nv4.6.6",
	} {
		if got, _ := script(t, "services:\n  web:\n"+line+"\n", tagsScript, imageLine); got != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// Only the tags of Mastodon's images change, and the old file is kept.
func TestAnotherTagInAComposeFile(t *testing.T) {
	const before = "services:\n  web:\n    image: 'ghcr.io/mastodon/mastodon:v4.6.5'\n  db:\n    image: postgres:16 # mastodon:v1\n  streaming:\n    image: \"mastodon-streaming:v4.6.5\" # pinned\n"
	_, now := script(t, before, retag+` && cat "$4"`, imageLine, "v4.6.6", "kept.yml")
	if want := strings.ReplaceAll(before, "v4.6.5", "v4.6.6"); now != want {
		t.Errorf("%s", now)
	}
}
