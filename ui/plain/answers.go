package plain

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ops/fanout"
	"github.com/vmtui/vmtui/ops/nodeset"
)

// Answers prints what nodes said, equal answers once under their folded names.
func Answers(out io.Writer, v fanout.View) error {
	var b strings.Builder
	for i, a := range v.Answers {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s (%d): %s\n", a.Folded(), len(a.Nodes), a.Verdict())
		for line := range a.Lines() {
			fmt.Fprintf(&b, "  %s\n", line)
		}
		if a.Next != "" {
			fmt.Fprintf(&b, "  next: %s\n", a.Next)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// progressWidth fits every terminal.
const progressWidth = 79

// Progress keeps one line on a terminal that says who has not answered yet, and takes it away when everybody has.
func Progress(ctx context.Context, terminal io.Writer, next func(context.Context, uint64) (fanout.View, error)) {
	v, err := next(ctx, 0)
	for ; err == nil && !v.Over; v, err = next(ctx, v.Version) {
		all := len(v.Order.Nodes)
		line := fmt.Sprintf("%d of %d answered; waiting for %s", all-len(v.Waiting), all, nodeset.Fold(v.Waiting))
		if len(v.Waiting) == 0 {
			line = "all answered"
		}
		_, _ = fmt.Fprint(terminal, "\r"+ansi.EraseLineRight+ansi.Truncate(line, progressWidth, "…")) // the answers are what counts
	}
	_, _ = fmt.Fprint(terminal, "\r"+ansi.EraseLineRight)
}
