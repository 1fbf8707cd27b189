package ssh

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

func newECDSA(t *testing.T) ssh.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What an error tells a person to try is what ssh takes.
func TestByHand(t *testing.T) {
	for dest, want := range map[string]string{
		"exec": "ssh -v exec", "root@10.0.0.11:22": "ssh -v -p 22 root@10.0.0.11", "ssh://deploy@[fd00::1]:2200": "ssh -v -p 2200 deploy@fd00::1",
	} {
		if got := ByHand(dest); got != want {
			t.Errorf("%s: %s", dest, got)
		}
	}
}

func TestResolve(t *testing.T) {
	p := newPlace(t)
	inner := p.write("inner", "Host worker-*\n  User deploy\n  Port 2200\n")
	config := p.write("config", `Include `+inner+`
Host exec
  HostName 10.0.0.1
  IdentityFile "/keys/%n-%r"
  IdentityFile /keys/%%two
  IdentitiesOnly yes
  HostKeyAlias exec-alias
Host worker-1
  HostName %h.internal
  ProxyJump jump@exec:2222,second
Host hidden
  ProxyCommand nc %h %p
Host *
  User root
`)
	for _, c := range []struct{ dest, addr, user, knownAs, jumps string }{
		{"exec", "10.0.0.1:22", "root", "exec-alias:22", ""},
		{"mike@exec:2022", "10.0.0.1:2022", "mike", "exec-alias:22", ""},
		{"worker-1", "worker-1.internal:2200", "deploy", "worker-1.internal:2200", "jump@exec:2222 second"},
		{"root@10.0.0.11:22", "10.0.0.11:22", "root", "10.0.0.11:22", ""},
		{"[::1]:2022", "[::1]:2022", "root", "[::1]:2022", ""},
		{"fe80::1", "[fe80::1]:22", "root", "[fe80::1]:22", ""},
		{"ssh://a@b:3/", "b:3", "a", "b:3", ""},
	} {
		r, err := resolve(t.Context(), config, c.dest)
		if err != nil {
			t.Errorf("%s: %v", c.dest, err)
			continue
		}
		if r.addr() != c.addr || r.user != c.user || r.knownAs != c.knownAs || strings.Join(r.jumps, " ") != c.jumps {
			t.Errorf("%s: %+v", c.dest, r)
		}
	}
	r, err := resolve(t.Context(), config, "exec")
	if err != nil || !r.wish.Only || !slices.Equal(r.wish.Files, []string{"/keys/exec-root", "/keys/%two"}) {
		t.Errorf("%+v, %v", r.wish, err)
	}
	for _, bad := range []string{"", "-oProxyCommand=x", "a b", "root@", "-l@host", "a;b", "hidden"} {
		if _, err := resolve(t.Context(), config, bad); fault.CodeOf(err) != fault.Usage {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if r, err := resolve(t.Context(), filepath.Join(p.dir, "missing"), "exec"); err != nil || r.addr() != "exec:22" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestMatchIsLeftToSSH(t *testing.T) {
	p := newPlace(t)
	config := p.write("config", "Include "+p.write("inner", "Match exec true\n User never\n"))
	fake := "#!/bin/sh\necho \"$*\" > " + filepath.Join(p.dir, "args") + "\n" +
		"printf 'user deploy\\nhostname 10.0.0.9\\nport 2022\\nidentityfile ~/.ssh/a\\nidentityfile /b\\nproxyjump exec\\nidentitiesonly yes\\n'\n"
	if err := os.WriteFile(filepath.Join(p.dir, "ssh"), []byte(fake), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	t.Setenv("PATH", p.dir+":"+os.Getenv("PATH"))
	r, err := resolve(t.Context(), config, "worker-1")
	if err != nil || r.addr() != "10.0.0.9:2022" || r.user != "deploy" || !r.wish.Only || len(r.wish.Files) != 2 || len(r.jumps) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	args, _ := os.ReadFile(filepath.Join(p.dir, "args"))
	if got := strings.TrimSpace(string(args)); got != "-G -F "+config+" -- worker-1" {
		t.Errorf("ssh %s", got)
	}
	p.write("ssh", "#!/bin/sh\necho no such thing >&2; exit 255\n")
	if _, err := resolve(t.Context(), config, "worker-1"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("%v", err)
	}
}

func TestJumpHosts(t *testing.T) {
	first, second, last := newServer(t, nil), newServer(t, nil), newServer(t, nil)
	p := newPlace(t)
	for _, s := range []*server{first, second, last} {
		p.knows(s)
	}
	hostPort := func(s *server) string {
		host, port, _ := net.SplitHostPort(s.addr())
		return "HostName " + host + "\n Port " + port + "\n"
	}
	config := p.write("config", "Host first\n "+hostPort(first)+"Host second\n "+hostPort(second)+
		"Host last\n "+hostPort(last)+" ProxyJump first,second\nHost circle\n ProxyJump first,circle\n")
	pool := p.pool(func(p *Pool) { p.config.SSHConfigPath = config })
	h := pool.Host("worker-1", "last")
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if r := h.Look(within10s(t), Command{Script: "echo through"}); r.Stdout != "through\n" {
				t.Errorf("%+v", r)
			}
		})
	}
	wg.Wait()
	if h.Addr() != last.addr() || pool.Host("again", "last") != h {
		t.Errorf("%s", h.Addr())
	}
	for _, s := range []*server{first, second, last} {
		if logins, _, _ := s.seen(); logins != 1 {
			t.Errorf("%d logins", logins)
		}
	}
	first.cut()
	eventually(t, "the link is down", func() bool { return h.Link().State == "down" })
	if r := h.Look(within10s(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("after the jump host came back: %+v", r)
	}
}

func TestJumpHostsInACircle(t *testing.T) {
	p := newPlace(t)
	config := p.write("config", "Host a\n ProxyJump b\nHost b\n ProxyJump a\nHost self\n ProxyJump self\n")
	pool := p.pool(func(p *Pool) { p.config.SSHConfigPath = config })
	for _, dest := range []string{"a", "b", "self"} {
		r := pool.Host(dest, dest).Look(within10s(t), Command{Script: "true"})
		if r.Outcome != Unreachable || !strings.Contains(fmt.Sprint(r.Cause), "circle") {
			t.Errorf("%s: %+v", dest, r)
		}
	}
}

func TestManyThroughOneJumpHost(t *testing.T) {
	jump := newServer(t, nil)
	p := newPlace(t)
	p.knows(jump)
	config := "Host jump\n HostName 127.0.0.1\n Port " + strings.Split(jump.addr(), ":")[1] + "\n"
	var dests []string
	for i := range 12 {
		s := newServer(t, nil)
		p.knows(s)
		config += fmt.Sprintf("Host t%d\n HostName 127.0.0.1\n Port %s\n ProxyJump jump\n", i, strings.Split(s.addr(), ":")[1])
		dests = append(dests, fmt.Sprintf("t%d", i))
	}
	path := p.write("config", config)
	pool := p.pool(func(p *Pool) { p.config.SSHConfigPath = path })
	var wg sync.WaitGroup
	for _, d := range dests {
		wg.Go(func() {
			if r := pool.Host(d, d).Look(within10s(t), Command{Script: "true"}); !r.OK() {
				t.Errorf("%s: %+v", d, r)
			}
		})
	}
	wg.Wait()
	if logins, _, _ := jump.seen(); logins != 1 {
		t.Errorf("%d logins", logins)
	}
}

func TestDialBearsDeadlines(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _, _ = io.Copy(c, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = echo.Close(); wg.Wait() })
	h := reach(t, newServer(t, nil), nil)
	c, err := h.Dial(within10s(t), "tcp", echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	buf := make([]byte, 4)
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err = c.Write([]byte("ping")); err == nil {
		_, err = io.ReadFull(c, buf)
	}
	if err != nil || string(buf) != "ping" {
		t.Fatalf("%q %v", buf, err)
	}
	// A deadline that passes while nobody reads does not cost the connection.
	_ = c.SetDeadline(time.Now().Add(-time.Second))
	if _, err = c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err = c.Write([]byte("pong")); err == nil {
		_, err = io.ReadFull(c, buf)
	}
	if err != nil || string(buf) != "pong" {
		t.Fatalf("after an idle deadline: %q %v", buf, err)
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err = c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if _, err = h.Dial(within10s(t), "tcp", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("%v", err)
	}
}

func TestKeysOfOneHost(t *testing.T) {
	p := newPlace(t)
	config := p.write("config", `Host worker-1
  CertificateFile ~/certs/%n-cert.pub
  CertificateFile "/certs/of %r"
  IdentityAgent %d/agent.sock
  ForwardAgent yes
Host worker-2
  CertificateFile none
  ForwardAgent no
Host *
  User root
`)
	r, err := resolve(t.Context(), config, "worker-1")
	if err != nil || !slices.Equal(r.wish.Certificates, []string{"~/certs/worker-1-cert.pub", "/certs/of root"}) ||
		r.wish.Agent != home()+"/agent.sock" || !r.forwardAgent {
		t.Errorf("%+v, %v", r, err)
	}
	for _, dest := range []string{"worker-2", "worker-3"} {
		if r, err = resolve(t.Context(), config, dest); err != nil || len(r.wish.Certificates) > 0 || r.forwardAgent {
			t.Errorf("%s: %+v, %v", dest, r, err)
		}
	}
}

func TestIncludedFilesAreLookedThroughForMatch(t *testing.T) {
	p := newPlace(t)
	p.write("two words", "Match all\n User never\n")
	for include, match := range map[string]bool{
		`Include "` + p.dir + `/two words"`: true, "include=" + p.dir + "/two*": true, "Include " + p.dir + "/nothing": false, "# Match all": false,
	} {
		if err := (configFile{}).beyondUs([]byte(include+"\n"), 0); errors.Is(err, errMatch) != match {
			t.Errorf("%s: Match %v", include, !match)
		}
	}
}
