package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/keys/fault"
)

const good = `instance: vmst.example
nodes:
  - {name: exec, role: exec, ssh: exec}
  - {name: worker-1, role: worker, ssh: root@10.0.0.11, droplet: 11}
  - {name: worker-2, role: worker, ssh: root@10.0.0.12, droplet: 12}
  - {name: worker-3, role: worker, ssh: root@10.0.0.13, droplet: 13}
digitalocean: {token: env:DIGITALOCEAN_TOKEN}
load_balancer: {id: 4de7ac8b, min_healthy: 2, drain_timeout: 5m}
`

func TestGoodConfigIsCompleted(t *testing.T) {
	c, err := Parse("/etc/vmtui/config.yaml", []byte(good+"reimage: {provision: provision.sh}\n"))
	if err != nil {
		t.Fatal(err)
	}
	w, ok := c.Node("worker-2")
	if !ok || !cmp.Equal(w.Mastodon, Mastodon{Kind: KindCompose, Dir: "/root/mastodon", Project: "mastodon", Tootctl: TootctlExec, Service: "web"}) {
		t.Errorf("worker-2: %+v", w)
	}
	if c.Exec().Mastodon.User != "mastodon" || c.Site != "https://vmst.example" || c.Reimage.Provision != "/etc/vmtui/provision.sh" {
		t.Errorf("defaults: %+v, site %s, provision %s", c.Exec(), c.Site, c.Reimage.Provision)
	}
	if c.LoadBalancer.DrainTimeout != 5*time.Minute || c.SSH.Retry != 10*time.Second || !c.SSH.UseAgent() {
		t.Errorf("durations: %+v %+v", c.LoadBalancer, c.SSH)
	}
	if len(c.Workers()) != 3 || !strings.HasSuffix(c.StateDir, "vmtui/vmst.example") {
		t.Errorf("workers %d, state dir %s", len(c.Workers()), c.StateDir)
	}
}

// Each mistake is named with its line and a next step, and exits with 2.
func TestMistakesAreNamed(t *testing.T) {
	cases := map[string]struct {
		text, line, why string
	}{
		"unknown key":        {good + "colour: red\n", ":9", "unknown field"},
		"unknown inner key":  {strings.Replace(good, "min_healthy", "min_helthy", 1), ":8", "unknown field"},
		"wrong type":         {strings.Replace(good, "droplet: 12", "droplet: twelve", 1), ":5", ""},
		"not yaml":           {good + "nodes: [\n", "", ""},
		"no instance":        {strings.Replace(good, "instance: vmst.example\n", "", 1), "config.yaml", "instance"},
		"role":               {strings.Replace(good, "name: worker-2, role: worker", "name: worker-2, role: web", 1), ":5", `role "web"`},
		"twice the name":     {strings.Replace(good, "name: worker-3", "name: worker-2", 1), ":6", "two nodes"},
		"twice the droplet":  {strings.Replace(good, "droplet: 13", "droplet: 12", 1), ":6", "same droplet"},
		"two execs":          {strings.Replace(good, "name: worker-1, role: worker", "name: worker-1, role: exec", 1), "", "2 nodes"},
		"no droplet":         {strings.Replace(good, ", droplet: 13", "", 1), ":6", "no droplet"},
		"secret in the file": {strings.Replace(good, "env:DIGITALOCEAN_TOKEN", "dop_v1_abc", 1), ":7", "secret"},
		"no token":           {strings.Replace(good, "digitalocean: {token: env:DIGITALOCEAN_TOKEN}\n", "", 1), ":7", "token"},
		"impossible budget":  {strings.Replace(good, "min_healthy: 2", "min_healthy: 3", 1), ":8", "never hold"},
		"dangling via":       {good + "sidekiq: {via: exce}\n", ":9", `"exce"`},
		"a lease too short":  {good + "lease: {ttl: 2s}\n", ":9", "ttl is 2s"},
		"a wait too short":   {good + "lease: {longest: 30s}\n", ":9", "longest is 30s"},
		"password in a url":  {good + "sidekiq: {redis: 'redis://:hunter2@127.0.0.1:6379/0'}\n", ":9", "secret"},
		"no number":          {strings.Replace(good, "min_healthy: 2", "min_healthy: two", 1), ":8", "whole number"},
		"no duration":        {strings.Replace(good, "drain_timeout: 5m", "drain_timeout: soon", 1), ":8", "5m"},
		"a budget of none":   {strings.Replace(good, "min_healthy: 2", "min_healthy: 0", 1), ":8", "below 1"},
		"color":              {good + "color: mauve\n", ":9", "mauve"},
		"color number":       {good + "color: '#12345'\n", ":9", "#12345"},
		"theme":              {good + "theme: neon\n", ":9", "neon"},
		"dark":               {good + "dark: maybe\n", ":9", "maybe"},
		"mouse":              {good + "mouse: sometimes\n", ":9", "true or false"},
		"ascii":              {good + "ascii: 7bit\n", ":9", "true or false"},
		"own theme's name":   {good + "themes:\n  ember: {like: fjord}\n", ":10", "ships already"},
		"own theme's kin":    {good + "themes:\n  mine:\n    like: neon\n", ":11", "neon"},
		"own theme's key":    {good + "themes:\n  mine:\n    tint: 5\n", ":11", "unknown field"},
		"own theme's paint":  {good + "themes:\n  mine:\n    light:\n      acent: '#112233'\n", ":12", "acent"},
		"own theme's colour": {good + "themes:\n  mine:\n    dark:\n      good: '#112233'\n      text: '#fff'\n", ":13", "#fff"},
		"colour as comment":  {good + "themes:\n  mine:\n    dark:\n      text: #ffffff\n", ":12", "no colour"},
		"the terminal's own": {good + "themes:\n  mine:\n    like: terminal\n    dark: {text: '#ffffff'}\n", ":11", "the terminal's own"},
		"store":              {good + "store: mysql://db/vmtui\n", ":9", "store"},
		"store's password":   {good + "store: postgres://kirk:hunter2@db/vmtui\n", ":9", "secret"},
		"password as option": {good + "store: postgres://kirk@db/vmtui?password=hunter2\n", ":9", "secret"},
		"store not a URL":    {good + "store: \"postgres://kirk:hunter2@db:x:y/vmtui\"\n", ":9", "store"},
		"store via nowhere":  {good + "store: env:STORE\nstore_via: worker-9\n", ":10", "worker-9"},
		"store via for none": {good + "store_via: exec\n", ":9", "nothing to dial"},
		"lame duck":          {strings.Replace(good, "drain_timeout: 5m", "lame_duck: flag", 1), ":8", "absolute"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("/x/config.yaml", []byte(c.text))
			if err == nil {
				t.Fatal("accepted")
			}
			f := fault.Of(err)
			if f.Code != fault.Usage || !strings.Contains(f.On, c.line) || !strings.Contains(f.Why, c.why) || f.Next == "" {
				t.Errorf("on %q why %q next %q code %d", f.On, f.Why, f.Next, f.Code)
			}
			if strings.Contains(err.Error(), "dop_v1_abc") || strings.Contains(err.Error(), "hunter2") {
				t.Error("the error shows the secret:", err)
			}
		})
	}
}

func TestMissingFileSaysWhatToDo(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if f := fault.Of(err); f.Code != fault.Usage || !strings.Contains(f.Next, "vmtui init") {
		t.Fatalf("%+v", f)
	}
	dir := t.TempDir()
	if _, err := Load(dir); fault.CodeOf(err) != fault.Usage {
		t.Fatal("a directory is no config:", err)
	}
}

func TestHomeIsExpanded(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	c, err := Parse("/x/config.yaml", []byte(strings.Replace(good, "vmst.example", "unmade.example", 1)+"ssh: {identities: [~/.ssh/id_ed25519]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(home, ".ssh/id_ed25519"); c.SSH.Identities[0] != want || c.SSH.KnownHosts != filepath.Join(home, ".ssh/known_hosts") {
		t.Error(c.SSH)
	}
	if _, err := os.Stat(c.StateDir); err == nil {
		t.Error("reading a config made directories")
	}
}

func TestLooksAreRead(t *testing.T) {
	c, err := Parse("/x/config.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if c.Theme != "harbour" || c.Dark != "auto" || !c.MouseAtStart() || c.ASCII != nil {
		t.Errorf("defaults: %+v", c.Look)
	}
	c, err = Parse("/x/config.yaml", []byte(good+"theme: mine\nthemes: {mine: {like: fjord, dark: {accent: '#ffb000'}}}\ndark: no\nascii: true\nmouse: false\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Theme != "mine" || c.Themes["mine"].Like != "fjord" || c.Themes["mine"].Dark["accent"] != "#ffb000" || c.Dark != "no" || !*c.ASCII || c.MouseAtStart() {
		t.Errorf("%+v", c.Look)
	}
	if names := c.ThemeNames(); names[len(names)-1] != "mine" {
		t.Error(names)
	}
}

func TestATeamsStore(t *testing.T) {
	for text, via := range map[string]string{
		"store: postgres://kirk@db.example/vmtui\n": "direct", "store: env:VMTUI_STORE\nstore_via: exec\n": "exec",
		"store: 'cmd:pass show vmtui'\nstore_via: worker-2\n": "worker-2",
	} {
		c, err := Parse("/x/config.yaml", []byte(good+text))
		if err != nil || !c.Shared() || c.StoreVia != via {
			t.Errorf("%s: %+v, %v", text, c, err)
		}
	}
	if c, err := Parse("/x/config.yaml", []byte(good)); err != nil || c.Shared() {
		t.Errorf("%+v, %v", c, err)
	}
}

// What is removed from a cache is removed below a directory that the file names.
func TestCachesAreNamedWithCare(t *testing.T) {
	const text = "instance: vmst.io\nnodes:\n  - {name: exec, role: exec, ssh: exec}\n  - {name: w1, role: worker, ssh: w1, droplet: 1%s}\n"
	cfg, err := Parse("/x/config.yaml", fmt.Appendf(nil, text, ""))
	if err != nil || cfg.Workers()[0].Cache != "/var/cache/nginx" || cfg.Exec().Cache != NoCache {
		t.Fatalf("%+v, %v", cfg, err)
	}
	if log := cfg.Workers()[0].AccessLog; log != "/var/log/nginx/access.log" {
		t.Errorf("its access log is %s", log)
	}
	for value, good := range map[string]bool{"/srv/log/access.log": true, "access.log": false, "'/var/log/*'": false} {
		if _, err := Parse("/x/config.yaml", fmt.Appendf(nil, text, ", access_log: "+value)); (err == nil) != good {
			t.Errorf("%s: %v", value, err)
		}
	}
	for value, good := range map[string]bool{"none": true, "/srv/cache": true, "/": false, "/var": false, "/var/../etc": false, "cache": false, "/var/cache/": false, "'/var/cache; rm -rf /'": false} {
		if _, err := Parse("/x/config.yaml", fmt.Appendf(nil, text, ", nginx_cache: "+value)); (err == nil) != good {
			t.Errorf("%s: %v", value, err)
		}
	}
}
