//go:build lab

package ssh

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
	"github.com/vmtui/vmtui/keys"
)

// What a scriptable server does in the other tests is done here by OpenSSH.

// A server that takes the connection and says nothing is given up, behind a jump host too, whose connections bear no deadline.
func TestLabNoBanner(t *testing.T) {
	l := startLab(t, sshd.Options{})
	mute := l.start(sshd.Options{Authorized: []ssh.PublicKey{l.key.PublicKey()}})
	l.pin(mute.Addr(), mute.Key)
	l.config = l.write("config", l.alias("lab", l.Server, "")+l.alias("mute", mute, "")+l.alias("behind", mute, "ProxyJump lab")+"Host *\n User root\n")
	mute.Freeze()
	defer mute.Thaw()
	p := l.open(t, Own, func(p *Pool) { p.pace.handshake = time.Second })
	for _, dest := range []string{"mute", "behind"} {
		if r := p.Host(dest, dest).Look(within1m(t), Command{Script: "true"}); r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "did not end within 1s") {
			t.Errorf("%s: %+v", dest, r)
		}
	}
	if r := p.Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("the jump host itself: %+v", r)
	}
}

// OpenSSH turns away who comes while others are still logging in: here, who comes beside twelve, since a busy sshd notes late that somebody is in. Of
// twenty-four at once, straight or through a jump host, nobody is.
func TestLabNobodyComesAtTheSameTimeAsMany(t *testing.T) {
	l := startLab(t, sshd.Options{})
	few := l.start(sshd.Options{Authorized: []ssh.PublicKey{l.key.PublicKey()}, Config: []string{"MaxStartups 12:100:12"}})
	l.pin(few.Addr(), few.Key)
	config := l.alias("lab", l.Server, "")
	for i := range 24 {
		config += l.alias(fmt.Sprint("few", i), few, "") + l.alias(fmt.Sprint("behind", i), few, "ProxyJump lab")
	}
	l.config = l.write("config", config+"Host *\n User root\n")
	for _, way := range []string{"few", "behind"} {
		p := l.open(t, Own, nil)
		var all sync.WaitGroup
		for i := range 24 {
			dest := fmt.Sprint(way, i)
			all.Go(func() {
				if r := p.Host(dest, dest).Look(within1m(t), Command{Script: "true"}); !r.OK() {
					t.Errorf("%s: %+v", dest, r)
				}
			})
		}
		all.Wait()
	}
	if said := few.Log(); strings.Contains(said, "MaxStartups") || strings.Contains(said, "drop connection") {
		t.Errorf("it turned somebody away: %s", said)
	}
}

// A host that gives no session did not carry anything out, and neither did one that does something else for that key.
func TestLabNoSessionAndAnother(t *testing.T) {
	for line, says := range map[string]string{"MaxSessions 0": "no session to be had", "ForceCommand /bin/true": "not begun"} {
		l := startLab(t, sshd.Options{Config: []string{line}})
		r := l.open(t, Own, nil).Host("lab", "lab").Do(within1m(t), allowed, Command{Script: "true"})
		if err := r.Err("stopping", "lab"); r.Outcome != Unreachable || err == nil || !strings.Contains(fmt.Sprint(r.Cause), says) {
			t.Errorf("%s: %+v", line, r)
		}
	}
}

// Of a server with three keys the one that known_hosts has is asked for, and a line there that is broken hides none of the others.
func TestLabOneKeyOfThree(t *testing.T) {
	dir := t.TempDir()
	var config []string
	for _, kind := range []string{"ecdsa", "rsa"} {
		file := filepath.Join(dir, kind)
		run(t, "ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file)
		config = append(config, "HostKey "+file)
	}
	l := startLab(t, sshd.Options{Config: config})
	text, err := os.ReadFile(filepath.Join(dir, "rsa.pub"))
	if err != nil {
		t.Fatal(err)
	}
	rsa, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]ssh.PublicKey{"ed25519": l.Key, "rsa": rsa} {
		l.write("ssh/known_hosts", "broken ssh-rsa AAAA!\n")
		l.pin(l.Addr(), key)
		overBoth(t, func(t *testing.T, by Transport) {
			if r := l.open(t, by, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); !r.OK() {
				t.Errorf("%s: %+v", name, r)
			}
		})
	}
}

// OpenSSH hangs up after six keys that it does not take. An agent with more of them keeps nobody from the key that a file holds.
func TestLabManyKeysInTheAgent(t *testing.T) {
	l := startLab(t, sshd.Options{})
	ring := agent.NewKeyring()
	for range 8 {
		_, file, err := sshd.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := ssh.ParseRawPrivateKey(file)
		if err == nil {
			err = ring.Add(agent.AddedKey{PrivateKey: raw})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	serveAgent(t, l.dir, ring)
	host, port, _ := net.SplitHostPort(l.Addr())
	l.config = l.write("config", fmt.Sprintf("Host lab\n HostName %s\n Port %s\n User root\n", host, port))
	file := filepath.Join(l.dir, "id")
	p := l.open(t, Own, func(p *Pool) {
		p.config.Identities = keys.NewIdentities(keys.IdentitiesConfig{Files: []string{file}, Agent: true})
	})
	if r := p.Host("lab", "lab").Look(within1m(t), Command{Script: "true"}); !r.OK() {
		t.Errorf("%+v", r)
	}
	r := l.open(t, Own, nil).Host("lab", "lab").Look(within1m(t), Command{Script: "true"})
	if r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "login refused") {
		t.Errorf("without it: %+v", r)
	}
}
