package keys

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/vmtui/vmtui/keys/fault"
)

func TestResolveSecret(t *testing.T) {
	keyring.MockInit()
	if err := keyring.Set(keyringService, "token", "from-keyring"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VMTUI_TEST_SECRET", "from-env")
	file := write(t, filepath.Join(t.TempDir(), "token"), "from-file\r\n", 0o600)
	for ref, want := range map[string]string{
		"env:VMTUI_TEST_SECRET": "from-env", "file:" + file: "from-file", "keyring:token": "from-keyring", "cmd:printf 'from-%s\\n' cmd": "from-cmd",
	} {
		s, err := Resolve(t.Context(), ref)
		if err != nil || s.Reveal() != want {
			t.Errorf("%s: %q, %v", ref, s.Reveal(), err)
		}
	}
}

func TestUnresolvedSecretSaysWhy(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	t.Setenv("VMTUI_TEST_EMPTY", "")
	readable := write(t, filepath.Join(dir, "readable"), "hunter22", 0o640)
	for ref, want := range map[string]string{
		"env:VMTUI_TEST_UNSET":      "not set",
		"env:VMTUI_TEST_EMPTY":      "empty",
		"file:" + readable:          "mode 0640",
		"file:" + dir:               "not a regular file",
		"file:" + dir + "/none":     "no such file",
		"keyring:none":              "no such entry",
		"cmd:echo oops >&2; exit 3": `exit status 3: "oops"`,
		"cmd:true":                  "empty",
		"cmd:yes | head -c 65537":   "more than 65536 bytes",
		"env:":                      "not a reference",
	} {
		_, err := Resolve(t.Context(), ref)
		if fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", ref, err)
		}
		if !strings.HasSuffix(ref, ":") && !strings.Contains(err.Error(), ref) {
			t.Errorf("%v does not name %s", err, ref)
		}
		if strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%v gives the value away", err)
		}
	}
}

func TestValueInTheWrongPlaceIsNotRepeated(t *testing.T) {
	for _, ref := range []string{"dop_v1_hunter22", "https://hunter22:x@y", ""} {
		if _, err := Resolve(t.Context(), ref); err == nil || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%v", err)
		}
	}
	_, err := Resolve(t.Context(), "cmd:v=hunter; echo ${v}22; echo bad ${v}22 >&2; exit 1")
	if err == nil || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("%v", err)
	}
}

func TestSlowSecretCommandEndsWithItsChildren(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := Resolve(ctx, "cmd:sleep 1000 & wait; echo never")
	if err == nil || !strings.Contains(err.Error(), "in time") || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestSecretPrintsAsAMask(t *testing.T) {
	s := Secret{"hunter22"}
	inJSON, _ := json.Marshal(map[string]any{"s": s, "p": &s})
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s), fmt.Sprint(&s), fmt.Sprintf("%+v", struct{ S Secret }{s}), string(inJSON), s.LogValue().String()} {
		if strings.Contains(text, "hunter22") || strings.Contains(text, "68756e") || !strings.Contains(text, Masked) {
			t.Errorf("%s", text)
		}
	}
}

func TestRedactor(t *testing.T) {
	const secret = `p@ss/w"rd+ 1é`
	r := NewRedactor()
	r.Add(Secret{})
	r.Add(Secret{secret})
	r.Add(Secret{secret + "-longer"})
	r.Add(Secret{"line one of a key\nline two of a key\n"})
	inJSON, _ := json.Marshal(secret)
	for _, text := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), url.UserPassword("u", secret).String(), string(inJSON),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), "line two of a key",
	} {
		if got := r.Redact("<" + text + ">"); !strings.Contains(got, Masked) || strings.Contains(got, text) {
			t.Errorf("%s: %s", text, got)
		}
	}
	for user := range 6 {
		header := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", user) + ":" + secret + ":tail"))
		if got := r.Redact("Basic " + header); !strings.Contains(got, Masked) {
			t.Errorf("%s", got)
		}
	}
	if got := r.Redact(secret + "-longer"); got != Masked {
		t.Errorf("%s", got)
	}
	if got := r.Redact("nothing here"); got != "nothing here" {
		t.Errorf("%s", got)
	}
}

func TestRedactorIsSafeForConcurrentUse(t *testing.T) {
	r := NewRedactor()
	t.Setenv("VMTUI_TEST_SECRET", "hunter22")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { r.Add(Secret{fmt.Sprintf("secret-%d", i)}) })
		wg.Go(func() { r.Redact("secret-1 secret-2") })
	}
	wg.Wait()
	if _, err := r.Resolve(t.Context(), "env:VMTUI_TEST_SECRET"); err != nil {
		t.Fatal(err)
	}
	if got := r.Redact("secret-7 hunter22"); got != Masked+" "+Masked {
		t.Errorf("%s", got)
	}
}
