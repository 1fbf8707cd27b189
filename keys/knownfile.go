package keys

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const maxKnownHosts = 32 << 20

// knownFile is a known_hosts file as last read.
type knownFile struct {
	path  string
	stamp fileStamp
	lines []knownLine
}

// fileStamp tells whether a file is still the one that was read.
type fileStamp struct {
	size  int64
	time  time.Time
	inode uint64
}

func stampOf(path string) (fileStamp, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return fileStamp{}, nil
	}
	if err != nil {
		return fileStamp{}, err
	}
	s := fileStamp{size: info.Size(), time: info.ModTime()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = sys.Ino
	}
	return s, nil
}

// readKnown reads a file line by line; a missing one is an empty one.
func readKnown(path string) (*knownFile, error) {
	stamp, err := stampOf(path)
	if err != nil {
		return nil, err
	}
	f := &knownFile{path: path, stamp: stamp}
	if stamp.size > maxKnownHosts {
		return nil, fmt.Errorf("larger than %d MiB", maxKnownHosts>>20)
	}
	data, err := os.ReadFile(path) // #nosec G304 -- the operator's config names it
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(data)) {
		f.lines = append(f.lines, parseKnown(line))
	}
	return f, nil
}

// readable is the file without its broken lines, numbered as before.
func (f *knownFile) readable() string {
	var b strings.Builder
	for _, l := range f.lines {
		if l.key != nil {
			b.WriteString(strings.TrimRight(l.text, "\r\n"))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// hashes reports whether the file's style is to hash names.
func (f *knownFile) hashes() bool {
	for _, l := range f.lines {
		if l.hashed() {
			return true
		}
	}
	return false
}

// add appends one line in a single write, after ending an unfinished last line. File and directory are made for the owner only.
func (f *knownFile) add(line string) error {
	if n := len(f.lines); n > 0 && f.lines[n-1].end() == "" {
		line = "\n" + line
	}
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) // #nosec G304 -- the operator's config names it
	if err != nil {
		return err
	}
	_, err = file.WriteString(line + "\n")
	return errors.Join(err, file.Sync(), file.Close())
}

// write replaces the whole file, or leaves it as it was. A symbolic link stays one.
func (f *knownFile) write() error {
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, l := range f.lines {
		b.WriteString(l.text)
	}
	return replaceFile(path, b.String(), info.Mode().Perm())
}

func replaceFile(path, data string, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".known_hosts-*")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(data)
	if err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- the directory of a file that the config names
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lockDir keeps other processes of ours from changing the directory's files; it is made if it is missing.
func lockDir(path string) (unlock func(), err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d, err := os.Open(dir) // #nosec G304 -- the directory of a file that the config names
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return func() { _ = d.Close() }, nil
}

// firstOfEachDir picks one file of every directory, sorted by directory.
func firstOfEachDir(paths []string) []string {
	byDir := map[string]string{}
	for _, p := range paths {
		byDir[filepath.Dir(p)] = p
	}
	out := make([]string, 0, len(byDir))
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		out = append(out, byDir[dir])
	}
	return out
}
