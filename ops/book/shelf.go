package book

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/ops/act"
	"github.com/vmtui/vmtui/ops/config"
	"github.com/vmtui/vmtui/ops/run"
)

// Dir is where an instance's own runbooks lie: beside its config.
func Dir(cfg *config.Config) string { return filepath.Join(filepath.Dir(cfg.Path()), "runbooks") }

// Shelf is an instance's own runbooks. A file that changes is read again when it is asked for next.
type Shelf struct {
	deps  Deps
	taken []string

	mu   sync.Mutex
	read map[string]volume
}

// volume is a file as it was read last.
type volume struct {
	changed time.Time
	size    int64
	def     *Definition
	err     error
}

// NewShelf makes the shelf. taken are the names of the built-in runbooks.
func NewShelf(deps Deps, taken []run.Book) *Shelf {
	s := &Shelf{deps: deps, read: map[string]volume{}}
	for _, b := range taken {
		s.taken = append(s.taken, b.ID)
	}
	return s
}

// Books are the runbooks, by name. One whose file has mistakes is among them, and says why it is off.
func (s *Shelf) Books() []run.Book {
	files, _ := filepath.Glob(filepath.Join(escaped(Dir(s.deps.Config)), "*.yaml")) // the pattern is ours and good
	slices.Sort(files)
	var out []run.Book
	for _, f := range files {
		out = append(out, s.book(f))
	}
	return out
}

// escaped is a directory's name with nothing in it that a pattern would obey.
func escaped(dir string) string {
	var out []rune
	for _, r := range dir {
		if slices.Contains([]rune(`*?[\`), r) {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

func (s *Shelf) book(path string) run.Book {
	v := s.volume(path)
	b := run.Book{ID: idOf(path), Title: idOf(path), From: path, Danger: act.Changes, Off: v.err}
	if v.err != nil {
		b.Summary = "its file has mistakes: vmtui config check names them"
		b.Build = func(context.Context, string, map[string]string) (run.Runbook, error) { return run.Runbook{}, v.err }
		return b
	}
	d := v.def
	b.Title, b.Summary, b.Danger, b.Dangers, b.Targets = d.named(), d.Summary, d.Danger, d.Dangers, d.Targets
	for _, in := range d.Inputs {
		b.Inputs = append(b.Inputs, in.shown())
	}
	b.Build = func(ctx context.Context, target string, said map[string]string) (run.Runbook, error) {
		return d.build(ctx, s.deps, target, said)
	}
	return b
}

// volume reads a file unless it is as it was.
func (s *Shelf) volume(path string) volume {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(path)
	if err != nil {
		return volume{err: unreadable(path, err)}
	}
	v, known := s.read[path]
	if known && v.changed.Equal(info.ModTime()) && v.size == info.Size() {
		return v
	}
	v = volume{changed: info.ModTime(), size: info.Size()}
	v.def, v.err = s.open(path)
	s.read[path] = v
	return v
}

func (s *Shelf) open(path string) (*Definition, error) {
	source, err := os.ReadFile(path) // #nosec G304 -- a file of the config's own directory
	if err != nil {
		return nil, unreadable(path, err)
	}
	if slices.Contains(s.taken, idOf(path)) {
		return nil, &fault.Error{What: "runbook is not valid", On: path, Why: "a runbook of that name is built in", Next: "call the file something else", Code: fault.Usage}
	}
	if err := s.tells(path, string(source)); err != nil {
		return nil, err
	}
	return Read(s.deps.Config, path, string(source))
}

// tells refuses a file that holds a secret. It would be masked in the log, and a run could not go on with what it began with.
func (s *Shelf) tells(path, source string) error {
	if s.deps.Redact == nil || s.deps.Redact(source) == source {
		return nil
	}
	p := &page{path: path}
	for i, line := range strings.Split(source, "\n") {
		if s.deps.Redact(line) != line {
			p.wrong(i+1, "keep it where the command reads it, on the node, or name it as env:, file:, keyring: or cmd: where that is taken", "there is a secret in the file, or what looks like one")
		}
	}
	if len(p.mistakes) == 0 { // one that goes over several lines
		p.wrong(0, "keep it where the command reads it, on the node", "there is a secret in the file, or what looks like one")
	}
	return p.err()
}

func unreadable(path string, err error) error {
	return (&fault.Error{What: "runbook cannot be read", On: path, Next: "check that you may read it", Code: fault.Usage}).Because(err)
}

// Check reads every runbook and gives all mistakes, joined, and all warnings.
func (s *Shelf) Check() (books []string, warnings []string, err error) {
	var all []error
	for _, b := range s.Books() {
		books = append(books, b.ID)
		v := s.volume(b.From)
		all = append(all, v.err)
		if v.def != nil {
			warnings = append(warnings, v.def.Warnings...)
		}
	}
	return books, warnings, errors.Join(all...)
}

// Frozen builds the runbook of a run from what was frozen in its header: its file may say something else by now, or be gone. changed reports that.
func (s *Shelf) Frozen(ctx context.Context, h run.Header) (rb run.Runbook, changed bool, err error) {
	path := filepath.Join(Dir(s.deps.Config), h.Runbook+".yaml")
	d, err := Read(s.deps.Config, path, h.Definition)
	if err != nil {
		f := &fault.Error{What: "the run cannot be resumed", On: h.Runbook, Next: "put the config back as it was, or end the run with `vmtui runs stop`", Code: fault.Refused}
		f.Why = "what it began with does not fit any more: " + fault.Of(fault.All(err)[0]).Why
		return run.Runbook{}, false, f.Because(err)
	}
	now, missing := os.ReadFile(path) // #nosec G304 -- a file of the config's own directory
	rb, err = d.build(ctx, s.deps, h.Target, h.Inputs)
	return rb, missing != nil || string(now) != h.Definition, err
}
