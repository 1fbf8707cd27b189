package desk

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vmtui/vmtui/keys"
	"github.com/vmtui/vmtui/ops/config"
)

func TestWhatThePaletteWasToldIsRemembered(t *testing.T) {
	secrets := keys.NewRedactor()
	secrets.Add(keys.Confidential("correct horse battery"))
	dir := t.TempDir()
	sitting := func() *Desk { return &Desk{cfg: &config.Config{StateDir: dir}, secrets: secrets} }
	for _, line := range []string{"runs", "logs worker-2", "exec @all -- echo correct horse battery", "runs", "", strings.Repeat("x", saidLength+1)} {
		if err := sitting().Say(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	d := sitting()
	said, err := d.Past(t.Context())
	if want := []string{"logs worker-2", "exec @all -- echo •••", "runs"}; err != nil || !slices.Equal(said, want) {
		t.Errorf("%q %v", said, err)
	}
	if info, err := os.Stat(d.saidFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for i := range saidMost {
		if err := d.Say(t.Context(), fmt.Sprint("run ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if said, _ = d.Past(t.Context()); len(said) != saidMost || said[0] != "run 0" {
		t.Errorf("%d lines, the first %q", len(said), said[0])
	}
	if err := os.WriteFile(d.saidFile(), []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Say(t.Context(), "runs"); err == nil || !strings.Contains(err.Error(), d.saidFile()) {
		t.Errorf("a broken file was written over: %v", err)
	}
}

// What was run and what is kept is there for the next console, until it is taken out.
func TestLinesAreKeptAndForgotten(t *testing.T) {
	dir := t.TempDir()
	sitting := func() *Desk { return &Desk{cfg: &config.Config{StateDir: dir}} }
	stand := func(l Lines, err error, favourites ...string) {
		t.Helper()
		if again, lost := sitting().Remembered(t.Context()); err != nil || lost != nil || !slices.Equal(l.Favourites, favourites) || !slices.Equal(again.Favourites, favourites) {
			t.Errorf("%q, and to the next console %q; want %q: %v, %v", l.Favourites, again.Favourites, favourites, err, lost)
		}
	}
	const usage, odd = "tootctl media usage", `tootctl accounts modify $'a\nb' --approve`
	l, err := sitting().Favour(t.Context(), usage)
	stand(l, err, usage)
	l, err = sitting().Favour(t.Context(), odd)
	stand(l, err, odd, usage)
	l, err = sitting().Favour(t.Context(), usage)
	stand(l, err, odd)
	if l, err = sitting().keepLines(func(l *Lines) { l.Past = []string{odd, usage} }); err != nil {
		t.Fatal(l, err)
	}
	if l, err = sitting().Unremember(t.Context(), odd); !slices.Equal(l.Past, []string{usage}) {
		t.Errorf("%q stays", l.Past)
	}
	stand(l, err)
	if info, err := os.Stat(sitting().linesFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}
