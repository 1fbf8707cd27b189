package tootctl

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Version is a Mastodon's, as far as the tree cares. The zero one is not known, and has everything.
type Version struct{ Major, Minor, Patch int }

var versionShape = regexp.MustCompile(`\b(\d+)\.(\d+)(?:\.(\d+))?`)

// ReadVersion finds a version in what tootctl version or the instance's own page says: "4.6.5+glitch".
func ReadVersion(text string) (Version, bool) {
	m := versionShape.FindStringSubmatch(text)
	if m == nil {
		return Version{}, false
	}
	var n [3]int
	for i, digits := range m[1:] {
		n[i], _ = strconv.Atoi(digits) // "" is 0, and a number too long for an int is no version
	}
	return Version{n[0], n[1], n[2]}, true
}

// Known reports that there is a version at all.
func (v Version) Known() bool { return v != Version{} }

// String is the version as Mastodon writes it, without a v.
func (v Version) String() string {
	if !v.Known() {
		return "an unknown version"
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// before compares.
func (v Version) before(o Version) bool {
	if v.Major != o.Major {
		return v.Major < o.Major
	}
	if v.Minor != o.Minor {
		return v.Minor < o.Minor
	}
	return v.Patch < o.Patch
}

// Since is from which version on something is there: "4.6; back-ported to 4.3.20, 4.4.14". Empty is always.
type Since string

// In reports that a version has it: from the first one on, or from the one that it was brought back to in an older line.
func (s Since) In(v Version) bool {
	if s == "" || !v.Known() {
		return true
	}
	first, back, _ := strings.Cut(string(s), ";")
	if from, ok := ReadVersion(first); ok && !v.before(from) {
		return true
	}
	for word := range strings.FieldsSeq(back) {
		if from, ok := ReadVersion(word); ok && v.Major == from.Major && v.Minor == from.Minor && v.Patch >= from.Patch {
			return true
		}
	}
	return false
}

// Lacks says why a version does not have the command, "" when it has.
func (c *Command) Lacks(v Version) string {
	if !c.Since.In(v) {
		return fmt.Sprintf("it came with Mastodon %s; this is %s", c.Since, v)
	}
	if gone, ok := ReadVersion(c.Deprecated); ok && v.Known() && !v.before(gone) {
		return fmt.Sprintf("it does nothing any more since Mastodon %s; this is %s", c.Deprecated, v)
	}
	return ""
}

// Lacks says why a version does not have the option, "" when it has.
func (o *Option) Lacks(v Version) string {
	if o.Since.In(v) {
		return ""
	}
	return fmt.Sprintf("%s came with Mastodon %s; this is %s", o.Name, o.Since, v)
}

// Asks reports that whether a call is possible depends on the version, so that it is worth being read.
func (c *Call) Asks() bool {
	if c.Command.Since != "" || c.Command.Deprecated != "" {
		return true
	}
	return slices.ContainsFunc(c.Given, func(g Given) bool { return g.Option.Since != "" })
}
