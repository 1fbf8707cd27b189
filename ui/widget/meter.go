package widget

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ui/theme"
)

var ticks = []rune("▁▂▃▄▅▆▇█")

// Spark is the newest w values of a series as a sparkline, on a scale from 0 to top; top 0 means the series' own greatest, which leaves a gap above it: in
// rows that stand close, series that hold still would be one block.
func Spark(ink theme.Ink, series []float64, w int, top float64) Line {
	if len(series) > w {
		series = series[len(series)-w:]
	}
	highest := len(ticks) - 1
	if top <= 0 {
		highest--
		for _, v := range series {
			top = max(top, v)
		}
	}
	var b strings.Builder
	for _, v := range series {
		i := 0
		if top > 0 && !math.IsNaN(v) {
			i = min(max(int(v/top*float64(highest)+0.5), 0), highest)
		}
		b.WriteRune(ticks[i])
	}
	return Line{Gap(w - len(series)), S(ink, b.String())}
}

// Chart is the newest values of a series as columns, h lines high on a scale from 0 to top. The newest stands at the right; a short series is drawn in
// wider columns.
func Chart(ink theme.Ink, series []float64, w, h int, top float64) []Line {
	if len(series) == 0 || w <= 0 || h <= 0 || top <= 0 {
		return nil
	}
	thick := min(max(w/len(series), 1), 4)
	series = series[max(len(series)-w/thick, 0):]
	out := make([]Line, h)
	for i := range out {
		var b strings.Builder
		for _, v := range series {
			b.WriteString(strings.Repeat(slice(v/top*float64(h), h-1-i), thick))
		}
		out[i] = Line{Gap(w - len(series)*thick), S(ink, b.String())}
	}
	return out
}

// slice is what a column of that many lines shows in one of them, counted from below.
func slice(column float64, line int) string {
	part := column - float64(line)
	switch {
	case part >= 1:
		return string(ticks[len(ticks)-1])
	case part <= 0 && line > 0 || math.IsNaN(part):
		return " "
	}
	return string(ticks[min(max(int(part*float64(len(ticks))+0.5)-1, 0), len(ticks)-1)])
}

// Bar is a share of a whole, 0 to 100, as a bar of w cells.
func Bar(ink theme.Ink, percent float64, w int) Line {
	n := min(max(int(percent/100*float64(w)+0.5), 0), w)
	return Line{S(ink, strings.Repeat("━", n)), S(theme.Border, strings.Repeat("─", w-n))}
}

// Percent is a percentage without a fraction.
func Percent(v float64) string { return fmt.Sprintf("%.0f%%", v) }

// Bytes is a size as short as it can be read: 812 B, 4.2 kB, 12.6 MB.
func Bytes(n int64) string {
	v, unit := float64(n), 0
	units := []string{"B", "kB", "MB", "GB", "TB"}
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	if unit == 0 || v >= 99.95 {
		return fmt.Sprintf("%.0f %s", v, units[unit])
	}
	return fmt.Sprintf("%.1f %s", v, units[unit])
}

// Load is the ink of a share that is bad when it is high.
func Load(v float64) theme.Ink {
	switch {
	case v >= 90:
		return theme.Bad
	case v >= 75:
		return theme.Warn
	}
	return theme.Plain
}

// Span of time in at most two units, as short as it can be read: 4s, 1m20s, 3h05m, 2d4h.
func Since(d time.Duration) string {
	d = max(d, 0)
	s := int(d / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%dh", s/86400, s/3600%24)
}

// Brief is Since in one unit, for a narrow column.
func Brief(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	switch {
	case s < 100:
		return fmt.Sprintf("%ds", s)
	case s < 100*60:
		return fmt.Sprintf("%dm", s/60)
	case s < 48*3600:
		return fmt.Sprintf("%dh", s/3600)
	}
	return fmt.Sprintf("%dd", s/86400)
}
