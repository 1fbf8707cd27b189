package fleet

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/ops/presence"
	"github.com/vmtui/vmtui/remote/clean"
)

// seenBefore is what one look leaves for the next.
type seenBefore struct {
	health Health
	cpu    ticks
	known  bool
}

var errNothing = errors.New("the host answered nothing that can be read")

var bootID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// parse reads the output of one look.
func (n NodeConfig) parse(out string, before seenBefore) (Health, ticks, error) {
	p := parts(out)
	h := Health{BootID: strings.TrimSpace(p["boot"])}
	if !bootID.MatchString(h.BootID) {
		return Health{}, ticks{}, errNothing
	}
	problem := func(ok bool, words string) {
		if !ok {
			h.Problems = append(h.Problems, words)
		}
	}
	var ok bool
	h.Mem, ok = memory(p["mem"])
	problem(ok, "memory cannot be read")
	h.Disk, ok = disk(p["disk"])
	problem(ok, "the disk's use cannot be read")
	h.Load1, ok = firstFloat(p["load"])
	problem(ok, "the load cannot be read")
	h.Web, ok = count(p["web"])
	problem(ok, "connections to web cannot be counted")
	h.Streaming, ok = count(p["streaming"])
	problem(ok, "connections to streaming cannot be counted")
	h.Nginx, h.LameDuck = yes(p["nginx"]), yes(p["duck"])
	now, again := ticksOf(p["cpu"]), ticksOf(p["again"])
	problem(now.total > 0, "the processor's use cannot be read")
	h.CPU = load(before, h.BootID, now, again)
	h.CPUs = history(before.health.CPUs, h.CPU)
	n.containers(&h, p, before.health.Containers)
	h.Consoles = presence.Parse(p["consoles"])
	h.LogLines = lastLines(p["log"])
	return h, now, nil
}

// containers reads what runs Mastodon there: containers, or the unit.
func (n NodeConfig) containers(h *Health, p map[string]string, before []Container) {
	if unit := strings.TrimSpace(p["unit"]); n.Unit != "" && unit != "" {
		h.Containers = append(h.Containers, Container{Service: "sidekiq", Name: n.Unit, State: unitState(unit), Status: clean.Line(unit)})
	}
	if n.Project == "" {
		return
	}
	if _, listed := p["listed"]; !listed {
		h.Problems = append(h.Problems, "docker does not answer")
		return
	}
	all, bad := Containers(p["docker"], n.Project)
	if bad > 0 {
		h.Problems = append(h.Problems, strconv.Itoa(bad)+" lines of docker cannot be read")
	}
	h.Containers = append(h.Containers, withUse(all, usage(p["stats"]), before)...)
}

// unitState says a unit's state in docker's words, so that one column fits both.
func unitState(s string) string {
	switch s {
	case "active":
		return "running"
	case "inactive", "failed":
		return "exited"
	case "activating", "reloading":
		return "restarting"
	}
	return clean.Line(s)
}

// memory is the percentage that programs have taken, from MemTotal and MemAvailable.
func memory(text string) (float64, bool) {
	values := map[string]float64{}
	for line := range strings.Lines(text) {
		key, rest, found := strings.Cut(line, ":")
		if v, ok := firstFloat(rest); found && ok {
			values[strings.TrimSpace(key)] = v
		}
	}
	total, ok := values["MemTotal"]
	free, known := values["MemAvailable"]
	if !ok || !known || total <= 0 {
		return 0, false
	}
	return percent(total-free, total), true
}

// disk is the percentage df shows for the root: the last line that has one.
func disk(text string) (float64, bool) {
	value, ok := 0.0, false
	for line := range strings.Lines(text) {
		for _, word := range strings.Fields(line) {
			number, isPercent := strings.CutSuffix(word, "%")
			v, err := strconv.ParseFloat(number, 64)
			if isPercent && err == nil && v >= 0 && v <= 100 {
				value, ok = v, true
			}
		}
	}
	return value, ok
}

func firstFloat(text string) (float64, bool) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return 0, false
	}
	v, err := strconv.ParseFloat(words[0], 64)
	return v, err == nil && v >= 0
}

func count(text string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return n, err == nil && n >= 0
}

func yes(text string) bool { return strings.TrimSpace(text) == "yes" }

// logLines is how many of a log's last lines are kept.
const logLines = 8

func lastLines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = clean.Short(clean.Line(strings.TrimRight(line, "\r\n")), lineShown); line != "" {
			out = append(out, line)
		}
	}
	return out[max(len(out)-logLines, 0):]
}

// lineShown is how much of a log's line is kept to be looked at: whoever writes into it may write a megabyte, which would be drawn again and again.
const lineShown = 2 << 10

func percent(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(max(100*part/whole, 0), 100)
}
