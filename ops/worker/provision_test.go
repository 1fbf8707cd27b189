package worker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote/ssh"
)

// provisioning is the command as a host's shell runs it, in a directory of its own.
func provisioning(t *testing.T, dir, script string, length int) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", provisionScript, "vmtui", filepath.Join(dir, "script.sh"), "run-1", filepath.Join(dir, "provisioned"), "5", strconv.Itoa(length)) // #nosec G204 -- our own script
	cmd.Stdin = strings.NewReader(script)
	return cmd
}

func TestProvisioningOutlivesItsConsole(t *testing.T) {
	dir := t.TempDir()
	script := "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.05; done; touch " + dir + "/finished\n"
	cmd := provisioning(t, dir, script, len(script))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Close(), r.Close() // nobody listens any more
	_ = cmd.Wait()              // how it ended nobody hears
	for _, name := range []string{"finished", "provisioned"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	again := provisioning(t, dir, "exit 9\n", 7)
	if out, err := again.CombinedOutput(); err != nil || len(out) != 0 {
		t.Errorf("it ran again: %s, %v", out, err)
	}
}

func TestAPartOfAProvisioningScriptIsNotRun(t *testing.T) {
	dir := t.TempDir()
	script := "touch " + dir + "/half\ntouch " + dir + "/whole\n"
	if out, err := provisioning(t, dir, script[:len(script)/2], len(script)).CombinedOutput(); err == nil {
		t.Errorf("a part of it was taken for the whole: %s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "half")); err == nil {
		t.Error("a part of it was run")
	}
}

func TestAFailedProvisioningSaysWhatItPrinted(t *testing.T) {
	out, err := provisioning(t, t.TempDir(), "echo no such package >&2; exit 3\n", 33).CombinedOutput()
	var exit *exec.ExitError
	if exit, _ = err.(*exec.ExitError); exit == nil || exit.ExitCode() != 3 || !strings.Contains(string(out), "no such package") { //nolint:errorlint // Run gives no other
		t.Errorf("%v %s", err, out)
	}
}

// undocked is a host without docker.
type undocked struct{ Host }

func (undocked) Look(context.Context, ssh.Command) ssh.Result {
	return ssh.Result{Outcome: ssh.Exited, Code: notFound, Stderr: "vmtui: 1: docker: not found\n"}
}

// Waiting brings no docker onto a disk: an image without it is told at once, and not when the whole wait is over.
func TestADiskWithoutDockerIsNotWaitedFor(t *testing.T) {
	c := sample(t)
	c.Host = func(string) Host { return undocked{} }
	step := patient([]run.Step{c.provision()})[0]
	_, err := step.Verify(nil)(t.Context())
	var v verdict
	if !errors.As(err, &v) || !strings.Contains(err.Error(), "docker is not installed") {
		t.Errorf("it would be waited for: %v", err)
	}
}

// A script that starts a container is told so before anything of the worker was proven.
func TestProvisioningStartsNothing(t *testing.T) {
	for out, stops := range map[string]bool{"": false, listed(one): true, strings.Replace(listed(one), "running", "exited", 1): false} {
		c := sample(t)
		c.Host = func(string) Host { return saying{out: out} }
		p, err := c.verifyNothingStarted(nil)(t.Context())
		var v verdict
		if errors.As(err, &v) != stops || p.Done == stops {
			t.Errorf("%q: %+v, %v", out, p, err)
		}
	}
}
