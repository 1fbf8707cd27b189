//go:build lab

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/nodeset"
)

// init makes the test binary a process that keeps its connections, as an open console does, when the lab's benchmark asks for one. For every line it
// is given it runs a command on all nodes, through the door and the store as always, and says "done".
func init() {
	config := os.Getenv("VMTUI_LAB_WARM")
	if config == "" {
		return
	}
	f := newFlags(streams{os.Stdin, os.Stdout, os.Stderr})
	f.config = config
	os.Exit(f.exit(context.Background(), withApp(context.Background(), f, keys.Refuser{}, keepWarm)))
}

func keepWarm(ctx context.Context, a *app) error {
	nodes, err := nodeset.Parse(os.Getenv("VMTUI_LAB_NODES"), a.cfg.NodeSets())
	if err != nil {
		return err
	}
	debug.SetGCPercent(manyHosts)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		w, err := a.fan().Start(ctx, fanout.Order{Nodes: nodes, Words: []string{"true"}})
		if err != nil {
			return err
		}
		if v := w.Wait(); v.Err != nil {
			return v.Err
		} else if v.Code() != 0 {
			return fmt.Errorf("not done everywhere: %+v", v.Answers)
		}
		fmt.Println("done")
	}
	return nil
}
