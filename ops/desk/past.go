package desk

import (
	"context"
	"path/filepath"
	"slices"
)

// What is remembered of what the palette was told: lines, and letters of each.
const (
	saidMost   = 200
	saidLength = 1000
)

func (d *Desk) saidFile() string { return filepath.Join(d.cfg.StateDir, "palette-history.json") }

// Past is what the consoles of this instance were told in their palettes, newest last.
func (d *Desk) Past(context.Context) ([]string, error) {
	var said []string
	err := readKept(d.saidFile(), &said)
	return said, err
}

// Say remembers what the palette was told, without secrets. A line that was said before moves to the end.
func (d *Desk) Say(ctx context.Context, line string) error {
	line = d.secrets.Redact(line)
	if line == "" || len(line) > saidLength {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	said, err := d.Past(ctx)
	if err != nil {
		return err
	}
	said = append(slices.DeleteFunc(said, func(s string) bool { return s == line }), line)
	return keep(d.saidFile(), said[max(len(said)-saidMost, 0):])
}
