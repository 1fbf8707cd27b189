package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
	"github.com/vmtui/vmtui/ops/config"
)

// planted are secrets where they occur in life: what must not come out anywhere.
type planted struct {
	t     *testing.T
	token string // the provider's, in the environment
	all   []string
}

const (
	sentinelRedis    = "5ent1nelRedisPassword"
	sentinelAccount  = "5ent1nelNewPassword"
	sentinelURL      = "5ent1nelAccessToken"
	sentinelDatabase = "5ent1nelDatabasePassword"
	sentinelKey      = "5ent1nelSecretKeyBase"
)

// leaks are what a machine may say: a log line, a script's output.
func (p *planted) leaks() []string {
	return []string{
		"OK\x1b[0m New password: " + sentinelAccount,
		"new pass: redis://:" + sentinelRedis + "@10.0.0.1:6379/0 refused",
		"postgres://mastodon:" + sentinelDatabase + "@db.example:5432/mastodon?sslmode=require",
		`GET /api/v1/streaming?stream=user&access_token=` + sentinelURL + ` HTTP/1.1`,
		"export SECRET_KEY_BASE=" + sentinelKey,
		"token " + p.token[:20] + "\x1b[31m" + p.token[20:],
		"Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+p.token)) + " " + hex.EncodeToString([]byte(p.token)),
	}
}

// clear asserts that none of them is in a text, in any form.
func (p *planted) clear(where string, text []byte) {
	p.t.Helper()
	for _, secret := range p.all {
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "=")[:len(secret)],
			base64.StdEncoding.EncodeToString([]byte("user:" + secret))[8:24]} {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				p.t.Errorf("%s holds %s: %q", where, form, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
}

// files asserts it of every file below a directory.
func (p *planted) files(dir string) (seen []string) {
	p.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		p.clear(path, text)
		seen = append(seen, filepath.Base(path))
		return err
	})
	if err != nil {
		p.t.Error(err)
	}
	return seen
}

// says asserts it of a command's words, and gives how it ended.
func (p *planted) says(config string, args ...string) said {
	p.t.Helper()
	cmd := product(p.t.Context(), config, args...)
	cmd.Env = append(cmd.Env, "VMTUI_TEST_TOKEN="+p.token)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	p.clear(strings.Join(args, " "), append(out.Bytes(), errs.Bytes()...))
	return said{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func plant(t *testing.T, b *box.Box) (*planted, string, string) {
	t.Helper()
	token := strings.TrimSpace(text(t, filepath.Join(b.Dir(), "token-digitalocean")))
	p := &planted{t: t, token: token, all: []string{token, sentinelRedis, sentinelAccount, sentinelURL, sentinelDatabase, sentinelKey}}
	url := filepath.Join(t.TempDir(), "redis")
	if err := os.WriteFile(url, []byte("redis://:"+sentinelRedis+"@127.0.0.1:6379/0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fromEnv := regexp.MustCompile(`token: "file:[^"]*token-digitalocean"`).FindString(text(t, b.ConfigPath()))
	works := beside(t, b, "works.yaml", fromEnv, "token: env:VMTUI_TEST_TOKEN")
	locked := beside(t, b, "locked.yaml", fromEnv, "token: env:VMTUI_TEST_TOKEN", `"redis://127.0.0.1:6379/0"`, `"file:`+url+`"`)
	lines := strings.Join(p.leaks(), "\n") + "\n"
	for _, node := range []string{"exec", "worker-1", "worker-2"} {
		if err := b.Machine(node).WriteFile(accessLog, []byte(lines)); err != nil {
			t.Fatal(err)
		}
	}
	provision := "cat <<'END'\n" + lines + "END\ncat >&2 <<'END'\n" + lines + "END\nexit 3\n"
	if err := os.WriteFile(filepath.Join(b.Dir(), "provision-worker.sh"), []byte(provision), 0o600); err != nil {
		t.Fatal(err)
	}
	return p, works, locked
}

// TestNoSecretComesOut plants secrets wherever they may stand, has vmtui do all it can, crash too, and searches every byte that it wrote.
func TestNoSecretComesOut(t *testing.T) {
	t.Parallel()
	b := startBox(t, quietly)
	p, works, locked := plant(t, b)
	cfg, err := config.Load(works)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"config", "check"}, {"status"}, {"status", "--json"}, {"lease"}, {"runs"}, {"keys", "list"}, {"keys", "list", "--json"}, {"run", "worker-reimage", "worker-1", "--plan"},
		{"hold", "set", "worker-1", "--why", "mended postgres://mastodon:" + sentinelDatabase + "@db with " + p.token}, {"hold"}, {"hold", "--json"},
		{"run", "worker-drain", "worker-9"}, {"keys", "trust", "exec"}, {"nonsense", p.token}, {"status", "--" + p.token}, {"--config", "/nowhere/" + p.token, "status"},
	} {
		p.says(works, args...)
		p.says(locked, args...)
	}
	p.says(works, "hold", "clear", "worker-1")
	for _, args := range [][]string{
		{"logs", "exec", "nginx"}, {"logs", "exec", "nginx", "--json"}, {"exec", "-n", "exec,worker-[1-2]", "--", "cat", accessLog}, {"exec", "-n", "exec,worker-2", "--json", "--", "cat " + accessLog + " >&2; exit 3"},
	} {
		if got := p.says(works, args...); !strings.Contains(got.out, "New password: •••") {
			t.Errorf("%v: exit %d\n%s%s", args, got.code, got.out, got.err)
		}
	}
	if got := p.says(works, "exec", "-n", "exec", "--", "echo", p.token); got.code == 0 {
		t.Errorf("a secret was sent on a command line\n%s", got.out)
	}
	if got := p.says(works, "run", "worker-reimage", "worker-1", "--yes", "--confirm", "worker-1", "--json"); got.code != 3 || !strings.Contains(got.out, "New password: •••") {
		t.Errorf("exit %d: the script's output should be in the transcript, masked\n%s%s", got.code, got.out, got.err)
	}
	for _, args := range [][]string{{"runs", "list", "--json"}, {"runs", "list"}, {"status"}, {"hold"}} {
		p.says(works, args...)
	}
	p.console(works)
	p.console(locked)

	seen := p.files(cfg.StateDir)
	if all := strings.Join(seen, " "); !strings.Contains(all, "runs.db") || !strings.Contains(all, "crash-") || !strings.Contains(all, "fleet.json") || !strings.Contains(all, "the-whole-log") {
		t.Errorf("not all that should be searched is there: %s", all)
	}
	for _, node := range []string{"exec", "worker-1", "worker-2", "worker-3"} {
		m := b.Machine(node)
		for _, line := range m.Commands() {
			p.clear("the command lines on "+node, []byte(line+"\n"+spelled(line)))
		}
		out, _ := m.Run(t.Context(), "cat /var/lib/vmtui/lease /var/lib/vmtui/host-keys.log /var/lib/vmtui/holds/* 2>/dev/null; ps -ww -eo args")
		p.clear("the records and processes of "+node, []byte(out))
	}
	// What a provisioning script said stays on the machine that said it, and is root's alone there.
	if out, _ := b.Machine("worker-1").Run(t.Context(), "ls -l /var/lib/vmtui/provisioned.log"); !strings.HasPrefix(out, "-rw-------") {
		t.Errorf("others can read what the provisioning script said: %s", out)
	}
	for _, r := range b.API().Requests() {
		p.clear("a request's line", []byte(r.Method+" "+r.Path))
	}
}

// console walks through the screens, saves what they show, and is made to crash.
func (p *planted) console(config string) {
	t := p.t
	t.Helper()
	t.Logf("console on %s", filepath.Base(config))
	s := sitWith(t, []string{"VMTUI_TEST_TOKEN=" + p.token}, os.Args[0], 140, 44, "--config", config)
	look := func(words ...string) {
		t.Helper()
		s.sees(words...)
		p.clear("the screen", []byte(s.text()))
	}
	look("worker-2", "exec")
	s.press("g\r")
	look("Last line", "Basic dXNlcjp••• •••")
	s.press("\x1b")
	look("[1] Nodes")
	s.press("L")
	look("GET /v2")
	s.press("Y")
	look("Save what?")
	s.press("3")
	look("saved")
	s.press("\x1b")
	look("[1] Nodes")
	s.press("H")
	look("reimage worker-1", "waits for you")
	s.press("\r")
	look("Provision")
	s.press("Y")
	look("Save what?")
	s.press("1")
	look("saved")
	p.processes(s.cmd.Process.Pid)
	s.signal(syscall.SIGQUIT)
	s.sees("The report is")
	<-s.gone
	_ = s.ends()
	p.clear("the terminal", s.raw)
}

// processes asserts it of the command line of the console and its children, and of the environment that the children got.
func (p *planted) processes(console int) {
	t := p.t
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	children := 0
	for _, dir := range dirs {
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		child, self := fields[1] == fmt.Sprint(console), dir == fmt.Sprintf("/proc/%d", console)
		if !child && !self {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		p.clear("the command line of "+dir, line)
		if child {
			children++
			env, err := os.ReadFile(filepath.Join(dir, "environ"))
			if err != nil {
				t.Error(err)
			}
			p.clear("the environment of "+dir, env)
		}
	}
	if children == 0 {
		t.Error("the console has no child, not even its monitor")
	}
}
