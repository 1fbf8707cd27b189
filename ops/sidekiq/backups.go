package sidekiq

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/vmtui/vmtui/remote/clean"
)

// BackupFile is a backup that may be read back.
type BackupFile struct {
	BackupHead
	Path  string
	Bytes int64
}

// Backups are those of this instance in the directory, the newest first. Only their heads are read: whether one is whole is proved when it is read back.
func (a *Acts) Backups() ([]BackupFile, error) {
	paths, err := filepath.Glob(filepath.Join(a.Dir, "*.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	var out []BackupFile
	for _, path := range paths {
		if b, err := headOf(path); err == nil && b.Instance == a.Instance {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(x, y BackupFile) int { return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.Path, y.Path)) })
	return out, nil
}

// headMost bounds the first line of a file that may be anything.
const headMost = 1 << 16

func headOf(path string) (BackupFile, error) {
	file, err := os.Open(path) // #nosec G304 -- the state directory
	if err != nil {
		return BackupFile{}, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return BackupFile{}, err
	}
	zip, err := gzip.NewReader(file)
	if err != nil {
		return BackupFile{}, err
	}
	line, err := bufio.NewReaderSize(zip, headMost).ReadSlice('\n')
	if err != nil {
		return BackupFile{}, err
	}
	b := BackupFile{Path: path, Bytes: info.Size()}
	if err := json.Unmarshal(line, &b.BackupHead); err != nil {
		return BackupFile{}, err
	}
	if b.Format != backupFormat {
		return BackupFile{}, os.ErrInvalid
	}
	b.Queue, b.Of, b.By = clean.Line(b.Queue), clean.Line(b.Of), clean.Line(b.By)
	return b, nil
}
