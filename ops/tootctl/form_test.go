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

// What is missing is named, also where what was filled in behind it would take its place.
func TestFormsNameWhatIsMissing(t *testing.T) {
	f := NewForm(Known().Command("accounts", "merge"))
	f.Set("TO", "q@continuum.example")
	if _, err := f.Call(Version{}); err == nil || !strings.Contains(err.Error(), "FROM is missing") {
		t.Errorf("%v", err)
	}
}

// A value is refused as it is typed, whatever else is still missing; and what it may be is said before.
func TestFieldsByThemselves(t *testing.T) {
	old, _ := ReadVersion("4.3.1")
	for _, c := range []struct{ command, field, value, wrong, takes string }{
		{"ip_blocks add", "--duration", "0", "it takes 1 or more", "a whole number of 1 or more; also -d"},
		{"ip_blocks add", "--duration", "60", "", "a whole number of 1 or more; also -d"},
		{"ip_blocks add", "--severity", "some", "it takes sign_up", "one of sign_up_requires_approval, sign_up_block, no_access"},
		{"ip_blocks add", "IP", "10.0.0.1 '", "cannot be read", "one or more, as words: '…' keeps one together"},
		{"search deploy", "--only", "accounts toots", "it takes instances", "some of instances, accounts, tags, statuses, public_statuses"},
		{"search deploy", "--only", "accounts tags", "", "some of instances, accounts, tags, statuses, public_statuses"},
		{"media remove", "--days", "soon", "it takes a number", "a number; 7 when left out; also -d"},
		{"media remove", "--dry-run", On, "", "on or off"},
		{"feeds build", "--skip-filled-timelines", On, "came with Mastodon 4.4", "on or nothing"},
		{"accounts delete", "USERNAME", "--", "does not reach it", "a text"},
		{"accounts delete", "USERNAME", "$(id)", "", "a text"},
		{"cache recount", "TYPE", "toots", "it takes accounts, statuses", "one of accounts, statuses"},
	} {
		f := NewForm(Known().Command(strings.Fields(c.command)...))
		err := f.Wrong(c.field, c.value, old)
		if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s %s %q: %v, want %q", c.command, c.field, c.value, err, c.wrong)
		}
		fields := f.Fields(old)
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == c.field })
		if i < 0 || fields[i].Takes != c.takes || fields[i].Value != "" {
			t.Errorf("%s %s: %+v, want %q", c.command, c.field, fields, c.takes)
		}
	}
}

// Every rule about several of a command's options is said before somebody breaks it.
func TestRulesAreSaid(t *testing.T) {
	for i := range Known().Commands {
		c := &Known().Commands[i]
		for _, rule := range c.Constraints {
			if (rule.Words() == "") != (len(rule.Enum) > 0) {
				t.Errorf("%s: of %+v is said %q", c.Name(), rule, rule.Words())
			}
		}
	}
}
