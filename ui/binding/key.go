package binding

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vmtui/vmtui/ops/spelling"
)

// named are the keys that have a name instead of a character.
var named = []string{
	"enter", "tab", "esc", "space", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end", "pgup", "pgdown",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// modifiers may be held while a key is pressed, in this order.
var modifiers = []string{"ctrl", "alt", "shift", "meta", "hyper", "super"}

// parse reads keys, with blanks or commas between them; a comma itself is written as the word.
func parse(text string) ([]string, error) {
	keys := strings.Fields(strings.ReplaceAll(text, ",", " "))
	if len(keys) == 0 {
		return nil, errors.New("it has no key")
	}
	for i, k := range keys {
		if k == "comma" {
			keys[i] = ","
			continue
		}
		if err := key(k); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// key refuses what no terminal would ever send, so that a slip of the pen does not leave a binding without a key.
func key(text string) error {
	rest := text
	for _, m := range modifiers {
		rest = strings.TrimPrefix(rest, m+"+")
	}
	if utf8.RuneCountInString(rest) == 1 || slices.Contains(named, rest) {
		return nil
	}
	return fmt.Errorf("%q is no key; keys are written as d, D, ctrl+d, alt+enter, space, f5, pgup", text)
}

// nearest says which id was probably meant by a word, if one is near.
func (t *Table) nearest(word string) string {
	ids := make([]string, len(t.all))
	for i, b := range t.all {
		ids[i] = b.ID
	}
	return spelling.Hint(`the nearest is "`, word, ids, `", and `)
}
