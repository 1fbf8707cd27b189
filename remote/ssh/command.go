package ssh

import (
	"crypto/rand"

	"al.essio.dev/pkg/shellescape"

	"github.com/vmtui/vmtui/keys/fault"
)

// arg0 is $0 of every script: it shows in the host's process list.
const arg0 = "vmtui"

// tether runs a script and ends its process group, TERM first and KILL after five seconds, when its own input ends: that happens when the session, the
// connection or we ourselves go, however we go. The script's exit status is passed on. Where the session leads a group of its own, as sshd makes it, the
// script runs in that one, which spares two programs at each command, and has what comes to the whole group; elsewhere it gets one.
var tether = inOneLine(`script=$1 cut= group=; shift
exec 3<&0 </dev/null
{ read -r _ _ _ _ group _ </proc/self/stat; } 2>/dev/null
trap 'cut=1; forward' HUP INT TERM
if [ "$group" = "$$" ]; then
  alive() {
    n=-1
    for stat in /proc/[0-9]*/stat; do
      { read -r line <"$stat"; } 2>/dev/null || continue
      set -- ${line##*) }
      [ "$3" = "$group" ] && [ "$1" != Z ] && n=$((n+1))
    done
    [ "$n" -gt 0 ]
  }
  forward() { :; }
  (eval "$script") 3<&- & job=$!
else
  alive() { kill -s 0 -- "-$group"; }
  forward() { kill -s TERM -- "-$group"; }
  setsid /bin/sh -c "$script" ` + arg0 + ` "$@" 3<&- & job=$! group=$!
fi
exec >/dev/null 2>&1
(
  trap '' HUP INT TERM
  while read -r _; do :; done <&3
  kill -s TERM "$$"
  kill -s TERM -- "-$group"
  left=5
  while [ "$left" -gt 0 ] && sleep 1 && alive; do left=$((left-1)); done
  kill -s KILL -- "-$group"
) & dog=$!
exec 3<&-
while wait "$job"; status=$?; [ "$status" -gt 128 ] && kill -s 0 "$job"; do :; done
[ "$cut" ] || kill -s KILL "$dog"
exit "$status"`)

// inside is the tether for a container. The end of docker's client ends nothing in there: the process group writes down its number where it runs, is
// killed by another docker exec, and docker top says whether it is gone. What docker is still starting cannot be seen nor killed, and would begin when its
// client is long gone: so each signal leaves a note beside the number, and what finds one does not begin.
// What was not seen yet gets no more than the note: it could lose the one process by which its group is known.
const inside = `container=$1 mark=$2 script=$3; shift 3
exec 3<&0 </dev/null
setsid docker exec "$container" /bin/sh -c '
  for dir in /tmp /dev/shm /run .; do echo $$ 2>/dev/null >"$dir/.${0#*:}" && break; done
  if [ -e "$dir/.${0#*:}.off" ]; then status=143; else /bin/sh -c "$@"; status=$?; fi
  rm -f "$dir/.${0#*:}" "$dir/.${0#*:}.off"
  exit "$status"' "vmtui:$mark" "$script" ` + arg0 + ` "$@" 3<&- & job=$!
send() {
  docker exec "$container" /bin/sh -c '
    for dir in /tmp /dev/shm /run .; do : 2>/dev/null >"$dir/.$1.off" && break; done
    if [ -r "$dir/.$1" ]; then
      read -r group <"$dir/.$1"
      kill -s "$0" -- "-$group"
      [ "$0" = KILL ] && rm -f "$dir/.$1" "$dir/.$1.off"
    fi' "$1" "$mark"
}
sweep() {
  docker exec "$container" /bin/sh -c 'for dir in /tmp /dev/shm /run .; do rm -f "$dir/.$0" "$dir/.$0.off"; done' "$mark"
}
group=none
runs() {
  top=$(docker top "$container" -eo pid,pgid,args) || return 1
  found=1
  while read -r pid pgid args; do
    case $args in *"vmtui:$mark"*) group=$pgid;; esac
    [ "$pgid" = "$group" ] && found=0
  done <<TOP
$top
TOP
  return "$found"
}
client() { kill -s 0 "$job"; }
(
  while read -r _; do :; done <&3
  trap '' TERM HUP
  n=0
  while [ "$n" -lt 5 ]; do
    if runs; then send TERM; elif client; then send 0; else break; fi
    sleep 1; n=$((n+1))
  done
  if runs || client; then
    kill -s TERM -- "-$job"
    send KILL
  else
    sweep
  fi
) >/dev/null 2>&1 & dog=$!
exec 3<&-
trap '' HUP INT TERM
wait "$job"; status=$?
kill -s TERM "$dog" 2>/dev/null
exit "$status"`

// begun tells that sudo has let the command in; only then does what we send belong to it.
const begun = `printf '%s\n' "$0"; printf '%s\n' "$0" >&2; exec "$@"`

// line is the command line for the host's login shell, whichever that is: /bin/sh, and everything quoted. The mark tells this call from every other;
// without one it is the line as people are shown it.
func (c Command) line(mark string) (string, error) {
	if c.held() && len(c.Stdin) > 0 {
		return "", &fault.Error{What: "command not sent", Why: "a tethered command takes no input", Code: fault.Usage}
	}
	teller := mark
	if c.Sudo {
		teller = "" // what lets it in tells
	}
	words := []string{"/bin/sh", "-c"}
	switch {
	case c.Inside != "":
		words = append(words, announced(teller, inside, append([]string{c.Inside, mark, c.Script}, c.Args...)...)...)
	case c.Tether:
		words = append(words, announced(teller, tether, append([]string{c.Script}, c.Args...)...)...)
	default:
		words = append(words, announced(teller, c.Script, c.Args...)...)
		if mark != "" {
			words = append([]string{"env", marked(mark)}, words...)
		}
	}
	if c.Sudo {
		words = append([]string{"sudo", "-S", "-p", prompt(mark), "--", "/bin/sh", "-c", begun, start(mark)}, words...)
	}
	return shellescape.QuoteCommand(words), nil
}

// ender ends every process that bears a call's mark, TERM first and KILL after five seconds. sshd's own signals do not do: for root OpenSSH before 9.8
// drops them, and they reach nothing that changed its group. Its status says whether they are gone; a killed one is there for a moment still.
// It goes on for its few seconds when we leave meanwhile.
const ender = `trap '' HUP INT TERM
left() { [ -n "$(grep -slzxF -e "$1" /proc/[0-9]*/environ)" ]; }
send() {
  for file in $(grep -slzxF -e "$2" /proc/[0-9]*/environ); do
    file=${file#/proc/}
    kill -s "$1" -- "${file%/environ}"
  done 2>/dev/null
}
n=0
while left "$1" && [ "$n" -lt 5 ]; do send TERM "$1"; sleep 1; n=$((n+1)); done
send KILL "$1"
left "$1" && sleep 1
! left "$1"`

// marked is what all processes of a call have in their environment.
func marked(mark string) string { return "VMTUI_CALL=" + mark }

// held reports that the command's input is what keeps it alive.
func (c Command) held() bool { return c.Tether || c.Inside != "" }

// newMark is a word that the host cannot know before it is told.
func newMark() string { return rand.Text() }
