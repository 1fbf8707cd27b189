//go:build lab

package ssh

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const resolveArg = "resolve"

// playResolve says how an alias is read by us, and how by ssh.
func playResolve(path, alias string) {
	var said [2]settings
	var errs [2]string
	for i, read := range []func() (settings, error){
		func() (settings, error) { return lookUp(context.Background(), path, alias) },
		func() (settings, error) { return askSSH(context.Background(), path, target{host: alias}, nil) },
	} {
		var err error
		if said[i], err = read(); err != nil {
			errs[i] = err.Error()
		}
	}
	names := [2]string{said[0].hostName, said[1].hostName}
	if err := json.NewEncoder(os.Stdout).Encode(reading{names, errs}); err != nil {
		panic(err)
	}
	os.Exit(0)
}

type reading struct{ Names, Errs [2]string }

// A file that is included by a relative name is the one that ssh takes, whosever file leads to it and wherever that one lies: held against ssh itself, on a
// machine whose /etc/ssh and home are the test's.
func TestLabIncludesAreReadAsSSHReadsThem(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"the user's own":            {map[string]string{"home/.ssh/config": "Include inner", "home/.ssh/inner": "@", "etc/inner": "#"}, "home/.ssh/inner"},
		"the system's":              {map[string]string{"etc/ssh_config": "Include inner", "home/.ssh/inner": "#", "etc/inner": "@"}, "etc/inner"},
		"the system's, by the way":  {map[string]string{"etc/ssh_config": "Include /home/outer", "home/outer": "Include inner", "home/.ssh/inner": "#", "etc/inner": "@"}, "etc/inner"},
		"the user's, by /etc/ssh":   {map[string]string{"home/.ssh/config": "Include /etc/ssh/outer", "etc/outer": "Include inner", "home/.ssh/inner": "@", "etc/inner": "#"}, "home/.ssh/inner"},
		"a folder of the system's":  {map[string]string{"etc/ssh_config": "Include ssh_config.d/*.conf", "etc/ssh_config.d/a.conf": "@"}, "etc/ssh_config.d/a.conf"},
		"by its whole name":         {map[string]string{"etc/ssh_config": "Include /etc/ssh/ssh_config.d/*.conf", "etc/ssh_config.d/a.conf": "@"}, "etc/ssh_config.d/a.conf"},
		"the user's before all":     {map[string]string{"home/.ssh/config": "Include inner", "home/.ssh/inner": "@", "etc/ssh_config": "Include inner", "etc/inner": "#"}, "home/.ssh/inner"},
		"none: the alias is a name": {map[string]string{"etc/ssh_config": "Include inner", "home/.ssh/inner": "#"}, "lab"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readElsewhere(t, c.files)
			if got.Names[0] != got.Names[1] || got.Names[0] != c.want || got.Errs != [2]string{} {
				t.Errorf("we read %q, ssh reads %q, want %q: %q", got.Names[0], got.Names[1], c.want, got.Errs)
			}
		})
	}
}

// readElsewhere reads the alias lab where these are the files of /etc/ssh and of home. @ and # stand for one that names itself as the host.
func readElsewhere(t *testing.T, files map[string]string) (got reading) {
	t.Helper()
	top := t.TempDir()
	for _, dir := range []string{"etc/ssh_config.d", "home/.ssh"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		if text == "@" || text == "#" {
			text = fmt.Sprintf("Host lab\n HostName %s\n", name)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := `mount --bind "$1/etc" /etc/ssh && mount --bind "$1/home" "$HOME" && mkdir -p /home && mount --bind "$1/home" /home && shift && exec "$@"`
	cmd := exec.CommandContext(within1m(t), "unshare", "--mount", "/bin/sh", "-c", script, "sh", top, exe(t), resolveArg, "~/.ssh/config", "lab")
	said, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(said, &got)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return got
}
