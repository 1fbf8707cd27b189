// Package courier carries one file to a node or from one: through the door, on the record, and whole or not at all.
package courier

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote/clean"
)

// Errand is one file and both ends of its way.
type Errand struct {
	Node  string
	There string // its path on the node
	Here  string // and on this machine
	Up    bool   // to the node
	Over  bool   // a file is there already on this machine, whose place it takes
	Size  int64  // of the file that goes up
}

// Read makes an errand of two paths, of which one is NODE:PATH. A path that ends with a slash, or a directory of this machine, gets the file under its own name.
func Read(from, to string, known func(node string) bool) (Errand, error) {
	source, fromNode := onNode(from, known)
	target, toNode := onNode(to, known)
	switch {
	case fromNode == "" && toNode != "":
		return goingUp(Errand{Node: toNode, There: target, Here: atHome(source), Up: true})
	case fromNode != "" && toNode == "":
		return comingDown(Errand{Node: fromNode, There: source, Here: atHome(target)})
	}
	if stranger := strange(from, to, known); stranger != "" {
		return Errand{}, unfit(from+" "+to, "no node is called "+strconv.Quote(stranger), "write NODE:PATH for the one that is on a node; `vmtui status` lists them")
	}
	return Errand{}, &fault.Error{What: "that cannot be copied", On: clean.Line(from + " " + to), Why: "one of the two is on a node and the other is here",
		Next: "write NODE:PATH for the one on a node", Code: fault.Usage}
}

// strange is the word before a colon that is the name of no node, "" where there is none. A path of this machine that has a colon says so by its slash.
func strange(from, to string, known func(node string) bool) string {
	for _, word := range []string{from, to} {
		name, _, found := strings.Cut(word, ":")
		if found && name != "" && !strings.Contains(name, "/") && !known(name) {
			return name
		}
	}
	return ""
}

func goingUp(e Errand) (Errand, error) {
	info, err := os.Stat(e.Here)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return e, unfit(e.Here, "there is no such file here", "look at the path")
	case err != nil:
		return e, unfit(e.Here, "it cannot be read", "see who may read it")
	case !info.Mode().IsRegular():
		return e, unfit(e.Here, "it is "+kind(info)+", and one file is copied at a time", "pack it into one with tar, or name a file in it")
	}
	if e.Size = info.Size(); e.There == "" || strings.HasSuffix(e.There, "/") {
		e.There += filepath.Base(e.Here)
	}
	return e, nil
}

func comingDown(e Errand) (Errand, error) {
	if e.There == "" || strings.HasSuffix(e.There, "/") {
		return e, unfit(e.Node+":"+e.There, "it is a directory, and one file is copied at a time", "name a file in it")
	}
	info, err := os.Stat(e.Here)
	if err == nil && info.IsDir() {
		e.Here = filepath.Join(e.Here, path.Base(e.There))
		info, err = os.Stat(e.Here)
	}
	if err == nil && !info.Mode().IsRegular() {
		return e, unfit(e.Here, "it is "+kind(info)+", whose place no file takes", "name another place")
	}
	if dir, is := os.Stat(filepath.Dir(e.Here)); is != nil || !dir.IsDir() || strings.HasSuffix(e.Here, "/") {
		return e, unfit(filepath.Dir(e.Here), "there is no such directory here", "make it, or name another place")
	}
	e.Over = err == nil
	return e, nil
}

func unfit(path, why, next string) *fault.Error {
	return &fault.Error{What: "that cannot be copied", On: clean.Line(path), Why: why, Next: next, Code: fault.Usage}
}

func kind(info os.FileInfo) string {
	if info.IsDir() {
		return "a directory"
	}
	return "no ordinary file"
}

// onNode takes NODE: off a path, where there is such a node.
func onNode(word string, known func(string) bool) (file, node string) {
	if name, rest, found := strings.Cut(word, ":"); found && known(name) {
		return rest, name
	}
	return word, ""
}

// atHome is what a shell makes of ~/: where the path was typed into the console no shell has seen it.
func atHome(file string) string {
	if rest, tilde := strings.CutPrefix(file, "~/"); tilde {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest) + map[bool]string{true: "/"}[strings.HasSuffix(rest, "/")]
		}
	}
	return file
}

// From is where it comes from, as it may be shown: names are anybody's.
func (e Errand) From() string { return clean.Line(map[bool]string{true: e.Here, false: e.far()}[e.Up]) }

// To is where it goes, as it may be shown.
func (e Errand) To() string { return clean.Line(map[bool]string{true: e.far(), false: e.Here}[e.Up]) }

func (e Errand) far() string { return e.Node + ":" + e.There }
