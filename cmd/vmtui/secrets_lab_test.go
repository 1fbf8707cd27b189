//go:build lab

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Of all that is secret nothing stands on a command line of either side, whatever is sent: a plain command, one by sudo, a job of tootctl. This machine
// is both sides.
func TestLabNoSecretOnACommandLine(t *testing.T) {
	const token = "5ent1nel-the-token-of-the-provider"
	s := asking(t)
	s.write("token", token+"\n")
	s.write("redis", "redis://:"+sentinelRedis+"@127.0.0.1:1/0\n")
	s.write("said", "New password: "+sentinelAccount+"\nGET /?access_token="+sentinelURL+"\npostgres://mastodon:"+sentinelDatabase+"@db/x\nSECRET_KEY_BASE="+sentinelKey+"\n")
	s.mastodon("IFS= read -r line < " + s.path("said") + "; echo OK; echo \"$line\"; sleep 1")
	config := s.path("config.yaml")
	more := strings.Replace(text(t, config), "{kind: native, user: m, dir: /root}", `{kind: native, user: root, dir: "`+s.path("live")+`"}`, 1) +
		"digitalocean: {token: \"file:" + s.path("token") + "\", api_url: \"http://127.0.0.1:1\"}\nsidekiq: {redis: \"file:" + s.path("redis") + "\", via: exec}\nload_balancer: {id: lb}\n"
	s.write("config.yaml", more)

	p := &planted{t: t, token: token, all: []string{token, sentinelSudo, sentinelRedis, sentinelAccount, sentinelURL, sentinelDatabase, sentinelKey}}
	stop := s.watched(p)
	if got := p.says(config, "exec", "-n", "exec,worker-[1-4]", "--", "cat "+s.path("said")+"; sleep 1"); got.code != 0 || !strings.Contains(got.out, "New password: •••") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	p.says(config, "status") // the provider and Redis are asked, and are not there
	c := sit(t, 100, 30, "--config", config, "exec", "-n", "worker-[1-2]", "--sudo", "--", "sh", "-c", "id -un; sleep 1")
	c.sees("Run it?")
	c.press("yes\r")
	c.sees("'s password", "type it, unseen:")
	c.insists("", func() bool { return c.unseen() })
	c.press(sentinelSudo + "\r")
	c.sees("worker-[1-2] (2): exit 0", "root")
	if code := c.ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	p.clear("the terminal", c.raw)
	got := vmtui(t, config, "tootctl", "--yes", "--confirm", "lab.example", "--show-password", "--", "accounts", "modify", "alice", "--reset-password")
	if got.code != 0 || !strings.Contains(got.out, sentinelAccount) { // who asked for it gets it
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	stop()
	for _, id := range jobsOf(t, config) {
		if got := p.says(config, "jobs", "forget", id.ID); got.code != 0 {
			t.Errorf("exit %d: %s", got.code, got.err)
		}
	}
	if seen := p.files(s.path("state")); len(seen) == 0 {
		t.Error("no file was searched")
	}
}

// mastodon is a Mastodon whose tootctl is a script.
func (s *site) mastodon(script string) {
	s.t.Helper()
	for path, text := range map[string]string{"bin/tootctl": "#!/bin/sh\n" + script + "\n", ".env.production": "LOCAL_DOMAIN=lab.example\n"} {
		path = filepath.Join(s.path("live"), path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
}
