package keys

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"al.essio.dev/pkg/shellescape"
)

// What looks like a secret is masked though nobody told of it, and what only resembles one is left alone.
func TestWhatLooksLikeASecretIsMasked(t *testing.T) {
	r := NewRedactor()
	const s = "5ent1nel"
	for text, want := range map[string]string{
		"New password: " + s:                                                                           "New password: " + Masked,
		"OK\nNew password: " + s + "\nbye":                                                             "OK\nNew password: " + Masked + "\nbye",
		"redis://:" + s + "@10.0.0.1:6379/0":                                                           "redis://:" + Masked + "@10.0.0.1:6379/0",
		"at postgres://mastodon:" + s + "@" + s + "@db/x?ssl=1 y":                                      "at postgres://mastodon:" + Masked + "@db/x?ssl=1 y",
		`GET /api/v1/streaming?stream=user&access_token=` + s + ` HTTP/1.1"`:                           `GET /api/v1/streaming?stream=user&access_token=` + Masked + ` HTTP/1.1"`,
		"/media/1?X-Amz-Signature=" + s + "&x=1":                                                       "/media/1?X-Amz-Signature=" + Masked + "&x=1",
		"SECRET_KEY_BASE=" + s + " DB_PASS='" + s + " " + s + "'":                                      "SECRET_KEY_BASE=" + Masked + " DB_PASS=" + Masked,
		`AWS_SECRET_ACCESS_KEY="` + s + ` x"`:                                                          "AWS_SECRET_ACCESS_KEY=" + Masked,
		"Authorization: Bearer " + s + s:                                                               "Authorization: Bearer " + Masked,
		"sent Bearer " + s + s:                                                                         "sent Bearer " + Masked,
		`{"access_token":"` + s + `\"x","scope":"read"}`:                                               `{"access_token":"` + Masked + `","scope":"read"}`,
		"dop_v1_" + strings.Repeat("0a", 32) + ".":                                                     Masked + ".",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n" + s + "\n" + s + "\n-----END OPENSSH PRIVATE KEY-----": "-----BEGIN OPENSSH PRIVATE KEY-----" + Masked + "-----END OPENSSH PRIVATE KEY-----",

		"ssh://git@github.com:22/x": "", "http://127.0.0.1:8080/a@b": "", "https://social.example/@user?page=2": "",
		"change the password: it has been written down": "", "set DIGITALOCEAN_TOKEN": "", "token 5, newer token 6": "",
		`{"lease": {"token": 5}}`: "", `{"env":["DB_PASS=","X=1"],"why":"DB_PASS="}`: "", "VAPID_PUBLIC_KEY=abc": "", "LOCAL_DOMAIN=vmst.example": "", "user@host:22": "",
	} {
		if want == "" {
			want = text
		}
		if got := r.Redact(text); got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
		if again := r.Redact(want); again != want {
			t.Errorf("not stable: %q became %q", want, again)
		}
	}
}

func TestEveryFormOfASecretIsMasked(t *testing.T) {
	for _, secret := range []string{`p@ss/w"rd+ 1é and more`, `it's <b>& and more`, `back\slash$(id) "x"`} {
		r := NewRedactor()
		r.Add(Secret{secret})
		for _, text := range []string{
			hex.EncodeToString([]byte(secret)), fmt.Sprintf("%X", secret), strconv.Quote(secret), shellescape.QuoteCommand([]string{"curl", "-u", secret}),
		} {
			if got := r.Redact(text); !strings.Contains(got, Masked) || strings.Contains(got, text) {
				t.Errorf("%s: %s", text, got)
			}
			if !r.Holds("x " + text) {
				t.Errorf("not known in %s", text)
			}
		}
	}
}

func TestThePasswordInAURLIsASecretOfItsOwn(t *testing.T) {
	r := NewRedactor()
	r.Add(Secret{"redis://:hunter%2322@10.0.0.1:6379/0"})
	for _, text := range []string{"AUTH hunter#22", "AUTH hunter%2322", "redis://:hunter%2322@10.0.0.1:6379/0"} {
		if got := r.Redact(text); strings.Contains(got, "hunter") {
			t.Errorf("%s", got)
		}
	}
}

func TestShortSecretsDoNotShredText(t *testing.T) {
	r := NewRedactor()
	for _, s := range []string{"ab", "1", "web4", "mastodon"} {
		r.Add(Secret{s})
	}
	const text = "abc 1 open, web4711 and xweb4 run mastodon"
	if got := r.Redact(text); got != text {
		t.Errorf("%s", got)
	}
	if got, want := r.Redact("web4:web4, (web4) web4"), "•••:•••, (•••) •••"; got != want {
		t.Errorf("%s", got)
	}
}

func TestASecretThatWasCutOffIsMasked(t *testing.T) {
	r := NewRedactor()
	r.Add(Secret{"hunter22hunter22"})
	for text, want := range map[string]string{
		"log hunter22hun": "log " + Masked, "log hun": "log " + Masked, "log hu": "log hu", "all hunter22hunter22": "all " + Masked, "log": "log",
		"at redis://:pass": "at redis://:" + Masked,
	} {
		if got := r.RedactCut(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestRedactJSONKeepsTheDocument(t *testing.T) {
	r := NewRedactor()
	r.Add(Secret{`se"cret\5`})
	in, _ := json.Marshal([]string{`a se"cret\5 b`, "DB_PASS=", "New password: x\ny", "fine"})
	var got []string
	if err := json.Unmarshal(RedactJSON(in, r.Redact), &got); err != nil || len(got) != 4 {
		t.Fatalf("%v %s", err, RedactJSON(in, r.Redact))
	}
	if got[0] != "a "+Masked+" b" || got[1] != "DB_PASS=" || got[2] != "New password: "+Masked+"\ny" || got[3] != "fine" {
		t.Errorf("%q", got)
	}
}

// A child would inherit the variable: what held a secret is out of the environment, and can still be read again.
func TestAVariableWithASecretIsNotInherited(t *testing.T) {
	t.Setenv("VMTUI_TEST_INHERIT", "hunter22")
	r := NewRedactor()
	r.Foresee(t.Context(), "env:VMTUI_TEST_INHERIT", "env:VMTUI_TEST_UNSET", "file:/nowhere", "cmd:exit 1")
	if got := r.Redact("hunter22"); got != Masked {
		t.Errorf("%s", got)
	}
	if out, err := exec.CommandContext(t.Context(), "env").CombinedOutput(); err != nil || strings.Contains(string(out), "hunter22") {
		t.Errorf("%v %s", err, out)
	}
	if _, set := os.LookupEnv("VMTUI_TEST_INHERIT"); set {
		t.Error("still set")
	}
	if s, err := Resolve(t.Context(), "env:VMTUI_TEST_INHERIT"); err != nil || s.Reveal() != "hunter22" {
		t.Errorf("%v", err)
	}
}

func TestWhoHearsTheSecretsHearsThemAll(t *testing.T) {
	r := NewRedactor()
	r.Add(Secret{"before"})
	var heard []string
	r.Hear(func(v string) { heard = append(heard, v) })
	r.Add(Secret{"redis://:inner-one@h"})
	r.Add(Secret{"before"})
	if strings.Join(heard, " ") != "before redis://:inner-one@h inner-one" {
		t.Errorf("%q", heard)
	}
}

func TestNilRedactorLeavesTextAsItIs(t *testing.T) {
	var r *Redactor
	if r.Redact("x") != "x" || r.RedactCut("x") != "x" || r.Holds("x") {
		t.Error("changed")
	}
}

func BenchmarkRedact(b *testing.B) {
	r := NewRedactor()
	r.Add(Secret{"dop_v1_" + strings.Repeat("0a", 32)})
	r.Add(Secret{"redis://:inner-one@h"})
	line := `203.0.113.7 - - [01/Nov/2026:12:04:29 +0000] "GET /api/v1/timelines/home?limit=40 HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (Macintosh)"`
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		r.Redact(line)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("hunter22", "New password: ", " x")
	f.Add("p@ss w\"ord\\", "redis://:", "@h/0")
	f.Add("abc", "abc.", "abc")
	f.Add("dop_v1_00112233445566778899", "\x1b[31m\"DB_PASS=", "\",\"y\":1")
	f.Add("-----BEGIN PRIVATE KEY-----\nAAAAAAAA\n", "x", "-----END PRIVATE KEY-----")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		r := NewRedactor()
		r.Add(Secret{secret})
		out := r.Redact(before + secret + after)
		if len(secret) >= longEnough && !slices.Contains(everywhere, secret) && !strings.Contains(secret, "•") {
			if strings.Contains(out, secret) {
				t.Errorf("%q is in %q", secret, out)
			}
			for n := tooShort + 1; n < len(secret); n++ {
				if cut := r.RedactCut(before + secret[:n]); strings.HasSuffix(cut, secret[:n]) {
					t.Errorf("%q ends %q", secret[:n], cut)
				}
			}
		}
		doc, err := json.Marshal(map[string]string{before: secret, "x": before + secret + after})
		if err != nil {
			t.Skip()
		}
		if masked := RedactJSON(doc, r.Redact); !json.Valid(masked) {
			t.Errorf("%s became %s", doc, masked)
		}
	})
}
