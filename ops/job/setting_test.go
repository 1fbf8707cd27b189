package job

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/ssh"
)

// wire is a shell whose every answer is kept.
type wire struct {
	shell
	said *strings.Builder
}

func (w wire) Look(ctx context.Context, c ssh.Command) ssh.Result {
	res := w.shell.Look(ctx, c)
	w.said.WriteString(res.Stdout + res.Stderr)
	if res.Outcome == ssh.Exited && res.Code != 0 && !slices.Contains(c.Answers, res.Code) {
		w.said.WriteString("a failure in the log of commands")
	}
	return res
}

// Of a secret only whether it is set leaves the node, however the file spells it.
func TestWhetherASettingIsSet(t *testing.T) {
	r := bench(t, "")
	w := wire{said: &strings.Builder{}}
	r.Host = w
	for line, want := range map[string]bool{
		"SELF_DESTRUCT=s3cret--abc": true, `SELF_DESTRUCT="s3cret"`: true, "export SELF_DESTRUCT = 's3cret'": true,
		"SELF_DESTRUCT=": false, `SELF_DESTRUCT=""`: false, "SELF_DESTRUCT=  # s3cret": false, "# SELF_DESTRUCT=s3cret": false, "NO_SELF_DESTRUCT=s3cret": false, "": false,
	} {
		if err := os.WriteFile(filepath.Join(r.Node.Mastodon.Dir, ".env.production"), []byte("LOCAL_DOMAIN=vmst.io\n"+line+"\nDB_PORT=1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := r.IsSet(t.Context(), "SELF_DESTRUCT"); err != nil || got != want {
			t.Errorf("%q: %v, %v", line, got, err)
		}
	}
	if w.said.Len() > 0 {
		t.Errorf("it was said: %q", w.said)
	}
}

// Where the Mastodon is not where the config says, the way on is there and not at the provider's.
func TestASettingThatCannotBeRead(t *testing.T) {
	r := bench(t, "")
	r.Node.Mastodon.Dir = filepath.Join(t.TempDir(), "nowhere")
	_, unset := r.IsSet(t.Context(), "SELF_DESTRUCT")
	_, refused := r.Start(t.Context(), call(t, "media", "usage"), "")
	for what, err := range map[string]error{"whether it is set": unset, "an act": refused} {
		if err == nil || !strings.Contains(fault.Of(err).Next, "mastodon.dir there is "+r.Node.Mastodon.Dir) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if fault.CodeOf(refused) != fault.Refused {
		t.Errorf("%v", refused)
	}
}
