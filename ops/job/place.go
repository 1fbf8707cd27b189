package job

import (
	"cmp"
	"maps"
	"slices"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/ops/config"
)

// barLength is how wide tootctl draws its bar: what is read back must not depend on anybody's window.
const barLength = "RUBY_PROGRESS_BAR_LENGTH=70"

// command is what a job runs on a node, as one line for /bin/sh, quoted by the library: where and as whom is the node's configuration.
func command(n config.Node, id string, words []string) string {
	m := n.Mastodon
	if m.Kind == config.KindNative {
		return "exec " + shellescape.QuoteCommand(nativeWords(m, words))
	}
	return "exec " + shellescape.QuoteCommand(append([]string{"/bin/sh", "-c", compose, "vmtui", m.Dir}, composeWords(m, id, words)...))
}

func nativeWords(m config.Mastodon, words []string) []string {
	call := []string{"/bin/sh", "-c", native, "vmtui", m.Dir, m.Rbenv, barLength, "RAILS_ENV=production"}
	call = append(call, environment(m)...)
	call = append(call, "bin/tootctl")
	if m.User != "root" {
		call = append([]string{"runuser", "-u", m.User, "--"}, call...)
	}
	return append(call, words...)
}

func composeWords(m config.Mastodon, id string, words []string) []string {
	call := []string{"docker", "compose", "-p", m.Project}
	env := append([]string{barLength}, environment(m)...)
	if m.Tootctl == config.TootctlRun {
		call = append(call, "run", "--rm", "--no-deps", "--name", container(id))
	} else {
		call = append(call, "exec")
	}
	for _, kv := range env {
		call = append(call, "-e", kv)
	}
	call = append(call, cmp.Or(m.Service, "web"))
	if m.Tootctl != config.TootctlRun {
		call = append(call, "/bin/sh", "-c", inside, "vmtui", numberFile(id))
	}
	return append(append(call, "tootctl"), words...)
}

// environment are a node's own variables, in order.
func environment(m config.Mastodon) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m.Env)) {
		out = append(out, k+"="+m.Env[k])
	}
	return out
}

func container(id string) string  { return "vmtui-" + id }
func numberFile(id string) string { return "/tmp/.vmtui-" + id }

// reach ends a job where no signal of the host's gets to: in its container. "" where there is none.
func reach(n config.Node, id, signal string) string {
	m := n.Mastodon
	switch {
	case m.Kind == config.KindNative:
		return ""
	case m.Tootctl == config.TootctlRun:
		return shellescape.QuoteCommand([]string{"docker", "kill", "-s", signal, container(id)})
	}
	words := []string{"/bin/sh", "-c", compose, "vmtui", m.Dir, "docker", "compose", "-p", m.Project, "exec", "-T", cmp.Or(m.Service, "web"), "/bin/sh", "-c", kill, signal, numberFile(id)}
	return shellescape.QuoteCommand(words)
}

// left succeeds while something of a job is left in its container. "" where there is none.
func left(n config.Node, id string) string {
	if n.Mastodon.Kind == config.KindCompose && n.Mastodon.Tootctl == config.TootctlRun {
		return shellescape.QuoteCommand([]string{"docker", "top", container(id)})
	}
	return reach(n, id, "0")
}

// kill signals what inside has written down; docker gives a terminal's program a session of its own.
const kill = `read -r pid <"$1" && kill -s "$0" -- "-$pid"`

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
