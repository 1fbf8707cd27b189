package book

import "embed"

// Examples are three runbooks to learn from. The box offers them; docs/runbooks.md explains them.
//
//go:embed examples/*.yaml
var Examples embed.FS
