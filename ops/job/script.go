package job

// life are the functions that tell whether a job lives. A process is known by its number, when it was started and which boot that was: a number alone is
// given to somebody else one day.
const life = `
born() {
  if { read -r line <"/proc/$1/stat"; } 2>/dev/null; then set -- ${line##*) }; shift 19; echo "$1"; else LC_ALL=C ps -o lstart= -p "$1"; fi
}
boot() { read -r line </proc/sys/kernel/random/boot_id; echo "$line"; }
alive() {
  [ -s "$1/pid" ] && [ ! -s "$1/exit" ] || return 1
  { read -r was_pid; read -r was_born; read -r was_boot; } <"$1/pid"
  [ "$was_boot" = "$(boot)" ] && [ "$was_born" = "$(born "$was_pid")" ]
}
`

// start makes a job's directory and starts its runner, under a lock for those that must not run beside each other. A job whose output nobody may keep runs
// in front of whoever asked for it: it goes on when they are gone, and what it says is then lost.
const start = `umask 077
mkdir -p "$3" || exit 73
if [ "$6" = secret ]; then exec /bin/sh -c "$1" vmtui "$@"; fi
exec flock -o -w 10 "$3/lock" /bin/sh -c "$1" vmtui "$@"`

// begin is what start does under the lock: $2 runner, $3 directory, $4 id, $5 long, $6 mode, $7 record, $8 command, $9 and behind it the signs of its end.
const begin = life + `
if [ -n "$5" ]; then
  for other in "$3"/*/long; do
    [ -e "$other" ] || continue
    other=${other%/long}
    if alive "$other"; then cat "$other/record"; exit 76; fi
  done
fi
mkdir "$3/$4" || exit 73
if ! { cd "$3/$4" && printf '%s\n' "$7" >record; }; then rm -rf -- "$3/$4"; exit 73; fi
[ -z "$5" ] || : >long
if [ "$6" = asks ]; then mkfifo answers || exit 73; fi
run=$2 dir=$3/$4 mode=$6
shift 7
if [ "$mode" = secret ]; then setsid -w /bin/sh -c "$run" vmtui-job "$dir" "$mode" "$@" </dev/null; exit; fi
setsid /bin/sh -c "$run" vmtui-job "$dir" "$mode" "$@" </dev/null >/dev/null 2>&1 &
n=0
while [ ! -s pid ] && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n+1)); done
[ -s pid ] || exit 74`

// The exit statuses of start.
const (
	cannotWrite = 73
	notBegun    = 74
	otherRuns   = 76
)

// runner leads the job's session: $1 its directory, $2 mode, $3 command, $4 to $7 the signs of its end. It outlives everybody who looks at it, and writes down
// how it ended: first what tells it in the log, so that nobody has to read all of that, then the exit status. The command is in the environment, because
// script(1) writes the line that it is given into the log, where words of the command could pass for output. The terminal's input never ends, since script
// would type a NUL at its end, which a container's terminal echoes into the first line. Room is kept on the disk for how it ends: the log itself may fill it up.
const runner = life + `
cd "$1" || exit 73
umask 077
trap 'cut=1' TERM INT
printf '%s\n%s\n%s\n' "$$" "$(born "$$")" "$(boot)" >pid.new && mv pid.new pid
printf '%8192s' '' >room 2>/dev/null
SHELL=/bin/sh VMTUI_JOB=$3
export SHELL VMTUI_JOB
job='job=$VMTUI_JOB; unset VMTUI_JOB; eval "$job"'
if [ "$2" = asks ]; then exec 3<>answers; else mkfifo hush && exec 3<>hush && rm hush || exit 73; fi
escape=$(printf '\033')
plain() { LC_ALL=C tr '\r' '\n' | LC_ALL=C sed "s/$escape\[[0-9;?]*[A-Za-z]//g"; }
said() { LC_ALL=C sed 1d log | plain; }
one() { LC_ALL=C grep -a "$@" | tail -n 1 | cut -c 1-1000; }
case $2 in
secret)
  { script -qefc "$job" /dev/null <&3; echo "$?" >status; } | {
    trap '' PIPE
    while IFS= read -r line || [ -n "$line" ]; do
      printf '%s\n' "$line" 2>/dev/null
      closing=$(printf '%s\n' "$line" | plain | one -E "$5")
      [ -z "$closing" ] || printf '0\n%s\n\n' "$closing" >end
    done
  }
  rm -f room
  [ -e end ] || printf '0\n\n\n' >end
  read -r status <status
  rm status ;;
*)
  script -qefc "$job" log <&3 >/dev/null 2>&1
  status=$?
  rm -f room
  if [ ! -e cancelled ] || [ "$status" = 0 ]; then
    errors=$(said | LC_ALL=C grep -acE "$4")
    closing=
    [ -z "$5" ] || closing=$(said | one -E "$5")
    last=$(said | one -E "$7")
    [ -n "$last" ] || last=$(said | one -vE "$6|$4|^Script done on ")
    printf '%s\n%s\n%s\n' "$errors" "$closing" "$last" >end.new && mv end.new end
  fi ;;
esac
printf '%s %s\n' "$status" "$(date +%s)" >exit.new && mv exit.new exit
exit "$status"`

// native is how tootctl is called where it is installed: $1 directory, $2 rbenv's root, then the environment and the command. The terminal has a fixed width,
// whoever looks at it.
const native = `stty rows 50 cols 120 2>/dev/null
home=$(getent passwd "$(id -un)" 2>/dev/null | cut -d: -f6)
HOME=${home:-$HOME}
cd "$1" || exit 127
rbenv=${2:-$HOME/.rbenv}
PATH=$rbenv/shims:$rbenv/bin:$PATH
export HOME PATH
shift 2
exec env "$@"`

// inside is how it is called in a container: $1 the file for its number, then the command. Who wants to end it finds it by that, or has left word beside it.
const inside = `stty rows 50 cols 120 2>/dev/null
echo $$ >"$1" || exit 1
[ ! -e "$1.end" ] || exit 143
shift && exec "$@"`

// compose goes where the compose file is: $1 directory, then the command. docker gives a container's terminal the size of this one, sooner or later.
const compose = `stty rows 50 cols 120 2>/dev/null
cd "$1" && shift && exec "$@"`

// row prints a line for a job: id, how it stands, exit status, when that was, size of the log, who cancelled it (- for nobody), record. Behind it come the lines
// of its end, if they were written down.
const row = life + `
row() {
  [ -s "$1/record" ] || return 0
  code=- ended=0 size=-1 by=-
  [ ! -e "$1/log" ] || size=$(wc -c <"$1/log")
  [ ! -e "$1/cancelled" ] || read -r by <"$1/cancelled"
  if [ -s "$1/exit" ]; then state=ended; read -r code ended <"$1/exit"
  elif alive "$1"; then state=running
  elif [ -s "$1/exit" ]; then state=ended; read -r code ended <"$1/exit"
  elif [ ! -s "$1/pid" ]; then state=unbegun
  elif [ "$was_boot" != "$(boot)" ]; then state=rebooted
  elif [ -e "$1/exit.new" ]; then state=unwritten
  else state=vanished; fi
  printf '%s %s %s %s %s %s ' "$1" "$state" "$code" "$ended" "$size" "$by"
  cat "$1/record"
  [ ! -s "$1/end" ] || sed 's/^/>/' "$1/end"
}
`

// endMark is before each line of a job's end.
const endMark = ">"

// list prints the rows of the jobs that fit a pattern: $1 directory, $2 pattern.
const list = row + `
cd "$1" 2>/dev/null || exit 0
for id in $2; do row "$id"; done`

// glance prints the row of one job and, behind an empty line, the end of its log: $1 directory, $2 id, $3 bytes.
const glance = row + `
cd "$1" 2>/dev/null || exit 0
row "$2"
echo
[ ! -e "$2/log" ] || tail -c "$3" "$2/log"`

// forget removes jobs that do not run: $1 directory, then their ids. Its exit status tells of one that does.
const forget = life + `
cd "$1" || exit 0
shift
left=0
for id; do
  if alive "$id"; then left=75; else rm -rf -- "./$id"; fi
done
exit "$left"`

// questions is the function that tells whether a question stands: the log ends in a line that is not finished, apart from what a terminal obeys and does not
// show. A job that works in silence has finished its last line, with the echo of the answer to the question before if with nothing else.
const questions = `
escape=$(printf '\033')
asks() {
  [ -n "$({ tail -c 1000 log; echo .; } | LC_ALL=C tr '\r' '\n' | LC_ALL=C sed -e "s/$escape\[[0-9;?]*[A-Za-z]//g" -e "s/$escape[=>]//g" -e 's/[[:space:]]*\.$//' | tail -n 1)" ]
}
`

// follow prints a job's log from a byte on until the job has ended: $1 directory, $2 from, $3 a mark. A job that asks may stand still without a line end: behind
// all that is there until then comes a line of its own, with the mark, how far the log is, and whether a question stands. Whoever begins further on is told at
// once how far that is.
const follow = life + questions + `
cd "$1" || exit 66
at=$2 open=
[ "$2" = 0 ] || open=1
while :; do
  alive .; live=$?
  size=$at
  [ ! -e log ] || size=$(wc -c <log)
  if [ "$size" -gt "$at" ]; then
    tail -c "+$((at+1))" log | head -c "$((size-at))"
    at=$size open=1
  elif [ -n "$open" ] && [ -e answers ] && [ -e log ]; then
    stands=silent
    ! asks || stands=asks
    [ "$(wc -c <log)" -eq "$at" ] || continue
    printf '\r%s %s %s\n' "$3" "$at" "$stands"
    open=
  fi
  [ "$live" = 0 ] || exit 0
  sleep 0.3
done`

// cancel ends everything that a job started, TERM first and KILL after five seconds, and looks with ps whether it is gone: $1 directory, $2 by whom, $3 and $4
// what does the same in a container, $5 what says "gone" once nothing is left there, "" for no container.
const cancel = life + `
cd "$1" || exit 66
alive . || exit 75
family() { # sets leaders, the terminals, and members, what runs on them
  table=$(ps -e -o pid= -o ppid=)
  all=" $was_pid " before= leaders=
  while [ "$all" != "$before" ]; do
    before=$all
    while read -r child parent; do
      case $all in *" $child "*) continue ;; esac
      case $all in *" $parent "*) all="$all$child " ;; *) continue ;; esac
      [ "$parent" != "$was_pid" ] || leaders="$leaders $child "
    done <<TABLE
$table
TABLE
  done
  members=
  for p in $all; do
    case " $was_pid $leaders" in *" $p "*) ;; *) members="$members $p" ;; esac
  done
}
inside=$5
still() {
  if [ -n "$inside" ] && [ "$(/bin/sh -c "$inside" 2>/dev/null)" != gone ]; then return 0; fi
  [ -n "$members$leaders" ] && ps -o pid= -p "$(echo $members $leaders | tr ' ' ,)" >/dev/null
}
umask 077
printf '%s\n' "$2" >cancelled
family
mine=$members
[ -z "$3" ] || /bin/sh -c "$3" >/dev/null 2>&1
for p in $mine; do kill -s TERM "$p"; done 2>/dev/null
n=0
while { still || alive .; } && [ "$n" -lt 25 ]; do sleep 0.2; n=$((n+1)); done
if still || alive .; then
  [ -z "$4" ] || /bin/sh -c "$4" >/dev/null 2>&1
  family
  members="$mine $members"
  for p in $members; do kill -s KILL "$p"; done 2>/dev/null
  n=0
  while { still || alive .; } && [ "$n" -lt 25 ]; do sleep 0.2; n=$((n+1)); done
fi
[ -z "$inside" ] || sleep 1 # what docker was asked for just before its client ended shows by then
! still && ! alive .`

// answer types a line into a job that asks: $1 directory, $2 the line, $3 how far the log was when it asked. Each question is answered once, whoever answers and
// however often it is sent: the next one stands further on. What had been answered and stands all the same has not gone on. Where no question stands, nothing
// is typed: it would lie on the terminal until the next one came, and answer that.
const answer = life + questions + `
cd "$1" || exit 66
alive . && [ -p answers ] || exit 75
[ "$(wc -c <log)" -eq "$3" ] || exit 77
asks || exit 79
[ "$(wc -c <log)" -eq "$3" ] || exit 77
umask 077
if ! mkdir "answered.$3" 2>/dev/null; then
  [ ! -d "answered.$3" ] || exit 78
  exit 73
fi
printf '%s\n' "$2" >answers`

// The exit statuses of what is done with one job: it is not as it has to be for that, there is none, its question is no more the one that was meant, has been
// answered, or there is none.
const (
	ended       = 75
	nowhere     = 66
	movedOn     = 77
	answered    = 78
	asksNothing = 79
)

// setting prints a setting of the Mastodon in a directory: $1 directory, $2 its name. Only what is no secret is asked for.
const setting = `sed -n "s/^$2=//p" "$1/.env.production"`

// isSet tells whether a setting has a value, by its exit status alone: the value of a secret stays on the node.
const isSet = `grep -Eq "^[[:space:]]*(export[[:space:]]+)?$2[[:space:]]*=[[:space:]]*[\"']*[^\"'[:space:]#]" "$1/.env.production"`
