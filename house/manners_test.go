package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// longest is how many lines a file may have before it is about two things.
const longest = 500

// source is one file of ours.
type source struct {
	path  string // from the repository's root
	lines int
	set   *token.FileSet
	tree  *ast.File
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) at(n ast.Node) string { return s.set.Position(n.Pos()).String() }

func (s source) imports(path string) bool {
	return slices.ContainsFunc(s.tree.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"`+path+`"` })
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path) // #nosec G122 -- our own source
		if err != nil {
			return err
		}
		s, err := parse(strings.TrimPrefix(filepath.ToSlash(path), "../"), string(text))
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 500 {
		t.Fatalf("only %d files were found: the house is bigger than that", len(all))
	}
	return all
}

func parse(path, text string) (source, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, text, parser.ParseComments)
	return source{path, strings.Count(text, "\n"), set, tree}, err
}

// calls gives each call of a method or a package's function by these names, with the calls that it stands in.
func (s source) calls(names ...string) map[*ast.CallExpr][]string {
	found := map[*ast.CallExpr][]string{}
	var within []ast.Node
	ast.Inspect(s.tree, func(n ast.Node) bool {
		if n == nil {
			within = within[:len(within)-1]
			return true
		}
		if call, ok := n.(*ast.CallExpr); ok && slices.Contains(names, called(call)) {
			around := []string{}
			for _, w := range within {
				if c, ok := w.(*ast.CallExpr); ok {
					around = append(around, called(c))
				}
			}
			found[call] = around
		}
		within = append(within, n)
		return true
	})
	return found
}

// called is the last word of what is called, "" for what has no name.
func called(c *ast.CallExpr) string {
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
		return sel.Sel.Name
	}
	return ""
}

// of is the name that a method or function is called on.
func of(c *ast.CallExpr) string {
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
		if id, ok := sel.X.(*ast.Ident); ok {
			return id.Name
		}
	}
	return ""
}

// A file is about one thing, and is read in one go.
func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > longest {
			t.Errorf("%s has %d lines, and %d are the most", s.path, s.lines, longest)
		}
	}
}

// Who waits, waits for something. Where time itself is the test's own (testing/synctest) it may pass; a server of the lab may be slow on purpose.
func TestNobodySleeps(t *testing.T) {
	for _, s := range sources(t) {
		for _, where := range s.sleeps() {
			t.Errorf("%s sleeps", where)
		}
	}
}

func (s source) sleeps() (where []string) {
	if s.imports("testing/synctest") || strings.HasPrefix(s.path, "fixtures/lab/guest/") {
		return nil
	}
	for call := range s.calls("Sleep") {
		if of(call) == "time" {
			where = append(where, s.at(call))
		}
	}
	choices := map[ast.Stmt]bool{} // where time is one of several things that are waited for
	ast.Inspect(s.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CommClause:
			choices[n.Comm] = true
		case *ast.ExprStmt:
			if !choices[n] && isAfter(n.X) {
				where = append(where, s.at(n))
			}
		}
		return true
	})
	return where
}

// isAfter is sleep by another name: <-time.After(…).
func isAfter(e ast.Expr) bool {
	arrow, ok := e.(*ast.UnaryExpr)
	if !ok || arrow.Op != token.ARROW {
		return false
	}
	call, ok := arrow.X.(*ast.CallExpr)
	return ok && called(call) == "After" && of(call) == "time"
}

// A test that is skipped says nothing. What chance has made up, and is of no use, may be passed over.
func TestNothingIsSkipped(t *testing.T) {
	for _, s := range sources(t) {
		for _, where := range s.skips() {
			t.Errorf("%s: a test is skipped", where)
		}
	}
}

func (s source) skips() (where []string) {
	if !s.test() {
		return nil
	}
	for call, around := range s.calls("Skip", "Skipf", "SkipNow", "Short") {
		isTest := slices.Contains([]string{"t", "b", "tb", "r", "f", "testing"}, of(call))
		if isTest && !slices.Contains(around, "Fuzz") && !slices.Contains(around, "Check") {
			where = append(where, s.at(call))
		}
	}
	return where
}

// What is exported is explained, and so is each package.
func TestWhatIsExportedIsExplained(t *testing.T) {
	packages := map[string]bool{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		dir := filepath.Dir(s.path)
		packages[dir] = packages[dir] || s.tree.Doc != nil
		for _, where := range s.unexplained() {
			t.Errorf("%s: nothing says what this is", where)
		}
	}
	for dir, explained := range packages {
		if !explained {
			t.Errorf("%s: nothing says what is in this package", dir)
		}
	}
}

func (s source) unexplained() (where []string) {
	for _, d := range s.tree.Decls {
		if name := unexplained(d); name != "" {
			where = append(where, s.at(d)+": "+name)
		}
	}
	return where
}

// unexplained is the exported name in a declaration that nothing is said of, "" where all is said.
func unexplained(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d))) {
			return d.Name.Name
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					return s.Name.Name
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					return s.Names[0].Name
				}
			}
		}
	}
	return ""
}

// receiver is the name of a method's type.
func receiver(d *ast.FuncDecl) string {
	of := d.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	switch generic := of.(type) {
	case *ast.IndexExpr:
		of = generic.X
	case *ast.IndexListExpr:
		of = generic.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// A stranger who reads the architecture hears of every room.
func TestEveryRoomIsTold(t *testing.T) {
	text, err := os.ReadFile("../docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range load(t) {
		floor, rest, _ := strings.Cut(strings.TrimPrefix(p.PkgPath, module), "/")
		name, _, _ := strings.Cut(rest, "/")
		if name == "" || name == "internal" {
			continue
		}
		if !regexp.MustCompile(`\b` + name + `\b`).Match(text) {
			t.Errorf("docs/ARCHITECTURE.md does not tell of %s/%s", floor, name)
		}
	}
}

func TestBadMannersAreNoticed(t *testing.T) {
	s, err := parse("ops/rude_test.go", `package rude

import ("testing"; "time")

type Rude struct{}

func (r *Rude) Loud() {}

const Alarm = 1

func TestRude(t *testing.T) {
	if testing.Short() { t.Skip("not today") }
	time.Sleep(time.Second)
	<-time.After(time.Second)
	select { case <-time.After(time.Second): }
}

func FuzzRude(f *testing.F) { f.Fuzz(func(t *testing.T, s string) { t.Skip() }) }
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.sleeps()) != 2 || len(s.skips()) != 2 || len(s.unexplained()) != 5 { // the skip within Fuzz is none
		t.Errorf("%v, %v, %v", s.sleeps(), s.skips(), s.unexplained())
	}
}
