package dialog

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
)

// press types keys; a name of one letter types itself.
func press(d Dialog, names ...string) *Result {
	for _, n := range names {
		k := Key{Name: n, Now: time.Now()}
		if len(n) == 1 {
			k.Text = n
		}
		if res := d.Press(k); res != nil {
			return res
		}
	}
	return nil
}

func typed() *Typed {
	return &Typed{Tag: "x", Title: "Reimage", Name: "worker-2", Droplet: 3164502, Deed: "reimage worker-2"}
}

func spell(d Dialog, s string) *Result { return press(d, strings.Split(s, "")...) }

func TestTypedRestsOnCancel(t *testing.T) {
	if res := press(typed(), "enter"); res == nil || res.OK {
		t.Errorf("Enter on nothing: %+v, want cancelled", res)
	}
	d := typed()
	spell(d, "worker-3")
	if res := press(d, "enter", "enter", "enter"); res != nil {
		t.Fatalf("a wrong name decided something: %+v", res)
	}
	if got := d.Draw(80, 24); !strings.Contains(got.String(), "“worker-3” is not worker-2. Nothing was done.") || !strings.Contains(got.String(), "3164502") {
		t.Errorf("it does not say so:\n%s", got.String())
	}
	press(d, "backspace")
	spell(d, "2")
	if res := press(d, "enter"); res == nil || !res.OK || res.Text != "worker-2" {
		t.Errorf("the right name: %+v", res)
	}
}

func TestTypedTakesNoPasteAndNoHeldKey(t *testing.T) {
	d := typed()
	d.Press(Key{Name: "paste", Text: "worker-2"})
	if res := press(d, "hit:deed"); res != nil {
		t.Errorf("pasted: %+v", res)
	}
	spell(d, "worker-2")
	if res := d.Press(Key{Name: "enter", Repeat: true}); res != nil {
		t.Errorf("held down: %+v", res)
	}
}

func TestChoiceRestsOnCancel(t *testing.T) {
	c := func() *Choice { return &Choice{Tag: "q", Options: []Option{{ID: "quit", Label: "Quit"}}} }
	if res := press(c(), "enter"); res == nil || res.OK {
		t.Errorf("%+v", res)
	}
	if res := press(c(), "tab", "enter"); res == nil || res.Choice != "quit" {
		t.Errorf("%+v", res)
	}
	held := c()
	press(held, "tab")
	if res := held.Press(Key{Name: "enter", Repeat: true}); res != nil {
		t.Errorf("a held key confirmed: %+v", res)
	}
}

func TestChoiceRestsOnWhatIsHarmless(t *testing.T) {
	c := func() *Choice {
		return &Choice{Tag: "q", Rest: "look", Options: []Option{{ID: "look", Label: "Look"}, {ID: "go", Label: "Go"}}}
	}
	for keys, want := range map[string]string{"enter": "look", "tab enter": "go", "left enter": "", "tab tab enter": ""} {
		if res := press(c(), strings.Fields(keys)...); res == nil || res.Choice != want || res.OK != (want != "") {
			t.Errorf("%s: %+v", keys, res)
		}
	}
	if res := c().Press(Key{Name: "enter", Repeat: true}); res != nil {
		t.Errorf("a held key began it: %+v", res)
	}
}

// What a small screen has no room for is counted and gone to; the beginning, which says what is lost, is what is seen at first, and what asks is always seen.
func TestALongTextIsFolded(t *testing.T) {
	details := []string{"first"}
	for i := range 30 {
		details = append(details, fmt.Sprint("detail ", i))
	}
	typed := &Typed{Text: "tootctl x", Details: append(details, "last"), Name: "vmst.example", Deed: "run it"}
	choice := &Choice{Text: "tootctl x", Details: append(details, "last"), Options: []Option{{ID: "go", Label: "run it"}}}
	for name, d := range map[string]Dialog{"typed": typed, "choice": choice} {
		look := func() string {
			var all []string
			for _, l := range d.Draw(80, 22).Lines {
				all = append(all, l.String())
			}
			return strings.Join(all, "\n")
		}
		if got := look(); !strings.Contains(got, "tootctl x") || !strings.Contains(got, "first") || !strings.Contains(got, "run it") || !strings.Contains(got, " more") || strings.Count(got, "\n") > 21 {
			t.Errorf("%s:\n%s", name, got)
		}
		for range 40 {
			d.Press(Key{Name: "down"})
			look()
		}
		if got := look(); !strings.Contains(got, "last") || !strings.Contains(got, "run it") || !strings.Contains(got, " above") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestReasonIsNotEmpty(t *testing.T) {
	d := &Reason{Tag: "skip", Deed: "skip it"}
	if res := press(d, "space", "enter"); res != nil {
		t.Errorf("%+v", res)
	}
	spell(d, "known")
	if res := press(d, "enter"); res == nil || res.Text != "known" {
		t.Errorf("%+v", res)
	}
}

func TestAskListensOnlyToARestedHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := Ask("ask", desk.Question{Kind: desk.AskHostKey, Subject: "worker-2", Text: "Is this its key?"}, time.Now())
		for range 4 { // somebody is typing y, tab, enter at something else
			<-time.After(150 * time.Millisecond)
			if res := press(d, "tab", "enter"); res != nil {
				t.Fatalf("a dialog that opened by itself took %+v", res)
			}
		}
		<-time.After(400 * time.Millisecond)
		res := press(d, "tab", "enter")
		if res == nil || !Answered(desk.Question{}, *res).Yes {
			t.Errorf("after a rest: %+v", res)
		}
	})
}

func TestPaletteCompletes(t *testing.T) {
	items := []Item{{Text: "drain worker-1"}, {Text: "drain worker-2"}, {Text: "reimage worker-2"}, {Text: "runs"}}
	for _, c := range []struct{ keys, want string }{
		{"d", "drain worker-1"}, {"dr worker-2", "drain worker-2"}, {"ru", "runs"}, {"worker-2", "drain worker-2"}, {"frobnicate x", "frobnicate x"},
	} {
		p := &Palette{Tag: "p", Items: items}
		spell(p, c.keys)
		if res := press(p, "enter"); res == nil || res.Text != c.want {
			t.Errorf("%q: %+v, want %q", c.keys, res, c.want)
		}
	}
}

func TestFormAsksForEachAndMissesNothing(t *testing.T) {
	d := &Form{Tag: "x", Title: "Inputs", Deed: "go on", Fields: []Field{
		{Name: "version", About: "what was deployed", Needed: true}, {Name: "days", Value: "14"}, {Name: "mode", Value: "a", Values: []string{"a", "b", "c"}}, {Name: "note"},
	}}
	if res := press(d, "down", "down", "down", "enter"); res != nil || d.on != 0 {
		t.Fatalf("something needed is missing: %+v, at %d", res, d.on)
	}
	f := d.Draw(80, 24)
	if got := f.String(); !strings.Contains(got, "version is missing") || !strings.Contains(got, "what was deployed") || !strings.Contains(got, "14") {
		t.Errorf("it does not say so:\n%s", got)
	}
	spell(d, "v1")
	press(d, "enter")
	spell(d, "5")
	press(d, "tab", "right", "right", "right", "left")
	if res := d.Press(Key{Name: "enter", Repeat: true}); res != nil || d.on != 2 {
		t.Errorf("a held key went on: %+v", res)
	}
	res := press(d, "enter", "enter")
	if res == nil || !res.OK || len(res.Values) != 3 || res.Values["version"] != "v1" || res.Values["days"] != "145" || res.Values["mode"] != "c" {
		t.Errorf("%+v", res)
	}
	if res := press(&Form{Fields: []Field{{Name: "a"}}}, "esc"); res == nil || res.OK {
		t.Errorf("%+v", res)
	}
}
