package book

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/skeema/knownhosts"
	"go.uber.org/goleak"
	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/machine/sshd"
	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/job"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/worker"
	"github.com/vmtui/vmtui/remote/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shellHost is a host whose sessions are run by this machine's own /bin/sh, as a login shell runs what sshd hands it.
type shellHost struct {
	key cryptossh.Signer

	mu     sync.Mutex
	lines  []string
	before func(line string) bool // false drops the connection after the command has run
}

func (h *shellHost) Authorized(string, cryptossh.PublicKey) bool { return true }
func (h *shellHost) Key() cryptossh.Signer                       { return h.key }
func (h *shellHost) Dial(context.Context, string) (net.Conn, error) {
	return nil, errors.New("nothing is forwarded")
}

func (h *shellHost) Start(_ context.Context, r sshd.Request) (sshd.Session, error) {
	h.mu.Lock()
	h.lines = append(h.lines, r.Command)
	drop := h.before != nil && !h.before(r.Command)
	h.mu.Unlock()
	cmd := exec.Command("/bin/sh", "-c", r.Command) // #nosec G204 -- what a login shell does
	s := &shellSession{cmd: cmd, done: make(chan struct{}), drop: drop}
	var err error
	if s.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	var outs, errs io.WriteCloser
	s.out, outs = io.Pipe()
	s.errs, errs = io.Pipe()
	cmd.Stdout, cmd.Stderr = outs, errs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // its status is read below
		_, _ = outs.Close(), errs.Close()
		close(s.done)
	}()
	return s, nil
}

type shellSession struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	out, errs io.Reader
	done      chan struct{}
	drop      bool
}

func (s *shellSession) Stdin() io.WriteCloser { return s.in }
func (s *shellSession) Stdout() io.Reader     { return s.out }
func (s *shellSession) Stderr() io.Reader     { return s.errs }
func (s *shellSession) Signal(string)         { _ = s.cmd.Process.Kill() }
func (s *shellSession) Resize(int, int)       {}
func (s *shellSession) Done() <-chan struct{} { return s.done }
func (s *shellSession) Exit() sshd.Exit {
	return sshd.Exit{Code: s.cmd.ProcessState.ExitCode(), Drop: s.drop}
}
func (s *shellSession) Hangup() { _ = s.in.Close() }

// bed is an instance of one shell host under every name, and an engine on it.
type bed struct {
	t      *testing.T
	dir    string
	host   *shellHost
	deps   Deps
	engine *run.Engine
	door   *act.Door
}

// held is a lease that is always ours.
type held struct{}

func (held) Held() error { return nil }

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{t: t, dir: t.TempDir(), host: &shellHost{key: signer(t, nil)}}
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := sshd.Serve(lis, b.host)
	t.Cleanup(srv.Close)
	addr := lis.Addr().String()
	known := filepath.Join(b.dir, "known_hosts")
	b.write("known_hosts", knownhosts.Line([]string{addr}, b.host.key.PublicKey())+"\n")
	identity := filepath.Join(b.dir, "id")
	signer(t, &identity)
	trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{known}})
	if err != nil {
		t.Fatal(err)
	}
	pool := ssh.NewPool(ssh.Config{Trust: trust, Identities: keys.NewIdentities(keys.IdentitiesConfig{Files: []string{identity}})})
	t.Cleanup(func() { _ = pool.Close() })
	cfg, err := config.Parse(filepath.Join(b.dir, "config.yaml"), []byte(strings.NewReplacer("ssh: exec", "ssh: t@"+addr,
		"root@10.0.0.11", "t@"+addr, "root@10.0.0.12", "t@"+addr, "root@10.0.0.13", "t@"+addr).Replace(sampleConfig)))
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]*ssh.Host{}
	for _, n := range cfg.Nodes {
		hosts[n.Name] = pool.Host(n.Name, n.SSH)
	}
	b.deps = Deps{
		Deps:   worker.Deps{Config: cfg, Operator: "mike", Host: func(name string) worker.Host { return hosts[name] }},
		Redact: func(s string) string { return strings.ReplaceAll(s, "hunter2", "•••") },
	}
	b.deps.Jobs = &job.Room{Host: hosts["exec"], Node: cfg.Exec(), Instance: cfg.Instance, Operator: "mike@laptop", Dir: filepath.Join(b.dir, "jobs"), Memory: filepath.Join(b.dir, "mastodon")}
	b.open()
	return b
}

// open begins a process anew: the store and the engine.
func (b *bed) open() {
	b.t.Helper()
	store, err := run.Open(b.t.Context(), b.dir, b.deps.Redact)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = store.Close() })
	b.door = act.NewDoor(false, held{})
	b.engine = &run.Engine{Store: store, Door: b.door, StateDir: b.dir, Operator: "mike", Host: "laptop"}
}

func (b *bed) write(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// book puts a runbook on the shelf and builds it.
func (b *bed) book(source, target string, said map[string]string) run.Runbook {
	b.t.Helper()
	b.write("runbooks/try-it.yaml", source)
	books := NewShelf(b.deps, nil).Books()
	if len(books) != 1 || books[0].Off != nil {
		b.t.Fatalf("%+v", books)
	}
	rb, err := books[0].Build(b.t.Context(), target, said)
	if err != nil {
		b.t.Fatal(err)
	}
	return rb
}

// walk walks a run until it is let go of, with yes said beforehand.
func (b *bed) walk(id string, rb run.Runbook, m run.Mode) run.State {
	b.t.Helper()
	m.Unattended, m.Yes = true, true
	state, err := b.engine.Walk(b.t.Context(), id, rb, m)
	if err != nil {
		b.t.Fatal(err)
	}
	return state
}

func (b *bed) start(rb run.Runbook) string {
	b.t.Helper()
	id, err := b.engine.Start(b.t.Context(), rb)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// story is each step's last state, in the order of the runbook.
func (b *bed) story(id string) string {
	b.t.Helper()
	v, err := b.engine.View(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, s := range v.Steps {
		out = append(out, fmt.Sprintf("%s:%s", s.ID, s.State))
	}
	return strings.Join(out, " ")
}

func (b *bed) lines(id string) string {
	b.t.Helper()
	v, err := b.engine.View(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, l := range v.Lines {
		out = append(out, l.Mark+" "+l.Text)
	}
	return strings.Join(out, "\n")
}

// signer makes a key, and writes it when a path is given.
func signer(t *testing.T, path *string) cryptossh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := cryptossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if path == nil {
		return s
	}
	block, err := cryptossh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}
