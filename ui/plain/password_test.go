package plain

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// Whatever is answered, the password is on the terminal only where that was asked for, and whoever does not have it in the end is told.
func TestAPasswordIsGiven(t *testing.T) {
	const word, alternate, back = "engage-1701", "\x1b[?1049h", "\x1b[?1049l"
	left := errors.New("left")
	for name, x := range map[string]struct {
		says         []string
		end          error // after what was said
		clip         bool
		copied       bool
		shown, taken bool
		err          error
	}{
		"copied by default":              {[]string{"", "yes"}, nil, true, true, false, true, nil},
		"copied, and shown by default":   {[]string{"", "", "", "wipe"}, nil, true, true, true, true, nil},
		"copied, and then gone":          {[]string{"copy"}, left, true, true, false, true, left},
		"shown":                          {[]string{"SHOW", "", "done", "Wipe"}, nil, true, false, true, true, nil},
		"shown, and then gone":           {[]string{"show"}, left, true, false, true, true, left},
		"shown, and the input has ended": {[]string{"show"}, io.EOF, true, false, true, true, nil},
		"nonsense, then dropped":         {[]string{"y", "drop"}, nil, true, false, false, false, nil},
		"gone":                           {nil, left, true, false, false, false, left},
		"the input has ended":            {nil, io.EOF, true, false, false, false, nil},
		"no clipboard":                   {[]string{"copy", ""}, nil, false, false, true, true, nil},
	} {
		var out strings.Builder
		h := Handover{Terminal: Terminal{Out: &out, Line: func(context.Context) (string, error) {
			if len(x.says) == 0 {
				return "", x.end
			}
			said := x.says[0]
			x.says = x.says[1:]
			return said, nil
		}}, Bare: &out}
		if x.clip {
			h.Clip = func(w string) string { return "<clip " + strings.ToUpper(w) + ">" }
		}
		taken, err := h.Give(t.Context(), word)
		got := out.String()
		if !errors.Is(err, x.err) || taken != x.taken || len(x.says) > 0 || strings.Contains(got, "<clip ENGAGE") != x.copied || strings.Contains(got, word) != x.shown || strings.Contains(got, "let go of: nobody has it") == x.taken {
			t.Errorf("%s: %v: %q", name, err, got)
		}
		if before, after, _ := strings.Cut(got, word); x.shown && x.clip && (!strings.Contains(before, alternate) || !strings.Contains(after, back)) {
			t.Errorf("%s: it stays in the scrollback: %q", name, got)
		}
	}
}
