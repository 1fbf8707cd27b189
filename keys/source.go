package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	keyringService = "vmtui"          // the service name under which keyring:NAME is looked up
	commandTimeout = 30 * time.Second // time for cmd:COMMAND, in which a person may have to touch a token
	maxSecret      = 64 << 10
)

// sourceError says why a secret cannot be had, and what to do.
type sourceError struct {
	why, next string
	cause     error
}

func (e *sourceError) Error() string { return e.why }

func (e *sourceError) Unwrap() error { return e.cause }

func trouble(why, next string) error { return &sourceError{why: why, next: next} }

func asSource(err error, target **sourceError) bool { return errors.As(err, target) }

var errEmpty = &sourceError{why: "it is empty"}

var sources = map[string]func(ctx context.Context, name string) (string, error){
	"env":     fromEnv,
	"file":    fromFile,
	"keyring": fromKeyring,
	"cmd":     fromCommand,
}

// taken are the variables that held secrets. They are no longer in the environment, because every child would inherit it: an editor, ssh, a
// command for another secret.
var taken struct {
	sync.Mutex
	values map[string]string
}

func fromEnv(_ context.Context, name string) (string, error) {
	taken.Lock()
	defer taken.Unlock()
	if value, set := os.LookupEnv(name); set {
		if taken.values == nil {
			taken.values = map[string]string{}
		}
		taken.values[name] = value
		return value, os.Unsetenv(name)
	}
	value, was := taken.values[name]
	if !was {
		return "", trouble("the variable is not set", "export "+name+" and start again")
	}
	return value, nil
}

func fromFile(_ context.Context, path string) (string, error) {
	data, err := readPrivate(path, maxSecret)
	return string(data), err
}

// readPrivate reads a file that only its owner may touch. The mode is checked on the open file, so that it cannot be exchanged in between.
func readPrivate(path string, limit int64) ([]byte, error) {
	path = expandHome(path)
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // #nosec G304 -- the operator's own config names it; a FIFO must not hold us up
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, trouble("it is not a regular file", "name the file itself")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, trouble(fmt.Sprintf("others can get at it (mode %04o)", mode), "if it is the right file: chmod 600 "+path)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = trouble(fmt.Sprintf("it is larger than %d bytes", limit), "check that this is the right file")
	}
	return data, err
}

func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &sourceError{why: "there is no such file", next: "create " + path + " or correct the config", cause: err}
	case errors.Is(err, os.ErrPermission):
		return &sourceError{why: "permission denied", next: "make " + path + " readable by you, mode 600", cause: err}
	}
	return err
}

// expandHome turns a leading ~/ into the home directory.
func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return home + "/" + rest
		}
	}
	return path
}

// fromKeyring does not outlive ctx even where the keyring shows a dialog that nobody answers.
func fromKeyring(ctx context.Context, name string) (string, error) {
	type answer struct {
		value string
		err   error
	}
	got := make(chan answer, 1)
	go func() {
		value, err := keyring.Get(keyringService, name)
		got <- answer{value, err}
	}()
	select {
	case a := <-got:
		if errors.Is(a.err, keyring.ErrNotFound) {
			return "", trouble("the keyring has no such entry", "store it under service "+keyringService+", user "+name)
		}
		return a.value, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// fromCommand runs the command in a process group of its own, so that a timeout ends its children too.
func fromCommand(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var out, errs beginning
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command) // #nosec G204 -- running the operator's command is the feature
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", trouble("the command did not end in time", "run it by hand; it may be waiting for you")
		}
		return "", trouble(err.Error()+complaint(string(errs.kept), string(out.kept)), "run the command by hand")
	}
	if out.more {
		return "", trouble(fmt.Sprintf("the command says more than %d bytes", maxSecret), "check that it prints the secret alone")
	}
	return string(out.kept), nil
}

// beginning keeps as much of an output as a secret may have, and lets go of the rest.
type beginning struct {
	kept []byte
	more bool
}

// Write never fails: a command is not stopped by what nobody keeps.
func (b *beginning) Write(p []byte) (int, error) {
	keep := min(len(p), maxSecret-len(b.kept))
	b.kept, b.more = append(b.kept, p[:keep]...), b.more || keep < len(p)
	return len(p), nil
}

// complaint is the last line the command wrote to stderr, unless it repeats anything of its output.
func complaint(errs, out string) string {
	lines := strings.Split(strings.TrimSpace(errs), "\n")
	last := lines[len(lines)-1]
	for _, word := range strings.Fields(out) {
		last = strings.ReplaceAll(last, word, Masked)
	}
	if last == "" {
		return ""
	}
	return ": " + strconv.QuoteToGraphic(last[:min(len(last), 200)])
}
