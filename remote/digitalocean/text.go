package digitalocean

import "github.com/vmtui/vmtui/remote/clean"

// text is the one place where the API's words become ours.
func text(s string) string { return clean.Line(s) }
