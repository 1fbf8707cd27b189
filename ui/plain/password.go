package plain

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Handover gives a new password to whoever sits at the terminal, and leaves nothing of it there.
type Handover struct {
	Terminal
	Bare io.Writer                // the terminal itself: nothing is masked on its way there
	Clip func(word string) string // the sequence that takes a word to the clipboard; nil: the terminal knows no sequences
}

// What can be done with a new password.
const (
	copyIt = "copy"
	showIt = "show"
	dropIt = "drop"
)

// Give asks what shall become of it. Whoever goes away lets it go, and is told so. A return that was typed too early takes nothing away: it copies, and
// then shows what may not have arrived, and what is shown stays until a word is typed.
func (h Handover) Give(ctx context.Context, word string) (taken bool, err error) {
	taken, err = h.give(ctx, word)
	said := "the new password is on no screen and in no log any more"
	if !taken {
		said = "the new password was let go of: nobody has it, and only another one can be made"
	}
	if err != nil {
		said = "\n" + said // behind a prompt that nobody has answered
	}
	err = errors.Join(err, h.say("%s", said))
	if errors.Is(err, io.EOF) {
		return taken, nil // who has gone has answered
	}
	return taken, err
}

func (h Handover) give(ctx context.Context, word string) (taken bool, err error) {
	choice, err := h.choose(ctx)
	switch {
	case err != nil || choice == dropIt:
		return false, err
	case choice == showIt:
		return h.show(ctx, word)
	}
	if _, err := io.WriteString(h.Bare, h.Clip(word)); err != nil {
		return false, err
	}
	if err := h.say("it went to the terminal's clipboard; terminals do not say whether they took it. Paste it where it belongs, then say:"); err != nil {
		return false, err
	}
	if arrived, err := h.ask(ctx, "did it arrive? Without a yes it is shown, once (yes or no) [no]:"); err != nil || strings.EqualFold(arrived, "yes") {
		return true, err
	}
	return h.show(ctx, word)
}

// choose asks until there is an answer. Where no clipboard can be reached, it is shown if nothing else is said.
func (h Handover) choose(ctx context.Context) (string, error) {
	choices := []string{copyIt, showIt, dropIt}
	lines := []string{
		"the new password is kept nowhere: what is not taken now is gone", "  copy   to the clipboard, if your terminal takes it (OSC 52)",
		"  show   once, on a screen that is wiped before you go on", "  drop   let it go",
	}
	if h.Clip == nil {
		choices = choices[1:]
		lines = slices.Concat(lines[:1], []string{"  show   here, where it stays: this terminal can wipe nothing"}, lines[3:])
	}
	for _, l := range lines {
		if err := h.say("%s", l); err != nil {
			return "", err
		}
	}
	for {
		said, err := h.ask(ctx, "your decision ("+strings.Join(choices, ", ")+") ["+choices[0]+"]:")
		switch said = strings.ToLower(said); {
		case err != nil:
			return "", err
		case said == "":
			return choices[0], nil
		case slices.Contains(choices, said):
			return said, nil
		}
		if err := h.say("%q is none of them. Nothing was done.", said); err != nil {
			return "", err
		}
	}
}

// wiped is the word that ends showing it.
const wiped = "wipe"

// show draws it on the alternate screen, which no scrollback keeps, and wipes that when the operator says so, or goes.
func (h Handover) show(ctx context.Context, word string) (taken bool, err error) {
	before, after := ansi.SetModeAltScreenSaveCursor+ansi.CursorHomePosition, ansi.CursorHomePosition+ansi.EraseScreenBelow+ansi.ResetModeAltScreenSaveCursor
	if h.Clip == nil {
		_, err = io.WriteString(h.Bare, "New password: "+word+"\n")
		return err == nil, err
	}
	if _, err = io.WriteString(h.Bare, before+"New password: "+word+"\r\n\r\n"); err != nil {
		return false, err
	}
	defer func() {
		_, failed := io.WriteString(h.Bare, after)
		err = errors.Join(err, failed)
	}()
	for said := ""; err == nil && !strings.EqualFold(said, wiped); {
		said, err = h.ask(ctx, "when you have it, type "+wiped+":")
	}
	return true, err
}
