package cache

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// tri is what is known of whether a rule matches. Cloudflare's expressions are a language with many words; of those that are not understood here
// nothing is claimed.
type tri int

const (
	no tri = iota
	maybe
	yes
)

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

// matches evaluates a rule's expression for a page that somebody asks for.
func matches(expression string, u *url.URL) tri {
	e := &expr{words: words.FindAllString(expression, -1), page: u}
	if t := e.or(); len(e.words) == 0 && !e.lost {
		return t
	}
	return maybe
}

var words = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_.]*|&&|\|\||==|!=|[(){},!~]|\S`)

// expr is an expression that is being read.
type expr struct {
	words []string
	page  *url.URL
	lost  bool // something was met that is not understood
}

func (e *expr) next() string {
	if len(e.words) == 0 {
		return ""
	}
	w := e.words[0]
	e.words = e.words[1:]
	return w
}

// take takes the next word if it is one of these.
func (e *expr) take(these ...string) bool {
	if len(e.words) > 0 && slices.Contains(these, e.words[0]) {
		e.next()
		return true
	}
	return false
}

func (e *expr) or() tri {
	t := e.and()
	for e.take("or", "||") {
		t = max(t, e.and())
	}
	return t
}

func (e *expr) and() tri {
	t := e.not()
	for e.take("and", "&&") {
		t = min(t, e.not())
	}
	return t
}

func (e *expr) not() tri {
	if e.take("not", "!") {
		return yes - e.not()
	}
	return e.one()
}

// one is a parenthesis, a call or a comparison.
func (e *expr) one() tri {
	switch w := e.next(); w {
	case "(":
		t := e.or()
		e.lost = e.lost || !e.take(")")
		return t
	case "true", "ssl":
		return yes
	case "false":
		return no
	case "starts_with", "ends_with":
		return e.call(w)
	default:
		return e.compare(e.field(w))
	}
}

// value is a field's; known is false for one that a page alone does not tell.
type value struct {
	text  string
	known bool
}

func (e *expr) field(name string) value {
	u := e.page
	switch name {
	case "http.host":
		return value{u.Host, true}
	case "http.request.uri.path", "raw.http.request.uri.path":
		return value{u.EscapedPath(), true}
	case "http.request.uri", "raw.http.request.uri":
		return value{u.RequestURI(), true}
	case "http.request.full_uri", "raw.http.request.full_uri":
		return value{u.String(), true}
	case "http.request.uri.query":
		return value{u.RawQuery, true}
	case "http.request.uri.path.extension":
		return value{strings.TrimPrefix(path.Ext(u.Path), "."), true}
	case "http.request.method":
		return value{"GET", true}
	}
	return value{}
}

// call is a function of a field and a text.
func (e *expr) call(name string) tri {
	open := e.take("(")
	f := e.field(e.next())
	comma := e.take(",")
	arg, ok := e.text()
	if !open || !comma || !ok || !e.take(")") {
		e.lost = true
		return maybe
	}
	switch {
	case !f.known:
		return maybe
	case name == "starts_with":
		return triOf(strings.HasPrefix(f.text, arg))
	}
	return triOf(strings.HasSuffix(f.text, arg))
}

func (e *expr) text() (string, bool) {
	w := e.next()
	if len(w) < 2 || w[0] != '"' {
		e.lost = true
		return "", false
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(w[1 : len(w)-1]), true
}

func (e *expr) compare(f value) tri {
	op := e.next()
	if op == "strict" {
		op += " " + e.next()
	}
	if op == "in" {
		return e.among(f)
	}
	arg, ok := e.text()
	if !ok || !f.known {
		return maybe
	}
	switch op {
	case "eq", "==":
		return triOf(f.text == arg)
	case "ne", "!=":
		return triOf(f.text != arg)
	case "contains":
		return triOf(strings.Contains(f.text, arg))
	case "wildcard", "strict wildcard":
		return triOf(globbed(arg, f.text, op == "wildcard"))
	case "matches", "~":
		if re, err := regexp.Compile(arg); err == nil {
			return triOf(re.MatchString(f.text))
		}
	default:
		e.lost = true
	}
	return maybe
}

// among is `in {"a" "b"}`.
func (e *expr) among(f value) tri {
	e.lost = e.lost || !e.take("{")
	found := no
	for !e.take("}") {
		arg, ok := e.text()
		if !ok {
			return maybe
		}
		found = max(found, triOf(f.text == arg))
	}
	if !f.known {
		return maybe
	}
	return found
}

// globbed matches a text against a pattern with asterisks.
func globbed(pattern, text string, fold bool) bool {
	expr := "^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
	if fold {
		expr = "(?i)" + expr
	}
	ok, err := regexp.MatchString(expr, text)
	return err == nil && ok
}
