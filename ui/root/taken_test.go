package root

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/vmtui/vmtui/ui/internal/stage"
	"github.com/vmtui/vmtui/ui/screen"
)

// copied is the text of an OSC 52.
func copied(t *testing.T, seq string) string {
	t.Helper()
	body, ok := strings.CutPrefix(seq, "\x1b]52;c;")
	if !ok {
		t.Fatalf("%q is no OSC 52", seq)
	}
	body, _, _ = strings.Cut(body, "\a")
	text, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheLogShowsWhatWasAsked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(nil), 120, 36)
		defer d.stop()
		d.press("L")
		d.sees("Everything this console did", "docker ps -a --format json", "under way", "connection rese", "7 calls")
		d.press("/")
		d.write("change.*unknown")
		d.press("enter")
		d.sees("1 of 7 calls", "DELETE /v2/load_balancers/4de7ac8b/droplets", "may change something", `{"droplet_ids":[20002]}`)
		d.press("y", "1")
		if got := copied(t, d.raw[len(d.raw)-1]); got != "DELETE https://api.digitalocean.com/v2/load_balancers/4de7ac8b/droplets\n{\"droplet_ids\":[20002]}" {
			t.Errorf("copied %q", got)
		}
		d.sees("the command, 95 bytes, sent by OSC 52; not in the clipboard? Y saves it")
	})
}

func TestCopyThroughTmux(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := options()
		o.Reach.Tmux = true
		d := drive(t, stage.New(nil), o, 120, 36)
		defer d.stop()
		d.press("y", "2")
		plain, wrapped, ok := strings.Cut(d.raw[len(d.raw)-1], "\x1bPtmux;")
		if !ok || !strings.Contains(copied(t, plain), "worker-1") || wrapped != strings.TrimPrefix(ansi.TmuxPassthrough(plain), "\x1bPtmux;") {
			t.Errorf("sent %q and %q", plain, wrapped)
		}
		d.sees("sent to tmux by OSC 52; not in the clipboard? Y saves it")
	})
}

// Where it is known that nothing gets through, nothing is sent, and a secret that can be copied once is not given away.
func TestWhatCannotBeCopiedIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake, o := stage.New(stage.Waiting()), options()
		fake.Word = "engage-1701"
		o.Clipboard = func(context.Context) string { return "tmux lets nothing through" }
		d := drive(t, fake, o, 120, 36)
		defer d.stop()
		sent := len(d.raw)
		d.press("H", "enter")
		d.rest(100 * time.Millisecond)
		d.press("y", "1")
		d.sees("▲ the new password, once was not copied; it is kept: tmux lets nothing through")
		d.press("y", "2")
		d.sees("was not copied; Y saves it: tmux lets nothing through")
		if fake.Password("") != "engage-1701" {
			t.Error("the password is gone")
		}
		for _, seq := range d.raw[sent:] {
			if strings.Contains(seq, "]52;") {
				t.Errorf("sent %q", seq)
			}
		}
	})
}

func TestWhatIsTooLongForAClipboardIsSaved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(nil)
		d := opened(t, fake, 120, 36)
		defer d.stop()
		sent := len(d.raw)
		for _, c := range []struct {
			n    int
			says string
		}{{clipboardMost, "sent by OSC 52"}, {clipboardMost + 1, "too long for a clipboard (75 KB): saved in /state/saved/1.txt"}} {
			d.start(d.root.takeOne("copy", screen.Excerpt{Name: "the log", Text: strings.Repeat("x", c.n)}))
			d.settle()
			d.sees(c.says)
		}
		if len(d.raw) != sent+1 || len(fake.Calls()) != 1 {
			t.Errorf("%d sequences, and the desk was told %d things", len(d.raw)-sent, len(fake.Calls()))
		}
		fake.Fails = errors.New("disk full")
		d.press("Y", "1")
		d.sees("disk full")
	})
}

func TestEveryPlaceHasSomethingToTake(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := opened(t, stage.New(stage.Waiting()), 120, 36)
		defer d.stop()
		for _, place := range []struct {
			keys []string
			has  string
		}{
			{nil, "what is known of worker-1"}, {[]string{"enter"}, "what is known of worker-1"}, {[]string{"esc", "H"}, "the run's id"},
			{[]string{"enter"}, "the transcript"}, {[]string{"esc", "esc", "down", "down", "r"}, "the plan"},
		} {
			d.press(place.keys...)
			d.rest(100 * time.Millisecond)
			all := d.root.top().(screen.Copier).Excerpts()
			if len(all) == 0 || all[0].Name != place.has || len(all[0].Text) < 8 {
				t.Errorf("%s: %+v", d.root.top().Crumb(), all)
			}
		}
	})
}

// A password that a run was given is copied once, and saved nowhere.
func TestAPasswordOfARunIsCopiedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fake := stage.New(stage.Waiting())
		fake.Word = "engage-1701"
		d := opened(t, fake, 120, 36)
		defer d.stop()
		d.press("H", "enter")
		d.rest(100 * time.Millisecond)
		d.press("Y", "1")
		d.sees("a secret goes into no file")
		d.press("y")
		d.sees("the new password, once")
		d.press("1")
		if got := copied(t, d.raw[len(d.raw)-1]); got != "engage-1701" {
			t.Errorf("copied %q", got)
		}
		d.press("y")
		if d.sees("the transcript"); fake.Password("") != "" || d.root.top().(screen.Copier).Excerpts()[0].Name != "the transcript" {
			t.Error("it can be copied twice")
		}
	})
}

func TestTheOperatorIsCalled(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"TERM": "xterm-kitty"}, "\x1b]9;vmst.example: reimage worker-2 waits for you\a"},
		{map[string]string{"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;notify;vmst.example;reimage worker-2 waits for you\a"},
		{map[string]string{"TERM": "tmux-256color", "TMUX": "/tmp/x"}, "\x1b]9;vmst.example: reimage worker-2 waits for you\a" +
			"\x1bPtmux;\x1b\x1b]9;vmst.example: reimage worker-2 waits for you\a\x1b\\"},
	} {
		bubble(t, func(t *testing.T) {
			fake, o := stage.New(nil), options()
			fake.List = slices.Clone(fake.List)
			o.Reach = ReachOf(NotifyAny, func(name string) string { return c.env[name] })
			d := drive(t, fake, o, 120, 36)
			defer d.stop()
			d.settle()
			before := d.bell
			fake.List = slices.Clone(fake.List)
			fake.List[0].Runbook, fake.List[0].Target, fake.List[0].State, fake.List[0].Alive = "worker-reimage", "worker-2", "waiting", true
			d.rest(20 * time.Second)
			if d.bell != before+1 || !slices.Contains(d.raw, c.want) {
				t.Errorf("%v: the bell rang %d times, sent %q", c.env, d.bell-before, d.raw)
			}
			if title, bar := d.root.headline(); !strings.HasPrefix(title, "▲ vmst.example waits for you") || bar.Value == 0 && fake.List[0].At > 0 {
				t.Errorf("the title is %q, %+v", title, bar)
			}
		})
	}
}
