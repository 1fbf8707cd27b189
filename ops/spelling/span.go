package spelling

import (
	"strings"
	"time"
)

// Span is a time to the second, without the zeros at its end: "48h", "1h30m", "10m", "1m20s".
func Span(d time.Duration) string {
	text := d.Round(time.Second).String()
	for _, end := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, end) {
			text = text[:len(text)-len(end)+1]
		}
	}
	return text
}
