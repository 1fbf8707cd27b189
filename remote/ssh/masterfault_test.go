package ssh

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// ssh has one exit status for everything: what it says is what tells, and each kind of it says what to do.
func TestWhatSSHSaysIsUnderstood(t *testing.T) {
	for says, want := range map[string]struct {
		what, next string
		code       fault.Code
		silent     bool
	}{
		"Host key verification failed.": {"host key unknown", "compare the fingerprint: ssh worker-1", fault.Refused, false},
		"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nOffending ED25519 key in /x/known_hosts:7\nHost key verification failed.": {"host key changed", "find out why", fault.Refused, false},
		"root@10.0.0.1: Permission denied (publickey).":                                                               {"login refused", "must be in the agent", fault.Failed, false},
		"root@10.0.0.1: Permission denied (publickey,gssapi-with-mic).":                                               {"login refused", "kinit gets one", fault.Failed, false},
		"Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures":                               {"login refused", "IdentitiesOnly yes", fault.Failed, false},
		"signing failed for ED25519-SK \"/x/id_sk\": device not found\nroot@10.0.0.1: Permission denied (publickey).": {"login refused", "plug the security key in", fault.Failed, false},
		"kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.1 port 22":           {"the SSH server hangs up on us", "PerSourcePenaltyExemptList", fault.Failed, false},
		"ssh: connect to host 10.0.0.1 port 22: Connection refused":                                                   {"no SSH connection", "ssh worker-1", fault.Failed, true},
		"channel 0: open failed: connect failed: No route to host\nstdio forwarding failed":                           {"no SSH connection", "ssh worker-1", fault.Failed, true},
		"\x1b]0;title\x07ssh: Could not resolve hostname worker-1: Name or service not known \x1b[31mred":             {"no SSH connection", "ssh worker-1", fault.Failed, false},
	} {
		r := bySSH(t, time.Minute, "cat >&2 <<'SAYS'\n"+says+"\nSAYS\nexit 255\n")
		f := fault.Of(r.Cause)
		if r.Outcome != Unreachable || f.What != want.what || !strings.Contains(f.Next, want.next) || f.Code != want.code || errors.Is(r.Cause, ErrSilent) != want.silent || strings.ContainsAny(f.Error(), "\x1b\x07") {
			t.Errorf("%q: %v: %q, code %v, silent %v", says, r.Outcome, f, f.Code, errors.Is(r.Cause, ErrSilent))
		}
	}
}

// An ssh that never logs in is ended.
func TestAnSSHThatDoesNotLogInIsEnded(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	r := bySSH(t, time.Second, "echo $$ > "+pid+"; exec sleep 1000\n")
	if r.Outcome != Unreachable || !strings.Contains(r.Cause.Error(), "ssh did not log in within 1s") || !gone(childOf(t, pid)) {
		t.Errorf("%+v", r)
	}
}

// bySSH is a look over an ssh that does this to log in, and has so long for it.
func bySSH(t *testing.T, within time.Duration, script string) Result {
	t.Helper()
	bin := t.TempDir()
	fake := "#!/bin/sh\n[ \"$1\" = -G ] && { echo hostname 10.0.0.1; exit; }\n" + script
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(fake), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	pool := newPlace(t).pool(func(p *Pool) { p.config.Transport, p.pace.master = OpenSSH, within })
	defer func() { _ = pool.Close() }()
	return pool.Host("worker-1", "worker-1").Look(within10s(t), Command{Script: "true"})
}
