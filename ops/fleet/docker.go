package fleet

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/vmtui/vmtui/remote/clean"
)

// listed is a container as `docker ps` or `docker compose ps` print it in JSON. Their fields differ between each other and between versions.
type listed struct {
	ID      string          `json:"ID"`
	Image   string          `json:"Image"`
	Name    string          `json:"Name"`
	Names   string          `json:"Names"`
	Service string          `json:"Service"`
	Project string          `json:"Project"`
	State   string          `json:"State"`
	Status  string          `json:"Status"`
	Health  string          `json:"Health"`
	Labels  json.RawMessage `json:"Labels"`
}

// Containers reads the JSON of `docker ps` or `docker compose ps`: one object a line, or one array as compose printed before 2.21. It keeps the
// containers of a compose project (all projects when empty) without those of `compose run`, and counts the lines that cannot be read.
func Containers(text, project string) (out []Container, bad int) {
	for _, raw := range objects(text) {
		var l listed
		if json.Unmarshal(raw, &l) != nil || l.ID == "" {
			bad++
			continue
		}
		service := cmp.Or(l.Service, l.label("com.docker.compose.service"))
		of := cmp.Or(l.Project, l.label("com.docker.compose.project"))
		if service == "" || (project != "" && of != project) || strings.EqualFold(l.label("com.docker.compose.oneoff"), "true") {
			continue
		}
		out = append(out, l.container(service))
	}
	slices.SortFunc(out, func(a, b Container) int {
		return cmp.Or(cmp.Compare(rank(a.Service), rank(b.Service)), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
	return out, bad
}

// objects splits the output into JSON objects.
func objects(text string) []json.RawMessage {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "[") {
		var all []json.RawMessage
		if json.Unmarshal([]byte(text), &all) == nil {
			return all
		}
	}
	var all []json.RawMessage
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, json.RawMessage(line))
		}
	}
	return all
}

func (l listed) container(service string) Container {
	name, _, _ := strings.Cut(cmp.Or(l.Name, l.Names), ",")
	id := l.ID
	if len(id) > 12 {
		id = id[:12]
	}
	return Container{
		Service: clean.Line(service), Name: clean.Line(name), ID: clean.Line(id), Image: clean.Line(l.Image),
		State: clean.Line(strings.ToLower(cmp.Or(l.State, stateOf(l.Status)))), Health: clean.Line(cmp.Or(l.Health, healthOf(l.Status))), Status: clean.Line(l.Status),
	}
}

// label finds a label in docker's comma-separated list, where values may hold commas themselves, or in a map as other engines print it.
func (l listed) label(key string) string {
	var joined string
	if json.Unmarshal(l.Labels, &joined) == nil {
		for _, pair := range strings.Split(joined, ",") {
			if k, v, ok := strings.Cut(pair, "="); ok && k == key {
				return v
			}
		}
		return ""
	}
	var byName map[string]string
	if json.Unmarshal(l.Labels, &byName) != nil {
		return ""
	}
	return byName[key]
}

// healthOf reads the health out of "Up 2 days (healthy)" or "Up 3 seconds (health: starting)".
func healthOf(status string) string {
	_, rest, ok := strings.Cut(status, "(")
	if !ok || !strings.HasPrefix(status, "Up") {
		return ""
	}
	word, _, _ := strings.Cut(strings.TrimPrefix(rest, "health: "), ")")
	switch word {
	case "healthy", "unhealthy", "starting":
		return word
	}
	return ""
}

// stateOf guesses the state of engines too old to print it.
func stateOf(status string) string {
	switch word, _, _ := strings.Cut(status, " "); word {
	case "Up":
		if strings.Contains(status, "(Paused)") {
			return "paused"
		}
		return "running"
	case "Exited":
		return "exited"
	case "Created":
		return "created"
	case "Restarting":
		return "restarting"
	}
	return ""
}

func rank(service string) int {
	order := []string{"web", "streaming", "sidekiq"}
	if i := slices.Index(order, service); i >= 0 {
		return i
	}
	return len(order)
}

// use is what a container takes.
type use struct{ cpu, mem string }

// usage reads `docker stats` by container id. A container that is just starting or gone has dashes: nothing is known of it.
func usage(text string) map[string]use {
	out := map[string]use{}
	for _, raw := range objects(text) {
		var s struct {
			ID        string `json:"ID"`
			Container string `json:"Container"`
			CPU       string `json:"CPUPerc"`
			Mem       string `json:"MemUsage"`
		}
		if json.Unmarshal(raw, &s) != nil || strings.HasPrefix(s.CPU, "--") {
			continue
		}
		mem, _, _ := strings.Cut(s.Mem, " / ")
		id := cmp.Or(s.ID, s.Container)
		if len(id) > 12 {
			id = id[:12]
		}
		out[id] = use{clean.Line(s.CPU), clean.Line(mem)}
	}
	return out
}

// withUse fills in what containers take; those not in this look's statistics keep what was last known while they run.
func withUse(all []Container, now map[string]use, before []Container) []Container {
	for i := range all {
		c := &all[i]
		u, ok := now[c.ID]
		if at := slices.IndexFunc(before, func(b Container) bool { return b.ID == c.ID }); !ok && at >= 0 && c.State == "running" {
			u = use{before[at].CPU, before[at].Mem}
		}
		c.CPU, c.Mem = u.cpu, u.mem
	}
	return all
}
