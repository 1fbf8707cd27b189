package worker

import "testing"

// A narrow pane has room for when, how and what; a log of another format is shown as it is.
func TestALineOfTheAccessLogIsShort(t *testing.T) {
	for line, want := range map[string]string{
		`10.0.0.2 - - [23/Nov/2026:12:04:30 +0000] "GET /api/v1/timelines/home?limit=1 HTTP/1.1" 200 18231 "-" "Tusky"`: "12:04:30 200 GET /api/v1/timelines/home?limit=1",
		`2001:db8::1 - mike [23/Nov/2026:12:04:30 +0000] "POST /inbox HTTP/2.0" 202 0`:                                  "12:04:30 202 POST /inbox",
		`10.0.0.2 - - [23/Nov/2026:12:04:30 +0000] "" 400 0 "-" "-"`:                                                    `10.0.0.2 - - [23/Nov/2026:12:04:30 +0000] "" 400 0 "-" "-"`,
		`{"time":"12:04:30","status":200}`:                                                                              `{"time":"12:04:30","status":200}`,
		"":                                                                                                              "",
	} {
		if got := served(line); got != want {
			t.Errorf("%q is shown as %q, want %q", line, got, want)
		}
	}
}
