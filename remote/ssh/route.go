package ssh

import (
	"context"
	"net"
	"os"
	"os/user"
	"strings"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/keys/fault"
)

// route is where a destination leads after ssh_config.
type route struct {
	host, port, user string
	knownAs          string // host:port under which its key is pinned
	wish             keys.Wish
	jumps            []string // ProxyJump, outermost first
	forwardAgent     bool     // ssh_config wants the agent forwarded to the operator's own sessions
	proxied          bool     // something stands before the host: a jump host, a ProxyCommand
	controlPath      string   // where the operator's own ssh leaves a ControlMaster; "" is nowhere
}

func (r *route) addr() string { return net.JoinHostPort(r.host, r.port) }

// target is a destination as written.
type target struct{ user, host, port string }

// parseDest reads [ssh://][user@]host[:port]; a literal IPv6 address with a port needs brackets.
func parseDest(dest string) (target, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(dest, "ssh://"), "/")
	var t target
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		t.user, rest = rest[:i], rest[i+1:]
	}
	t.host = strings.Trim(rest, "[]")
	if host, port, err := net.SplitHostPort(rest); err == nil {
		t.host, t.port = host, port
	}
	if t.host == "" || strings.HasPrefix(t.host, "-") || strings.HasPrefix(t.user, "-") || strings.ContainsAny(dest, " \t\r\n'\"`$\\;&<>|(){}") {
		return t, &fault.Error{What: "SSH destination not understood", On: dest, Next: "write an ssh_config alias or [user@]host[:port]", Code: fault.Usage}
	}
	return t, nil
}

// ByHand is how a person tries the way to a destination: ssh itself takes no host:port.
func ByHand(dest string) string {
	t, err := parseDest(dest)
	if err != nil {
		return "ssh -v" // it was never taken as a destination
	}
	words := "ssh -v "
	if t.port != "" {
		words += "-p " + t.port + " "
	}
	if t.user != "" {
		words += t.user + "@"
	}
	return words + t.host
}

// resolved reads ssh_config once for a host.
func (h *Host) resolved(ctx context.Context) (*route, error) {
	h.mu.Lock()
	r := h.route
	h.mu.Unlock()
	if r != nil {
		return r, nil
	}
	find := resolve
	if h.pool.config.Transport == OpenSSH {
		find = resolveBySSH
	}
	r, err := find(ctx, h.pool.config.SSHConfigPath, h.dest)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.route = r
	return r, nil
}

func resolve(ctx context.Context, configPath, dest string) (*route, error) {
	t, err := parseDest(dest)
	if err != nil {
		return nil, err
	}
	s, err := lookUp(ctx, configPath, t.host)
	if err != nil {
		return nil, err
	}
	if s.proxyCommand != "" && len(s.jumps) == 0 {
		return nil, &fault.Error{What: "ssh_config asks for something that only ssh itself can do", On: dest, Why: "ProxyCommand is set",
			Next: "use ProxyJump for this host, or ssh: {transport: openssh}", Code: fault.Usage}
	}
	return t.under(s), nil
}

// resolveBySSH is what ssh itself would do.
func resolveBySSH(ctx context.Context, configPath, dest string) (*route, error) {
	t, err := parseDest(dest)
	if err != nil {
		return nil, err
	}
	s, err := askSSH(ctx, configPath, t, nil)
	if err != nil {
		return nil, err
	}
	return t.under(s), nil
}

// under is the destination after these settings.
func (t target) under(s settings) *route {
	r := &route{port: first(t.port, s.port, "22"), user: first(t.user, s.user, localUser()), jumps: s.jumps, controlPath: s.controlPath}
	r.host = expand(first(s.hostName, t.host), map[byte]string{'h': t.host})
	r.knownAs = r.addr()
	if s.hostKeyAlias != "" {
		r.knownAs = net.JoinHostPort(s.hostKeyAlias, "22")
	}
	r.wish.Only, r.forwardAgent, r.proxied = s.identitiesOnly, s.forwardAgent, s.proxyCommand != "" || len(s.jumps) > 0
	tokens := map[byte]string{'h': r.host, 'n': t.host, 'p': r.port, 'r': r.user, 'u': localUser(), 'd': home()}
	r.wish.Files, r.wish.Certificates = expandAll(s.identityFiles, tokens), expandAll(s.certificateFiles, tokens)
	r.wish.Agent = expand(s.agent, tokens)
	return r
}

func expandAll(texts []string, tokens map[byte]string) (all []string) {
	for _, t := range texts {
		all = append(all, expand(t, tokens))
	}
	return all
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// expand replaces the %tokens that ssh_config allows; unknown ones stay as they are.
func expand(s string, tokens map[byte]string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		value, known := tokens[s[i]]
		switch {
		case known:
			b.WriteString(value)
		case s[i] == '%':
			b.WriteByte('%')
		default:
			b.WriteString(s[i-1 : i+1])
		}
	}
	return b.String()
}

func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

func localUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

// linkVia finds the hop before this host: the one its destination names, or the last of its ProxyJump.
func (h *Host) linkVia(r *route) (*Host, error) {
	via := h.forced
	if via == nil {
		for _, jump := range r.jumps {
			via = h.pool.hop(jump, jump, via)
		}
	}
	h.pool.links.Lock()
	defer h.pool.links.Unlock()
	for hop := via; hop != nil; hop = hop.via {
		if hop == h {
			return nil, &fault.Error{What: "jump hosts lead in a circle", On: h.dest, Next: "set ProxyJump none for the jump host itself", Code: fault.Usage}
		}
	}
	h.via = via
	return via, nil
}
