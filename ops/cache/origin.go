package cache

import (
	"context"
	"regexp"
	"strings"

	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/cloudflare"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Files of nginx's cache bear the MD5 of their key as a name, and the key in a line of their head. Only such files are removed, and nothing else that
// may be there. nginx takes a file that is gone for a miss; it need not be told. Where nginx keeps pages is said by its own configuration, as `nginx -T`
// reads it from its files: nothing counts as purged in a directory that it does not use, that is not there, or that never had a page.
const (
	whereKept = `PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
told=yes
conf=$(nginx -T 2>/dev/null) || { told=; conf=$(cat /etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/sites-enabled/* 2>/dev/null); }
named=$(printf '%s\n' "$conf" | sed '/^[[:space:]]*#/d' | tr '\n;{}' ' \n\n\n' | sed -n 's/^/ /; s/.*[[:space:]]proxy_cache_path[[:space:]][[:space:]]*["'"'"']*\([^[:space:]"'"'"']*\).*/\1/p' | sort -u)
real=$(readlink -f "$1") || real=$1
within= besides=
set -f
for d in $named; do
	at=$(readlink -f "$d") || at=$d
	case $at/ in
	"$real"/*) within=yes ;;
	*) besides="$besides $d" ;;
	esac
done
if [ -z "$within" ] && [ -n "$besides" ]; then
	echo "nginx keeps pages in$besides, and nginx_cache of the config is $1" >&2; exit 3
fi
if [ ! -d "$1" ]; then
	[ -z "$within" ] || { echo "none: $1, where nginx is told to keep pages, is not there"; exit 0; }
	[ -z "$told" ] || { echo "none: nginx is not told to keep any pages"; exit 0; }
	echo "$1 is not there, and nginx does not show its configuration: whether it keeps pages elsewhere is unknown" >&2; exit 5
fi
[ "$(id -u)" = 0 ] || [ -O "$1" ] || { echo "only root or nginx's own user may remove what is in $1" >&2; exit 4; }
kept() {
	find "$1" -type f | grep -E '/[0-9a-f]{32}$'
}
if [ -z "$(kept "$1" | head -n 1)" ]; then
	[ -z "$within" ] || { echo "none: nginx keeps no page in $1"; exit 0; }
	[ -z "$told" ] || { echo "none: nginx is not told to keep any pages"; exit 0; }
	echo "nothing in $1 is nginx's, and nginx does not show its configuration: whether it keeps pages elsewhere is unknown" >&2; exit 5
fi
n=0
take() {
	while IFS= read -r f; do
		[ -n "$f" ] && rm -f -- "$f" && n=$((n+1))
	done
}
`
	// named removes what a pattern on standard input means, in all its variants. It is looked for elsewhere too: somebody may keep it who is not in the config.
	named = whereKept + `patterns=$(cat)
having() {
	printf '%s\n' "$patterns" | grep -rlaEs -f - "$1" | grep -E '/[0-9a-f]{32}$'
}
for d in $besides; do
	[ -z "$(having "$d" | head -n 1)" ] || { echo "nginx keeps it in $d as well, which is not in nginx_cache of the config ($1)" >&2; exit 3; }
done
list=$(having "$1")
take <<END
$list
END
echo "$n"`
	all = whereKept + `list=$(kept "$1")
take <<END
$list
END
echo "$n"
[ -z "$besides" ] || echo "it keeps pages in$besides as well, which is not in nginx_cache of the config: they stay"`
)

// patternsMost is how many patterns one command looks for.
const patternsMost = 200

// purgeOrigin removes from one worker's nginx what a batch means.
func (r *Room) purgeOrigin(ctx context.Context, p act.Permit, b batch) sending {
	node, _ := r.Config.Node(b.on)
	cmd := ssh.Command{For: b.line(), Script: named, Args: []string{node.Cache}, Stdin: []byte(strings.Join(patterns(b), "\n") + "\n")}
	if b.kind == cloudflare.Everything {
		cmd.Script, cmd.Stdin = all, nil
	}
	res := r.Host(b.on).Do(ctx, p, cmd)
	err := res.Err("purge nginx's cache", b.on)
	switch {
	case err == nil:
		return saidByNginx(b.on, strings.TrimSpace(res.Stdout))
	case res.Outcome == ssh.Unreachable:
		return sending{state: Unreached, err: err}
	case res.Outcome == ssh.Unknown:
		return sending{state: Unknown, err: err}
	}
	return sending{state: Failed, err: err, whole: true}
}

// saidByNginx is what became of a batch by what the script printed: how many files went, or why there was nothing that could.
func saidByNginx(node, said string) sending {
	if why, none := strings.CutPrefix(said, "none: "); none {
		return sending{state: Absent, why: why, note: node + ": nothing to purge: " + why}
	}
	count, more, _ := strings.Cut(said, "\n")
	note := node + ": nginx kept " + count + " of it"
	if more != "" {
		note += "; " + more
	}
	return sending{state: Purged, note: note}
}

// patterns are extended regular expressions for the line with the key, whatever comes before the path in it: a scheme and the upstream's or the site's name.
func patterns(b batch) []string {
	out := make([]string, len(b.items))
	for n, i := range b.items {
		out[n] = `^KEY: [^/]*(://[^/]*)?` + regexp.QuoteMeta(i.What)
		if b.kind == cloudflare.URLs {
			out[n] += "$"
		}
	}
	return out
}
