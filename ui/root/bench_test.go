package root

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/internal/stage"
)

// BenchmarkPicture draws the fleet as it is drawn once a second for as long as a console is open.
//
//	go test -run '^$' -bench Picture -benchmem ./ui/root
func BenchmarkPicture(b *testing.B) {
	r, err := New(b.Context(), stage.New(nil), options())
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	r.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	b.ReportAllocs()
	for b.Loop() {
		r.picture()
	}
}
