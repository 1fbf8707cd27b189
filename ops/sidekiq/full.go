package sidekiq

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/vmtui/vmtui/ops/spelling"
	"github.com/vmtui/vmtui/remote/clean"
)

// backtraceMost bounds what a stranger's compressed text may grow to.
const backtraceMost = 1 << 20

func fullOf(job found, p payload, everything bool) Full {
	f := Full{
		Entry: entryOf(job, p), Failed: stamp(json.Number(p.failed)), Retry: clean.Line(gjson.Get(job.raw, "retry").Raw), Digest: clean.Line(p.digest),
		Args: []string{}, Backtrace: backtraceOf(p.backtrace),
	}
	if everything {
		f.ErrorHas = clean.Line(p.errMessage)
	}
	gjson.Parse(p.args).ForEach(func(_, v gjson.Result) bool {
		text, folded := argOf(v, everything)
		f.Args, f.Folded = append(f.Args, text), f.Folded || folded
		return true
	})
	return f
}

// plainWord is a text that says nothing of a person: a kind, a name of a feed, a method.
var plainWord = regexp.MustCompile(`^[A-Za-z_:]{1,40}$`)

// argOf is an argument as it is shown. Numbers, words without a person behind them and the hosts of URLs are shown; all else is folded.
func argOf(v gjson.Result, everything bool) (text string, folded bool) {
	if everything {
		return clean.Line(v.Raw), false
	}
	switch v.Type {
	case gjson.Number, gjson.True, gjson.False, gjson.Null:
		return clean.Line(v.Raw), false
	case gjson.String:
		if plainWord.MatchString(v.Str) {
			return fmt.Sprintf("%q", v.Str), false
		}
		if host := hostOf(v.Str); host != "" {
			return "https://" + clean.Line(host) + "/…", true
		}
		return fmt.Sprintf("(text, %s)", spelling.Count(len(v.Str), "byte", "bytes")), true
	}
	if v.Raw == "{}" || v.Raw == "[]" {
		return v.Raw, false
	}
	return fmt.Sprintf("(%s)", spelling.Count(len(v.Raw), "byte", "bytes")), true
}

var (
	someMail = regexp.MustCompile(`[^\s<>"']+@[^\s<>"']+`)
	somePath = regexp.MustCompile(`(https?://[^\s/"'<>]+)/[^\s"'<>]*`)
)

// withoutPeople takes out of an error's message what names a person: addresses, and the paths of URLs.
func withoutPeople(message string) string {
	return someMail.ReplaceAllString(somePath.ReplaceAllString(message, "$1/…"), "…@…")
}

// backtraceOf unpacks a backtrace: base64 of zlib of a JSON array. What cannot be unpacked is left out.
func backtraceOf(packed string) []string {
	if packed == "" {
		return nil
	}
	bin, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(packed), ""))
	if err != nil {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(bin))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(z, backtraceMost))
	var lines []string
	if err != nil || json.Unmarshal(text, &lines) != nil {
		return nil
	}
	for i := range lines {
		lines[i] = clean.Line(lines[i])
	}
	return lines
}
