package tootctl

import (
	"strconv"
	"strings"
)

// under are the bounds that a number does not keep.
func (o *Option) under(value string) []Bound {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return nil // what it should be instead is said by who checks that
	}
	var out []Bound
	for _, b := range o.Bounds {
		if n < b.Under {
			out = append(out, b)
		}
	}
	return out
}

// amount says why a value is not such a number as the option takes, "" when it is, and of what takes no number.
func (o *Option) amount(value string) string {
	switch {
	case o.Type != Numeric:
		return ""
	case !number.MatchString(value):
		return "it takes a number of 0 or more"
	case o.Whole && strings.Contains(value, "."):
		return "it takes a whole number"
	}
	for _, b := range o.under(value) {
		if b.Refused {
			return "it takes " + strconv.FormatFloat(b.Under, 'f', -1, 64) + " or more: " + b.Why
		}
	}
	return ""
}

// wary says which numbers are lower than they should be.
func (c *Call) wary() []string {
	var said []string
	for _, g := range c.Given {
		for _, value := range g.Values {
			for _, b := range g.Option.under(value) {
				said = append(said, g.Option.Name+"="+value+" is low: "+b.Why)
			}
		}
	}
	return said
}
