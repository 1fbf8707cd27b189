package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/remote/ssh"
)

type granted struct{}

func (granted) Check(context.Context) error { return nil }

func TestCancellingEndsWhatRunsInAContainer(t *testing.T) {
	t.Parallel()
	b := startBox(t, nil)
	f := newFlags(streams{in: strings.NewReader(""), out: os.Stdout, err: &bytes.Buffer{}})
	f.config = b.ConfigPath()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := withApp(ctx, f, f.asker(false), func(ctx context.Context, a *app) error {
		h := a.host("worker-1")
		names := h.Look(ctx, ssh.Command{Script: "docker ps --format '{{.Names}}' | grep web"})
		container := strings.TrimSpace(names.Stdout)
		r := h.Do(ctx, granted{}, ssh.Command{Script: `echo "$1"; exit 7`, Args: []string{"a b"}, Inside: container})
		if r.Outcome != ssh.Exited || r.Code != 7 || r.Stdout != "a b\n" {
			t.Errorf("%+v", r)
		}
		given, giveUp := context.WithCancel(ctx)
		done := make(chan ssh.Result, 1)
		go func() { done <- h.Do(given, granted{}, ssh.Command{Script: "sleep 4242 & wait", Inside: container}) }()
		inside := func() bool {
			top := h.Look(ctx, ssh.Command{Script: `docker top "$1" -eo pid,pgid,args`, Args: []string{container}})
			return strings.Contains(top.Stdout, "4242")
		}
		for !inside() {
			if ctx.Err() != nil {
				t.Fatal("it never ran")
			}
		}
		giveUp()
		if r := <-done; r.Outcome != ssh.Unknown {
			t.Errorf("%+v", r)
		}
		for inside() {
			if ctx.Err() != nil {
				t.Fatal("it still runs")
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
