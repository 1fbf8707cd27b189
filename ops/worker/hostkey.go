package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/lease"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/digitalocean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// factKey is the host key that exec read over the private network, in known_hosts form.
const factKey = "host-key"

// comeBack waits for the rebuilt machine to show its host key to exec, over the private network, which no stranger stands in.
func (c *crew) comeBack() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "come-back", Title: "Wait for it to come back", Kind: run.Read, NoUndo: "it changed nothing",
			Why:   "The machine restarts with a new system. Its new host key is read from exec over the private network, not from here over the internet.",
			Panes: []string{"balancer"}, Usual: "a minute or two", Awaits: provider,
		},
		Deadline: c.Config.Reimage.Wait,
		Plan:     plan("GET /v2/actions/ID   until completed", fmt.Sprintf("%s$ ssh-keyscan -T 5 %s   until it answers", c.Config.Exec().Name, c.in.Private)),
		Verify:   c.verifyBack,
	}
}

const keyscan = `ssh-keyscan -T 5 -p "$1" "$2" 2>/dev/null`

// verifyBack takes a key that differs from the trusted ones at once; the old key only when the machine behind it is the new one.
func (c *crew) verifyBack(w *run.Walk) run.Check {
	return func(ctx context.Context) (run.Progress, error) {
		a, err := c.action(ctx, w)
		if err != nil {
			return run.Progress{}, err
		}
		if p, err := c.follow(a, "look at the droplet in the control panel; start worker-reimage anew to rebuild it once more"); err != nil || !p.Done {
			return p, err
		}
		key, err := c.scan(ctx, cryptossh.KeyAlgoED25519)
		if err != nil || key == nil {
			return run.Progress{For: "its sshd to answer exec" + c.powerless(ctx), Again: c.Config.SSH.Retry}, err
		}
		if slices.Contains(c.in.HostKeys, fingerprint(key)) && !c.rebooted(ctx, w) {
			return run.Progress{For: "the new system; the old host key still answers", Again: c.Config.SSH.Retry}, nil
		}
		if err := w.Remember(ctx, factKey, string(cryptossh.MarshalAuthorizedKey(key))); err != nil {
			return run.Progress{}, err
		}
		return run.Progress{Done: true, Detail: "it answers with the key " + fingerprint(key)}, nil
	}
}

// powerless says what nobody finds out by waiting: that the machine is off.
func (c *crew) powerless(ctx context.Context) string {
	if d, err := c.Cloud.Droplet(ctx, c.in.Droplet); err == nil && d.Status == digitalocean.Off {
		return "; the provider says that it is off: power it on in the control panel"
	}
	return ""
}

// scan is the host key exec sees at the target's private address: one of the type preferred where there is one, nil when nothing answers yet.
func (c *crew) scan(ctx context.Context, preferred string) (cryptossh.PublicKey, error) {
	_, port := c.in.hostPort()
	res := c.exec().Look(ctx, ssh.Command{For: "ask the worker for its host keys", Script: keyscan, Args: []string{port, c.in.Private}, Answers: []int{1}})
	if res.Outcome != ssh.Exited {
		return nil, res.Err("reading the new host key", c.Config.Exec().Name)
	}
	var found cryptossh.PublicKey
	for line := range strings.Lines(res.Stdout) {
		_, _, key, _, _, err := cryptossh.ParseKnownHosts([]byte(line))
		if err != nil {
			continue
		}
		if found == nil || key.Type() == preferred {
			found = key
		}
	}
	return found, nil
}

// rebooted reports whether the machine behind the old key runs another boot already: a snapshot of the same droplet may keep its key.
func (c *crew) rebooted(ctx context.Context, w *run.Walk) bool {
	c.host().Drop()
	res := c.host().Look(ctx, ssh.Command{For: "read the mark on the disk", Script: diskScript, Args: []string{nonceFile}})
	boot, mark, _ := strings.Cut(strings.TrimSpace(res.Stdout), "\n")
	return res.OK() && boot != w.Fact(factBoot) && strings.TrimSpace(mark) == ""
}

// trustKey renews the host key: inside this run's window, for this host only, with both fingerprints before the operator's eyes.
func (c *crew) trustKey() run.Step {
	return run.Step{
		StepInfo: run.StepInfo{
			ID: "host-key", Title: "Trust its new host key", Kind: run.Idempotent, NoUndo: "the old key is gone with the old disk",
			Why: "The key changed because the disk did. Only this host's entries are replaced, only now, and a ledger on exec says so for good.", Panes: []string{"records"},
		},
		Deadline: c.Config.Reimage.Wait,
		Plan: plan("known_hosts: replace the entries of "+c.in.KnownAs,
			fmt.Sprintf("%s$ ssh-keygen -R and the new key, for those of %s that its known_hosts has", c.Config.Exec().Name, list(c.names())),
			fmt.Sprintf("%s$ append both fingerprints to %s/host-keys.log", c.Config.Exec().Name, lease.Dir)),
		Observe: c.observeKey,
		Do:      c.renewKey,
	}
}

// printOf is the fingerprint of a key in known_hosts form.
func printOf(text string) string {
	key, _, _, _, err := cryptossh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return "unreadable"
	}
	return fingerprint(key)
}

func (c *crew) newKey(w *run.Walk) (cryptossh.PublicKey, error) {
	key, _, _, _, err := cryptossh.ParseAuthorizedKey([]byte(w.Fact(factKey)))
	if err != nil {
		return nil, (&fault.Error{What: "the run does not hold the new host key", On: c.node.Name}).Because(err)
	}
	return key, nil
}

func (c *crew) observeKey(_ context.Context, w *run.Walk) (run.Finding, error) {
	if w.Dry() {
		return pending("trusted now: %s", list(c.in.HostKeys)), nil
	}
	key, err := c.newKey(w)
	if err != nil {
		return run.Finding{}, err
	}
	if trusted := c.Trust.Fingerprints(c.in.KnownAs); len(trusted) == 1 && trusted[0] == fingerprint(key) {
		return done("already trusted: %s", trusted[0]), nil
	}
	return pending("was %s, now %s", list(c.in.HostKeys), fingerprint(key)), nil
}

// window is how long after it was read a new key may replace an old one.
const window = 10 * time.Minute

func (c *crew) renewKey(ctx context.Context, w *run.Walk) error {
	key, err := c.newKey(w)
	if err != nil {
		return err
	}
	until := time.Now().Add(window)
	if err := c.stillShown(ctx, key); err != nil {
		return err
	}
	old, now := list(c.in.HostKeys), fingerprint(key)
	w.Out("host key of %s: was %s", c.node.Name, old)
	w.Out("host key of %s: now %s", c.node.Name, now)
	vouched := c.vouched(ctx, w)
	if vouched {
		w.Out("a host certificate vouches for it here; nothing is pinned")
	}
	what := fmt.Sprintf("host key of %s: %s -> %s", c.in.KnownAs, old, now)
	return w.Act(ctx, act.Act{Verb: "keys/renew", Target: c.node.Name, What: what, Danger: act.Changes}, func(ctx context.Context, p act.Permit) error {
		defer c.Trust.Renewing(c.in.KnownAs)() // who looks at the worker meanwhile need not ask
		r := keys.Renewal{At: time.Now(), Droplet: c.in.Droplet, Action: w.Fact(factAction), Run: w.Run(), By: c.Operator, Old: c.in.HostKeys, New: now}
		if err := c.Records.Enter(ctx, p, r); err != nil {
			return err
		}
		if err := c.renewOnExec(ctx, p, key); err != nil {
			return err
		}
		// The connection is dropped afterwards: what it remembers of the old key goes with it.
		defer c.host().Drop()
		if vouched {
			return nil
		}
		return c.Trust.Renew(ctx, keys.Window{Host: c.in.KnownAs, Old: c.in.HostKeys, Key: key, Until: until})
	})
}

// vouched reports that the new system is trusted here already although nothing was ever pinned: a host certificate speaks for it, as it did for the old
// one. A pin beside it would only be in the way of the next rebuild.
func (c *crew) vouched(ctx context.Context, w *run.Walk) bool {
	return len(c.in.HostKeys) == 0 && !c.in.Dead && c.rebooted(ctx, w)
}

// stillShown asks exec again: a run that was resumed a day later holds a key that was read a day ago, and the window is counted from a reading.
func (c *crew) stillShown(ctx context.Context, key cryptossh.PublicKey) error {
	now, err := c.scan(ctx, key.Type())
	switch {
	case err != nil:
		return err
	case now == nil:
		return &fault.Error{What: "the worker does not show its host key", On: c.node.Name, Why: "exec asked it over the private network, and it did not answer", Next: "see whether it is up, then retry"}
	case fingerprint(now) != fingerprint(key):
		return decided(&fault.Error{What: "the host key has changed once more", On: c.node.Name, Why: "it came back with " + fingerprint(key) + " and now shows " + fingerprint(now), Next: "find out who rebuilt it or stands between; start worker-reimage anew only when that is known", Code: fault.Refused})
	}
	return nil
}

// renewScript replaces what exec's own known_hosts says of a machine, under every name it is known there, and adds none. The work is done on a
// copy, so that a crash leaves the file as it was; names are hashed where the file's are.
const renewScript = `f=$HOME/.ssh/known_hosts
if [ ! -f "$f" ]; then exit 0; fi
key=$1; shift
known=
for h in "$@"; do
  if ssh-keygen -F "$h" -f "$f" >/dev/null 2>&1; then known="$known $h"; fi
done
if [ -z "$known" ]; then exit 0; fi
t=$f.vmtui
trap 'rm -f "$t" "$t.old" "$t.new" "$t.new.old"' EXIT
cp -p "$f" "$t" || exit 1
for h in $known; do ssh-keygen -R "$h" -f "$t" >/dev/null 2>&1 || exit 1; done
for h in $known; do printf '%s %s\n' "$h" "$key"; done > "$t.new" || exit 1
if grep -q '^|1|' "$f"; then ssh-keygen -H -f "$t.new" >/dev/null 2>&1 || exit 1; fi
cat "$t.new" >> "$t" && mv -f "$t" "$f"`

func (c *crew) renewOnExec(ctx context.Context, p act.Permit, key cryptossh.PublicKey) error {
	args := append([]string{strings.TrimSpace(string(cryptossh.MarshalAuthorizedKey(key)))}, c.names()...)
	return c.Records.OnExec(ctx, p, "renewing the host key in exec's known_hosts", renewScript, args...)
}

// names are what exec may know the machine as.
func (c *crew) names() []string {
	var all []string
	for _, host := range []string{c.node.Name, c.in.Private, c.in.Public} {
		if host == "" || slices.Contains(all, host) {
			continue
		}
		all = append(all, host)
		if _, port := c.in.hostPort(); port != "22" {
			all = append(all, "["+host+"]:"+port)
		}
	}
	return all
}

// silence says in a few words why a host gave no answer.
func silence(res ssh.Result) string {
	switch {
	case res.Cause != nil:
		return fault.Of(res.Cause).What
	case res.Outcome == ssh.Exited:
		return fmt.Sprintf("exit status %d", res.Code)
	}
	return string(res.Outcome)
}

// refusal is the one silence that waiting does not cure: a key that is not the one just trusted.
func refusal(res ssh.Result) error {
	if fault.CodeOf(res.Cause) == fault.Refused {
		return decided(res.Cause)
	}
	return nil
}
