package job

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/tootctl"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// shell is a node made of this machine's own /bin/sh: the scripts run for real, with flock, script and ps.
type shell struct{}

func (shell) Look(ctx context.Context, c ssh.Command) ssh.Result { return run(ctx, c, nil) }

func (shell) Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result {
	if err := p.Check(ctx); err != nil {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	return run(ctx, c, nil)
}

func (shell) Stream(ctx context.Context, c ssh.Command, line func(string)) ssh.Result {
	lines := clean.NewSplitter(0, nil, line)
	defer func() { _ = lines.Close() }()
	return run(ctx, c, lines)
}

func run(ctx context.Context, c ssh.Command, out *clean.Splitter) ssh.Result {
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", c.Script, "vmtui"}, c.Args...)...)
	var said, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &errs
	if out != nil {
		cmd.Stdout = out
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return ssh.Result{Outcome: ssh.Unreachable, Cause: err}
	}
	if _, word, found := strings.Cut(said.String(), c.Mark); c.Told != nil && found {
		c.Told(strings.TrimSpace(word))
	}
	return ssh.Result{Outcome: ssh.Exited, Code: cmd.ProcessState.ExitCode(), Stdout: clean.Text(said.String()), Stderr: errs.String()}
}

func (shell) User() string { return "root" }

type nothing struct{}

func (nothing) Intend(context.Context, act.Act) (func(context.Context, act.Outcome) error, error) {
	return func(context.Context, act.Outcome) error { return nil }, nil
}

// bench is a Mastodon whose tootctl is a script, and the room of its jobs.
func bench(t *testing.T, script string) *Room {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"bin/tootctl": "#!/bin/sh\n" + script, ".env.production": "LOCAL_DOMAIN=vmst.io\n"} {
		path := filepath.Join(dir, "live", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil { // #nosec G306 -- it is run
			t.Fatal(err)
		}
	}
	r := &Room{
		Host: shell{}, Instance: "vmst.io", Operator: "mike@laptop", Door: act.NewDoor(false, nil), Journal: nothing{}, Dir: filepath.Join(dir, "jobs"), Memory: filepath.Join(dir, "mastodon"),
		Node: config.Node{Name: "exec", Mastodon: config.Mastodon{Kind: config.KindNative, User: "root", Dir: filepath.Join(dir, "live"), Env: map[string]string{"MORE": "of it"}}},
	}
	t.Cleanup(func() { // nothing is left running
		jobs, _ := r.List(context.Background())
		for _, j := range jobs {
			if j.State == Running {
				_ = r.Cancel(context.Background(), j.Record)
			}
		}
	})
	return r
}

func call(t *testing.T, words ...string) *tootctl.Call {
	t.Helper()
	c, err := tootctl.Known().Parse(words, tootctl.Version{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func begin1(t *testing.T, r *Room, words ...string) Record {
	t.Helper()
	b, err := r.Start(t.Context(), call(t, words...), "vmst.io")
	if err != nil {
		t.Fatal(err)
	}
	return b.Record
}

// output follows a job to its end.
func output(t *testing.T, r *Room, j Record) []string {
	t.Helper()
	var got []string
	if err := r.Follow(t.Context(), j, func(l string) { got = append(got, l) }); err != nil {
		t.Fatal(err)
	}
	return got
}

// until waits for a job to stand so.
func until(t *testing.T, r *Room, id string, want State) Job {
	t.Helper()
	for {
		j, err := r.Find(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if j.State == want {
			return j
		}
		if j.State != Running {
			t.Fatalf("%s: %s: %s, want %s", j.Line, j.State, j.Why, want)
		}
	}
}

// hostile are names that anybody may have.
var hostile = []string{"; rm -rf /", "a\nb", "$(touch pwned)", "`touch pwned`", `it's "quoted"`, "-rf", "--all", `\`, "*", "é\u202e", "~", "%s", "!!"}

// Whatever somebody is called, tootctl gets it as one argument, byte for byte, on a terminal of a fixed width, in its directory and environment.
func TestArgumentsArriveByteForByte(t *testing.T) {
	r := bench(t, `printf '%s\n' "$PWD" "$RAILS_ENV" "$RUBY_PROGRESS_BAR_LENGTH" "$MORE" >seen; stty size >>seen; for a; do printf '%s\000' "$a"; done >args`)
	for _, name := range hostile {
		j := begin1(t, r, "accounts", "modify", "--role="+name, "--", name)
		output(t, r, j)
		until(t, r, j.ID, Done)
		got, err := os.ReadFile(filepath.Join(r.Node.Mastodon.Dir, "args"))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(j.Words, strings.Split(strings.TrimSuffix(string(got), "\x00"), "\x00")); d != "" {
			t.Errorf("%q: %s", name, d)
		}
	}
	seen, err := os.ReadFile(filepath.Join(r.Node.Mastodon.Dir, "seen"))
	if want := r.Node.Mastodon.Dir + "\nproduction\n70\nof it\n50 120\n"; err != nil || string(seen) != want {
		t.Errorf("%q, want %q: %v", seen, want, err)
	}
}

// A job outlives whoever started it, is found by anybody, and tells days later how it ended.
func TestAJobOutlivesItsConsole(t *testing.T) {
	r := bench(t, `while [ ! -e go ]; do sleep 0.05; done; echo "Removed 3 media attachments"; exit 3`)
	j := begin1(t, r, "media", "remove", "--days=3")
	other := *r
	other.Operator = "anna@desk"
	got := until(t, &other, j.ID[:len(j.ID)-1], Running)
	if got.By != "mike@laptop" || got.Line != "tootctl media remove --days=3" || !got.Log || got.Code != nil {
		t.Errorf("%+v", got)
	}
	if err := os.WriteFile(filepath.Join(r.Node.Mastodon.Dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Removed 3 media attachments", ""}, output(t, &other, j)); d != "" {
		t.Error(d)
	}
	got = until(t, r, j.ID, Failed)
	if *got.Code != 3 || time.Since(got.Ended) > time.Minute {
		t.Errorf("%+v", got)
	}
	info, err := os.Stat(filepath.Join(r.Dir, j.ID, "log"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log: %v, %v", info.Mode(), err)
	}
	if info, err = os.Stat(filepath.Join(r.Dir, j.ID)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
}

// Of two long jobs the second is refused with the first one's name; a short one is not, and when the first is over the way is free.
func TestTwoLongJobsAreOneTooMany(t *testing.T) {
	r := bench(t, `[ "$1" = version ] || while [ ! -e go ]; do sleep 0.05; done`)
	j := begin1(t, r, "media", "remove")
	_, err := r.Start(t.Context(), call(t, "accounts", "refresh", "--all"), "")
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Refused || !strings.Contains(f.Why, "tootctl media remove") || !strings.Contains(f.Why, "mike@laptop") || !strings.Contains(f.Next, j.ID) {
		t.Fatalf("%v", err)
	}
	until(t, r, begin1(t, r, "version").ID, Done)
	if err := os.WriteFile(filepath.Join(r.Node.Mastodon.Dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, r, j.ID, Done)
	until(t, r, begin1(t, r, "accounts", "refresh", "--all").ID, Done)
}

// Of many that are started at once, one runs.
func TestOfManyAtOnceOneRuns(t *testing.T) {
	r := bench(t, `while [ ! -e go ]; do sleep 0.05; done`)
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() { _, errs[i] = r.Start(t.Context(), call(t, "media", "remove"), "") })
	}
	wg.Wait()
	if won := len(errs) - len(slices.DeleteFunc(errs, func(err error) bool { return err == nil })); won != 1 {
		t.Errorf("%d run: %v", won, errs)
	}
}

// Cancelling ends what the job started, though it does not listen, and though it went into a session of its own.
func TestCancel(t *testing.T) {
	for name, script := range map[string]string{
		"at once":    `echo $$ >pid; exec sleep 600`,
		"with child": `echo $$ >pid; sleep 600; sleep 600`,
		"deaf":       `trap '' TERM HUP INT; echo $$ >pid; while :; do sleep 1; done`,
		"away":       `setsid sh -c 'echo $$ >pid; sleep 600'`,
	} {
		t.Run(name, func(t *testing.T) {
			r := bench(t, script)
			j := begin1(t, r, "media", "remove")
			var pid int
			for pid == 0 {
				b, _ := os.ReadFile(filepath.Join(r.Node.Mastodon.Dir, "pid"))
				pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
			}
			if err := r.Cancel(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			got := until(t, r, j.ID, Cancelled)
			if got.Dead != "mike@laptop" || !strings.Contains(got.Why, "cancelled by mike@laptop") {
				t.Errorf("%+v", got)
			}
			if out, err := exec.Command("ps", "-o", "pid=", "-p", strconv.Itoa(pid)).Output(); err == nil { // #nosec G204 -- a number
				t.Errorf("%d still runs: %s", pid, out)
			}
			if err := r.Cancel(t.Context(), j); err == nil || fault.CodeOf(err) != fault.Refused {
				t.Errorf("cancelled twice: %v", err)
			}
		})
	}
}

// What runs in a container is not said to be gone where docker does not answer any more.
func TestCancelWhereDockerIsDead(t *testing.T) {
	r := bench(t, "")
	bin := t.TempDir()
	text := "#!/bin/sh\ncase \" $* \" in *\" -T \"*) echo 'Cannot connect to the Docker daemon' >&2; exit 1 ;; esac\nexec sleep 600\n"
	if err := os.WriteFile(filepath.Join(bin, "docker"), []byte(text), 0o700); err != nil { // #nosec G306 -- it is run
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	r.Node.Mastodon = config.Mastodon{Kind: config.KindCompose, Dir: r.Node.Mastodon.Dir, Project: "mastodon", Tootctl: config.TootctlExec}
	j := begin1(t, r, "media", "remove")
	if err := r.Cancel(t.Context(), j); fault.CodeOf(err) != fault.Unknown || !strings.Contains(err.Error(), "cannot be asked") {
		t.Errorf("%v", err)
	}
}

// A job whose node was restarted, and one whose runner was killed, ended nobody knows how.
func TestAnUnseenEndIsUnknown(t *testing.T) {
	r := bench(t, `exec sleep 600`)
	j := begin1(t, r, "media", "remove")
	file := filepath.Join(r.Dir, j.ID, "pid")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b))
	if len(f) != 3 {
		t.Fatalf("%q", b)
	}
	defer func() { // the real one is still to be ended
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Error(err)
		}
	}()
	for why, text := range map[string]string{
		"restarted":      f[0] + "\n" + f[1] + "\nanother-boot\n",
		"no exit status": f[0] + "\n1\n" + f[2] + "\n", // its number is somebody else's now
		"to have begun":  "",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := r.Find(t.Context(), j.ID)
		if err != nil || got.State != Unknown || !strings.Contains(got.Why, why) {
			t.Errorf("%s: %+v, %v", why, got, err)
		}
	}
	if err := errors.Join(os.WriteFile(file, []byte(f[0]+"\n1\n"+f[2]+"\n"), 0o600), os.WriteFile(filepath.Join(r.Dir, j.ID, "exit.new"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Find(t.Context(), j.ID); err != nil || got.State != Unknown || !strings.Contains(got.Why, "is the disk full there?") {
		t.Errorf("%+v, %v", got, err)
	}
}

// Of a job whose directory was removed nobody knows anything: neither is it taken for one that never was, nor for one that has ended.
func TestAJobWhoseDirectoryIsGone(t *testing.T) {
	r := bench(t, `exec sleep 600`)
	j := begin1(t, r, "media", "remove")
	if err := r.Cancel(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(r.Dir, j.ID)); err != nil {
		t.Fatal(err)
	}
	_, _, end := r.End(t.Context(), j)
	for what, err := range map[string]error{"follow": r.Follow(t.Context(), j, func(string) {}), "cancel": r.Cancel(t.Context(), j), "end": end} {
		if fault.CodeOf(err) != fault.Unknown || !strings.Contains(err.Error(), "its directory is gone") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What prints a password leaves no log, and the password comes out once.
func TestAPasswordIsInNoLog(t *testing.T) {
	r := bench(t, `echo OK; echo "New password: hunter2"`)
	b, err := r.Start(t.Context(), call(t, "accounts", "modify", "picard", "--reset-password"), "")
	if err != nil || b.Password != "hunter2" || strings.Contains(b.Said, "hunter2") || !strings.Contains(b.Said, "OK") {
		t.Fatalf("%+v, %v", b, err)
	}
	got := until(t, r, b.ID, Done)
	if got.Log {
		t.Error("there is a log")
	}
	out, err := exec.Command("grep", "-r", "hunter2", r.Dir).Output() // #nosec G204 -- our own directory
	if err == nil {
		t.Errorf("%s", out)
	}
	if err := r.Follow(t.Context(), b.Record, func(string) {}); fault.CodeOf(err) != fault.Refused {
		t.Errorf("followed: %v", err)
	}
}

// What prints a password and ends well without saying so has an unknown outcome: tootctl refuses some with an exit status of 0.
func TestAPasswordThatDoesNotCome(t *testing.T) {
	r := bench(t, `echo "Error: the username is taken"`)
	b, err := r.Start(t.Context(), call(t, "accounts", "create", "picard", "--email=a@b.example", "--reattach"), "")
	if fault.CodeOf(err) != fault.Unknown || b.Password != "" || !strings.Contains(b.Said, "is taken") {
		t.Errorf("%+v, %v", b, err)
	}
}

// What asks is answered by the operator, on a terminal; a question without a line end is seen.
func TestAQuestionIsAnswered(t *testing.T) {
	r := bench(t, `[ -t 0 ] || exit 9; printf 'Which one? '; read -r a; echo "you said $a"`)
	b, err := r.Start(t.Context(), call(t, "maintenance", "fix-duplicates"), "vmst.io")
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	var got []string
	var stand Stand
	answered := make(chan error, 1)
	err = r.Attend(t.Context(), b.Record, func(l string) {
		got = append(got, l)
		if strings.Contains(l, "Which one?") {
			once.Do(func() {
				go func() { answered <- r.Answer(t.Context(), b.Record, &stand, stand.Lines(), "Yes; rm -rf $(id)") }() // it is read on meanwhile
			})
		}
	}, &stand)
	err = errors.Join(err, <-answered)
	if err != nil || !strings.Contains(strings.Join(got, "\n"), "you said Yes; rm -rf $(id)") {
		t.Errorf("%q, %v", got, err)
	}
	until(t, r, b.ID, Done)
	if err := r.answer(t.Context(), b.Record, 1, "more"); fault.CodeOf(err) != fault.Refused {
		t.Errorf("answered after the end: %v", err)
	}
}

func TestWhatIsNotStarted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Room)
		words  []string
		typed  string
		want   string
	}{
		"read-only":        {func(r *Room) { r.Door.SetReadOnly(true) }, []string{"media", "usage"}, "vmst.io", "read-only"},
		"not confirmed":    {func(*Room) {}, []string{"accounts", "delete", "picard"}, "", "its name was not typed"},
		"another instance": {func(r *Room) { r.Instance = "example.org" }, []string{"accounts", "delete", "picard"}, "example.org", "says LOCAL_DOMAIN=vmst.io"},
		"nowhere to write": {func(r *Room) { r.Dir = "/dev/null/jobs" }, []string{"media", "usage"}, "", "cannot be made"},
	} {
		r := bench(t, "touch ran")
		dir := r.Dir
		c.change(r)
		_, err := r.Start(t.Context(), call(t, c.words...), c.typed)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "..", "live", "ran")); err == nil {
			t.Errorf("%s: it ran", name)
		}
	}
}

func TestWhereAndAsWhom(t *testing.T) {
	for name, c := range map[string]struct {
		m    config.Mastodon
		want []string
		end  string
	}{
		"native": {config.Mastodon{Kind: config.KindNative, User: "mastodon", Dir: "/home/mastodon/live", Rbenv: "/opt/rbenv"},
			[]string{"exec runuser -u mastodon -- /bin/sh -c ", " /home/mastodon/live /opt/rbenv ", "RUBY_PROGRESS_BAR_LENGTH=70", "RAILS_ENV=production", "bin/tootctl media usage"}, ""},
		"in a container": {config.Mastodon{Kind: config.KindCompose, Dir: "/root/mastodon", Project: "mastodon", Tootctl: config.TootctlExec, Service: "web", Env: map[string]string{"A": "b c"}},
			[]string{"docker compose -p mastodon exec -e RUBY_PROGRESS_BAR_LENGTH=70 -e 'A=b c' web ", "tootctl media usage"}, "kill -s \"$0\""},
		"in its own": {config.Mastodon{Kind: config.KindCompose, Dir: "/root/mastodon", Project: "mastodon", Tootctl: config.TootctlRun, Service: "sidekiq"},
			[]string{"docker compose -p mastodon run --rm --no-deps --name vmtui-J1 -e RUBY_PROGRESS_BAR_LENGTH=70 sidekiq /bin/sh -c ", " vmtui /tmp/.vmtui-J1 tootctl media usage"}, "docker kill -s TERM vmtui-J1"},
	} {
		n := config.Node{Name: "exec", Mastodon: c.m}
		got := place{mastodon: c.m, login: "root"}.command("J1", tootctlProgram, []string{"media", "usage"})
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s has no %q", name, got, want)
			}
		}
		if end := reach(n, "J1", "TERM"); !strings.Contains(end, c.end) || (c.end == "") != (end == "") {
			t.Errorf("%s: it is ended by %q", name, end)
		}
	}
}

// sluggish is a docker that begins what it is asked for in its own time, whatever becomes of its client, with this machine as the container.
const sluggish = `#!/bin/sh
case " $* " in *" -T "*)
  while [ "$1" != -T ]; do shift; done
  shift 2
  exec "$@" ;;
esac
while [ "$1" != web ]; do shift; done
shift
(setsid sh -c 'while [ ! -e go ]; do sleep 0.05; done; "$@"; echo "$?" >ended' sh "$@" </dev/null >/dev/null 2>&1 &)
: >asked
exec sleep 600
`

// What docker was asked for and has not begun is ended all the same: it never becomes tootctl. As long as nobody knows whether it will begin it is not said to be gone.
func TestCancelBeforeTheContainerHasBegun(t *testing.T) {
	r := bench(t, "")
	bin, live := t.TempDir(), r.Node.Mastodon.Dir
	for name, text := range map[string]string{"docker": sluggish, "tootctl": "#!/bin/sh\ntouch " + live + "/ran\nexec sleep 600\n"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil { // #nosec G306 -- it is run
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	r.Node.Mastodon = config.Mastodon{Kind: config.KindCompose, Dir: live, Project: "mastodon", Tootctl: config.TootctlExec}
	j := begin1(t, r, "media", "remove")
	t.Cleanup(func() {
		_ = os.Remove(numberFile(j.ID))
		_ = os.Remove(numberFile(j.ID) + ".end")
	})
	for _, err := os.Stat(filepath.Join(live, "asked")); err != nil; _, err = os.Stat(filepath.Join(live, "asked")) {
	}
	if res := run(t.Context(), ssh.Command{Script: left(r.Node, j.ID)}, nil); strings.Contains(res.Stdout, "gone") {
		t.Errorf("before it has begun it is said to be %q", res.Stdout)
	}
	if err := r.Cancel(t.Context(), j); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(live, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for {
		if text, err := os.ReadFile(filepath.Join(live, "ended")); err == nil && len(text) > 0 { // #nosec G304 -- our own
			if string(text) != "143\n" {
				t.Errorf("it ended with %q", text)
			}
			break
		}
	}
	if _, err := os.Stat(filepath.Join(live, "ran")); err == nil {
		t.Error("tootctl ran after it was cancelled")
	}
	until(t, r, j.ID, Cancelled)
}
