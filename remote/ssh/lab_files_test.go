//go:build lab

package ssh

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/fixtures/lab/sshd"
)

func TestLabFilesAreCopied(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		local, text := bigFile(t, t.TempDir())
		there, back := filepath.Join(t.TempDir(), "there"), filepath.Join(t.TempDir(), "back")
		if err := h.Upload(within1m(t), allowed, local, there, nil); err != nil {
			t.Fatal(err)
		}
		same(t, there, text)
		if err := h.Download(within1m(t), there, back, nil); err != nil {
			t.Fatal(err)
		}
		same(t, back, text)
	})
}

func TestLabCopyIsWholeOrNotAtAll(t *testing.T) {
	l := startLab(t, sshd.Options{})
	overBoth(t, func(t *testing.T, by Transport) {
		h := l.open(t, by, nil).Host("lab", "lab")
		local, text := bigFile(t, t.TempDir())
		there, here := t.TempDir(), t.TempDir()
		long := filepath.Join(t.TempDir(), "long") // more than what can be on its way when the connection goes
		if err := errors.Join(os.WriteFile(long, nil, 0o600), os.Truncate(long, 64<<20)); err != nil {
			t.Fatal(err)
		}
		final := filepath.Join(there, "x")
		if err := os.WriteFile(final, []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
		cut := sync.OnceFunc(l.Cut)
		if err := h.Upload(within1m(t), allowed, long, final, func(done, of int64) {
			if done > of/8 {
				cut()
			}
		}); err == nil {
			t.Error("half of it went up, and nobody said so")
		}
		if kept, err := os.ReadFile(final); err != nil || string(kept) != "older" {
			t.Errorf("what was there gave way to half a file: %d bytes, %v", len(kept), err)
		}
		cut = sync.OnceFunc(l.Cut)
		if err := h.Download(within1m(t), long, filepath.Join(here, "x"), func(done, of int64) {
			if done > of/8 {
				cut()
			}
		}); err == nil {
			t.Error("half of it came down, and nobody said so")
		}
		alone(t, here, 0)
		hostile := filepath.Join(there, "e\x1b]0;\nvil")
		if err := h.Upload(within1m(t), allowed, local, hostile, nil); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(hostile); err != nil || len(got) != len(text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		for name, err := range map[string]error{
			"onto a directory":     h.Upload(within1m(t), allowed, local, there, nil),
			"into none":            h.Upload(within1m(t), allowed, local, hostile+"/none/x", nil),
			"of a directory":       h.Download(within1m(t), there, filepath.Join(here, "y"), nil),
			"of what is not there": h.Download(within1m(t), hostile+"?", filepath.Join(here, "y"), nil),
		} {
			if err == nil || strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("%s: %v", name, err)
			}
		}
		alone(t, here, 0)
	})
}
