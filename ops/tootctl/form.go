package tootctl

import (
	"fmt"
	"slices"
	"strings"
)

// Form is a command being filled in: a text for each argument and option. Booleans are On, Off or nothing; what takes several values takes words.
type Form struct {
	Command *Command
	text    map[string]string
}

// What a boolean's field says.
const (
	On  = "on"
	Off = "off"
)

// Field is a line of the form.
type Field struct {
	Name     string
	About    string
	Type     string // an option's; String for an argument
	Choices  []string
	Required bool
	Default  any
	Value    string
	Lacks    string // why this version does not have it
	Takes    string // what it takes, in words
}

// NewForm is an empty one.
func NewForm(c *Command) *Form { return &Form{Command: c, text: map[string]string{}} }

// FormOf is a call as a form.
func FormOf(c *Call) *Form {
	f := NewForm(c.Command)
	args := c.Args
	for _, a := range c.Command.Args {
		switch {
		case len(args) == 0:
		case a.Variadic:
			f.text[a.Name], args = Quote(args), nil
		default:
			f.text[a.Name], args = args[0], args[1:]
		}
	}
	for _, g := range c.Given {
		switch {
		case g.No:
			f.text[g.Option.Name] = Off
		case g.Option.switches():
			f.text[g.Option.Name] = On
		case g.Option.Type == Array:
			f.text[g.Option.Name] = Quote(g.Values)
		default:
			f.text[g.Option.Name] = g.Values[0]
		}
	}
	return f
}

// switches reports that the option is on or off and has no value.
func (o *Option) switches() bool { return o.Type == Boolean || o.bare() }

// Fields are the lines of the form, arguments first.
func (f *Form) Fields(v Version) []Field {
	var out []Field
	for _, a := range f.Command.Args {
		field := Field{Name: a.Name, About: a.Summary, Type: String, Required: a.Required, Value: f.text[a.Name], Choices: f.Command.choices(a.Name, nil)}
		if a.Variadic {
			field.Type = Array
		}
		field.Takes = field.words(nil)
		out = append(out, field)
	}
	for i := range f.Command.Options {
		o := &f.Command.Options[i]
		field := Field{Name: o.Name, About: o.Summary, Type: o.Type, Required: o.Required, Default: o.Default, Value: f.text[o.Name], Choices: f.Command.choices(o.Name, o.Enum), Lacks: o.Lacks(v)}
		if o.switches() {
			field.Type, field.Choices = Boolean, []string{On, Off}
			if o.bare() {
				field.Choices = []string{On}
			}
		}
		field.Takes = field.words(o)
		out = append(out, field)
	}
	return out
}

// words say what a field takes; o is the option, nil for an argument.
func (f Field) words(o *Option) string {
	said := map[string]string{Boolean: "on or off", Numeric: "a number", String: "a text", Array: "one or more, as words: '…' keeps one together"}[f.Type]
	switch {
	case f.Type == Boolean && len(f.Choices) == 1:
		said = "on or nothing"
	case f.Type == Array && len(f.Choices) > 0:
		said = "some of " + strings.Join(f.Choices, ", ")
	case f.Type != Boolean && len(f.Choices) > 0:
		said = "one of " + strings.Join(f.Choices, ", ")
	}
	if o == nil {
		return said
	}
	if o.Whole {
		said = "a whole number"
	}
	for _, b := range o.Bounds {
		if b.Refused {
			said += fmt.Sprintf(" of %v or more", b.Under)
		}
	}
	if o.Default != nil && o.Type != Boolean {
		said += fmt.Sprintf("; %v when left out", o.Default)
	}
	if len(o.Aliases) > 0 {
		said += "; also " + strings.Join(o.Aliases, ", ")
	}
	return said
}

// choices are the values that an option or argument can have, nil for any.
func (c *Command) choices(name string, enum []string) []string {
	for _, rule := range c.Constraints {
		if (rule.Option == name || rule.Argument == name) && len(rule.Enum) > 0 {
			return rule.Enum
		}
	}
	return enum
}

// Set fills in a field; "" leaves it out.
func (f *Form) Set(name, value string) { f.text[name] = value }

// Turn goes to the next of a field's choices, and behind the last one to nothing.
func (f *Form) Turn(field Field) {
	i := slices.Index(field.Choices, field.Value) + 1
	if i < len(field.Choices) {
		f.text[field.Name] = field.Choices[i]
		return
	}
	f.text[field.Name] = ""
}

// Call is what the form says, whether it could be run or not, and what stands in the way.
func (f *Form) Call(v Version) (*Call, error) {
	c, err := f.read()
	if err != nil {
		return c, err
	}
	if a := f.missing(); a != nil {
		return c, c.lacks(*a)
	}
	return c, c.check(v)
}

// read is what the form says, and why a field of several words cannot be read.
func (f *Form) read() (*Call, error) {
	c := &Call{Command: f.Command}
	var unread error
	words := func(text string) []string {
		split, err := Split(text)
		if err != nil {
			unread = err
			return []string{text}
		}
		return split
	}
	for _, a := range f.Command.Args {
		switch text := f.text[a.Name]; {
		case text == "":
		case a.Variadic:
			c.Args = append(c.Args, words(text)...)
		default:
			c.Args = append(c.Args, text)
		}
	}
	for i := range f.Command.Options {
		o := &f.Command.Options[i]
		switch text := f.text[o.Name]; {
		case text == "":
		case o.switches():
			c.Given = append(c.Given, Given{Option: o, No: text == Off})
		case o.Type == Array:
			c.Given = append(c.Given, Given{Option: o, Values: words(text)})
		default:
			c.Given = append(c.Given, Given{Option: o, Values: []string{text}})
		}
	}
	return c, unread
}

// missing is the first argument that is needed and not filled in: of a call, in which those behind it have moved up, it could not be told.
func (f *Form) missing() *Arg {
	i := slices.IndexFunc(f.Command.Args, func(a Arg) bool { return a.Required && f.text[a.Name] == "" })
	if i < 0 {
		return nil
	}
	return &f.Command.Args[i]
}

// Wrong says why a field cannot have a value, whatever the others have; nil when it can.
func (f *Form) Wrong(name, value string, v Version) error {
	alone := NewForm(f.Command)
	alone.Set(name, value)
	c, err := alone.read()
	if err != nil {
		return err
	}
	return c.checkValues(v)
}
