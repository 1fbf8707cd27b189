package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	testName = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	testFunc = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
)

// A page that names tests as proof must name tests that are there.
func TestTheWalksProofsAreThere(t *testing.T) {
	there := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path) // #nosec G122 -- our own source
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"walk.md", "ARCHITECTURE.md"} {
		named := testName.FindAllStringSubmatch(read(t, filepath.Join("..", "docs", page)), -1)
		if len(named) == 0 {
			t.Errorf("%s names no test", page)
		}
		for _, m := range named {
			if !there[m[1]] {
				t.Errorf("%s names %s, which is nowhere", page, m[1])
			}
		}
	}
}

var (
	aLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	aHead = regexp.MustCompile(`(?m)^#+ (.*)$`)
	block = regexp.MustCompile("(?s)```.*?```")
)

// A link leads to a page that is there, and to a heading of it.
func TestTheLinksLeadSomewhere(t *testing.T) {
	pages := []string{"../README.md", "../CHANGELOG.md"}
	for _, pattern := range []string{"../docs/*.md", "../docs/runbooks/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		pages = append(pages, found...)
	}
	for _, page := range pages {
		for _, m := range aLink.FindAllStringSubmatch(block.ReplaceAllString(read(t, page), ""), -1) {
			file, head, _ := strings.Cut(m[1], "#")
			to := page
			if file != "" {
				to = filepath.Join(filepath.Dir(page), file)
			}
			switch {
			case strings.HasPrefix(m[1], "https://"):
			case head == "":
				if _, err := os.Stat(to); err != nil {
					t.Errorf("%s leads to %s, which is not there", page, m[1])
				}
			case !headed(read(t, to), head):
				t.Errorf("%s leads to %s, and there is no such heading", page, m[1])
			}
		}
	}
}

// headed reports a heading by the name that a link has for it.
func headed(page, name string) bool {
	for _, m := range aHead.FindAllStringSubmatch(page, -1) {
		letters := strings.Map(func(r rune) rune {
			if r == ' ' {
				return '-'
			}
			if r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])
		if letters == name {
			return true
		}
	}
	return false
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
