package ssh

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/kevinburke/ssh_config"

	"github.com/vmtui/vmtui/keys/fault"
)

// askTimeout is for `ssh -G`, which may run the commands of Match exec.
const askTimeout = 5 * time.Second

// settings are what ssh_config says about one alias, as far as we obey it.
type settings struct {
	hostName, user, port, hostKeyAlias, proxyCommand string
	identitiesOnly                                   bool
	identityFiles                                    []string
	jumps                                            []string
}

// lookUp reads the file ourselves, and asks ssh where the file uses Match, which only ssh understands.
func lookUp(ctx context.Context, path, alias string) (settings, error) {
	if path == "" {
		return settings{}, nil
	}
	path = tilde(path)
	data, err := os.ReadFile(path) // #nosec G304 -- the operator's config names it
	if errors.Is(err, os.ErrNotExist) {
		return settings{}, nil
	}
	if err != nil {
		return settings{}, badConfig(path, err)
	}
	if usesMatch(data, 0) {
		return askSSH(ctx, path, alias)
	}
	c, err := ssh_config.DecodeBytes(data)
	if err != nil {
		return settings{}, badConfig(path, err)
	}
	return pick(func(key string) []string {
		values, err := c.GetAll(alias, key)
		if err != nil {
			return nil
		}
		return values
	}), nil
}

func badConfig(path string, err error) error {
	return (&fault.Error{What: "ssh_config cannot be used", On: path, Next: "correct it; ssh -G HOST shows what ssh makes of it", Code: fault.Usage}).Because(err)
}

// pick takes the first value of every setting, as ssh does, and all identity files.
func pick(get func(key string) []string) settings {
	one := func(key string) string {
		for _, v := range get(key) {
			return strings.Trim(v, `"`)
		}
		return ""
	}
	s := settings{
		hostName: one("HostName"), user: one("User"), port: one("Port"), hostKeyAlias: one("HostKeyAlias"),
		proxyCommand: one("ProxyCommand"), identitiesOnly: strings.EqualFold(one("IdentitiesOnly"), "yes"),
	}
	if strings.EqualFold(s.proxyCommand, "none") {
		s.proxyCommand = ""
	}
	for _, f := range get("IdentityFile") {
		if f = strings.Trim(f, `"`); !strings.EqualFold(f, "none") {
			s.identityFiles = append(s.identityFiles, f)
		}
	}
	if jump := one("ProxyJump"); jump != "" && !strings.EqualFold(jump, "none") {
		for j := range strings.SplitSeq(jump, ",") {
			s.jumps = append(s.jumps, strings.TrimSpace(j))
		}
	}
	return s
}

var (
	matchLine   = regexp.MustCompile(`(?im)^[ \t]*match[ \t=]`)
	includeLine = regexp.MustCompile(`(?im)^[ \t]*include[ \t=]+(.+)$`)
)

// usesMatch looks through the file and what it includes.
func usesMatch(data []byte, depth int) bool {
	if matchLine.Match(data) {
		return true
	}
	for _, m := range includeLine.FindAllSubmatch(data, -1) {
		for _, pattern := range strings.Fields(string(m[1])) {
			if anyMatch(tilde(strings.Trim(pattern, `"`)), depth) {
				return true
			}
		}
	}
	return false
}

func anyMatch(pattern string, depth int) bool {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(home(), ".ssh", pattern)
	}
	files, err := filepath.Glob(pattern)
	if err != nil || depth > 5 {
		return false
	}
	for _, f := range files {
		data, err := os.ReadFile(f) // #nosec G304 G703 -- the operator's ssh_config includes it
		if err == nil && usesMatch(data, depth+1) {
			return true
		}
	}
	return false
}

// askSSH lets ssh itself say what its configuration means.
func askSSH(ctx context.Context, path, alias string) (settings, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "ssh", "-G", "-F", path, "--", alias) // #nosec G204 -- the alias is checked and after --
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, time.Second
	if err := cmd.Run(); err != nil {
		return settings{}, &fault.Error{What: "ssh_config cannot be used", On: path, Err: err, Code: fault.Usage,
			Why:  "it uses Match, and ssh -G says: " + err.Error() + " " + strings.TrimSpace(errs.String()),
			Next: "install the OpenSSH client, or write Host instead of Match"}
	}
	values := map[string][]string{}
	for line := range strings.Lines(out.String()) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		values[key] = append(values[key], value)
	}
	return pick(func(key string) []string { return values[strings.ToLower(key)] }), nil
}

func tilde(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home(), rest)
	}
	return path
}
