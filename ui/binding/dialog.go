package binding

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// insideDialogs are the keys inside a dialog and where text is typed. The first key of each is the one that dialogs know; Typed turns what it was
// remapped to into that one.
func insideDialogs() []Binding {
	var out []Binding
	add := func(id, long string, k ...string) {
		out = append(out, Binding{ID: id, Keys: k, Long: long, Places: at(Dialog), Hidden: true})
	}
	add("dialog-cancel", "cancel: nothing is done", "esc", "ctrl+c")
	add("dialog-take", "take what is filled", "enter")
	add("dialog-next", "the next choice; in the palette, complete", "tab")
	add("dialog-prev", "the choice before", "shift+tab")
	add("dialog-up", "one up", "up", "ctrl+p")
	add("dialog-down", "one down", "down", "ctrl+n")
	add("dialog-past", "in the palette: what was said before", "ctrl+r")
	add("type-left", "one character to the left; the choice before", "left", "ctrl+b")
	add("type-right", "one character to the right; the next choice", "right", "ctrl+f")
	add("type-home", "to the beginning of the line", "home", "ctrl+a")
	add("type-end", "to the end of the line", "end", "ctrl+e")
	add("type-back", "delete the character before", "backspace", "ctrl+h")
	add("type-delete", "delete the character under the cursor", "delete", "ctrl+d")
	add("type-word", "delete the word before", "ctrl+w", "alt+backspace")
	add("type-clear", "delete everything before", "ctrl+u")
	add("type-kill", "delete everything behind", "ctrl+k")
	return out
}

// Typed is the key that dialogs know for one that was pressed; "" for one that means nothing there any more. What types a character types it.
func (t *Table) Typed(key, text string) string {
	if text != "" {
		return key
	}
	known := false
	for _, b := range insideDialogs() {
		if t.Get(b.ID).Has(key) {
			return b.Keys[0]
		}
		known = known || b.Has(key)
	}
	if known {
		return ""
	}
	return key
}

// typing refuses keys inside a dialog that would type something.
func (t *Table) typing() error {
	for _, b := range t.own(Dialog) {
		for _, k := range b.Keys {
			if k == "space" || utf8.RuneCountInString(k) == 1 {
				return fmt.Errorf("bindings: %s: %s types a character; inside a dialog only keys that type nothing can be bound", b.ID, k)
			}
		}
	}
	return nil
}

// everyPlace is where a key may mean one thing only, besides what it means everywhere.
func everyPlace() []Place {
	out := make([]Place, 0, len(sections))
	for _, s := range sections {
		if s.place != Everywhere {
			out = append(out, s.place)
		}
	}
	return slices.Clip(out)
}
