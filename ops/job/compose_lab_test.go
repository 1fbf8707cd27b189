//go:build lab

package job

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/lab/docker"
	"github.com/vmtui/vmtui/ops/config"
)

// inContainer is tootctl of the image: it says what it got and where it is, or sleeps with a number by which ps knows it.
const inContainer = `#!/bin/sh
if [ "$1" = search ]; then sleep "$NAP" & trap '' TERM; sleep "$NAP"; exit 0; fi
stty size
echo "in $MARK"
for a; do printf '<%s>\n' "$a"; done
`

// project is a Mastodon in real containers, by docker compose: an image from nothing but busybox, and no network.
func project(t *testing.T) (dir, name string) {
	t.Helper()
	stop, err := docker.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	plugged := t.TempDir()
	if err := docker.Plug(plugged); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", plugged)
	busybox, err := os.ReadFile(docker.Busybox)
	if err != nil {
		t.Fatal(err)
	}
	dir, name = t.TempDir(), fmt.Sprintf("vmtuijob%d", os.Getpid())
	dockerfile := "FROM scratch\n"
	for _, program := range []string{"sh", "sleep", "stty", "kill", "ps"} {
		dockerfile += "COPY busybox /bin/" + program + "\n"
	}
	dockerfile += "COPY tootctl /bin/tootctl\nWORKDIR /tmp\nENV PATH=/bin\nCMD [\"/bin/sleep\", \"1000000\"]\n"
	for file, text := range map[string]string{
		"busybox": string(busybox), "tootctl": inContainer, "Dockerfile": dockerfile, ".env.production": "LOCAL_DOMAIN=vmst.io\n",
		"docker-compose.yml": "services:\n  web:\n    image: " + name + "\n    network_mode: none\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o755); err != nil { // #nosec G306 -- programs
			t.Fatal(err)
		}
	}
	compose := func(args ...string) {
		if out, err := exec.Command("docker", args...).CombinedOutput(); err != nil { // #nosec G204 -- our own words
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	compose("build", "-q", "-t", name, dir)
	t.Cleanup(func() {
		compose("compose", "-p", name, "--project-directory", dir, "down", "-t", "1")
		compose("rmi", "-f", name)
	})
	compose("compose", "-p", name, "--project-directory", dir, "up", "-d")
	return dir, name
}

// In a running container and in one of its own: arguments and environment arrive, the terminal has its width, what is cancelled is gone from ps on the host
// though it does not listen, and one that loses its container is told from one that was cancelled.
func TestInRealContainers(t *testing.T) {
	dir, name := project(t)
	for i, how := range []string{config.TootctlExec, config.TootctlRun} {
		nap := fmt.Sprintf("%d%d", 90000+i, os.Getpid())
		r := bench(t, "exit 9")
		r.Node.Mastodon = config.Mastodon{Kind: config.KindCompose, Dir: dir, Project: name, Tootctl: how, Env: map[string]string{"MARK": "a 'quoted' $(mark)", "NAP": nap}}
		j := begin1(t, r, "accounts", "modify", "--role=; rm -rf $(id)", "--", "it's \"me\"")
		got := output(t, r, j)
		until(t, r, j.ID, Done)
		for _, want := range []string{"50 120", "in a 'quoted' $(mark)", "<accounts>", "<--role=; rm -rf $(id)>", "<it's \"me\">"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s: no %q in %q", how, want, got)
			}
		}
		j = begin1(t, r, "search", "deploy") // cancelled at once: docker may not have begun it yet
		if err := r.Cancel(t.Context(), j); err != nil {
			t.Errorf("%s: at once: %v", how, err)
		}
		if until(t, r, j.ID, Cancelled); running(t, "sleep "+nap) {
			t.Errorf("%s: cancelled at once, and ps shows it", how)
		}
		j = begin1(t, r, "search", "deploy")
		for !running(t, "sleep "+nap) {
		}
		if err := r.Cancel(t.Context(), j); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		until(t, r, j.ID, Cancelled)
		if running(t, "sleep "+nap) {
			t.Errorf("%s: ps still shows it", how)
		}
		out, err := exec.CommandContext(t.Context(), "docker", "ps", "-aq", "--filter", "name="+container(j.ID)).Output() // #nosec G204 -- our own id
		if err != nil || strings.TrimSpace(string(out)) != "" {
			t.Errorf("%s: its container is left: %s, %v", how, out, err)
		}
		j = begin1(t, r, "search", "deploy")
		for !running(t, "sleep "+nap) {
		}
		holds := map[string]string{config.TootctlExec: name + "-web-1", config.TootctlRun: container(j.ID)}[how]
		if out, err := exec.CommandContext(t.Context(), "docker", "kill", holds).CombinedOutput(); err != nil { // #nosec G204 -- our own names
			t.Fatalf("%s: %v: %s", how, err, out)
		}
		if got := until(t, r, j.ID, Failed); !strings.Contains(got.Why, "or with its container") {
			t.Errorf("%s: it lost its container: %s", how, got.Why)
		}
	}
}

// running asks the host's ps, which sees into every container.
func running(t *testing.T, args string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-eo", "args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Split(string(out), "\n"), args)
}
