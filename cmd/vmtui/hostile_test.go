package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hinshun/vt10x"

	"github.com/vmtui/vmtui/fixtures/box"
)

// hostile are what a machine, or a stranger by way of a machine, may send, and what is left of each on the screen.
var hostile = []struct{ name, sent, seen string }{
	{"colour", "\x1b[31;1;44mred", "red"},
	{"inverse and conceal", "\x1b[7m\x1b[8mhidden", "hidden"},
	{"cursor and erase", "\x1b[2J\x1b[H\x1b[10Bmoved\x1b[K", "moved"},
	{"modes", "\x1b[?1049l\x1b[?25h\x1b[?1003h\x1b[?2004lmode", "mode"},
	{"reset", "\x1bc\x1b[!preset", "reset"},
	{"title", "\x1b]0;PWNED\x07\x1b]2;PWNED\x1b\\titled", "titled"},
	{"clipboard", "\x1b]52;c;UFdORUQ=\x07clip", "clip"},
	{"link", "\x1b]8;;http://pwned.example/\x1b\\link\x1b]8;;\x1b\\", "link"},
	{"notification", "\x1b]9;PWNED\x07\x1b]777;notify;PWNED\x07note", "note"},
	{"iterm file", "\x1b]1337;File=inline=1:UFdORUQ=\x07file", "file"},
	{"dcs", "\x1bP$qPWNED\x1b\\dcs", "dcs"},
	{"sixel", "\x1bPq#0;2;0;0;0PWNED\x1b\\sixel", "sixel"},
	{"tmux passthrough", "\x1bPtmux;\x1b\x1b]52;c;UFdORUQ=\x07\x1b\\tmux", "tmux"},
	{"apc", "\x1b_Ga=T;PWNED\x1b\\apc", "apc"},
	{"pm", "\x1b^PWNED\x1b\\pm", "pm"},
	{"sos", "\x1bXPWNED\x1b\\sos", "sos"},
	{"screen title", "\x1bkPWNED\x1b\\screen", "screen"},
	{"questions", "\x1b[c\x1b[6n\x1b[>q\x1bZ\x05asked", "asked"},
	{"charset", "\x1b(0\x0e\x0fset", "set"},
	{"c1 csi", "\u009b31mcsi", "csi"},
	{"c1 osc", "\u009d0;PWNED\u009cosc", "osc"},
	{"c1 dcs, sos, pm, apc", "\u0090PWNED\u009c\u0098PWNED\u009c\u009ePWNED\u009c\u009fPWNED\u009cc1", "c1"},
	{"c1 others", "n\u0085e\u0084l", "nel"},
	{"raw c1 csi", "r\x9b31mw", "r\ufffd31mw"},
	{"raw c1 osc", "r\x9d0;t\x9cw", "r\ufffd0;t\ufffdw"},
	{"invalid UTF-8", "i\xff\xc3(n", "i\ufffd\ufffd(n"},
	{"overlong c1", "o\xc0\x9bl", "o\ufffd\ufffdl"},
	{"bidi override", "user\u202egnp.exe\u202c", "usergnp.exe"},
	{"bidi isolates", "\u2066a\u2067b\u2068c\u2069", "abc"},
	{"bidi marks", "a\u200eb\u200fc\u061cd", "abcd"},
	{"zero width", "pa\u200by\u200cp\u200da\u2060l\ufeff", "paypal"},
	{"tags and selectors", "a\U000E0041b\ufe0fc", "abc"},
	{"return overwrites", "lie\rtruth", "truth"},
	{"tab", "a\tb", "a   b"},
	{"backspace and bell", "ab\x08\x08\x07c\x7f", "abc"},
	{"nul", "a\x00b", "ab"},
	{"separators", "a\u2028b\vc\fd", "a b c d"},
	{"unterminated", "never\x1bPends", "never"},
	{"unterminated osc", "never\x1b]0;ends", "never"},
	{"csi cut", "cut\x1b[3", "cut"},
	{"very long", strings.Repeat("long ", 60_000), "long long long"},
}

// TestHostileLogLines feeds each sequence to the console by the log of a node in the box, and looks at the screen and at every byte it wrote.
func TestHostileLogLines(t *testing.T) {
	t.Parallel()
	b := startBox(t, quietly)
	config := another(t, b, "visitor")
	if err := os.WriteFile(config, []byte(text(t, config)+"dark: yes\n"), 0o600); err != nil { // nothing else changes the colours
		t.Fatal(err)
	}
	s := sit(t, 120, 40, "--config", config)
	s.sees("worker-2", "healthy", "exec")
	s.press("g\r")
	s.sees("Last line", "exec")
	if err := b.Machine("exec").WriteFile(accessLog, []byte("calm\n")); err != nil {
		t.Fatal(err)
	}
	s.sees("calm")
	below := s.look(38)
	for i, x := range hostile {
		mark := fmt.Sprintf("m%d:", i)
		line := mark + x.sent + "\n"
		if strings.HasPrefix(x.name, "return") {
			line = strings.ReplaceAll(x.sent, "\r", "\r"+mark) + "\n"
		}
		if err := b.Machine("exec").WriteFile(accessLog, []byte("before\n"+line)); err != nil {
			t.Fatal(err)
		}
		s.sees(mark + x.seen)
		if now := s.look(38); now != below && x.name != "very long" { // there the border says how much more there is
			t.Errorf("%s: the colours of the border below changed from %s to %s", x.name, below, now)
		}
	}
	s.press("q")
	_ = s.ends()
	s.ownBytesOnly()
}

const accessLog = "/var/log/nginx/access.log"

func quietly(o *box.Options) { o.Visitors = box.Rate{PerSecond: -1, WebSockets: -1} }

// TestHostileTextsOnOtherWires puts them into the records on exec, into what the provider's API says, and into its status line.
func TestHostileTextsOnOtherWires(t *testing.T) {
	t.Parallel()
	b := startBox(t, quietly)
	var all strings.Builder
	for _, x := range hostile {
		if x.name != "very long" && !strings.HasPrefix(x.name, "unterm") && x.name != "csi cut" && !strings.HasPrefix(x.name, "return") {
			all.WriteString(x.sent)
		}
	}
	evil := strings.ToValidUTF8(all.String(), "?")
	api := corrupted(t, b, evil)
	for path, record := range map[string]map[string]any{
		"/var/lib/vmtui/holds/worker-3.json": {"worker": "worker-3", "by": "m" + evil, "why": "why" + evil, "since": "2026-11-01T10:00:00Z", "run": "", "intent": evil},
		"/var/lib/vmtui/lease":               {"owner": "owner" + evil, "host": "h" + evil, "run": "r" + evil, "token": 5, "expires": "2036-11-01T10:00:00Z", "renewed": "2026-11-01T10:00:00Z"},
	} {
		doc, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Machine("exec").WriteFile(path, doc); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"status"}, {"hold"}, {"lease"}, {"run", "worker-drain", "worker-1", "--plan"}, {"keys", "list"}, {"runs"}} {
		for _, more := range [][]string{nil, {"--json"}} {
			got := vmtui(t, api, append(args, more...)...)
			checkOwn(t, strings.Join(args, " "), got.out+got.err)
		}
	}
	s := sit(t, 120, 40, "--config", api)
	s.sees("worker-2", "worker-3", "held", "hidden")
	s.press("L")
	s.sees("GET /v2", "PWNED-STATUS") // the log shows the status as the server worded it, as plain text
	s.press("\x1b")
	s.sees("[1] Nodes")
	s.press("q")
	_ = s.ends()
	s.ownBytesOnly()
}

// On a terminal a log keeps the colours of its letters, and nothing else of what was sent; in a pipe, and where a secret was masked, none.
func TestColoursOfALog(t *testing.T) {
	t.Parallel()
	b := startBox(t, quietly)
	log := "\x1b[1;44;31merror\x1b[0m:\x1b]0;PWNED\x07 bad\x1b[8m\u202e\n\x1b[32mDB_PASS=5ent\x1b[33m1nel\n\x1b[35mleaks\nplain\n"
	if err := b.Machine("exec").WriteFile(accessLog, []byte(log)); err != nil {
		t.Fatal(err)
	}
	s := sit(t, 80, 24, "--config", b.ConfigPath(), "logs", "exec", "nginx")
	s.sees("plain")
	_ = s.ends()
	want := "\x1b[0;1;31merror\x1b[m: bad\r\nDB_PASS=•••\r\n\x1b[0;35mleaks\x1b[m\r\nplain\r\n"
	if got := string(s.raw); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := vmtui(t, b.ConfigPath(), "logs", "exec", "nginx"); got.out != "error: bad\nDB_PASS=•••\nleaks\nplain\n" {
		t.Errorf("%q", got.out)
	}
}

// corrupted is the box's config with a provider whose every text and status line is hostile.
func corrupted(t *testing.T, b *box.Box, evil string) string {
	t.Helper()
	config := text(t, b.ConfigPath())
	url := regexp.MustCompile(`api_url: (http://[^,}]+), poll`).FindStringSubmatch(config)
	if url == nil {
		t.Fatalf("no api_url in\n%s", config)
	}
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`"(name|message|description|status|region|slug)":\s*"((?:[^"\\]|\\.)*)"`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, code := ask(r, url[1])
		body = names.ReplaceAll(body, []byte(`"$1": "$2`+strings.ReplaceAll(string(quoted[1:len(quoted)-1]), "$", "$$")+`"`))
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d PWNED-STATUS\x1b]0;title\x07\u202e\r\nContent-Type: application/json\r\nRatelimit-Remaining: 9\r\nX-Request-Id: \u202e1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", code, len(body), body)
	}))
	t.Cleanup(server.Close)
	path := another(t, b, "visitor")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text(t, path), url[1], server.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ask repeats a request at the box's provider.
func ask(r *http.Request, base string) (body []byte, code int) {
	target, err := url.Parse(base + r.URL.RequestURI())
	if err != nil {
		return nil, http.StatusBadGateway
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, target.String(), r.Body)
	if err != nil {
		return nil, http.StatusBadGateway
	}
	req.Header = r.Header.Clone()
	req.Header.Del("Accept-Encoding")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, http.StatusBadGateway
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ = io.ReadAll(resp.Body)
	return body, resp.StatusCode
}

// look is how the cells of a row look, without what stands in them.
func (s *terminal) look(row int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	cols, _ := s.screen.Size()
	var last vt10x.Glyph
	for x := range cols {
		g := s.screen.Cell(x, row)
		if x == 0 || g.FG != last.FG || g.BG != last.BG || g.Mode != last.Mode {
			fmt.Fprintf(&b, "%d:%d/%d/%d ", x, g.FG, g.BG, g.Mode)
		}
		last = g
	}
	return b.String()
}

// sequence is any control sequence or lone control character.
var sequence = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_k][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]`)

// own are the sequences that the console draws with: colours, the cursor, erasing, scrolling, its modes and its questions to the terminal.
var own = regexp.MustCompile(`^(?:\x1b\[[0-9;:]*[mABCDEFGHJKLMPSTXZ@` + "`" + `abdefr]|\x1b\[\?[0-9;]+(?:[hl]|\$p)|\x1b\[8[hl]|\x1b\[[>=<?][0-9;]*[a-zA-Z]|\x1b\[[0-9;]*(?: q|c|n|\$p|t)|\x1b\]2;(?:[^\x07\x1b]*vmst[^\x07\x1b]*)?(?:\x07|\x1b\\)|\x1b\]1[0-2];\?(?:\x07|\x1b\\)|\x1b\]1[0-2]+;?(?:\x07|\x1b\\)|\x1b[78=>M]|[\x08\x09])$`)

// ownBytesOnly asserts that nothing but what the console itself emits went to the terminal.
func (s *terminal) ownBytesOnly() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := string(s.raw)
	rest := sequence.ReplaceAllStringFunc(raw, func(q string) string {
		if !own.MatchString(q) {
			s.t.Errorf("not the console's own: %q", q)
		}
		return ""
	})
	checkOwn(s.t, "screen", rest)
}

// checkOwn asserts that a text holds no control, no mark of direction, nothing invisible, and no payload.
func checkOwn(t testing.TB, where, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s: invalid UTF-8", where)
	}
	for i, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\r' || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Errorf("%s: %U in %q", where, r, text[max(0, i-60):min(len(text), i+60)])
			return
		}
	}
	for _, payload := range []string{"PWNED\x07", "UFdORUQ=", "pwned.example", ";PWNED", "tmux;"} {
		if strings.Contains(text, payload) {
			t.Errorf("%s: the payload %q is there", where, payload)
		}
	}
}
