package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/sftp"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// sftpServer serves this machine's files; drop ends the connection after so many bytes came in, 0 never does.
func sftpServer(t *testing.T, drop int64) *server {
	return newServer(t, func(s *server) {
		s.subsystem = func(c *channel) {
			var in io.Reader = c
			if drop > 0 {
				in = &dropping{Reader: c, left: drop, cut: func() { _ = c.conn.Close() }}
			}
			f, err := sftp.NewServer(struct {
				io.Reader
				io.WriteCloser
			}{in, c})
			if err != nil {
				t.Error(err)
				return
			}
			_ = f.Serve()
			c.exit(0)
		}
	})
}

type dropping struct {
	io.Reader
	left int64
	cut  func()
}

func (d *dropping) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if d.left -= int64(n); d.left <= 0 {
		d.cut()
	}
	return n, err
}

func bigFile(t *testing.T, dir string) (path string, text []byte) {
	t.Helper()
	text = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	path = filepath.Join(dir, "provision.sh")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o750); err != nil { // #nosec G302 -- the mode is what is tested
		t.Fatal(err)
	}
	return path, text
}

// same says how a copy differs from what it should be, and what else lies beside it.
func same(t *testing.T, path string, text []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	info, stat := os.Stat(path)
	if err != nil || stat != nil || !bytes.Equal(got, text) || info.Mode().Perm() != 0o750 {
		t.Errorf("%d bytes, %v, %v %v", len(got), info.Mode(), err, stat)
	}
	alone(t, filepath.Dir(path), 1)
}

func alone(t *testing.T, dir string, files int) {
	t.Helper()
	if left, _ := filepath.Glob(dir + "/.*.part"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if all, _ := os.ReadDir(dir); len(all) != files {
		t.Errorf("%q", all)
	}
}

func TestFilesAreCopiedBothWays(t *testing.T) {
	h := reach(t, sftpServer(t, 0), nil)
	local, text := bigFile(t, t.TempDir())
	there, back := filepath.Join(t.TempDir(), "there"), filepath.Join(t.TempDir(), "back")
	if err := os.WriteFile(there, []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []int64
	note := func(done, of int64) {
		if told = append(told, done); of != int64(len(text)) {
			t.Errorf("of %d", of)
		}
	}
	if err := h.Upload(within10s(t), allowed, local, there, note); err != nil {
		t.Fatal(err)
	}
	same(t, there, text)
	if len(told) < 2 || told[len(told)-1] != int64(len(text)) {
		t.Errorf("progress %d", told)
	}
	if err := h.Download(within10s(t), there, back, nil); err != nil {
		t.Fatal(err)
	}
	same(t, back, text)
}

func TestRefusedCopyLeavesNothing(t *testing.T) {
	h := reach(t, sftpServer(t, 0), nil)
	local, _ := bigFile(t, t.TempDir())
	dir := t.TempDir()
	no := &fault.Error{What: "lease lost", Code: fault.Refused}
	for checks := range 2 {
		p := permit(func(context.Context) error {
			if checks--; checks < 0 {
				return no
			}
			return nil
		})
		if err := h.Upload(within10s(t), p, local, filepath.Join(dir, "x"), nil); !errors.Is(err, error(no)) || fault.CodeOf(err) != fault.Refused {
			t.Errorf("%v", err)
		}
		alone(t, dir, 0)
	}
	if err := h.Upload(within10s(t), nil, local, filepath.Join(dir, "x"), nil); fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
	if err := h.Upload(within10s(t), allowed, local, filepath.Join(dir, "none", "x"), nil); err == nil || errors.Is(err, remote.ErrUnknown) {
		t.Errorf("a directory that is not there: %v", err)
	}
	if err := h.Download(within10s(t), filepath.Join(dir, "none"), filepath.Join(dir, "y"), nil); err == nil {
		t.Error("copied nothing")
	}
	alone(t, dir, 0)
	if err := reach(t, newServer(t, nil), nil).Upload(within10s(t), allowed, local, "/x", nil); err == nil || !strings.Contains(err.Error(), "no sftp") {
		t.Errorf("%v", err)
	}
}

func TestCancelledCopyIsTidiedUp(t *testing.T) {
	h := reach(t, sftpServer(t, 0), nil)
	local, _ := bigFile(t, t.TempDir())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(within10s(t))
	err := h.Upload(ctx, allowed, local, filepath.Join(dir, "x"), func(done, _ int64) {
		if done > 100_000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, remote.ErrUnknown) {
		t.Errorf("%v", err)
	}
	eventually(t, "it is tidied up", func() bool { all, _ := os.ReadDir(dir); return len(all) == 0 })
}

// A copy that is called off at its very end is in its place, or it says that it is not.
func TestADownloadSaysWhetherItIsInPlace(t *testing.T) {
	h := reach(t, sftpServer(t, 0), nil)
	there, text := bigFile(t, t.TempDir())
	for range 5 {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(within10s(t))
		err := h.Download(ctx, there, filepath.Join(dir, "x"), func(done, of int64) {
			if done == of {
				cancel()
			}
		})
		if err == nil {
			same(t, filepath.Join(dir, "x"), text)
			continue
		}
		eventually(t, "it is over", func() bool { parts, _ := filepath.Glob(filepath.Join(dir, ".x.*")); return len(parts) == 0 })
		alone(t, dir, 0)
	}
}

func TestLostConnectionPutsNothingInPlace(t *testing.T) {
	h := reach(t, sftpServer(t, 300_000), nil)
	local, _ := bigFile(t, t.TempDir())
	dir := t.TempDir()
	if err := h.Upload(within10s(t), allowed, local, filepath.Join(dir, "x"), nil); err == nil {
		t.Error("half of it is all of it")
	}
	if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
		t.Error("half of it is there")
	}
}
