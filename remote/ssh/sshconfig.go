package ssh

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/kevinburke/ssh_config"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// askTimeout is for `ssh -G`, which may run the commands of Match exec.
const askTimeout = 5 * time.Second

// systemConfig is what ssh reads after the user's own file.
const systemConfig = "/etc/ssh/ssh_config"

// settings are what ssh_config says about one alias, as far as we obey it.
type settings struct {
	hostName, user, port, hostKeyAlias, proxyCommand, agent, controlPath string

	identitiesOnly, forwardAgent bool

	identityFiles, certificateFiles, jumps []string
}

// lookUp reads the files ourselves, and asks ssh where that is not enough: a file that says what our parser does not understand, or not as ssh does.
func lookUp(ctx context.Context, path, alias string) (settings, error) {
	if path == "" {
		return settings{}, nil
	}
	path = tilde(path)
	var parsed []*ssh_config.Config
	for _, f := range configFiles(path) {
		data, err := os.ReadFile(f.path) // #nosec G304 -- the operator's config names it
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return settings{}, badConfig(f.path, err)
		}
		if err = f.beyondUs(data, 0); err != nil {
			return askSSH(ctx, path, target{host: alias}, err)
		}
		c, err := ssh_config.DecodeBytes(data)
		if err != nil {
			return askSSH(ctx, path, target{host: alias}, err)
		}
		parsed = append(parsed, c)
	}
	return pick(func(key string) (values []string) {
		for _, c := range parsed {
			if found, err := c.GetAll(alias, key); err == nil {
				values = append(values, found...)
			}
		}
		return values
	}), nil
}

// configFiles is the file, and after the user's own the system's, as ssh reads them.
func configFiles(path string) []configFile {
	if isUsers(path) {
		return []configFile{{path: path}, {path: systemConfig, system: true}}
	}
	return []configFile{{path: path}}
}

// isUsers reports whether it is the file that ssh reads by itself. It goes by the account's home, whatever HOME says.
func isUsers(path string) bool {
	u, err := user.Current()
	return err == nil && path == filepath.Join(u.HomeDir, ".ssh", "config")
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
		proxyCommand: one("ProxyCommand"), agent: one("IdentityAgent"), controlPath: one("ControlPath"), identitiesOnly: strings.EqualFold(one("IdentitiesOnly"), "yes"),
		identityFiles: named(get("IdentityFile")), certificateFiles: named(get("CertificateFile")),
	}
	for _, v := range []*string{&s.proxyCommand, &s.controlPath} {
		if strings.EqualFold(*v, "none") {
			*v = ""
		}
	}
	forward := one("ForwardAgent") // a path or a variable names the agent to forward
	s.forwardAgent = forward != "" && !strings.EqualFold(forward, "no")
	if jump := one("ProxyJump"); jump != "" && !strings.EqualFold(jump, "none") {
		for j := range strings.SplitSeq(jump, ",") {
			s.jumps = append(s.jumps, strings.TrimSpace(j))
		}
	}
	return s
}

// named are file names without their quotes; none names no file.
func named(values []string) (files []string) {
	for _, f := range values {
		if f = strings.Trim(f, `"`); !strings.EqualFold(f, "none") {
			files = append(files, f)
		}
	}
	return files
}

// askSSH lets ssh itself say what its configuration means; why is what we could not do.
func askSSH(ctx context.Context, path string, t target, why error) (settings, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "ssh", append([]string{"-G"}, t.words(path)...)...) // #nosec G204 -- checked, and the host is after --
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, time.Second
	if err := cmd.Run(); err != nil {
		says := "ssh -G says: " + err.Error() + " " + clean.Line(strings.TrimSpace(errs.String()))
		if why != nil {
			says = why.Error() + ", and " + says
		}
		return settings{}, &fault.Error{What: "ssh_config cannot be used", On: path, Err: err, Code: fault.Usage, Why: says,
			Next: "install the OpenSSH client, or correct what it names"}
	}
	values := map[string][]string{}
	for line := range strings.Lines(out.String()) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		values[key] = append(values[key], value)
	}
	return pick(func(key string) []string { return values[strings.ToLower(key)] }), nil
}

// words are ssh's arguments for a destination under a configuration.
func (t target) words(path string) (words []string) {
	if path = tilde(path); path == "" {
		words = append(words, "-F", "none")
	} else if !isUsers(path) {
		if _, err := os.Stat(path); err != nil { // #nosec G703 -- the operator's own ssh_config
			path = "none"
		}
		words = append(words, "-F", path)
	}
	if t.port != "" {
		words = append(words, "-p", t.port)
	}
	if t.user != "" {
		words = append(words, "-l", t.user)
	}
	return append(words, "--", t.host)
}

func tilde(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home(), rest)
	}
	return path
}
