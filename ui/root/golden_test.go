package root

import (
	"fmt"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ui/dialog"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestDialogsGolden(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}, {270, 66}} {
		for name, keys := range map[string][]string{
			"fleet": {}, "palette": {":", "d", "r"}, "quit": {"q"}, "help": {"?"}, "filter": {"/", "w"},
			"typed": {"down", "down", "r", "g", "w", "o", "enter"},
		} {
			t.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					d := opened(t, stage.New(nil), size[0], size[1])
					defer d.stop()
					d.press(keys...)
					golden.RequireEqual(t, d.screen())
				})
			})
		}
	}
}

func TestAskGolden(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 80, 24)
		defer d.stop()
		d.root.dialogs = append(d.root.dialogs, asked{dialog: dialog.Ask("ask", desk.Question{
			Kind: desk.AskPassphrase, Subject: "~/.ssh/id_ed25519", Text: "This key is locked.", Secret: true}, time.Now())})
		d.rest(time.Second)
		d.write("hunter2")
		d.lacks("hunter2")
		golden.RequireEqual(t, d.screen())
	})
}
