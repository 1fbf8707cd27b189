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
// may be there. nginx takes a file that is gone for a miss; it need not be told. Where the directory is not there, nginx keeps nothing, unless its
// configuration names another.
const (
	mayRemove = `if [ ! -d "$1" ]; then
	p=$(cat /etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/sites-enabled/* 2>/dev/null | sed -n 's/^[[:space:]]*proxy_cache_path[[:space:]][[:space:]]*\([^[:space:];]*\).*/\1/p' | head -n 1)
	[ -z "$p" ] || { echo "there is no directory $1: nginx keeps pages in $p, say so as nginx_cache" >&2; exit 3; }
	echo "nothing"; exit 0
fi
[ "$(id -u)" = 0 ] || [ -O "$1" ] || { echo "only root or nginx's own user may remove what is in $1" >&2; exit 4; }
`
	// named removes what a pattern on standard input means, in all its variants.
	named = mayRemove + `n=0
list=$(grep -rlaEs -f - "$1")
while IFS= read -r f; do
	case ${f##*/} in
	*[!0-9a-f]*|"") continue ;;
	esac
	rm -f -- "$f" && n=$((n+1))
done <<END
$list
END
echo "$n"`
	all = mayRemove + `n=0
list=$(find "$1" -type f)
while IFS= read -r f; do
	case ${f##*/} in
	*[!0-9a-f]*|"") continue ;;
	esac
	rm -f -- "$f" && n=$((n+1))
done <<END
$list
END
echo "$n"`
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
		return sending{state: Purged, note: b.on + ": nginx kept " + strings.TrimSpace(res.Stdout) + " of it"}
	case res.Outcome == ssh.Unreachable:
		return sending{state: Waiting, err: err, mute: true}
	case res.Outcome == ssh.Unknown:
		return sending{state: Unknown, err: err}
	}
	return sending{state: Failed, err: err, whole: true}
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
