package keys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/vmtui/vmtui/keys/fault"
)

func window(now ssh.PublicKey, old ...ssh.PublicKey) Window {
	return Window{Host: hostA, Old: printsOf(old...), Key: now, Until: soon()}
}

func TestRenewReplacesOnlyThatHost(t *testing.T) {
	old, second, other, now := publicKey(t), publicKey(t), publicKey(t), publicKey(t)
	before := "# mine\t \r\n" + pinLine(hostB, other) + "  comment  \n" + "broken line\n"
	cases := map[string]struct{ text, want string }{
		"plain":            {before + pinLine(hostA, old) + " note\n" + "#end", before + pinLine(hostA, now) + " note\n#end"},
		"crlf":             {pinLine(hostA, old) + "\r\n" + before, pinLine(hostA, now) + "\r\n" + before},
		"no end":           {before + pinLine(hostA, old), before + pinLine(hostA, now)},
		"two keys":         {pinLine(hostA, old) + "\n" + before + pinLine(hostA, second) + "\n", pinLine(hostA, now) + "\n" + before},
		"other names stay": {before + "worker-1,10.0.0.11 " + keyText(old) + " note", before + pinLine(hostA, now) + " note\nworker-1 " + keyText(old) + " note"},
		"bracketed":        {"[10.0.0.11]:22 " + keyText(old) + "\n", pinLine(hostA, now) + "\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file := knownHosts(t, c.text)
			tr := trust(t, nil, file)
			w := window(now, old)
			if name == "two keys" {
				w.Old = printsOf(second, old)
			}
			for range 2 {
				if err := tr.Renew(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				if got := readAll(t, file); got != c.want {
					t.Errorf("got  %q\nwant %q", got, c.want)
				}
			}
			if err := tr.Check(t.Context(), peer(hostA), now); err != nil {
				t.Error(err)
			}
			if err := tr.Check(t.Context(), peer(hostA), old); fault.CodeOf(err) != fault.Refused {
				t.Errorf("%v", err)
			}
			checkModes(t, write(t, filepath.Join(t.TempDir(), "x", "y"), "", 0o600))
		})
	}
}

func TestRenewKeepsHashing(t *testing.T) {
	old, other, now := publicKey(t), publicKey(t), publicKey(t)
	first, last := hashedLine(hostB, other)+"\n", pinLine("10.0.0.13:22", other)+"\n"
	file := knownHosts(t, first+hashedLine(hostA, old)+"\n"+last)
	tr := trust(t, nil, file)
	if err := tr.Renew(t.Context(), window(now, old)); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, file)
	if !strings.HasPrefix(got, first+"|1|") || !strings.HasSuffix(got, keyText(now)+"\n"+last) || strings.Contains(got, "10.0.0.11") || strings.Contains(got, keyText(old)) {
		t.Errorf("%q", got)
	}
	if err := tr.Check(t.Context(), peer(hostA), now); err != nil {
		t.Error(err)
	}
}

func TestRenewRefuses(t *testing.T) {
	old, other, now := publicKey(t), publicKey(t), publicKey(t)
	late := window(now, old)
	late.Until = time.Now().Add(-time.Second)
	cases := map[string]struct {
		text string
		w    Window
	}{
		"after the window":     {pinLine(hostA, old) + "\n", late},
		"no window":            {pinLine(hostA, old) + "\n", Window{Host: hostA, Old: printsOf(old), Key: now}},
		"another key":          {pinLine(hostA, other) + "\n", window(now, old)},
		"one more key":         {pinLine(hostA, old) + "\n" + pinLine(hostA, other) + "\n", window(now, old)},
		"one key fewer":        {pinLine(hostA, old) + "\n", window(now, old, other)},
		"new and a stranger's": {pinLine(hostA, now) + "\n" + pinLine(hostA, other) + "\n", window(now, old)},
		"not pinned any more":  {pinLine(hostB, old) + "\n", window(now, old)},
		"pinned unexpectedly":  {pinLine(hostA, old) + "\n", window(now)},
		"by a pattern":         {"10.0.0.* " + keyText(old) + "\n", window(now, old)},
		"revoked":              {pinLine(hostA, old) + "\n@revoked * " + keyText(now) + "\n", window(now, old)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file := knownHosts(t, c.text)
			if err := trust(t, nil, file).Renew(t.Context(), c.w); fault.CodeOf(err) != fault.Refused {
				t.Errorf("%v", err)
			}
			if got := readAll(t, file); got != c.text {
				t.Errorf("changed to %q", got)
			}
		})
	}
}

func TestRenewGoesOnAfterACrashBetweenTwoFiles(t *testing.T) {
	old, now := publicKey(t), publicKey(t)
	one, two := knownHosts(t, pinLine(hostA, now)+"\n"), knownHosts(t, pinLine(hostA, old)+"\n")
	tr := trust(t, nil, one, two)
	if err := tr.Renew(t.Context(), window(now, old)); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{one, two} {
		if got := readAll(t, f); got != pinLine(hostA, now)+"\n" {
			t.Errorf("%q", got)
		}
	}
}

func TestRenewPinsAHostThatWasTrustedWithoutAPin(t *testing.T) {
	now := publicKey(t)
	file := knownHosts(t, "")
	tr := trust(t, nil, file)
	if err := tr.Renew(t.Context(), window(now)); err != nil || len(tr.Fingerprints(hostA)) != 1 {
		t.Errorf("%v", err)
	}
}

func TestRenewKeepsModeAndLink(t *testing.T) {
	old, now := publicKey(t), publicKey(t)
	file := write(t, filepath.Join(t.TempDir(), "real"), pinLine(hostA, old)+"\n", 0o640)
	link := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := trust(t, nil, link).Renew(t.Context(), window(now, old)); err != nil {
		t.Fatal(err)
	}
	l, _ := os.Lstat(link)
	f, err := os.Stat(file)
	if err != nil || l.Mode()&os.ModeSymlink == 0 || f.Mode().Perm() != 0o640 || readAll(t, file) != pinLine(hostA, now)+"\n" {
		t.Errorf("%v %v %v", l.Mode(), f.Mode(), err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".known_hosts-*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
