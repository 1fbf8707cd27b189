package cache

import (
	"bufio"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/page"
)

// Form is what a visitor wants, or gets.
type Form string

// The forms. Browsers want HTML; other servers want ActivityPub's JSON, at the same URL.
const (
	HTML  Form = "html"
	JSON  Form = "json"
	Other Form = "other"
)

// accepts are what says so in a request.
var accepts = map[Form]string{HTML: "text/html", JSON: `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`}

// Layer is whom one asks, from the origin outwards.
type Layer string

// The layers.
const (
	AtMastodon Layer = "mastodon" // past the worker's nginx; asked where the worker is wrong
	AtWorker   Layer = "worker"
	AtBalancer Layer = "balancer"
	AtEdge     Layer = "edge"
)

// Answer is what one layer answered to one question.
type Answer struct {
	Layer   Layer         `json:"layer"`
	Name    string        `json:"name"` // the worker's; "balancer", "edge"
	Wanted  Form          `json:"wanted"`
	Status  int           `json:"status"` // 0: nothing came
	Type    string        `json:"type"`
	Got     Form          `json:"got"` // by its type
	Body    Form          `json:"body"`
	Age     *int          `json:"age_seconds"`
	Edge    string        `json:"cf_cache_status"`
	Nginx   string        `json:"x_cached"`
	Vary    string        `json:"vary"`
	Control string        `json:"cache_control"`
	Centre  string        `json:"data_centre"` // of the edge that answered
	Barred  bool          `json:"challenged"`  // the edge wants the visitor to prove that it is a person
	Version string        `json:"version"`
	Took    time.Duration `json:"-"`
	Why     string        `json:"error,omitempty"` // why nothing came
}

// read fills in what an answer says of itself.
func (a *Answer) read(status int, header func(string) string, body string) {
	a.Status, a.Type = status, header("Content-Type")
	a.Got, a.Body = formOfType(a.Type), formOfBody(body)
	a.Edge, a.Nginx, a.Vary, a.Control = strings.ToUpper(header("CF-Cache-Status")), strings.ToUpper(header("X-Cached")), header("Vary"), header("Cache-Control")
	a.Barred = strings.EqualFold(header("cf-mitigated"), "challenge")
	if age, err := strconv.Atoi(header("Age")); err == nil {
		a.Age = &age
	}
	if _, centre, ok := strings.Cut(header("CF-Ray"), "-"); ok {
		a.Centre = centre
	}
}

func (a *Answer) readPage(p page.Answer, err error) {
	if err != nil {
		a.Why = fault.Of(err).Why
		return
	}
	a.Took = p.Took
	a.read(p.Status, p.Header, p.Body)
}

// readText understands what `curl -i` prints.
func (a *Answer) readText(out string) {
	in := textproto.NewReader(bufio.NewReader(strings.NewReader(out)))
	line, err := in.ReadLine()
	fields := strings.Fields(line)
	if err != nil || len(fields) < 2 || !strings.HasPrefix(line, "HTTP/") {
		a.Why = "no answer that could be read: " + clean.Short(line, 60)
		return
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		a.Why = "no status: " + clean.Short(line, 60)
		return
	}
	header, err := in.ReadMIMEHeader()
	if err != nil && len(header) == 0 {
		a.Why = "its header cannot be read"
		return
	}
	body := make([]byte, 256)
	n, _ := in.R.Read(body) // a page may be empty
	a.read(status, func(name string) string { return clean.Line(http.Header(header).Get(name)) }, string(body[:n]))
}

func formOfType(kind string) Form {
	kind = strings.ToLower(kind)
	switch {
	case strings.Contains(kind, "json"):
		return JSON
	case strings.Contains(kind, "html"):
		return HTML
	}
	return Other
}

func formOfBody(body string) Form {
	switch body = strings.TrimSpace(body); {
	case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
		return JSON
	case strings.HasPrefix(body, "<"):
		return HTML
	}
	return Other
}

// Swapped reports that one form was asked for and the other came.
func (a Answer) Swapped() bool {
	return a.Status == http.StatusOK && (a.Wanted == HTML && a.Got == JSON || a.Wanted == JSON && a.Got == HTML)
}

// Stored reports that it came out of a cache of that layer, or has just been put into one.
func (a Answer) Stored() bool {
	switch a.Layer {
	case AtEdge:
		return a.Edge != "" && a.Edge != "DYNAMIC" && a.Edge != "BYPASS" && a.Edge != "NONE"
	case AtMastodon:
		return false
	case AtWorker, AtBalancer:
	}
	return a.Nginx == "HIT" || a.Nginx == "STALE" || a.Nginx == "UPDATING"
}
