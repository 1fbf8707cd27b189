package screen

import "testing"

func TestALineOfTheAccessLogInOneRow(t *testing.T) {
	for line, want := range map[string]string{
		`10.0.0.2 - - [23/Nov/2026:12:04:29 +0000] "GET /lb-health HTTP/1.1" 503 0 "-" "curl"`: "12:04:29 503 GET /lb-health",
		`::1 - mike [23/Nov/2026:12:04:29 +0000] "POST /inbox HTTP/2.0" 202 0`:                 "12:04:29 202 POST /inbox",
		`10.0.0.2 - - [23/Nov/2026:12:04:29 +0000] "\x16\x03" 400 0`:                           `12:04:29 400 \x16\x03`,
		"nginx: worker process 7 exited":                                                       "nginx: worker process 7 exited",
	} {
		if got := accessWords(line); got != want {
			t.Errorf("%q became %q", line, got)
		}
	}
}
