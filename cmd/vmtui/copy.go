package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/remote/ssh"
)

func newCopy(f *flags) *cobra.Command {
	return withJSON(f, &cobra.Command{
		Use: "copy FROM TO", Short: "Copy a file to a node or from one", Args: between(2, 2),
		Long: "Copy one file; NODE:PATH is one on a node. It gets its name in one move when it is whole, and keeps its mode.\n\n" +
			"  vmtui copy provision.sh worker-1:/root/\n  vmtui copy worker-1:/var/log/syslog .",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withApp(cmd.Context(), f, f.asker(false), func(ctx context.Context, a *app) error { return a.copy(ctx, f, args[0], args[1]) })
		},
	})
}

// copy goes to a node or comes from one.
func (a *app) copy(ctx context.Context, f *flags, from, to string) error {
	source, fromNode := a.onNode(from)
	target, toNode := a.onNode(to)
	var err error
	switch {
	case fromNode == "" && toNode != "":
		if target == "" || strings.HasSuffix(target, "/") {
			target += filepath.Base(source)
		}
		what := act.Act{Verb: "copy/upload", Target: toNode, What: "copy " + source + " to " + target, Danger: act.Changes, Unleased: true}
		err = a.single(ctx, what, func(ctx context.Context, p act.Permit) error {
			return a.host(toNode).Upload(ctx, p, source, target, f.copying(source))
		})
	case fromNode != "" && toNode == "":
		if isDir(target) {
			target = filepath.Join(target, path.Base(source))
		}
		err = a.host(fromNode).Download(ctx, source, target, f.copying(source))
	default:
		return &fault.Error{What: "that cannot be copied", On: from + " " + to, Why: "one of the two is on a node and the other is here",
			Next: "write NODE:PATH for the one on a node; the nodes are those of " + a.cfg.Path(), Code: fault.Usage}
	}
	if err != nil {
		return err
	}
	return f.answer(map[string]any{"from": from, "to": to}, from+" is copied to "+to)
}

// onNode takes NODE: off a path, where there is such a node.
func (a *app) onNode(word string) (file, node string) {
	name, rest, found := strings.Cut(word, ":")
	if _, known := a.cfg.Node(name); found && known {
		return rest, name
	}
	return word, ""
}

// copying shows how far a copy is, in tenths.
func (f *flags) copying(name string) ssh.Progress {
	said := int64(0)
	return func(done, of int64) {
		if tenth := done * 10 / max(of, 1); tenth > said && tenth < 10 {
			said = tenth
			f.note(fmt.Sprintf("%s: %d0 %% of %d bytes", name, tenth, of))
		}
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
