package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ui/binding"
)

const someConfig = `instance: vmst.example
nodes:
  - {name: exec, role: exec, ssh: root@127.0.0.1:9}
  - {name: worker-1, role: worker, ssh: root@127.0.0.1:9, droplet: 11}
  - {name: worker-2, role: worker, ssh: root@127.0.0.1:9, droplet: 12}
digitalocean: {token: env:VMTUI_NO_SUCH_TOKEN, api_url: http://127.0.0.1:9}
load_balancer: {id: lb, min_healthy: 1}
ssh: {identities: [IDENTITY], known_hosts: KNOWN, agent: false}
state_dir: STATE
`

// given writes a config into a directory of its own.
func given(t *testing.T, change func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	text := strings.NewReplacer("IDENTITY", filepath.Join(dir, "id"), "KNOWN", filepath.Join(dir, "known_hosts"), "STATE", filepath.Join(dir, "state")).Replace(someConfig)
	if change != nil {
		text = change(text)
	}
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Bad input gets exit code 2 and an error that names the thing, the cause and the next step.
func TestBadInput(t *testing.T) {
	unreadable := given(t, nil)
	id := filepath.Join(filepath.Dir(unreadable), "id")
	if err := os.WriteFile(id, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		config string
		args   []string
		names  []string
	}{
		"no config":        {filepath.Join(t.TempDir(), "none.yaml"), []string{"status"}, []string{"none.yaml", "vmtui init"}},
		"wrong config":     {given(t, func(s string) string { return s + "colour: red\n" }), []string{"status"}, []string{"config.yaml:10", "colour"}},
		"unreadable key":   {unreadable, []string{"status"}, []string{"id", "config.yaml:8"}},
		"missing key":      {given(t, nil), []string{"config", "check"}, []string{"id", "config.yaml:8"}},
		"missing token":    {withKey(t), []string{"run", "worker-drain", "worker-1", "--yes"}, []string{"VMTUI_NO_SUCH_TOKEN", "config.yaml:6"}},
		"token in check":   {withKey(t), []string{"config", "check"}, []string{"VMTUI_NO_SUCH_TOKEN", "config.yaml:6"}},
		"unknown runbook":  {withKey(t), []string{"run", "worker-fly", "worker-1"}, []string{"worker-fly", "worker-reimage"}},
		"unknown node":     {withKey(t), []string{"run", "worker-drain", "worker-9"}, []string{"worker-9", "worker-1, worker-2"}},
		"the exec node":    {withKey(t), []string{"run", "worker-drain", "exec"}, []string{"exec", "never drained"}},
		"unknown run":      {withKey(t), []string{"runs", "show", "nope"}, []string{"nope"}},
		"unknown command":  {withKey(t), []string{"fly"}, []string{"fly", "status"}},
		"unknown flag":     {withKey(t), []string{"status", "--fly"}, []string{"--fly"}},
		"too many words":   {withKey(t), []string{"runs", "show", "a", "b"}, []string{"show ID"}},
		"unknown input":    {withKey(t), []string{"run", "worker-drain", "worker-1", "--set", "x=y"}, []string{"(x)", "why=STRING"}},
		"console, no tty":  {withKey(t), nil, []string{"terminal", "vmtui status"}},
		"config, no verb":  {withKey(t), []string{"config"}, []string{"config"}},
		"missing redis":    {withKey(t, "sidekiq: {redis: env:VMTUI_NO_SUCH_REDIS}"), []string{"config", "check"}, []string{"VMTUI_NO_SUCH_REDIS", "VMTUI_NO_SUCH_TOKEN", "config.yaml:10"}},
		"state in check":   {withKey(t, "state_dir: /proc/nope"), []string{"config", "check"}, []string{"/proc/nope", "config.yaml:9"}},
		"state":            {withKey(t, "state_dir: /proc/nope"), []string{"runs"}, []string{"/proc/nope", "config.yaml:9"}},
		"unknown binding":  {withKey(t, "bindings: {nosuch: Z}"), []string{"config", "check"}, []string{"nosuch", "bindings"}},
		"binding's clash":  {withKey(t, "bindings: {drain: r}"), []string{"config", "check"}, []string{"r means both drain and reimage", "config.yaml:10"}},
		"no key at all":    {withKey(t, "bindings: {drain: ctl+d}"), []string{"config", "check"}, []string{"drain", "is no key"}},
		"no provisioning":  {withKey(t, "reimage: {image: x, provision: nope.sh}"), []string{"config", "check"}, []string{"nope.sh", "config.yaml:10"}},
		"no URL of redis":  {withKey(t, "sidekiq: {redis: rdis://x}"), []string{"config", "check"}, []string{"redis://", "config.yaml:10"}},
		"no URL of an API": {withKey(t, "digitalocean: {token: env:HOME, api_url: 'ftp://x'}"), []string{"config", "check"}, []string{"https://", "config.yaml:9"}},
		"no such hold":     {withKey(t), []string{"runs", "stop", "nope"}, []string{"nope"}},
		"hold set no word": {withKey(t), []string{"hold", "set", "worker-1"}, []string{"why"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := vmtui(t, c.config, c.args...)
			if got.code != 2 || got.out != "" {
				t.Errorf("exit %d, stdout %q", got.code, got.out)
			}
			for _, word := range c.names {
				if !strings.Contains(got.err, word) {
					t.Errorf("%q is not in:\n%s", word, got.err)
				}
			}
		})
	}
}

// A status shows what it can, and tells by its exit code that the config is wrong.
func TestAStatusWithoutATokenIsAnError(t *testing.T) {
	got := vmtui(t, withKey(t), "status", "--json")
	if got.code != 2 || !strings.Contains(got.out, `"worker-2"`) || !strings.Contains(got.err, "VMTUI_NO_SUCH_TOKEN") || !strings.Contains(got.err, "config.yaml:6") {
		t.Errorf("exit %d\n%s\n%s", got.code, got.out, got.err)
	}
}

func TestErrorsInJSON(t *testing.T) {
	got := vmtui(t, withKey(t), "run", "worker-fly", "worker-1", "--json")
	var doc struct {
		Error struct{ What, On, Why, Next string }
	}
	if err := json.Unmarshal([]byte(got.err), &doc); err != nil || doc.Error.What == "" || doc.Error.On != "worker-fly" || doc.Error.Next == "" {
		t.Errorf("%v\n%s", err, got.err)
	}
}

// withKey is a config whose key can be read, with some lines changed.
func withKey(t *testing.T, changes ...string) string {
	t.Helper()
	path := given(t, func(s string) string {
		for _, line := range changes {
			key, _, _ := strings.Cut(line, ":")
			s = regexp.MustCompile("(?m)^"+key+":.*\n").ReplaceAllString(s, "") + line + "\n"
		}
		return s
	})
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "id"), pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEveryBindingCanBeRemappedInTheConfig writes every binding into a config, one after another, and reads it back as the console does.
func TestEveryBindingCanBeRemappedInTheConfig(t *testing.T) {
	for _, b := range binding.Default().All() {
		cfg, err := config.Load(withKey(t, "bindings: {"+b.ID+": f12 ctrl+alt+x}"))
		if err != nil {
			t.Fatal(err)
		}
		table, err := binding.New(cfg.Bindings)
		if err != nil || !table.Get(b.ID).Has("f12") || !table.Get(b.ID).Has("ctrl+alt+x") {
			t.Errorf("%s: %v, %v", b.ID, table, err)
		}
	}
}
