package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/run"
)

// bookDoc is a runbook for scripts. Fields are added, never renamed.
type bookDoc struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Summary string     `json:"summary"`
	Danger  act.Danger `json:"danger"`
	Target  string     `json:"target"`
	Inputs  []inputDoc `json:"inputs"`
	File    string     `json:"file"`
	Off     string     `json:"off"`
}

type inputDoc struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	About   string   `json:"about"`
	Default string   `json:"default"`
	Needed  bool     `json:"needed"`
	Values  []string `json:"values"`
}

// listBooks shows what can be run.
func listBooks(f *flags, all []run.Book) error {
	docs := make([]bookDoc, 0, len(all))
	for _, b := range all {
		docs = append(docs, docOf(b))
	}
	if f.json {
		return f.printJSON(map[string]any{"runbooks": docs})
	}
	w := tabwriter.NewWriter(f.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "RUNBOOK\tTARGET\tDANGER\tTITLE")
	for _, d := range docs {
		title := d.Title
		if d.Off != "" {
			title = "off: " + d.Off
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.ID, d.Target, d.Danger, title)
	}
	return w.Flush()
}

func docOf(b run.Book) bookDoc {
	d := bookDoc{ID: b.ID, Title: b.Title, Summary: b.Summary, Danger: b.Danger, Target: b.Targets, File: b.From, Inputs: []inputDoc{}}
	for _, in := range b.Inputs {
		d.Inputs = append(d.Inputs, inputDoc{Name: in.Name, Type: in.Type, About: in.About, Default: in.Default, Needed: in.Needed, Values: append([]string{}, in.Values...)})
	}
	if b.Off != nil {
		d.Off = fault.Of(fault.All(b.Off)[0]).On
	}
	return d
}
