package book

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

type yamlNode = ast.Node

// The types of an input.
const (
	typeString   = "string"
	typeInt      = "int"
	typeBool     = "bool"
	typeEnum     = "enum"
	typeNode     = "node"
	typeDuration = "duration"
)

var inputTypes = []string{typeString, typeInt, typeBool, typeEnum, typeNode, typeDuration}

// Input is something that may be said when a run begins.
type Input struct {
	Name, Type, About string
	Default           *string
	Pattern           *regexp.Regexp // the whole value must match
	Values            []string       // of an enum
	Min, Max          *int           // of an int
	Role              string         // of a node: worker or exec, "" for either

	line int
}

// plainName is what inputs and steps may be called: what can stand in an expression.
var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func readInputs(p *page, n yamlNode) []Input {
	all, ok := p.block(n, "the inputs")
	if !ok {
		return nil
	}
	var out []Input
	for _, k := range all.keys {
		if !plainName.MatchString(k.name) {
			p.wrong(k.line, "use small letters, digits and _, and begin with a letter", "%q is no name for an input", k.name)
		}
		b, ok := p.block(k.value, "the input "+k.name, "type", "default", "pattern", "values", "min", "max", "role", "about")
		if !ok {
			continue
		}
		out = append(out, readInput(b, k))
	}
	return out
}

func readInput(b block, k key) Input {
	in := Input{Name: k.name, line: k.line, Type: b.among("type", inputTypes...), About: b.text("about"), Role: b.among("role", config.RoleWorker, config.RoleExec)}
	if in.Type == "" && !b.has("type") {
		b.wrong(k.line, "add `type:` with one of "+strings.Join(inputTypes, ", "), "the input %s has no type", k.name)
	}
	if b.has("default") {
		s := b.text("default")
		in.Default = &s
	}
	if b.has("pattern") {
		re, err := regexp.Compile(`^(?:` + b.text("pattern") + `)$`)
		if err != nil {
			b.wrong(b.lineOf("pattern"), "write a regular expression (RE2) in single quotes", "the pattern of %s: %v", k.name, err)
		}
		in.Pattern = re
	}
	for _, it := range b.items("values") {
		in.Values = append(in.Values, it.text)
	}
	if n, ok := b.number("min"); ok {
		in.Min = &n
	}
	if n, ok := b.number("max"); ok {
		in.Max = &n
	}
	for key, only := range map[string]string{"values": typeEnum, "min": typeInt, "max": typeInt, "role": typeNode} {
		if b.has(key) && in.Type != "" && in.Type != only {
			b.wrong(b.lineOf(key), "leave it out, or make the type "+only, "%s of the input %s fits only the type %s", key, k.name, only)
		}
	}
	if in.Type == typeEnum && len(in.Values) == 0 {
		b.wrong(k.line, "add `values: [a, b]`", "the input %s can be nothing: it has no values", k.name)
	}
	return in
}

// check holds the default against the input's own rules.
func (in Input) check(p *page, cfg *config.Config) {
	if in.Default == nil {
		return
	}
	if _, why := in.parse(*in.Default, fleetOf(cfg)); why != "" {
		p.wrong(in.line, "correct the default, or leave it out so that it must be said", "the default of %s: %s", in.Name, why)
	}
}

// kind is the input's type in expressions.
func (in Input) kind() types.Type {
	switch in.Type {
	case typeInt:
		return types.Int
	case typeBool:
		return types.Bool
	case typeDuration:
		return types.TypeOf(time.Duration(0))
	}
	return types.String
}

// parse reads a value; why says what is wrong with it, "" when nothing is.
func (in Input) parse(s string, all []member) (value any, why string) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return nil, "it is no text: a byte in it is no UTF-8, or is zero"
	}
	if in.Pattern != nil && !in.Pattern.MatchString(s) {
		return nil, fmt.Sprintf("%q does not match %s", s, in.pattern())
	}
	switch in.Type {
	case typeInt:
		return in.parseInt(s)
	case typeBool:
		if s != "true" && s != "false" {
			return nil, fmt.Sprintf("%q is neither true nor false", s)
		}
		return s == "true", ""
	case typeDuration:
		d, err := time.ParseDuration(s)
		if err != nil {
			return nil, fmt.Sprintf("%q is no duration such as 90s or 5m", s)
		}
		return d, ""
	case typeEnum:
		if !slices.Contains(in.Values, s) {
			return nil, fmt.Sprintf("%q is none of %s", s, strings.Join(in.Values, ", "))
		}
	case typeNode:
		i := slices.IndexFunc(all, func(m member) bool { return m.Name == s })
		if i < 0 {
			return nil, fmt.Sprintf("no node is named %q", s)
		}
		if in.Role != "" && all[i].Role != in.Role {
			return nil, fmt.Sprintf("%s is not in the role %s", s, in.Role)
		}
	}
	return s, ""
}

func (in Input) parseInt(s string) (any, string) {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return nil, fmt.Sprintf("%q is no whole number", s)
	case in.Min != nil && n < *in.Min:
		return nil, fmt.Sprintf("%d is below %d", n, *in.Min)
	case in.Max != nil && n > *in.Max:
		return nil, fmt.Sprintf("%d is above %d", n, *in.Max)
	}
	return n, ""
}

// shown is the input as the shelf shows it.
func (in Input) shown() run.Input {
	out := run.Input{Name: in.Name, About: in.About, Type: in.Type, Values: in.Values, Needed: in.Default == nil}
	if in.Default != nil {
		out.Default = *in.Default
	}
	if in.Type == typeBool {
		out.Values = []string{"true", "false"}
	}
	return out
}

// values reads what was said, and fills in the defaults.
func (d *Definition) values(said map[string]string, all []member) (map[string]any, error) {
	out := map[string]any{}
	for _, in := range d.Inputs {
		s, ok := said[in.Name]
		switch {
		case !ok && in.Default == nil:
			return nil, &fault.Error{What: "an input is missing", On: d.ID, Why: in.Name + ": " + in.words(), Next: "say it: --set " + in.Name + "=VALUE", Code: fault.Usage}
		case !ok:
			s = *in.Default
		}
		v, why := in.parse(s, all)
		if why != "" {
			return nil, &fault.Error{What: "an input cannot be used", On: d.ID + ", " + in.Name, Why: why, Next: in.words(), Code: fault.Usage}
		}
		out[in.Name] = v
	}
	return out, nil
}

// pattern is what its author wrote.
func (in Input) pattern() string {
	return strings.TrimSuffix(strings.TrimPrefix(in.Pattern.String(), "^(?:"), ")$")
}

// words say what the input is.
func (in Input) words() string {
	s := in.Type
	switch {
	case len(in.Values) > 0:
		s += ": " + strings.Join(in.Values, ", ")
	case in.Pattern != nil:
		s += " that matches " + in.pattern()
	}
	if in.About != "" {
		s += "; " + in.About
	}
	return s
}
