package sidekiq

import (
	"bufio"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/spelling"
)

// A backup is a compressed file of JSON lines: a head, one line for each job, and a foot with their number and their checksum. Only its owner can read
// it: jobs hold what people wrote.

// BackupHead is the first line.
type BackupHead struct {
	Format   string    `json:"vmtui"` // sidekiq-backup
	Version  int       `json:"version"`
	Instance string    `json:"instance"`
	Queue    string    `json:"queue"`        // where the jobs belong: a queue, or a set
	Set      bool      `json:"set"`          // with scores
	Newest   bool      `json:"newest_first"` // the order; else the oldest
	Of       string    `json:"of"`           // which jobs, in words
	At       time.Time `json:"at"`
	By       string    `json:"by"`
}

// backupFoot is the last line.
type backupFoot struct {
	Count  int64  `json:"count"`
	SHA256 string `json:"sha256"`
}

// backupLine is a job. One that is not JSON on one line is kept as bytes.
type backupLine struct {
	Score  string          `json:"score,omitempty"`
	Job    json.RawMessage `json:"job,omitempty"`
	Bytes  string          `json:"base64,omitempty"`
	Count  *int64          `json:"count,omitempty"`
	SHA256 string          `json:"sha256,omitempty"`
}

const backupFormat = "sidekiq-backup"

// backup is one that is being written.
type backup struct {
	path  string
	file  *os.File
	buf   *bufio.Writer
	zip   *gzip.Writer
	sum   hash.Hash
	count int64
	whole bool
}

// newBackup begins a file in the directory. Older ones are never written over.
func (a *Acts) newBackup(h BackupHead) (*backup, error) {
	h.Format, h.Version, h.Instance, h.At, h.By = backupFormat, 1, a.Instance, time.Now().UTC(), a.Operator
	if err := os.MkdirAll(a.Dir, 0o700); err != nil {
		return nil, unsaved(a.Dir, err)
	}
	name := fmt.Sprintf("%s-%s-%s.jsonl.gz", h.At.Format("20060102-150405"), fileName(h.Queue), strings.ToLower(rand.Text()[:4]))
	b := &backup{path: filepath.Join(a.Dir, name), sum: sha256.New()}
	file, err := os.OpenFile(b.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, unsaved(b.path, err)
	}
	b.file, b.buf = file, bufio.NewWriterSize(file, 1<<16)
	if b.zip, err = gzip.NewWriterLevel(b.buf, gzip.BestSpeed); err != nil {
		return nil, unsaved(b.path, errors.Join(err, file.Close()))
	}
	head, err := json.Marshal(h)
	if err == nil {
		err = b.write(head)
	}
	if err != nil {
		return nil, errors.Join(unsaved(b.path, err), file.Close())
	}
	return b, nil
}

func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
}

func unsaved(on string, err error) error {
	return (&fault.Error{What: "the backup was not written", On: on, Next: "nothing was deleted without one; look at the disk and at the directory's permissions"}).Because(err)
}

func (b *backup) write(line []byte) error {
	if _, err := b.zip.Write(line); err != nil {
		return err
	}
	_, err := b.zip.Write([]byte{'\n'})
	return err
}

// add writes jobs. What was added is safe only after end.
func (b *backup) add(jobs ...found) error {
	for _, f := range jobs {
		if err := b.write(lineOf(f)); err != nil {
			return unsaved(b.path, err)
		}
		b.count++
		summed(b.sum, f)
	}
	return nil
}

// lineOf is a job's line, with the job's own bytes in it where they can be.
func lineOf(f found) []byte {
	score := ""
	if f.score != "" {
		score = `"score":` + strconv.Quote(f.score) + `,`
	}
	if json.Valid([]byte(f.raw)) && !strings.ContainsAny(f.raw, "\r\n") && strings.TrimSpace(f.raw) == f.raw {
		return []byte("{" + score + `"job":` + f.raw + "}")
	}
	return []byte("{" + score + `"base64":"` + base64.StdEncoding.EncodeToString([]byte(f.raw)) + `"}`)
}

// summed adds a job to a checksum, so that no two lists of jobs have the same text.
func summed(sum hash.Hash, f found) {
	_, _ = fmt.Fprintf(sum, "%d:%d:%s%s", len(f.score), len(f.raw), f.score, f.raw) // a hash takes everything
}

// end writes the foot, puts everything onto the disk, and reads it back: only a backup whose count and checksum are right is one. One without a job is
// removed.
func (b *backup) end() (err error) {
	if b.file == nil {
		return nil
	}
	foot, err := json.Marshal(backupFoot{Count: b.count, SHA256: hex.EncodeToString(b.sum.Sum(nil))})
	if err == nil {
		err = b.write(foot)
	}
	for _, step := range []func() error{b.zip.Close, b.buf.Flush, b.file.Sync} {
		if err == nil {
			err = step()
		}
	}
	err = errors.Join(err, b.file.Close())
	b.file = nil
	if err != nil {
		return unsaved(b.path, err)
	}
	if b.count == 0 {
		return os.Remove(b.path)
	}
	if err := syncDir(filepath.Dir(b.path)); err != nil {
		return unsaved(b.path, err)
	}
	_, count, err := readBackup(b.path, func(found) error { return nil })
	if err == nil && count != b.count {
		err = unsaved(b.path, fmt.Errorf("%s written, and %d in it", spelling.Count(b.count, "job", "jobs"), count))
	}
	b.whole = err == nil
	return err
}

func syncDir(path string) error {
	dir, err := os.Open(path) // #nosec G304 -- the state directory
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// readBackup reads a file from its beginning and proves it: an error means that it is not whole.
func readBackup(path string, each func(found) error) (head BackupHead, count int64, err error) {
	bad := func(why string, cause error) error {
		return (&fault.Error{What: "the backup cannot be used", On: path, Why: why, Next: "look for another one in the same directory"}).Because(cause)
	}
	file, err := os.Open(path) // #nosec G304 -- the operator's own file
	if err != nil {
		return head, 0, bad("", err)
	}
	defer func() { _ = file.Close() }() // only read
	unzip, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<16))
	if err != nil {
		return head, 0, bad("it is no compressed file", err)
	}
	lines, sum := bufio.NewReaderSize(unzip, 1<<16), sha256.New()
	first, err := lines.ReadBytes('\n')
	if err != nil || json.Unmarshal(first, &head) != nil || head.Format != backupFormat || head.Version != 1 {
		return head, 0, bad("it is no backup of Sidekiq's jobs", err)
	}
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			return head, count, bad("it ends too early", io.ErrUnexpectedEOF)
		}
		f, foot, err := readLine(text)
		if err != nil {
			return head, count, bad("a line of it cannot be read", err)
		}
		if foot != nil {
			if foot.Count != count || foot.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
				return head, count, bad("its jobs are not those that were written: count or checksum differ", nil)
			}
			if _, err := lines.ReadByte(); !errors.Is(err, io.EOF) { // the end has the compression's own checksum
				return head, count, bad("its end is missing, or there is more behind it", err)
			}
			return head, count, nil
		}
		count++
		summed(sum, f)
		if err := each(f); err != nil {
			return head, count, err
		}
	}
}

func readLine(text []byte) (found, *backupFoot, error) {
	var l backupLine
	if err := json.Unmarshal(text, &l); err != nil {
		return found{}, nil, err
	}
	switch {
	case l.Count != nil:
		return found{}, &backupFoot{Count: *l.Count, SHA256: l.SHA256}, nil
	case l.Bytes != "":
		raw, err := base64.StdEncoding.DecodeString(l.Bytes)
		return found{raw: string(raw), score: l.Score}, nil, err
	}
	return found{raw: string(l.Job), score: l.Score}, nil, nil
}
