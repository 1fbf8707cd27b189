//go:build lab

package ssh

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
)

func TestLabDeadMasterIsNoticed(t *testing.T) {
	l := startLab(t, sshd.Options{})
	p := l.open(t, OpenSSH, nil)
	h := p.Host("lab", "lab")
	if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Fatalf("%+v", r)
	}
	info, err := os.Stat(p.booth.dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	l.Cut()
	eventually(t, "the link is down", func() bool { return h.Link().State == "down" })
	if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("after it: %+v", r)
	}
	if !running(t, p.booth.dir) {
		t.Error("no master")
	}
	_ = p.Close()
	if _, err := os.Stat(p.booth.dir); err == nil || running(t, p.booth.dir) {
		t.Errorf("left behind: %v", err)
	}
}

func TestLabMasterOfTheOperator(t *testing.T) {
	l := startLab(t, sshd.Options{})
	socket := filepath.Join(l.dir, "theirs")
	l.config = l.write("config", l.alias("lab", l.Server, "ControlPath "+socket)+"Host *\n User root\n")
	ssh := exec.Command("ssh", "-F", l.config, "-o", "UserKnownHostsFile="+l.known(), "-M", "-N", "lab")
	if err := ssh.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ssh.Process.Kill(); _ = ssh.Wait() }()
	eventually(t, "their master is there", func() bool { _, err := os.Stat(socket); return err == nil })
	p := l.open(t, OpenSSH, nil)
	if r := p.Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
	if p.booth.dir != "" {
		t.Error("a master of our own was started")
	}
	_ = p.Close()
	if _, err := os.Stat(socket); err != nil {
		t.Errorf("their master is gone: %v", err)
	}
}

func TestLabFrozenHostDelaysNobody(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		p := l.open(t, by, func(p *Pool) { p.pace.ping, p.pace.pong = 200*time.Millisecond, 4*time.Second })
		h := p.Host("lab", "lab")
		if r := h.Look(within1m(t), Command{Script: "true"}); !r.OK() {
			t.Fatalf("%+v", r)
		}
		l.Freeze()
		defer l.Thaw()
		for name, call := range map[string]func(context.Context){
			"Look":   func(ctx context.Context) { h.Look(ctx, Command{Script: "true"}) },
			"Do":     func(ctx context.Context) { h.Do(ctx, allowed, Command{Script: "true", Sudo: true}) },
			"Stream": func(ctx context.Context) { h.Stream(ctx, Command{Script: "true"}, func(string) {}) },
			"agent":  func(ctx context.Context) { h.Look(ctx, Command{Script: "true", Agent: true}) },
			"Dial":   func(ctx context.Context) { _, _ = h.Dial(ctx, "tcp", "127.0.0.1:1") },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			began := time.Now()
			call(ctx)
			cancel()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s took %s", name, took)
			}
		}
		eventually(t, "the link is down", func() bool { return h.Link().State != "up" })
	})
}
