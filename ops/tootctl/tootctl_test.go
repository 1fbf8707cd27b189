package tootctl

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
)

func TestTheWholeTree(t *testing.T) {
	commands, options := 0, 0
	for _, c := range Known().Commands {
		commands++
		options += len(c.Options)
		if c.Summary == "" || !slices.Contains([]Risk{None, Low, Medium, High, Critical}, c.Risk) || c.Takes() == "" || c.Touches() == "" {
			t.Errorf("%s is not explained: %+v", c.Name(), c)
		}
		if c.Destructive != (c.Lost != "") || strings.HasPrefix(c.Lost, c.Summary) {
			t.Errorf("%s: of what is lost is said %q", c.Name(), c.Lost)
		}
		for _, o := range c.Options {
			if o.Destroys && o.Lost == "" || o.Type != Numeric && (o.Whole || len(o.Bounds) > 0) {
				t.Errorf("%s %s: it destroys and says not what, or has bounds and is no number", c.Name(), o.Name)
			}
			if o.Summary == "" || !slices.Contains([]string{Boolean, Numeric, String, Array}, o.Type) {
				t.Errorf("%s %s is not explained", c.Name(), o.Name)
			}
			if (o.Type == Boolean) != (o.Negation != "") {
				t.Errorf("%s %s is a %s with the negation %q", c.Name(), o.Name, o.Type, o.Negation)
			}
		}
		for _, rule := range c.Constraints {
			named := slices.Concat(rule.Conflicts, rule.Exactly, rule.NeedsOne)
			for _, name := range append(named, rule.Option, rule.Argument) {
				if o, _ := c.Option(name); name != "" && o == nil && !slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Name == name }) {
					t.Errorf("%s has a rule about %q, which it has not", c.Name(), name)
				}
			}
		}
	}
	if commands != 48 || options != 118 {
		t.Errorf("%d commands with %d options", commands, options)
	}
}

// value is one that an option takes.
func value(o *Option) []string {
	switch {
	case o.Type == Boolean || o.bare():
		return nil
	case len(o.Enum) > 0:
		return o.Enum[:1]
	case o.Type == Numeric:
		return []string{"7"}
	}
	return []string{"x"}
}

// least is the shortest call of a command that tootctl takes, with an option or without one.
func least(c *Command, with *Option) *Call {
	call := &Call{Command: c}
	give := func(o *Option) {
		if o != nil && !call.Has(o.Name) {
			call.Given = append(call.Given, Given{Option: o, Values: value(o)})
		}
	}
	give(with)
	for i := range c.Options {
		if c.Options[i].Required {
			give(&c.Options[i])
		}
	}
	for _, a := range c.Args {
		if a.Required {
			call.Args = append(call.Args, "picard")
		}
	}
	for _, rule := range c.Constraints {
		switch {
		case rule.Argument != "":
			call.Args = rule.Enum[:1]
		case rule.Option != "" && len(rule.Enum) > 0:
			for i, g := range call.Given {
				if g.Option.Name == rule.Option {
					call.Given[i].Values = rule.Enum[:1]
				}
			}
		case rule.Option != "" && !call.Has(rule.Option):
		case len(rule.NeedsOne)+len(rule.Exactly) > 0:
			need := slices.Concat(rule.NeedsOne, rule.Exactly)
			if slices.ContainsFunc(need, call.gives) {
				continue
			}
			if o, _ := c.Option(need[0]); o != nil {
				give(o)
			} else {
				call.Args = append(call.Args, "picard")
			}
		}
	}
	return call
}

func TestEveryCommandAndOptionIsRead(t *testing.T) {
	options := 0
	for i := range Known().Commands {
		c := &Known().Commands[i]
		calls := []*Call{least(c, nil)}
		for j := range c.Options {
			options++
			calls = append(calls, least(c, &c.Options[j]))
		}
		for _, want := range calls {
			got, err := Known().Read(want.Line(), Version{})
			if err != nil {
				t.Errorf("%s: %v", want.Line(), err)
				continue
			}
			if got.Command != c || got.Line() != want.Line() {
				t.Errorf("%s was read as %s", want.Line(), got.Line())
			}
		}
	}
	if options != 118 {
		t.Errorf("%d options", options)
	}
}

func TestWhatIsRefused(t *testing.T) {
	old, _ := ReadVersion("4.3.1")
	for line, want := range map[string]string{
		"media remvoe":                   "did you mean media remove?",
		"media":                          "it goes on with remove",
		"help":                           "it goes on with media, emoji",
		"media help":                     "it goes on with remove, remove-orphans",
		"help media remove":              "--days: Minimum age in days; --prune-profiles",
		"media remove --days 3 --help":   "tootctl's help is here on tootctl media remove",
		"RAILS_ENV=production media":     "it goes on with remove",
		"DB_PORT=1 tootctl media usage":  "more than tootctl's own words on DB_PORT=1",
		"sudo -u m bin/tootctl version":  "more than tootctl's own words on sudo -u m:",
		"docker compose exec web":        "no such command",
		"feeds build picard --all":       "USERNAME, --all",
		"":                               "it goes on with media",
		"media re":                       "it may be remove or remove-orphans or refresh",
		"media remove --dayz 3":          "did you mean --days?",
		"domains purge --inc":            "did you mean --include-subdomains?",
		"media remove --days":            "a value is missing",
		"media remove --days --verbose":  "a value is missing",
		"media remove --days soon":       "it takes a number",
		"media remove --days=-1":         "it takes a number of 0 or more",
		"media remove --days=-0":         "it takes a number of 0 or more",
		"media remove --verbose=perhaps": "it is on or off",
		"accounts approve --number=0":    "it takes 1 or more: of none nobody is approved",
		"accounts approve --number 1.5":  "it takes a whole number",
		"accounts follow p -c0":          "it takes 1 or more: without a thread",
		"search deploy --batch-size=0":   "it takes 1 or more: a batch of none",
		"media refresh --status=0":       "no post has that id",
		"ip_blocks add 192.0.2.1 --severity no_access --duration 0": "over at once",
		"media remove --prune-profiles --remove-headers":            "exclude each other",
		// tootctl would take the first and say nothing of the other
		"accounts rotate picard --all":               "USERNAME, --all",
		"accounts refresh q@continuum.example --all": "USERNAMES, --all",
		"accounts approve wesley --all":              "USERNAME, --all, --number",
		"accounts modify wesley --enable --disable":  "--enable, --disable",
		"media remove --include-follows":             "it needs one of --prune-profiles, --remove-headers",
		"media remove now":                           `"now" is one argument too many`,
		"media lookup":                               "URL is missing",
		"accounts create picard":                     "it needs --email",
		"accounts delete":                            "and only one",
		"accounts delete picard --email=p@x.org":     "and only one",
		"accounts approve":                           "does nothing and says OK",
		"accounts modify ''":                         "an argument is empty",
		"ip_blocks add 10.0.0.1 --severity some":     "it takes sign_up_requires_approval",
		"search deploy --only toots":                 "say one of them",
		"search deploy --only acounts":               "did you mean accounts?",
		"frobnicate":                                 "name one of media, emoji",
		"cache recount toots":                        "it takes accounts, statuses",
		"domains crawl --format xml":                 "it takes summary, domains, json",
		"accounts modify p --email='a\n-b'":          "line by line",
		"accounts modify p --email=--":               "drops a --",
		"accounts modify -- --":                      "drops it",
		"accounts modify -x":                         "no such option",
		"feeds vacuum":                               "it came with Mastodon 4.4",
		"media remove --keep-interacted":             "came with Mastodon 4.6",
		"accounts delete picard; rm -rf /":           "",
		"accounts delete $(id)":                      "there is nothing to replace",
		"accounts delete `id`":                       "there is nothing to replace",
		"accounts delete $USER":                      "there is nothing to replace",
		"accounts delete ~root":                      "~ is nobody's home",
		"accounts delete picard # not riker":         "comment",
		"accounts delete 'picard":                    "cannot be read",
		"accounts delete picard > /etc/passwd":       "cannot be read",
		"accounts delete picard | tee":               "cannot be read",
	} {
		_, err := Known().Read(line, old)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Usage || f.Next == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

func TestManyWaysToSayTheSame(t *testing.T) {
	for line, want := range map[string]string{
		"RAILS_ENV=production bin/tootctl media usage":       "media usage",
		"bin/tootctl media remove -d 3 -c5":                  "media remove --days=3 --concurrency=5",
		"tootctl media remove --days 3 --no-verbose":         "media remove --days=3 --no-verbose",
		"media remove --skip-verbose":                        "media remove --no-verbose",
		"media remove --verbose=false":                       "media remove --no-verbose",
		"media remove -v --days=1 --days=2":                  "media remove --verbose --days=2",
		"preview-cards rem --dry_run":                        "preview_cards remove --dry-run",
		"search deploy --only accounts tags --concurrency 2": "search deploy --only accounts tags --concurrency=2",
		`accounts modify "pic ard" --role=Owner`:             "accounts modify 'pic ard' --role=Owner",
		"accounts modify -- -picard":                         "accounts modify -- -- -picard",
		"accounts rotate -- -- --all":                        "accounts rotate -- -- --all",
		"accounts modify --role='' picard":                   "accounts modify picard --role=",
		"accounts modify p --email=-x":                       "accounts modify p --email=-x",
	} {
		c, err := Known().Read(line, Version{})
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if got := strings.ReplaceAll(c.Line(), "tootctl ", ""); strings.ReplaceAll(got, "'--role='", "--role=") != want {
			t.Errorf("%q was read as %q, want %q", line, got, want)
		}
	}
}

// Whatever somebody is called, it stays one argument.
func TestWordsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching("[ -~\n\r\t\x01\x1b\u00a0\u202eé'\"$`\\\\;&|<>()~#*?!-]{0,12}"), 1, 5).Draw(t, "words")
		got, err := Split(Quote(words))
		if err != nil || !slices.Equal(got, words) {
			t.Fatalf("%q became %q: %v", words, got, err)
		}
		if line := Quote(words); strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("of %q something is not seen", line)
		}
	})
}

// A newline is seen where it stands, and what is copied is what was meant.
func TestWhatNoScreenShowsIsWrittenOut(t *testing.T) {
	for word, want := range map[string]string{"a\nb": `$'a\nb'`, "é\u202e": `$'é\u202e'`, "a\xffb": `$'a\xffb'`, "it's\t": `$'it\'s\t'`, "it's": `'it'"'"'s'`} {
		got := Quote([]string{word})
		back, err := Split(got)
		if got != want || err != nil || !slices.Equal(back, []string{word}) {
			t.Errorf("%q is written %s, and read as %q: %v", word, got, back, err)
		}
		bash := exec.CommandContext(t.Context(), "bash", "-c", "printf %s "+got)
		bash.Env = []string{"LC_ALL=C.UTF-8"}
		if said, err := bash.Output(); err != nil || string(said) != word {
			t.Errorf("bash reads %s as %q: %v", got, said, err)
		}
	}
}

// Outside quotes a backslash takes the meaning from one character, and is gone; in single quotes it is one.
func TestABackslashIsReadAsAShellReadsIt(t *testing.T) {
	for line, want := range map[string][]string{
		`old\ disk`: {"old disk"}, `a\'b 'a\b' "a\"b\c"`: {"a'b", `a\b`, `a"b\c`}, `why=\\ x\$y`: {`why=\`, "x$y"}, `\~ a`: {"~", "a"}, "a\\\nb c": {"ab", "c"}, `é\é`: {"éé"},
	} {
		if got, err := Split(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
}

func TestHostileNamesStayOneArgument(t *testing.T) {
	for _, name := range []string{"; rm -rf /", "a\nb", "$(id)", "`id`", `it's "quoted"`, "-rf", "--all", "a\n-b", "\\", "*", "é\u202e", "~"} {
		for _, words := range [][]string{{"accounts", "modify", "--", name}, {"accounts", "modify", "p", "--email=" + name}} {
			if name == "a\n-b" && len(words) == 4 && words[3] != name {
				continue // TestWhatIsRefused
			}
			c, err := Known().Parse(words, Version{})
			if err != nil {
				t.Errorf("%q: %v", words, err)
				continue
			}
			again, err := Known().Read(c.Line(), Version{})
			if err != nil || cmp.Diff(c.Words(), again.Words()) != "" {
				t.Errorf("%q came back as %v: %v", c.Line(), again, err)
			}
			if !slices.ContainsFunc(c.Words(), func(w string) bool { return w == name || w == "--email="+name }) {
				t.Errorf("%q is in none of %q", name, c.Words())
			}
		}
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		since   Since
		version string
		in      bool
	}{
		{"", "4.2.0", true}, {"4.3", "4.2.9", false}, {"4.3", "4.3.0+glitch", true}, {"4.6", "4.5.15", false}, {"4.6", "4.10.0", true},
		{"4.6; back-ported to 4.3.20, 4.4.14, 4.5.7", "4.4.14", true}, {"4.6; back-ported to 4.3.20, 4.4.14, 4.5.7", "4.4.13", false},
		{"4.6; back-ported to 4.3.20, 4.4.14, 4.5.7", "4.5.7", true}, {"4.6", "no version", true},
	} {
		v, _ := ReadVersion(c.version)
		if c.since.In(v) != c.in {
			t.Errorf("%q in %q: %v", c.since, c.version, !c.in)
		}
	}
	v, _ := ReadVersion("4.7.0-alpha.2")
	if why := Known().Command("accounts", "fix-duplicates").Lacks(v); !strings.Contains(why, "does nothing any more") {
		t.Errorf("%q", why)
	}
}

func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"me":                                   "media",
		"tootctl media rem":                    "remove remove-orphans",
		"media remove --pr":                    "--prune-profiles",
		"media remove --days=3 --d":            "--dry-run",
		"search deploy --only acc":             "accounts",
		"ip_blocks add 10.0.0.1 --severity=no": "--severity=no_access",
		"domains crawl --format=j":             "--format=json",
		"cache recount s":                      "statuses",
		"accounts modify -- --r":               "",
		"accounts modify 'pi":                  "",
		"medai ":                               "",
	} {
		var got []string
		for _, c := range Known().Complete(line, Version{}) {
			got = append(got, c.Word)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := Known().Complete("media remove --keep", Version{4, 5, 0}); len(got) != 0 {
		t.Errorf("what the version has not is offered: %v", got)
	}
}

func TestSearch(t *testing.T) {
	for typed, first := range map[string]string{
		"orphan": "media remove-orphans", "media rem": "media remove", "reset password": "accounts modify", "prev rem": "preview_cards remove", "disable-2fa": "accounts modify",
		"tootctl cache clear": "cache clear",
	} {
		got := Known().Search(typed)
		if len(got) == 0 || got[0].Name() != first {
			t.Errorf("%q finds %v", typed, names(got))
		}
	}
	if n := len(Known().Search("")); n != 48 {
		t.Errorf("nothing typed finds %d", n)
	}
	if got := Known().Search("xyzzy"); len(got) != 0 {
		t.Errorf("found %v", names(got))
	}
}

// Every command is found by its name, its summary, and by each of its options.
func TestEverythingIsFound(t *testing.T) {
	for i := range Known().Commands {
		c := &Known().Commands[i]
		typed := []string{c.Name(), c.Summary}
		for _, o := range c.Options {
			typed = append(typed, o.Name, c.Name()+" "+o.Name)
		}
		for _, typed := range typed {
			if got := Known().Search(typed); !slices.Contains(got, c) {
				t.Errorf("%q finds %v, and not %s", typed, names(got), c.Name())
			}
		}
		if got := Known().Search(c.Name()); got[0] != c {
			t.Errorf("%q finds %v", c.Name(), names(got))
		}
	}
}

func names(cs []*Command) (out []string) {
	for _, c := range cs {
		out = append(out, c.Name())
	}
	return out
}

func TestDanger(t *testing.T) {
	for line, want := range map[string]act.Danger{
		"media usage": act.Safe, "media remove --dry-run": act.Safe, "media remove": act.Changes, "media remove-orphans": act.Destroys, "accounts delete p": act.Destroys,
		"accounts cull": act.Destroys, "accounts cull --dry-run": act.Changes, "self-destruct": act.Destroys, "maintenance fix-duplicates": act.Destroys, "cache clear": act.Changes, "emoji purge": act.Destroys,
		"accounts create q --email q@continuum.example": act.Changes, "accounts create q --email q@continuum.example --reattach --force": act.Destroys,
	} {
		c, err := Known().Read(line, Version{})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Danger(); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
		if want == act.Destroys && (c.Lost() == "" || len(c.Caution()) == 0) {
			t.Errorf("%s: nothing is said about what is lost", line)
		}
	}
}

// What is lost is said in plain words, by the options that say what is taken.
func TestWhatIsLost(t *testing.T) {
	for line, want := range map[string]string{
		"media usage":                                          "",
		"emoji purge":                                          "all custom emoji, also those that you made yourself",
		"emoji purge --remote-only":                            "all custom emoji of other servers",
		"emoji purge --no-remote-only":                         "all custom emoji, also",
		"accounts delete p":                                    "the user with all that they posted",
		"accounts delete p --dry-run":                          "",
		"accounts modify p --reset-password":                   "the old password",
		"domains purge x.org --purge-domain-blocks":            "and people here; your blocks of these domains go as well",
		"domains purge --limited-federation-mode":              "every domain that is not explicitly allowed",
		"accounts reset-relationships p --follows --followers": "was; everybody who follows",
	} {
		c, err := Known().Read(line, Version{})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Lost(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// A number that is lower than it should be is not refused, and is said to be.
func TestLowNumbersAreSaid(t *testing.T) {
	for line, want := range map[string]string{
		"preview_cards remove --days=13": "--days=13 is low: a link", "preview_cards remove --days=14": "", "media remove --days=0": "--days=0 is low", "media remove": "",
	} {
		c, err := Known().Read(line, Version{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.wary(), "; "); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestRehearsal(t *testing.T) {
	c, err := Known().Read("domains purge example.org -c 2", Version{})
	if err != nil {
		t.Fatal(err)
	}
	dry, ok := c.Rehearse()
	if !ok || dry.Line() != "tootctl domains purge example.org --concurrency=2 --dry-run" || !dry.Rehearsal() || c.Rehearsal() {
		t.Errorf("%v, %v", dry, ok)
	}
	if c, err = Known().Read("cache clear", Version{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Rehearse(); ok {
		t.Error("there is no dry run of cache clear")
	}
}
