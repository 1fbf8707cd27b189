package fleet

import (
	"strings"

	"github.com/vmtui/vmtui/ops/presence"
	"github.com/vmtui/vmtui/ops/upstream"
	"github.com/vmtui/vmtui/remote/ssh"
)

// mark begins each part of the script's output.
const mark = "@@vmtui "

// script looks at everything at once, so that a node costs one command a look. The log's lines come last: they are written by strangers and may
// look like a mark. A part that fails leaves its place empty.
// $1 flag file, $2 access log, $3 the compose project whose containers are wanted, $4 unit, $5 container statistics wanted (they take docker two seconds), $6 consoles wanted.
const script = upstream.Script + `part() { printf '@@vmtui %s\n' "$1"; }
part boot; cat /proc/sys/kernel/random/boot_id
part cpu; head -n 1 /proc/stat
part mem; cat /proc/meminfo
part load; cat /proc/loadavg
part disk; df -P /
published "$3"
part web; flights ` + upstream.Web + `
part streaming; flights ` + upstream.Streaming + `
part nginx; if pgrep -x nginx >/dev/null; then echo yes; else echo no; fi
part duck; if [ -n "$1" ] && [ -e "$1" ]; then echo yes; else echo no; fi
part docker; if [ -n "$3" ]; then docker ps -a --format '{{json .}}' && part listed; fi
part unit; if [ -n "$4" ]; then systemctl is-active "$4"; fi
part consoles; if [ -n "$6" ]; then ` + presence.Script + `; fi
part stats; if [ -n "$5" ]; then docker stats --no-stream --format '{{json .}}'; fi
part again; head -n 1 /proc/stat
part log; tail -n 8 "$2"
exit 0`

// statsEvery is how many looks pass between two that ask for the containers' statistics.
const statsEvery = 6

func (n NodeConfig) command(look int) ssh.Command {
	stats, consoles := "", ""
	if n.Project != "" && look%statsEvery == 1 { // not the very first: that one should be quick
		stats = "yes"
	}
	if n.Role == RoleExec {
		consoles = "yes"
	}
	return ssh.Command{For: "look at the node", Script: script, Args: []string{n.LameDuck, n.AccessLog, n.Project, n.Unit, stats, consoles}}
}

// parts cuts the output at its marks. Only the known marks in their order count, so that no line of a log can forge one.
func parts(out string) map[string]string {
	order := []string{"boot", "cpu", "mem", "load", "disk", "web", "streaming", "nginx", "duck", "docker", "listed", "unit", "consoles", "stats", "again", "log"}
	got := map[string]string{}
	name, next := "", 0
	var body strings.Builder
	for line := range strings.Lines(out) {
		title, marked := strings.CutPrefix(strings.TrimRight(line, "\r\n"), mark)
		at := indexFrom(order, title, next)
		if !marked || at < 0 || name == "log" {
			body.WriteString(line)
			continue
		}
		if name != "" {
			got[name] = body.String()
		}
		body.Reset()
		name, next = title, at+1
	}
	if name != "" {
		got[name] = body.String()
	}
	return got
}

func indexFrom(order []string, title string, from int) int {
	for i := from; i < len(order); i++ {
		if order[i] == title {
			return i
		}
	}
	return -1
}
