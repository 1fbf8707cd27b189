package upkeep

import "regexp"

// shape is what a text must look like, and how that is said.
type shape struct {
	words string
	is    *regexp.Regexp
}

func (s shape) fits(text string) bool { return s.is.MatchString(text) }

// What is taken is what Mastodon itself takes: nothing of it can be an option.
var (
	domainShape   = shape{"a domain such as spam.example, in small letters (xn--… for others)", regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$`)}
	usernameShape = shape{"a local user's name, without @ and domain", regexp.MustCompile(`^[A-Za-z0-9_]{1,30}$`)}
	prefixShape   = shape{"the beginning of keys in the bucket, such as cache/media_attachments", regexp.MustCompile(`^[a-z0-9_][A-Za-z0-9_./-]{0,200}$`)}
)

// concurrency is an input of what works with several threads.
func concurrency(without string) ask {
	return ask{name: "concurrency", about: "threads; each is a connection to the database", kind: "int", without: without, least: 1, most: 25}
}
