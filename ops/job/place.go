package job

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/ssh"
)

// barLength is how wide tootctl draws its bar: what is read back must not depend on anybody's window.
const barLength = "RUBY_PROGRESS_BAR_LENGTH=70"

// place is where and as whom Mastodon's programs run on a node.
type place struct {
	mastodon config.Mastodon
	login    string   // who logs in there
	quiet    bool     // without a terminal: what it says is read and not shown
	more     []string // NAME=value, beside the node's own environment
}

// with is the place with more of an environment.
func (p place) with(env []string) place {
	p.more = env
	return p
}

func (r *Room) place() place { return place{mastodon: r.Node.Mastodon, login: r.Host.User()} }

// command is what a job runs, as one line for /bin/sh, quoted by the library.
func (p place) command(id, program string, words []string) string {
	if m := p.mastodon; m.Kind == config.KindCompose {
		return "exec " + shellescape.QuoteCommand(append([]string{"/bin/sh", "-c", compose, "vmtui", m.Dir}, p.composeWords(id, program, words)...))
	}
	return "exec " + shellescape.QuoteCommand(p.nativeWords(program, words))
}

func (p place) nativeWords(program string, words []string) []string {
	return p.nativeCall(p.more, append([]string{"bin/" + program}, words...))
}

// nativeCall is a call in the directory of a native Mastodon, as its user, with more of an environment.
func (p place) nativeCall(env, words []string) []string {
	m := p.mastodon
	call := []string{"/bin/sh", "-c", native, "vmtui", m.Dir, m.Rbenv, barLength, "RAILS_ENV=production"}
	call = append(append(call, environment(m)...), env...)
	if m.User != "root" && m.User != p.login {
		call = append([]string{"runuser", "-u", m.User, "--"}, call...)
	}
	return append(call, words...)
}

func (p place) composeWords(id, program string, words []string) []string {
	m := p.mastodon
	call := []string{"docker", "compose", "-p", m.Project}
	env := slices.Concat([]string{barLength}, environment(m), p.more)
	if m.Tootctl == config.TootctlRun {
		call = append(call, "run", "--rm", "--no-deps", "--name", container(id))
	} else {
		call = append(call, "exec")
	}
	if p.quiet {
		call = append(call, "-T")
	}
	for _, kv := range env {
		call = append(call, "-e", kv)
	}
	call = append(call, cmp.Or(m.Service, "web"), "/bin/sh", "-c", inside, "vmtui", numberFile(id), program)
	return append(call, words...)
}

// environment are a node's own variables, in order.
func environment(m config.Mastodon) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m.Env)) {
		out = append(out, k+"="+m.Env[k])
	}
	return out
}

// raises reports that whoever logs in has to become root first: they are neither that nor the user whose Mastodon it is.
func (p place) raises() bool {
	return p.login != "root" && (p.mastodon.Kind == config.KindCompose || p.login != p.mastodon.User)
}

// raised is a host on which everything is done as root. What sudo asks is asked of the operator once.
type raised struct{ Host }

// Look implements Host.
func (h raised) Look(ctx context.Context, c ssh.Command) ssh.Result {
	c.Sudo = true
	return h.Host.Look(ctx, c)
}

// Do implements Host.
func (h raised) Do(ctx context.Context, p remote.Permit, c ssh.Command) ssh.Result {
	c.Sudo = true
	return h.Host.Do(ctx, p, c)
}

// Stream implements Host.
func (h raised) Stream(ctx context.Context, c ssh.Command, line func(string)) ssh.Result {
	c.Sudo = true
	return h.Host.Stream(ctx, c, line)
}

// host is the node with the rights that its jobs need.
func (r *Room) host() Host {
	if r.place().raises() {
		return raised{r.Host}
	}
	return r.Host
}

func container(id string) string  { return "vmtui-" + id }
func numberFile(id string) string { return "/tmp/.vmtui-" + id }

// reach ends a job where no signal of the host's gets to: in its container. "" where there is none.
func reach(n config.Node, id, signal string) string {
	m := n.Mastodon
	switch {
	case m.Kind == config.KindNative:
		return ""
	case m.Tootctl == config.TootctlRun && signal == "KILL": // one that was made and has not begun cannot be signalled
		return shellescape.QuoteCommand([]string{"docker", "rm", "-f", container(id)})
	case m.Tootctl == config.TootctlRun:
		return shellescape.QuoteCommand([]string{"docker", "kill", "-s", signal, container(id)})
	}
	return within(m, kill, signal, numberFile(id))
}

// within is a script that is run in the running container.
func within(m config.Mastodon, script string, args ...string) string {
	words := []string{"/bin/sh", "-c", compose, "vmtui", m.Dir, "docker", "compose", "-p", m.Project, "exec", "-T", cmp.Or(m.Service, "web"), "/bin/sh", "-c", script}
	return shellescape.QuoteCommand(append(words, args...))
}

// left says "gone" when nothing of a job runs in its container any more. Where docker does not answer it says nothing. "" where there is no container.
func left(n config.Node, id string) string {
	m := n.Mastodon
	switch {
	case m.Kind == config.KindNative:
		return ""
	case m.Tootctl == config.TootctlRun:
		return shellescape.QuoteCommand([]string{"/bin/sh", "-c", stands, container(id)})
	}
	return within(m, remains, "vmtui", numberFile(id))
}

// stands looks for a container of its own, one that was made and not begun yet as well: $0 its name.
const stands = `left=$(docker ps -aq --filter "name=$0") && [ -z "$left" ] && echo gone`

// kill signals what inside has written down; docker gives a terminal's program a session of its own. Not every shell in an image knows the --. What docker has
// not begun yet cannot be signalled: it ends by itself when it begins, because it is told here that it is not wanted any more. It writes down its number
// before it looks, and here it is told before the number is read, so that one of the two is seen.
const kill = `: >"$1.end"
{ read -r pid <"$1"; } 2>/dev/null || exit
kill -s "$0" -- "-$pid" 2>/dev/null || kill -s "$0" "-$pid"`

// remains looks for what inside has written down: $1 its file. Where nothing is written, and nobody was told to end, it says nothing: that may be still to come. In a container whose first process takes no notice of what ends, a dead one keeps its number
// for as long as the container runs, and a signal would reach it.
const remains = `if { read -r pid <"$1"; } 2>/dev/null; then
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    set -- ${line##*) }
    [ "$3" != "$pid" ] || [ "$1" = Z ] || [ "$1" = X ] || exit 1
  done
else
  [ -e "$1.end" ] || exit 1
fi
echo gone`

// How is where and as whom tootctl runs, in words.
func (r *Room) How() string {
	m := r.Node.Mastodon
	switch {
	case m.Kind == config.KindNative:
		return "native, as " + m.User + " in " + m.Dir
	case m.Tootctl == config.TootctlRun:
		return "in a container of its own, compose project " + m.Project
	}
	return "in the running container " + cmp.Or(m.Service, "web") + ", compose project " + m.Project
}
