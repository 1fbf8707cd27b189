package ssh

import (
	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/keys/fault"
)

// arg0 is $0 of every script: it shows in the host's process list.
const arg0 = "vmtui"

// tether runs a script in a process group of its own and ends the group, TERM first and KILL after five seconds, when its own input ends:
// that happens when the session, the connection or we ourselves go, however we go. The script's exit status is passed on.
const tether = `script=$1; shift
exec 3<&0 </dev/null
setsid /bin/sh -c "$script" ` + arg0 + ` "$@" 3<&- & job=$!
(
  while read -r _; do :; done <&3
  trap '' TERM HUP
  kill -s TERM -- "-$job"
  n=0
  while [ "$n" -lt 5 ] && sleep 1 && kill -s 0 -- "-$job"; do n=$((n+1)); done
  kill -s KILL -- "-$job"
) >/dev/null 2>&1 & dog=$!
exec 3<&-
trap 'kill -s TERM -- "-$job" 2>/dev/null' HUP INT TERM
wait "$job"; status=$?
kill -s TERM "$dog" 2>/dev/null
exit "$status"`

// line is the command line for the host's login shell: /bin/sh, so that a slow ~/.bashrc costs nothing, and everything quoted.
func (c Command) line() (string, error) {
	words := append([]string{"/bin/sh", "-c", c.Script, arg0}, c.Args...)
	if c.Tether {
		if len(c.Stdin) > 0 {
			return "", &fault.Error{What: "command not sent", Why: "a tethered command takes no input", Code: fault.Usage}
		}
		words = append([]string{"/bin/sh", "-c", tether, arg0, c.Script}, c.Args...)
	}
	return shellescape.QuoteCommand(words), nil
}
