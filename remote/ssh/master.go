package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/remote"
)

// leash runs a program and ends it when the script's own input ends: with us, however we go.
const leash = `exec 3<&0 </dev/null
"$@" 3<&- & job=$!
( while read -r _; do :; done <&3; kill -s TERM "$job" ) >/dev/null 2>&1 & dog=$!
exec 3<&-
wait "$job"; status=$?
kill -s TERM "$dog" 2>/dev/null
exit "$status"`

// masterOptions come before those of ssh_config. Nobody is there to be asked, so an unknown key is a refusal; nothing is forwarded, nothing is run.
var masterOptions = []string{
	"ControlMaster=yes", "ControlPersist=no", "BatchMode=yes", "StrictHostKeyChecking=yes", "ClearAllForwardings=yes", "RemoteCommand=none",
	"RequestTTY=no", "ForkAfterAuthentication=no", "LogLevel=ERROR",
}

// master is an ssh that holds a connection for us.
type master struct {
	cmd    *exec.Cmd
	hold   io.Closer     // its leash
	over   chan struct{} // closed when it has ended
	says   *bounded      // what it complained of
	socket string
}

// borrow gets a connection from the operator's ssh: through a ControlMaster that is there already, or one of our own.
func (h *Host) borrow(ctx context.Context) (_ *wire, err error) {
	r, err := h.resolved(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := h.pool.gates.enter(ctx, "to "+r.addr())
	if err != nil {
		return nil, err
	}
	defer leave()
	ended := h.pool.config.Witness.See(remote.Call{Wire: "ssh", On: h.name, What: "log in at " + r.addr() + " as " + r.user + " through ssh"})
	defer func() { ended(remote.Done("logged in", err)) }()
	if r.controlPath != "" {
		if client, err := h.attach(ctx, r.controlPath); err == nil {
			return borrowed(client, func() {}), nil
		}
	}
	return h.throughMaster(ctx, r)
}

// throughMaster starts an ssh and waits until it is logged in.
func (h *Host) throughMaster(ctx context.Context, r *route) (*wire, error) {
	m, err := h.startMaster()
	if err != nil {
		return nil, err
	}
	client, err := h.letIn(ctx, m)
	if err != nil {
		m.end()
		return nil, h.notThrough(ctx, r, m, err)
	}
	return borrowed(client, m.end), nil
}

// borrowed is a connection over a ControlMaster. It knows no keepalive: ssh hangs up on one. A channel that is opened and closed is a round trip as well.
func borrowed(client *ssh.Client, end func()) *wire {
	echo := func() error {
		channel, requests, err := client.OpenChannel("session", nil)
		if isRefusal(err) {
			return nil
		}
		if err != nil {
			return err
		}
		_ = channel.Close()
		for range requests { //revive:disable-line:empty-block // ends with the channel
		}
		return nil
	}
	return &wire{Client: client, echo: echo, end: end}
}

func (h *Host) startMaster() (*master, error) {
	socket, err := h.pool.booth.socket()
	if err != nil {
		return nil, err
	}
	t, err := parseDest(h.dest)
	if err != nil {
		return nil, err
	}
	words := []string{"-c", leash, arg0, "ssh", "-M", "-N", "-S", socket}
	pace := h.pool.pace
	for _, o := range append(masterOptions, "ConnectTimeout="+seconds(pace.connect), "ServerAliveInterval="+seconds(pace.ping), "ServerAliveCountMax=1") {
		words = append(words, "-o", o)
	}
	if known := h.pool.config.KnownHosts; known != "" {
		words = append(words, "-o", `UserKnownHostsFile="`+known+`"`)
	}
	m := &master{over: make(chan struct{}), says: newBounded(64 << 10), socket: socket}
	m.cmd = exec.Command("/bin/sh", append(words, t.words(h.pool.config.SSHConfigPath)...)...) // #nosec G204 -- the destination is checked and after --
	m.cmd.Stderr, m.cmd.WaitDelay = m.says, time.Second
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // ^C at our terminal is for us
	if m.hold, err = m.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err = m.cmd.Start(); err != nil {
		return nil, err
	}
	started := h.pool.crew.run(func() {
		_ = m.cmd.Wait()
		close(m.over)
	})
	if !started {
		_ = m.hold.Close()
		_ = m.cmd.Wait()
		return nil, errClosed
	}
	return m, nil
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second)/time.Second)))
}

// letIn waits until the master lets us in.
func (h *Host) letIn(ctx context.Context, m *master) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, h.pool.pace.master)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if client, err := h.attach(ctx, m.socket); err == nil {
			return client, nil
		}
		select {
		case <-look.C:
		case <-m.over:
			return nil, errors.New("ssh ended")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// attach connects to a master's socket.
func (h *Host) attach(ctx context.Context, socket string) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, h.pool.pace.connect)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	conn, channels, requests, err := ssh.NewControlClientConn(c)
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return ssh.NewClient(conn, channels, requests), nil
}

// end lets go of the leash, and makes sure.
func (m *master) end() {
	_ = m.hold.Close()
	late := time.NewTimer(2 * time.Second)
	defer late.Stop()
	select {
	case <-m.over:
		return
	case <-late.C:
	}
	_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
	<-m.over
}

// booth is the directory of our masters' sockets, which nobody else may enter.
type booth struct {
	mu   sync.Mutex
	dir  string
	made int
}

// socket is a new path, short enough for ssh to add to it.
func (b *booth) socket() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dir == "" {
		dir, err := os.MkdirTemp(runtimeDir(), "vmtui-")
		if err != nil {
			return "", err
		}
		b.dir = dir
	}
	b.made++
	return filepath.Join(b.dir, strconv.Itoa(b.made)), nil
}

// runtimeDir is the session's own directory for sockets, where there is one and it is short.
func runtimeDir() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && len(dir) < 40 {
		if _, err := os.Stat(dir); err == nil { // #nosec G703 -- the session's own environment
			return dir
		}
	}
	return "/tmp"
}

func (b *booth) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}
