package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/fixtures/box"
)

// ducked is the box's config with another lame duck.
func ducked(t *testing.T, b *box.Box, flag string) string {
	t.Helper()
	text, err := os.ReadFile(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.Dir(), strings.Trim(strings.ReplaceAll(flag, "/", "-"), "-")+".yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "lame_duck: "+box.LameDuck, "lame_duck: "+flag, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A flag that nginx does not look for is no lame duck, and is told to be none long before the deadline. Where there is none, the walk goes the other way
// and ends.
func TestNoLameDuck(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	unseen := ducked(t, b, "/var/lib/vmtui/unseen")
	got := vmtui(t, unseen, "run", "worker-drain", "worker-2", "--yes", "--json")
	end := last(t, got.out)
	if got.code != 3 || end.State != "waiting" || end.Step != "lame-duck" || !strings.Contains(got.out, "no lame duck: the flag is set") || !strings.Contains(got.out, "open_file_cache") {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, got.err)
	}
	if sent := mutations(b); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
	if got := vmtui(t, unseen, "runs", "undo", end.Run, "--yes", "--json"); got.code != 0 {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	intact(t, b)
	serving(t, b)

	got = vmtui(t, ducked(t, b, "none"), "run", "worker-drain", "worker-2", "--yes", "--json")
	if end := last(t, got.out); got.code != 0 || end.State != "done" {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, got.err)
	}
	if said := transcript(t, b, last(t, got.out).Run); !strings.Contains(said, "No lame duck: load_balancer.lame_duck is none") || strings.Contains(said, "Let what is in flight finish") {
		t.Errorf("%s", said)
	}
}

// Requests are counted where nginx writes them: a file that it does not write to would make a busy worker look idle, and its visitors never come back.
func TestTheAccessLogIsTheOneThatNginxWrites(t *testing.T) {
	t.Parallel()
	b := startBox(t, func(o *box.Options) { o.Visitors.PerSecond = 20 })
	const elsewhere = "/var/log/nginx/mastodon.log"
	typed(t, b, "worker-2", "sed -i 's,^  root ,  access_log "+elsewhere+" combined;\\n  root ,' /etc/nginx/sites-enabled/mastodon && rm /var/log/nginx/access.log && nginx -s reload")
	got := vmtui(t, b.ConfigPath(), "run", "worker-restart", "worker-2", "--yes", "--json")
	if got.code != 3 || !strings.Contains(got.out, "nginx writes its access log elsewhere") || !strings.Contains(got.out, "it names "+elsewhere) {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	text, err := os.ReadFile(b.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	told := filepath.Join(b.Dir(), "told.yaml")
	if err := os.WriteFile(told, []byte(strings.Replace(string(text), "{name: worker-2,", "{name: worker-2, access_log: "+elsewhere+",", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	got = vmtui(t, told, "run", "worker-restart", "worker-2", "--yes", "--json")
	if end := last(t, got.out); got.code != 0 || end.State != "done" {
		t.Fatalf("exit %d, %+v\n%s", got.code, end, got.err)
	}
	if said := transcript(t, b, last(t, got.out).Run); !strings.Contains(said, "requests are counted in "+elsewhere) || !strings.Contains(said, "requests have arrived") {
		t.Errorf("%s", said)
	}
	if out := vmtui(t, told, "logs", "worker-2", "nginx"); out.code != 0 || !strings.Contains(out.out, "HTTP/1.1") {
		t.Errorf("its log: exit %d %s%s", out.code, out.out, out.err)
	}
	intact(t, b)
	serving(t, b)
}
