//go:build lab

package job

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote/ssh"
)

// playConsole is the argument with which this binary is a console that starts a job and follows it until somebody kills it.
const playConsole = "play-console"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == playConsole {
		var e errand
		if err := json.Unmarshal([]byte(os.Args[2]), &e); err != nil {
			panic(err)
		}
		e.play()
		return
	}
	os.Exit(m.Run())
}

// errand is what a console is to do, and where.
type errand struct {
	Config, Known, Dir, Live string
	Words                    []string
}

func (e errand) play() {
	r := e.room(keys.NewPasswords(keys.Refuser{}, nil), "lab", "root", "mike@laptop")
	c, err := tootctl.Known().Parse(e.Words, tootctl.Version{})
	if err != nil {
		panic(err)
	}
	b, err := r.Start(context.Background(), c, "vmst.io")
	if err != nil {
		panic(err)
	}
	fmt.Println(b.ID)
	err = r.Follow(context.Background(), b.Record, func(l string) { fmt.Println(l) })
	fmt.Println("not killed:", err)
}

// room is the node as one console reaches it.
func (e errand) room(words *keys.Passwords, alias, user, operator string) *Room {
	trust, err := keys.OpenTrust(keys.TrustConfig{Files: []string{e.Known}})
	if err != nil {
		panic(err)
	}
	p := ssh.NewPool(ssh.Config{SSHConfigPath: e.Config, KnownHosts: e.Known, Trust: trust, Identities: keys.NewIdentities(keys.IdentitiesConfig{}), Passwords: words, Secrets: keys.NewRedactor()})
	return &Room{
		Host: p.Host("exec", alias), Instance: "vmst.io", Operator: operator, Door: act.NewDoor(false, nil), Journal: nothing{}, Dir: e.Dir, Memory: filepath.Join(e.Live, "memory"),
		Node: config.Node{Name: "exec", Mastodon: config.Mastodon{Kind: config.KindNative, User: user, Dir: e.Live}},
	}
}

// node is a real sshd, and a Mastodon beside it whose tootctl is a script. Logins are the aliases: "lab" for root, and others' names for them.
func node(t *testing.T, script string, logins ...string) (errand, *sshd.Server) {
	t.Helper()
	dir, err := os.MkdirTemp("", "vmtui-job-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	key, text, err := sshd.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sshd.Start(t.Context(), sshd.Options{Authorized: []cryptossh.PublicKey{key.PublicKey()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	e := errand{Config: filepath.Join(dir, "config"), Known: filepath.Join(dir, "known"), Dir: filepath.Join(dir, "jobs"), Live: filepath.Join(dir, "live")}
	host, port, _ := net.SplitHostPort(s.Addr())
	var aliases strings.Builder
	for _, login := range append([]string{"lab"}, logins...) {
		user := login
		if login == "lab" {
			user = "root"
		}
		fmt.Fprintf(&aliases, "Host %s\n HostName %s\n Port %s\n User %s\n IdentityFile %s\n IdentitiesOnly yes\n", login, host, port, user, filepath.Join(dir, "id"))
	}
	put := func(path, text string, mode os.FileMode) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(dir, "id"), string(text), 0o600)
	put(e.Config, aliases.String(), 0o600)
	put(e.Known, fmt.Sprintf("[%s]:%s %s", host, port, cryptossh.MarshalAuthorizedKey(s.Key)), 0o600)
	put(filepath.Join(e.Live, "bin", "tootctl"), "#!/bin/sh\n"+script, 0o755)
	put(filepath.Join(e.Live, ".env.production"), "LOCAL_DOMAIN=vmst.io\n", 0o644)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return e, s
}

// A job outlives kill -9 of its console and of every sshd process that served it, and another console on another login finds it, follows it from its
// beginning and ends it.
func TestLabAJobSurvivesConsoleAndSession(t *testing.T) {
	e, s := node(t, `i=0; while [ ! -e go ]; do i=$((i+1)); printf '%s/?? |=---=---| ETA: ??:??:??\r' $i; sleep 0.1; done; echo "Removed 3 media attachments (approx. 1 MB)"`)
	e.Words = []string{"media", "remove"}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	console := exec.CommandContext(t.Context(), self, playConsole, string(text)) // #nosec G204 -- this very binary
	out, err := console.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := console.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	id := ""
	for n := 0; n < 5 && lines.Scan(); n++ { // its id, and some of the bar: it follows
		if n == 0 {
			id = lines.Text()
		}
	}
	s.Cut() // SIGKILL to every sshd that serves a connection, and to what it still has below it
	if err := console.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = console.Wait()

	other := e.room(keys.NewPasswords(keys.Refuser{}, nil), "lab", "root", "anna@desk")
	j := until(t, other, id, Running)
	if j.By != "mike@laptop" || !j.Log {
		t.Errorf("%+v", j)
	}
	var got []string
	ended := make(chan error, 1)
	seen := make(chan struct{})
	go func() {
		ended <- other.Follow(t.Context(), j.Record, func(l string) {
			if got = append(got, l); len(got) == 3 {
				close(seen)
			}
		})
	}()
	select {
	case <-seen:
	case err := <-ended:
		t.Fatalf("it cannot be followed: %v: %q", err, got)
	}
	if err := os.WriteFile(filepath.Join(e.Live, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil || !slices.Contains(got, "1/?? |=---=---| ETA: ??:??:??") || !slices.Contains(got, "Removed 3 media attachments (approx. 1 MB)") {
		t.Errorf("%v: %q", err, got)
	}
	until(t, other, id, Done)
}

// asked is an operator with one password, who counts how often it is asked for.
type asked struct {
	word  string
	times atomic.Int32
}

func (a *asked) Ask(context.Context, keys.Question) (keys.Answer, error) {
	a.times.Add(1)
	return keys.Answer{Text: a.word}, nil
}

// Whoever logs in as neither root nor Mastodon's user becomes root by sudo, whose password is asked once; tootctl runs as Mastodon's user all the same.
// Who may not use sudo is told so, and nothing is run.
func TestLabALoginThatIsNeitherRootNorMastodon(t *testing.T) {
	account := func(name, sudo string) string {
		u, err := sshd.AddUser(t.Context(), fmt.Sprintf("%s%d", name, os.Getpid()), "a password", sudo)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = u.Remove(context.Background()) })
		return u.Name
	}
	admin, nobody, masto := account("vmtuiadm", "ALL=(ALL) ALL"), account("vmtuinob", ""), account("vmtuimas", "")
	e, _ := node(t, `id -un; [ "$1" = media ] && exec sleep 600; exit 0`, admin, nobody, masto)
	who := &asked{word: "a password"}
	r := e.room(keys.NewPasswords(who, nil), admin, masto, "mike@laptop")
	j := begin1(t, r, "version")
	if got := output(t, r, j); !slices.Contains(got, masto) {
		t.Errorf("it ran as %q", got)
	}
	until(t, r, j.ID, Done)
	j = begin1(t, r, "media", "remove")
	if err := r.Cancel(t.Context(), j); err != nil {
		t.Error(err)
	}
	until(t, r, j.ID, Cancelled)
	if n := who.times.Load(); n != 1 {
		t.Errorf("the password was asked for %d times", n)
	}
	r = e.room(keys.NewPasswords(who, nil), nobody, masto, "mike@laptop")
	_, err := r.Start(t.Context(), call(t, "version"), "")
	if err == nil || !strings.Contains(err.Error(), "sudo") || fault.Of(err).Next == "" {
		t.Errorf("%v", err)
	}
	if err := os.Chmod(filepath.Dir(e.Dir), 0o777); err != nil { // where Mastodon's user may keep jobs it needs nobody
		t.Fatal(err)
	}
	e.Dir += "-of-mastodon"
	r = e.room(keys.NewPasswords(keys.Refuser{}, nil), masto, masto, "mike@laptop")
	until(t, r, begin1(t, r, "version").ID, Done)
}

// asking is a program made of the real Thor, with the questions that Mastodon's has.
const asking = `exec ruby - "$@" <<'RUBY'
require 'thor'
class Maintenance < Thor
  desc 'fix-duplicates', 'asks'
  def fix_duplicates
    exit(1) unless yes?('Continue? (Yes/No)')
    say "kept #{ask('Account to keep unchanged:', required: true, default: 0)}", :green
    say 'Finished!', :green
  end
end
class Main < Thor
  def self.exit_on_failure? = true
  desc 'maintenance', 'x'
  subcommand 'maintenance', Maintenance
  desc 'self-destruct', 'asks'
  def self_destruct
    exit(1) unless ask('Type in the domain of the server to confirm:') == 'vmst.io'
    sleep 0.05 until File.exist?('go')
    exit(1) if no?('Are you sure you want to proceed?')
    say 'SELF_DESTRUCT=abc'
  end
end
$stdin.reopen('/dev/tty')
Main.start(ARGV)
RUBY
`

// Real Thor asks on the job's terminal, and the operator answers from wherever they are. What they type while it works in silence is not kept for its next question.
func TestLabThorAsks(t *testing.T) {
	for _, x := range []struct {
		words   string
		answers [][2]string
		want    State
		says    string
	}{
		{"maintenance fix-duplicates", [][2]string{{"Continue?", "Yes"}, {"Account to keep", "1"}}, Done, "kept 1"},
		{"maintenance fix-duplicates", [][2]string{{"Continue?", "no"}}, Failed, "exit status 1: it ended at “Continue? (Yes/No)”: the answer was not to go on"},
		{"self-destruct", [][2]string{{"Type in the domain", "vmst.io"}, {"Are you sure", "yes"}}, Done, "SELF_DESTRUCT=abc"},
		{"self-destruct", [][2]string{{"Type in the domain", "vmst.io"}, {"Are you sure", "no"}}, Failed, "the answer was not to go on"},
		{"self-destruct", [][2]string{{"Type in the domain", "vmst.oi"}}, Failed, "the answer was not the domain of the server"},
	} {
		r := bench(t, asking)
		b, err := r.Start(t.Context(), call(t, strings.Fields(x.words)...), "vmst.io")
		if err != nil {
			t.Fatal(err)
		}
		var stand Stand
		reading := b.Reading()
		lines, done := make(chan string, 100), make(chan error, 1)
		go func() {
			done <- r.Attend(t.Context(), b.Record, func(l string) { lines <- l }, &stand)
			close(lines)
		}()
		var got []string
		at := 0
		for l := range lines {
			got = append(got, l)
			reading.Take(l)
			switch {
			case at < len(x.answers) && strings.Contains(l, x.answers[at][0]):
				err = errors.Join(err, r.Answer(t.Context(), b.Record, &stand, stand.Lines(), x.answers[at][1]))
				at++
			case strings.TrimSpace(l) == "vmst.io":
				if early := r.Answer(t.Context(), b.Record, &stand, stand.Lines(), "yes"); early == nil || !strings.Contains(early.Error(), "it asks nothing now") {
					t.Errorf("%s: while it works: %v", x.words, early)
				}
				err = errors.Join(err, os.WriteFile(filepath.Join(r.Node.Mastodon.Dir, "go"), nil, 0o600))
			}
		}
		later := until(t, r, b.ID, x.want)
		watched := later
		watched.Weigh(reading)
		if err = errors.Join(err, <-done); err != nil || at != len(x.answers) || !strings.Contains(strings.Join(got, "\n")+later.Why, x.says) || watched.Why != later.Why {
			t.Errorf("%s: %v, %d answers, %q; %s, watched: %s", x.words, err, at, got, later.Why, watched.Why)
		}
	}
}

// modest is a program made of the real Thor that keeps what it was called with.
const modest = `exec ruby - "$@" <<'RUBY'
require 'thor'
class Accounts < Thor
  desc 'modify USERNAME', 'keeps'
  option :role
  def modify(username)
    File.binwrite('args', username + "\0" + options[:role])
    say 'OK', :green
  end
end
class Main < Thor
  def self.exit_on_failure? = true
  desc 'accounts', 'x'
  subcommand 'accounts', Accounts
end
Main.start(ARGV)
RUBY
`

// Whatever somebody is called, real Thor behind a real sshd gets it as one argument and as one value, byte for byte.
func TestLabHostileNamesReachThor(t *testing.T) {
	e, _ := node(t, modest)
	r := e.room(keys.NewPasswords(keys.Refuser{}, nil), "lab", "root", "mike@laptop")
	for _, name := range hostile {
		role := []string{"--role=" + name}
		if strings.Contains(name, "\n") { // a value behind = ends there
			role = []string{"--role", name}
		}
		j := begin1(t, r, append(append([]string{"accounts", "modify"}, role...), "--", name)...)
		until(t, r, j.ID, Done)
		got, err := os.ReadFile(filepath.Join(e.Live, "args"))
		if err != nil || string(got) != name+"\x00"+name {
			t.Errorf("%q came as %q, %v", name, got, err)
		}
	}
	for _, where := range []string{e.Live, filepath.Join(e.Dir, "*")} { // where tootctl is, and where its job is
		if found, err := filepath.Glob(filepath.Join(where, "pwned")); err != nil || len(found) > 0 {
			t.Errorf("a name was run: %q, %v", found, err)
		}
	}
}
