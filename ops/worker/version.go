package worker

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// pageText is a page's text, as exec gets it.
const pageText = `curl -fsS "$@"`

// Version is what the worker's own /api/v2/instance says that it runs, asked from exec by its private address.
func (p Part) Version(ctx context.Context) (string, error) {
	c := p.c
	ask := c.in.pageCommand(c.Config.Instance, c.in.Private)
	out, err := askOn(ctx, c.exec(), c.Config.Exec().Name, "asking "+c.node.Name+" for its version", pageText, ask.Args...)
	if err != nil {
		return "", err
	}
	var instance struct{ Version string }
	if err := json.Unmarshal([]byte(out), &instance); err != nil || instance.Version == "" {
		return "", &fault.Error{What: "its version is not said", On: c.node.Name, Why: fmt.Sprintf("/api/v2/instance answers %q", clean.Short(out, 100)), Next: "look at the page"}
	}
	return clean.Line(instance.Version), nil
}
