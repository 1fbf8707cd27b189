package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/adrg/xdg"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// DefaultPath is where the file is looked for when no --config is given.
func DefaultPath() string { return filepath.Join(xdg.ConfigHome, "vmtui", "config.yaml") }

// Load reads, completes and checks the file at path. Every error is a fault with file, line and next step, and exit code 2.
func Load(path string) (*Config, error) {
	source, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, unreadable(path, err)
	}
	return Parse(path, source)
}

// Parse is Load on text that is in memory already; path names it in errors and anchors relative paths.
func Parse(path string, source []byte) (*Config, error) {
	c := &Config{path: path}
	if err := yaml.NewDecoder(bytes.NewReader(source), yaml.Strict()).Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, badYAML(path, source, err)
	}
	if err := c.fill(); err != nil {
		return nil, &fault.Error{What: "config cannot be completed", On: path, Next: "set state_dir", Code: fault.Usage}
	}
	file, err := parser.ParseBytes(source, 0)
	if err != nil {
		return nil, badYAML(path, source, err)
	}
	c.at = position{path, file}
	if err := c.check(c.at); err != nil {
		return nil, err
	}
	return c, nil
}

func unreadable(path string, err error) error {
	f := &fault.Error{What: "config cannot be read", On: path, Next: "check that you may read it", Code: fault.Usage}
	info, is := os.Stat(path)
	switch {
	case path == "":
		f.Why, f.Next = "--config names no file", "name one, or leave --config out: then it is "+DefaultPath()
	case is == nil && info.IsDir():
		f.Why, f.Next = "it is a directory", "name the file in it: --config "+filepath.Join(path, "config.yaml")
	case errors.Is(err, os.ErrNotExist) && os.Getenv("HOME") == "" && path == DefaultPath():
		f.Why, f.Next = "HOME is not set, so nobody knows where your config is", "set HOME, or name the file with --config FILE"
	case errors.Is(err, os.ErrNotExist):
		f.Next = "write one with `vmtui init`, name one with --config FILE, or look around first with `vmtui demo`"
	}
	var named *os.PathError
	if f.Why == "" && errors.As(err, &named) { // the path stands there already
		f.Why = named.Err.Error()
	}
	return f.Because(err)
}

func badYAML(path string, source []byte, err error) error {
	on, why := path, err.Error()
	var located yaml.Error
	if errors.As(err, &located) {
		why = located.GetMessage()
		if t := located.GetToken(); t != nil {
			on = fmt.Sprintf("%s:%d", path, t.Position.Line)
		}
	}
	why = plainly(why)
	if _, value, is := strings.Cut(why, "time: invalid duration "); is { // the library does not say where
		on, why = lineOf(path, source, strings.Trim(value, `"`)), value+" is not a duration such as 90s or 5m"
	}
	var kind *yaml.TypeError
	if errors.As(err, &kind) && kind.Token != nil {
		why = fmt.Sprintf("%q is not %s", kind.Token.Value, inWords(kind.DstType))
	}
	return &fault.Error{What: "config is not valid", On: on, Why: why, Next: hint(why), Code: fault.Usage, Err: err}
}

// lineOf points at the first line that has a value.
func lineOf(path string, source []byte, value string) string {
	before, _, found := bytes.Cut(source, []byte(value))
	if !found || value == "" {
		return path
	}
	return fmt.Sprintf("%s:%d", path, 1+bytes.Count(before, []byte("\n")))
}

// inWords is what a value of that type looks like in the file.
func inWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Slice:
		return "a list: [a, b]"
	case reflect.Map, reflect.Struct:
		return "a block of keys and values"
	}
	return "of the right kind"
}

func hint(why string) string {
	_, name, unknown := strings.Cut(why, "unknown field ")
	if !unknown {
		return "mend that line; docs/guide.md shows a whole file"
	}
	known := fields(reflect.TypeFor[Config](), map[reflect.Type]bool{})
	return "remove the key or correct its name" + spelling.Hint(", perhaps to ", strings.Trim(name, `"`), known, "") + "; docs/guide.md lists them all"
}

// fields are the keys of a block and of all blocks in it.
func fields(t reflect.Type, seen map[reflect.Type]bool) (names []string) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return nil
	}
	seen[t] = true
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" && name != "-" {
			names = append(append(names, name), fields(t.Field(i).Type, seen)...)
		}
	}
	return names
}

// shapes are what the library calls the kinds of things in a file, and what they look like.
var shapes = strings.NewReplacer("mapping", "a block of keys and values", "sequence", "a list", "string", "a text", "integer", "a number", "boolean", "true or false")

// twice is how the library says that a key is.
var twice = regexp.MustCompile(`^mapping key (".*") already defined at \[(\d+):\d+\]$`)

// plainly says in the words of who writes such a file that one kind of thing stands where another belongs, or that a key is there twice.
func plainly(why string) string {
	if is, belongs, found := strings.Cut(strings.TrimSuffix(why, " is expected"), " was used where "); found {
		return shapes.Replace(is) + " stands where " + shapes.Replace(belongs) + " belongs"
	}
	return twice.ReplaceAllString(why, "the key $1 is there already, in line $2")
}

// position finds the line of a value, so that an error can point at it.
type position struct {
	path string
	file *ast.File
}

func (p position) of(yamlPath string) string {
	for at := yamlPath; at != "$" && at != ""; at = parent(at) {
		if line := p.line(at); line > 0 {
			return fmt.Sprintf("%s:%d", p.path, line)
		}
	}
	return p.path
}

func (p position) line(at string) int {
	path, err := yaml.PathString(at)
	if err != nil {
		return 0
	}
	node, err := path.FilterFile(p.file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

func parent(at string) string {
	cut := strings.LastIndexAny(at, ".[")
	if cut < 0 {
		return ""
	}
	return at[:cut]
}
