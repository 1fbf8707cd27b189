package book

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/config"
)

const sampleConfig = `instance: vmst.example
operator: mike
nodes:
  - {name: exec, role: exec, ssh: exec}
  - {name: worker-1, role: worker, ssh: root@10.0.0.11, droplet: 11}
  - {name: worker-2, role: worker, ssh: root@10.0.0.12, droplet: 12}
  - {name: worker-3, role: worker, ssh: root@10.0.0.13, droplet: 13}
digitalocean: {token: env:DIGITALOCEAN_TOKEN}
load_balancer: {id: 4de7ac8b, min_healthy: 2}
cloudflare: {token: env:CLOUDFLARE_API_TOKEN, zone: vmst.example}
`

func sample(t *testing.T) *config.Config {
	t.Helper()
	cfg, err := config.Parse("/home/mike/.config/vmtui/config.yaml", []byte(sampleConfig))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestExamplesAreGood(t *testing.T) {
	files, err := fs.Glob(Examples, "examples/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		source, err := Examples.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Read(sample(t), filepath.Base(name), string(source))
		if err != nil || len(d.Warnings) > 0 {
			t.Errorf("%s: %v\n%s", name, err, strings.Join(d.Warnings, "\n"))
		}
	}
}

// The page teaches by what is tested.
func TestPageShowsTheExamplesAsTheyAre(t *testing.T) {
	page, err := os.ReadFile("../../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(Examples, "examples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		source, err := Examples.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "```yaml\n"+string(source)+"```\n") {
			t.Errorf("docs/runbooks.md does not show %s as it is", name)
		}
	}
	for _, word := range append(append(deedWords(), topKeys...), waitFor...) {
		if !strings.Contains(string(page), "`"+word) && !strings.Contains(string(page), "{"+word) {
			t.Errorf("docs/runbooks.md does not tell of %s", word)
		}
	}
}
