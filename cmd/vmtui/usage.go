package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

func usage(cmd *cobra.Command, why string) error {
	return &fault.Error{What: "that is not how it is called", On: cmd.CommandPath(), Why: why, Next: "see `" + cmd.CommandPath() + " --help`", Code: fault.Usage}
}

// noArgs is for a command with commands below it, or with nothing behind it.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	known := names(cmd)
	why := fmt.Sprintf("there is no command %q", args[0]) + spelling.Hint("; the nearest is ", strings.TrimSpace(args[0]), known, "")
	return usage(cmd, why+"; known: "+strings.Join(known, ", "))
}

func names(cmd *cobra.Command) []string {
	var all []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			all = append(all, c.Name())
		}
	}
	return all
}

// between takes from least to most arguments.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > most && most == 0:
			return usage(cmd, fmt.Sprintf("it takes nothing behind it, and there is %q", args[0]))
		case len(args) > most:
			return usage(cmd, fmt.Sprintf("%q is too much: it takes %s", args[most], cmd.Use))
		case len(args) < least:
			return usage(cmd, "something is missing: it takes "+cmd.Use)
		}
		return nil
	}
}

// flagWords says what is wrong with a flag, without the words of a parser.
func flagWords(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		name := unknown.GetSpecifiedName()
		all := flagNames(cmd)
		return fmt.Sprintf("there is no --%s; ", name) + cmp.Or(spelling.Hint("the nearest is --", name, all, ""), "there are --"+strings.Join(all, ", --"))
	case errors.As(err, &invalid):
		return fmt.Sprintf("--%s takes %s, and %q is none", invalid.GetFlag().Name, kindOf(invalid.GetFlag()), invalid.GetValue())
	case errors.As(err, &missing):
		return fmt.Sprintf("--%s takes %s, and nothing is behind it", missing.GetFlag().Name, kindOf(missing.GetFlag()))
	}
	return err.Error()
}

func flagNames(cmd *cobra.Command) []string {
	var all []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			all = append(all, f.Name)
		}
	})
	return all
}

// kindOf is what a flag takes, in words.
func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false, or nothing"
	case "int":
		return "a whole number"
	case "duration":
		return "a time such as 30s, 5m or 2h"
	}
	name, _ := pflag.UnquoteUsage(f)
	return name
}

// notBelowZero refuses a number or a time below zero: nothing here counts backwards, and other programs take such a number for "all of it".
func notBelowZero(cmd *cobra.Command) error {
	var why string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		kind := f.Value.Type()
		if (kind == "int" || kind == "duration") && strings.HasPrefix(f.Value.String(), "-") {
			why = fmt.Sprintf("--%s is %s, and nothing is below zero", f.Name, f.Value)
		}
	})
	if why != "" {
		return usage(cmd, why)
	}
	return nil
}

// answerHelp lets help and completion say so when they are asked for what there is not: the library's own show something else, and end well.
func answerHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Run, c.RunE = nil, func(cmd *cobra.Command, args []string) error {
				about, rest, err := root.Find(args)
				if err != nil || len(rest) > 0 {
					return usage(cmd, "there is no command "+strconv.Quote(strings.Join(args, " ")))
				}
				about.InitDefaultHelpFlag()
				return about.Help()
			}
		case "completion":
			c.Args, c.RunE = noArgs, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}
