package keys

import (
	"context"
	"errors"
	"fmt"
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

// add appends one line in a single write, after ending an unfinished last line, with line ends as the file has them. File and directory are
// made for the owner only.
func (f *knownFile) add(line string) error {
	end := "\n"
	for _, l := range f.lines {
		if l.end() != "" {
			end = l.end()
		}
	}
	if n := len(f.lines); n > 0 && f.lines[n-1].end() == "" {
		line = end + line
	}
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) // #nosec G304 -- the operator's config names it
	if err != nil {
		return err
	}
	_, err = file.WriteString(line + end)
	return errors.Join(err, file.Sync(), file.Close())
}

// errOvertaken says that somebody who knows nothing of our lock, ssh itself perhaps, wrote the file after it was read.
var errOvertaken = errors.New("the file was changed by another program meanwhile")

// write replaces the whole file, or leaves it as it was: by errOvertaken when it is no longer what was read. A symbolic link stays one, and
// owner and mode stay too.
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
	tmp, err := fileLike(path, info, b.String())
	if err != nil {
		return err
	}
	if now, err := stampOf(path); err != nil || now != f.stamp {
		return errors.Join(errOvertaken, err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return syncDir(filepath.Dir(path))
}

const unfinished = ".vmtui-" // begins the names of files that are not yet in their place

// fileLike writes a new file beside another one, with its owner and mode. What a crash left of an earlier try is written over.
func fileLike(path string, info os.FileInfo, data string) (string, error) {
	name := filepath.Join(filepath.Dir(path), unfinished+filepath.Base(path))
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	tmp, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- beside a file that the operator's config names
	if err != nil {
		return "", err
	}
	_, err = tmp.WriteString(data)
	if sys, ok := info.Sys().(*syscall.Stat_t); ok && err == nil && int(sys.Uid) != os.Geteuid() {
		err = tmp.Chown(int(sys.Uid), int(sys.Gid))
	}
	if err = errors.Join(err, tmp.Chmod(info.Mode().Perm()), tmp.Sync(), tmp.Close()); err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- the directory of a file that the config names
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

const (
	lockPatience = 10 * time.Second // for another process of ours, which needs milliseconds
	lockPause    = 20 * time.Millisecond
)

// lockDir keeps other processes of ours from changing the files of a directory; it is made if it is missing. A file behind a symbolic link is
// locked where it really is.
func lockDir(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d, err := os.Open(dir) // #nosec G304 -- the directory of a file that the config names
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, errors.New("another vmtui has been changing it for "+lockPatience.String()))
	defer cancel()
	for {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = d.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, d.Close())
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), d.Close())
		}
	}
}

// dirOf is where a file really is.
func dirOf(path string) string {
	if there, err := filepath.EvalSymlinks(path); err == nil {
		path = there
	}
	return filepath.Dir(path)
}

// dirsOf are the directories of files, sorted, each once.
func dirsOf(paths []string) []string {
	var dirs []string
	for _, p := range paths {
		dirs = append(dirs, dirOf(p))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
