package upstream

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// node is a shell whose docker and ss say what they are told to.
type node struct{ dir string }

func newNode(t *testing.T) node {
	t.Helper()
	return node{t.TempDir()}
}

func (n node) program(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
}

func (n node) run(t *testing.T, line string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", Script+line) // #nosec G204 -- a test's own
	cmd.Env = []string{"PATH=" + n.dir + ":/usr/bin:/bin"}
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// Where a service is reached is docker's word, in all of its spellings; the usual port stands for its silence.
func TestWhereAServiceIsReached(t *testing.T) {
	for name, x := range map[string]struct{ docker, web, streaming string }{
		"as Mastodon's own compose file":          {"echo 'web 127.0.0.1:3000->3000/tcp'; echo 'streaming 127.0.0.1:4000->4000/tcp'; echo 'sidekiq 3000/tcp'", "127.0.0.1:3000", "127.0.0.1:4000"},
		"on other ports of the host":              {"echo 'web 127.0.0.1:3100->3000/tcp'; echo 'streaming 10.0.0.5:4100->4000/tcp'", "127.0.0.1:3100", "10.0.0.5:4100"},
		"on another port inside, too":             {"echo 'web 127.0.0.1:5000->5000/tcp'; echo 'streaming '", "127.0.0.1:5000", "127.0.0.1:4000"},
		"beside what else it publishes":           {"echo 'web 127.0.0.1:9394->9394/tcp, 127.0.0.1:3100->3000/tcp'", "127.0.0.1:3100", "127.0.0.1:4000"},
		"by IPv6 as well":                         {"echo 'web 0.0.0.0:3100->3000/tcp, [::]:3100->3000/tcp'", "0.0.0.0:3100 [::]:3100", "127.0.0.1:4000"},
		"twice":                                   {"echo 'streaming 127.0.0.1:4000->4000/tcp'; echo 'streaming 127.0.0.1:4001->4000/tcp'", "127.0.0.1:3000", "127.0.0.1:4000 127.0.0.1:4001"},
		"in the host's own network":               {"echo 'web '; echo 'streaming '", "127.0.0.1:3000", "127.0.0.1:4000"},
		"published to nobody":                     {"echo 'web 3000/tcp'", "127.0.0.1:3000", "127.0.0.1:4000"},
		"without a docker that answers":           {"echo 'Cannot connect to the Docker daemon' >&2; exit 1", "127.0.0.1:3000", "127.0.0.1:4000"},
		"beside a service whose name begins like": {"echo 'webhook 127.0.0.1:3100->3000/tcp'", "127.0.0.1:3000", "127.0.0.1:4000"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.program(t, "docker", x.docker)
			for service, want := range map[string]string{Web: x.web, Streaming: x.streaming} {
				got, err := n.run(t, "published mastodon; at "+service)
				if err != nil || strings.Join(strings.Fields(got), " ") != want {
					t.Errorf("%s: %q, %v; want %s", service, got, err, want)
				}
			}
		})
	}
}

// A node without a compose project is asked nothing of docker.
func TestANativeNode(t *testing.T) {
	n := newNode(t)
	n.program(t, "docker", "echo 'web 127.0.0.1:3100->3000/tcp'")
	if got, err := n.run(t, "published ''; at "+Web); err != nil || got != "127.0.0.1:3000" {
		t.Errorf("%q, %v", got, err)
	}
}

// Connections are counted on each port once, and what cannot be counted is no 0.
func TestFlights(t *testing.T) {
	n := newNode(t)
	n.program(t, "docker", "echo 'web 0.0.0.0:3100->3000/tcp, [::]:3100->3000/tcp'; echo 'web 127.0.0.1:3101->3000/tcp'")
	n.program(t, "ss", `case "$*" in *:3100*) echo a; echo b;; *:3101*) echo c;; *) echo wrong; echo wrong; echo wrong; echo wrong;; esac`)
	if got, err := n.run(t, "published mastodon; flights "+Web); err != nil || got != "3" {
		t.Errorf("%q, %v", got, err)
	}
	n.program(t, "ss", `echo '0 0 127.0.0.1:5 127.0.0.1:3100 users:(("nginx",pid=735,fd=11))'; echo '0 0 172.18.0.1:6 172.18.0.3:3000 users:(("docker-proxy",pid=558,fd=5))'`)
	if got, err := n.run(t, "published mastodon; flights "+Web); err != nil || got != "2" {
		t.Errorf("what docker carries on was counted: %q, %v; on each of two ports there is nginx's", got, err)
	}
	n.program(t, "ss", "exit 0")
	if got, err := n.run(t, "published mastodon; flights "+Web); err != nil || got != "0" {
		t.Errorf("none: %q, %v", got, err)
	}
	n.program(t, "ss", "exit 255")
	if got, err := n.run(t, "published mastodon; flights "+Web); err == nil {
		t.Errorf("an ss that fails was taken for %q", got)
	}
}
