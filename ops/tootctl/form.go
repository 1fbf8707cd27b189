package tootctl

import (
	"slices"
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
		out = append(out, field)
	}
	return out
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
	if unread != nil {
		return c, unread
	}
	return c, c.check(v)
}
