package canvas

import (
	"strconv"
	"strings"
)

// What a terminal can be known by before it has said anything: what stands in the environment.

// Unicode reports that the locale spells text in UTF-8. A locale that nobody set says nothing, and nearly every terminal can.
func (c *Canvas) Unicode() bool { return unicode(c.env) }

func unicode(env []string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale, _ := lookup(env, name); locale != "" {
			return strings.Contains(strings.ReplaceAll(strings.ToLower(locale), "-", ""), "utf8")
		}
	}
	return true
}

// Dark reports whether the terminal's ground is dark, as COLORFGBG has it: "15;0", or "0;default;15". known is false when nobody says. A terminal that
// answers when it is asked knows better.
func (c *Canvas) Dark() (is, known bool) { return dark(c.env) }

func dark(env []string) (is, known bool) {
	colors, _ := lookup(env, "COLORFGBG")
	ground, err := strconv.Atoi(colors[strings.LastIndexByte(colors, ';')+1:])
	if err != nil || ground < 0 || ground > 15 {
		return false, false
	}
	return ground < 7 || ground == 8, true
}

// colorless reports that the operator wants no colours: https://no-color.org, where any value means it.
func colorless(env []string) bool {
	wish, _ := lookup(env, "NO_COLOR")
	return wish != ""
}
