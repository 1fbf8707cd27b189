// Package origin names a state directory.
package origin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Of names the store in dir for good and everywhere: two machines can have the same name, and the same directory for the same user, and still
// neither knows which processes live on the other.
func Of(dir string) (string, error) {
	path := filepath.Join(dir, "origin")
	name, err := os.ReadFile(path) // #nosec G304 G703 -- the configured state directory
	if err == nil && len(name) > 0 {
		return string(name), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the store's name: %w", err)
	}
	return found(path)
}

// found writes the name and links it to its place, so that of two processes at once both end with the name of the first.
func found(path string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil { // #nosec G703 -- as above
		return "", fmt.Errorf("the store's name: %w", err)
	}
	name := rand.Text()
	draft := path + "." + name
	if err := os.WriteFile(draft, []byte(name), 0o600); err != nil { // #nosec G703 -- as above
		return "", fmt.Errorf("the store's name: %w", err)
	}
	defer func() { _ = os.Remove(draft) }() // #nosec G703 -- as above
	err := os.Link(draft, path)
	if err == nil {
		return name, nil
	}
	first, read := os.ReadFile(path) // #nosec G304 G703 -- the configured state directory
	if read != nil {
		return "", fmt.Errorf("the store's name: %w", errors.Join(err, read))
	}
	return string(first), nil
}
