// Package upstream finds where Mastodon listens on a node, behind its nginx: docker publishes its services on the host, and says where.
package upstream

// The services that nginx passes requests to, and the ports of Mastodon's own compose file. They are what is asked where docker publishes
// nothing: the service is stopped, runs without docker, or in the host's own network.
const (
	Web       = "web 3000"
	Streaming = "streaming 4000"
)

// Script are functions of the shell, for the scripts that are sent to a node. `published PROJECT` asks docker once; then `at SERVICE PORT` prints
// where a service is reached, an address a line, and `flights SERVICE PORT` how many connections nginx holds to it.
//
// A service may publish more than its pages, its metrics say, over which somebody always asks: then only what leads to the usual port counts. docker
// carries what comes to a published port on by a connection of its own, to the same port mostly: that is the same flight once more. An ss that fails is no 0.
const Script = `published() { published=$([ -z "$1" ] || docker ps --filter "label=com.docker.compose.project=$1" --format '{{.Label "com.docker.compose.service"}} {{.Ports}}' 2>/dev/null); }
at() {
  all=$(printf '%s\n' "$published" | sed -n "s/^$1 //p" | tr -s ', ' '\n')
  usual=$(printf '%s\n' "$all" | sed -n "s#->$2/tcp\$##p")
  any=$(printf '%s\n' "$all" | sed -n 's#->[0-9]*/tcp$##p')
  printf '%s\n' "${usual:-${any:-127.0.0.1:$2}}"
}
flights() {
  lines=
  for port in $(at "$1" "$2" | sed 's/.*://' | sort -u); do
    found=$(ss -Htnp state established "( dport = :$port )") || return 1
    lines="$lines$found
"
  done
  printf '%s' "$lines" | grep -v '("docker-proxy"' | grep -c . || true
}
`
