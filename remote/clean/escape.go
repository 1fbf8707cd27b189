package clean

import "strings"

// escape is the length of the control sequence that s begins with, 0 when it begins with none. A sequence that is broken off by another
// one ends there; a control string that never ends swallows the rest of the line, as it does in a terminal.
func escape(s string) int {
	switch {
	case s[0] == esc:
		return sevenBit(s)
	case s[0] == c1 && len(s) > 1 && s[1] >= 0x80 && s[1] <= 0x9f:
		return eightBit(s)
	}
	return 0
}

const (
	esc = 0x1b
	c1  = 0xc2 // first byte of U+0080 to U+009F in UTF-8
	bel = 0x07
	can = 0x18
	sub = 0x1a
)

// sevenBit measures sequences that begin with ESC.
func sevenBit(s string) int {
	if len(s) == 1 {
		return 1
	}
	switch b := s[1]; {
	case b == '[':
		return 2 + control(s[2:])
	case b == ']' || b == 'k': // OSC, and the title of screen and tmux
		return 2 + str(s[2:], true)
	case strings.IndexByte("PX^_", b) >= 0: // DCS, SOS, PM, APC
		return 2 + str(s[2:], false)
	case b >= 0x20 && b <= 0x2f: // character sets and the like
		return 1 + intermediate(s[1:])
	case b >= 0x30 && b <= 0x7e:
		return 2
	}
	return 1
}

// eightBit measures sequences that begin with a C1 control.
func eightBit(s string) int {
	switch s[1] {
	case 0x9b:
		return 2 + control(s[2:])
	case 0x9d:
		return 2 + str(s[2:], true)
	case 0x90, 0x98, 0x9e, 0x9f:
		return 2 + str(s[2:], false)
	}
	return 2
}

// control measures what follows a CSI: parameters and intermediates, then one final byte.
func control(s string) int {
	i := 0
	for i < len(s) && s[i] >= 0x20 && s[i] <= 0x3f {
		i++
	}
	if i < len(s) && s[i] >= 0x40 && s[i] <= 0x7e {
		i++
	}
	return i
}

// intermediate measures intermediates and their final byte.
func intermediate(s string) int {
	i := 0
	for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
		i++
	}
	if i < len(s) && s[i] >= 0x30 && s[i] <= 0x7e {
		i++
	}
	return i
}

// str measures a control string up to and including its end: ST, CAN, SUB, or BEL where that ends it too.
func str(s string, bell bool) int {
	for i := range len(s) {
		switch {
		case s[i] == can || s[i] == sub || bell && s[i] == bel:
			return i + 1
		case s[i] == esc && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case s[i] == esc:
			return i
		case s[i] == c1 && i+1 < len(s) && s[i+1] == 0x9c:
			return i + 2
		}
	}
	return len(s)
}
