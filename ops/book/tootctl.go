package book

import (
	"context"
	"regexp"
	"strings"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// tootctl is a tootctl command of the exec node's own Mastodon, as a list of words.
type tootctl struct{ args []*text }

func readTootctl(b block) deed {
	b.only("args", "read", "idempotent", "exits", "proof")
	t := &tootctl{args: readTexts(b, "args")}
	if len(t.args) == 0 {
		b.wrong(b.line, "add `args: [media, remove, --days, 14]`", "%s has no args", b.what)
	}
	return readCommand(b, t)
}

// tootctlScript runs it as Mastodon's own user: $1 is the user, $2 the directory, the rest the words.
const tootctlScript = `user=$1 dir=$2; shift 2
cd "$dir" || exit
set -- env RAILS_ENV=production PATH="/home/$user/.rbenv/shims:$dir/bin:/usr/local/bin:/usr/bin:/bin" bin/tootctl "$@"
if [ "$(id -un)" = "$user" ]; then exec "$@"; fi
exec sudo -n -H -u "$user" "$@"`

func (t *tootctl) texts() []*text { return t.args }

func (t *tootctl) order(u *unit, env map[string]any) (ssh.Command, bool, error) {
	m := u.b.Config.Exec().Mastodon
	args, known, err := values(t.args, env)
	return ssh.Command{Script: tootctlScript, Args: append([]string{m.User, m.Dir}, args...)}, known, err
}

func (t *tootctl) lines(u *unit, c ssh.Command) []string {
	m := u.b.Config.Exec().Mastodon
	return []string{u.node + "$ cd " + m.Dir + " && RAILS_ENV=production bin/tootctl " + clean.Line(strings.ReplaceAll(shellescape.QuoteCommand(c.Args[2:]), "\n", "⏎")) + "   as " + m.User}
}

func (t *tootctl) verified(*unit) run.Check                                  { return nil }
func (t *tootctl) observed(*unit) func(context.Context) (run.Finding, error) { return nil }

// spoken are the secrets that tootctl says aloud: "New password: …".
var spoken = regexp.MustCompile(`(?i)\b(password|secret|token|otp)\b(\s*(?:is|:|=)\s*)\S+`)

// hushed takes out what a command says that nobody should keep.
func hushed(text string) string { return spoken.ReplaceAllString(text, "$1$2•••") }
