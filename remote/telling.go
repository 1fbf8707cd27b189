package remote

import "context"

type tellingKey struct{}

// Telling makes whoever acts within ctx say in a line why nothing happens for a while. Tell may not block.
func Telling(ctx context.Context, tell func(line string)) context.Context {
	return context.WithValue(ctx, tellingKey{}, tell)
}

// Tell says it to whoever waits for the answer, and reports whether there is somebody.
func Tell(ctx context.Context, line string) bool {
	tell, ok := ctx.Value(tellingKey{}).(func(line string))
	if ok {
		tell(line)
	}
	return ok
}
