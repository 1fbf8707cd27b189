package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ui/root"
)

// errGivenUp says that the operator let their changes go.
var errGivenUp = errors.New("the changes were given up")

// editor edits a copy beside the config, and puts it in the config's place when it is good.
func editor(ctx context.Context, path string) root.Edit {
	return func(in, out *os.File) (bool, error) {
		before, err := os.ReadFile(path) // #nosec G304 -- the config in use
		if err != nil {
			return false, err
		}
		copied := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".edit")
		if err := os.WriteFile(copied, before, 0o600); err != nil { // #nosec G703 -- beside the config in use
			return false, err
		}
		defer func() { _ = os.Remove(copied) }()
		after, err := editUntilGood(ctx, path, copied, in, out)
		if err != nil || bytes.Equal(before, after) {
			return false, err
		}
		now, err := os.ReadFile(path) // #nosec G304 -- the config in use
		if err != nil || !bytes.Equal(now, before) {
			return false, errors.Join(err, errors.New("somebody else has changed it meanwhile; start again from what stands there now"))
		}
		return true, os.Rename(copied, path)
	}
}

func editUntilGood(ctx context.Context, path, copied string, in, out *os.File) ([]byte, error) {
	answers := bufio.NewReader(in)
	for {
		if err := runEditor(ctx, copied, in, out); err != nil {
			return nil, err
		}
		text, err := os.ReadFile(copied) // #nosec G304 -- written above
		if err != nil {
			return nil, err
		}
		wrong := good(path, text)
		if wrong == nil {
			return text, nil
		}
		if !again(wrong, answers, out) {
			return nil, errGivenUp
		}
	}
}

// good says what is wrong with a config's text.
func good(path string, text []byte) error {
	cfg, err := config.Parse(path, text)
	if err != nil {
		return err
	}
	return checkKeys(cfg)
}

// again shows what is wrong and asks whether to go back into the editor.
func again(wrong error, answers *bufio.Reader, out io.Writer) bool {
	f := fault.Of(wrong)
	if _, err := fmt.Fprintf(out, "\nThis would not hold (%s)\n  why:  %s\n  next: %s\n\nedit again? yes or no [yes]: ", f.On, f.Why, f.Next); err != nil {
		return false
	}
	line, err := answers.ReadString('\n')
	line = strings.TrimSpace(line)
	return err == nil && !strings.EqualFold(line, "no") && !strings.EqualFold(line, "n")
}

// runEditor is the operator's editor on a file. VISUAL and EDITOR may have arguments, as for git.
func runEditor(ctx context.Context, path string, in, out *os.File) error {
	command := cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"), "vi")
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command+` "$1"`, "sh", path) // #nosec G204 G702 -- the operator's own editor
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the editor %q: %w", command, err)
	}
	return nil
}
