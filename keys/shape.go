package keys

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// shape is what a secret that nobody told us of looks like in a log, a URL or the output of a command. What its second group holds is
// masked.
type shape struct {
	hints []string // one of them is in every text that the pattern can match, and hardly in any other
	re    *regexp.Regexp
}

var shapes = []shape{
	// tootctl accounts create, and modify --reset-password
	{[]string{"assword:"}, regexp.MustCompile(`((?:[Nn]ew p|\bP)assword: *)([^\s"']+)`)},
	// redis://:PASSWORD@host, postgres://user:PASSWORD@host
	{[]string{"://"}, regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s/?#"'@:]*:)([^\s/"']+)@`)},
	// /api/v1/streaming?access_token=TOKEN, as nginx logs it
	{[]string{"oken", "ecret", "assw", "api_key", "apikey", "ignature", "redential"}, regexp.MustCompile(`(?i)([?&;][a-z0-9_-]*(?:token|secret|password|passwd|api_?key|signature|credential)[a-z0-9_-]*=)([^\s&;"'#]+)`)},
	// Mastodon's environment: SECRET_KEY_BASE=, DB_PASS=, VAPID_PRIVATE_KEY=. A quote that ends a string of JSON begins no value.
	{[]string{"SECRET", "TOKEN", "PASS", "_KEY", "_SALT"}, regexp.MustCompile(`\b([A-Z0-9_]*(?:SECRET|TOKEN|PASSWORD|PASSWD|_PASS|PASSPHRASE|PRIVATE_KEY|API_KEY|ACCESS_KEY|PRIMARY_KEY|DETERMINISTIC_KEY|DERIVATION_SALT)[A-Z0-9_]*=)("[^"\n,:}\]][^"\n]*"?|'[^'\n]+'?|[^\s"']+)`)},
	{[]string{"uthorization:"}, regexp.MustCompile(`([Aa]uthorization: *(?:[A-Za-z]+ +)?)([^\s"']+)`)},
	{[]string{"earer "}, regexp.MustCompile(`(\b[Bb]earer +)([A-Za-z0-9._~+/-]{12,}=*)`)},
	{[]string{`":"`, `": "`}, regexp.MustCompile(`(?i)("[a-z0-9_-]*(?:token|secret|password|passwd|api_?key|private_key)[a-z0-9_-]*": *")((?:[^"\\]|\\.)+)"`)},
	// DigitalOcean's tokens, and GitHub's
	{[]string{"_v1_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_"}, regexp.MustCompile(`(\b)(do[opr]_v1_[0-9a-f]{16,}|gh[opsur]_[A-Za-z0-9]{20,})`)},
	{[]string{"PRIVATE KEY-----"}, regexp.MustCompile(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.+?)(?:-----END|$)`)},
}

// openURL is a URL with a password that was cut off before its @.
var openURL = shape{[]string{"://"}, regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s/?#"'@:]*:)([^\s/"'@]+)$`)}

func maskShapes(text string) string {
	for _, s := range shapes {
		text = s.mask(text)
	}
	return text
}

func (s shape) mask(text string) string {
	if !slices.ContainsFunc(s.hints, func(h string) bool { return strings.Contains(text, h) }) {
		return text
	}
	var b strings.Builder
	from := 0
	for _, at := range s.re.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[from:at[4]] + Masked)
		from = at[5]
	}
	return b.String() + text[from:]
}

// literal is a string of a JSON document, quotes included.
var literal = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// RedactJSON passes each string of a document through redact by itself: a secret may be written with escapes there, and what replaces it
// must not break the quoting.
func RedactJSON(doc []byte, redact func(string) string) []byte {
	return literal.ReplaceAllFunc(doc, func(quoted []byte) []byte {
		var text string
		if json.Unmarshal(quoted, &text) != nil {
			return []byte(`"` + Masked + `"`)
		}
		said := redact(text)
		if said == text {
			return quoted
		}
		out, err := json.Marshal(said)
		if err != nil {
			return []byte(`"` + Masked + `"`)
		}
		return out
	})
}
