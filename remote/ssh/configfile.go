package ssh

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// configFile is a file of ssh_config. A name in it that is not absolute is looked for below ~/.ssh, or below /etc/ssh when the system's own file leads to
// it, however many files lie between.
type configFile struct {
	path   string
	system bool
}

var (
	errMatch    = errors.New("it uses Match")
	errRelative = errors.New("it includes a file by a name that only ssh resolves")
)

var (
	matchLine   = regexp.MustCompile(`(?im)^[ \t]*match[ \t=]`)
	includeLine = regexp.MustCompile(`(?im)^[ \t]*include[ \t=]+(.+)$`)

	includePattern = regexp.MustCompile(`"[^"]*"|\S+`)
)

// beyondUs says what of a file, or of what it includes, must be left to ssh; nil when our parser reads it as ssh does.
func (f configFile) beyondUs(data []byte, depth int) error {
	if matchLine.Match(data) {
		return errMatch
	}
	for _, m := range includeLine.FindAllSubmatch(data, -1) {
		for _, pattern := range includePattern.FindAllString(string(m[1]), -1) {
			if err := f.included(strings.Trim(pattern, `"`), depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// included looks through the files of an Include. Our parser takes a relative name by where the file with it lies, and not by whose it is.
func (f configFile) included(pattern string, depth int) error {
	if !filepath.IsAbs(pattern) && (f.system || depth > 0 && isBelow(filepath.Dir(systemConfig), f.path)) {
		return errRelative
	}
	if pattern = tilde(pattern); !filepath.IsAbs(pattern) {
		if strings.ContainsAny(pattern, "~$%") {
			return errRelative
		}
		pattern = filepath.Join(home(), ".ssh", pattern)
	}
	files, err := filepath.Glob(pattern)
	if err != nil || depth > 5 {
		return nil //nolint:nilerr // our parser says what is wrong with it
	}
	for _, path := range files {
		data, err := os.ReadFile(path) // #nosec G304 G703 -- the operator's ssh_config includes it
		if err != nil {
			continue
		}
		if err := (configFile{path, f.system}).beyondUs(data, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// isBelow goes by the name alone, as our parser does.
func isBelow(folder, path string) bool {
	return strings.HasPrefix(filepath.Clean(path), folder)
}
