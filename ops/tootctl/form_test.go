package tootctl

import (
	"slices"
	"strings"
	"testing"
)

// A form says what was typed, and what was typed can be made a form, for every command and option.
func TestFormsAndLinesAreTheSame(t *testing.T) {
	fields := 0
	for i := range Known().Commands {
		c := &Known().Commands[i]
		fields += len(NewForm(c).Fields(Version{}))
		for j := range c.Options {
			want := least(c, &c.Options[j])
			got, err := FormOf(want).Call(Version{})
			if err != nil || !sameWords(got, want) {
				t.Errorf("%s became %s: %v", want.Line(), got.Line(), err)
			}
		}
	}
	if fields != 118+27 {
		t.Errorf("%d fields", fields)
	}
}

// sameWords compares calls whose options stand in another order.
func sameWords(a, b *Call) bool {
	x, y := a.Words(), b.Words()
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

func TestAFormIsFilledIn(t *testing.T) {
	f := NewForm(Known().Command("search", "deploy"))
	field := func(name string) Field {
		all := f.Fields(Version{4, 3, 0})
		return all[slices.IndexFunc(all, func(x Field) bool { return x.Name == name })]
	}
	f.Set("--only", "accounts 'tags'")
	for _, want := range []string{On, Off, "", On} {
		f.Turn(field("--only-mapping"))
		if got := field("--only-mapping").Value; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if why := field("--only-mapping").Lacks; !strings.Contains(why, "came with Mastodon 4.4") {
		t.Errorf("%q", why)
	}
	if c, err := f.Call(Version{4, 3, 0}); err == nil {
		t.Errorf("%s passed", c.Line())
	}
	if c, err := f.Call(Version{4, 4, 0}); err != nil || c.Line() != "tootctl search deploy --only accounts tags --only-mapping" {
		t.Errorf("%s: %v", c.Line(), err)
	}
	f.Set("--only", "accounts 'tags")
	if _, err := f.Call(Version{}); err == nil {
		t.Error("an open quote passed")
	}
}
