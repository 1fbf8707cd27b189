package ssh

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"

	"github.com/vmtui/vmtui/keys/fault"
	"github.com/vmtui/vmtui/remote"
)

// Progress hears how many bytes of a file have been copied, of how many. It is called by one goroutine and may not block; nil hears nothing.
type Progress func(done, of int64)

// Upload puts a file of ours on the host under another name, with its mode, and then gives it its name in one move: nobody there ever sees half of it. The
// permit is checked before anything is written, and again before the move. An error that wraps remote.ErrUnknown means that the move may have happened.
func (h *Host) Upload(ctx context.Context, permit remote.Permit, local, there string, progress Progress) error {
	if permit == nil {
		return &fault.Error{What: "file not copied", On: h.name, Why: "nobody permitted it", Code: fault.Refused}
	}
	return h.transfer(ctx, "copy "+local+" to "+there, true, func(c *sftp.Client, last *turn) error {
		if err := permit.Check(ctx); err != nil {
			return err
		}
		return upload(ctx, c, local, there, progress, func() error {
			if err := permit.Check(ctx); err != nil {
				return err
			}
			return last.take(ctx)
		})
	})
}

// Download puts a file of the host beside its place here, with its mode, and then into it in one move.
func (h *Host) Download(ctx context.Context, there, local string, progress Progress) error {
	return h.transfer(ctx, "copy "+there+" to "+local, false, func(c *sftp.Client, last *turn) error {
		return download(ctx, c, there, local, progress, func() error { return last.take(ctx) })
	})
}

// turn is who came first: the copy that is about to be moved to its place, or the end of its context.
type turn struct{ taken atomic.Bool }

// first reports that nobody took it before.
func (t *turn) first() bool { return t.taken.CompareAndSwap(false, true) }

// take is the copy's: an error when it is too late.
func (t *turn) take(ctx context.Context) error {
	if !t.first() {
		return context.Cause(ctx)
	}
	return nil
}

// transfer gives work an sftp client. When ctx ends it returns at once, and what was begun is tidied up behind its back, if the host still answers.
func (h *Host) transfer(ctx context.Context, what string, changes bool, work func(*sftp.Client, *turn) error) (err error) {
	ended := h.pool.config.Witness.See(remote.Call{Wire: "ssh", On: h.name, What: what, Changes: changes})
	defer func() { ended(remote.Done("copied", err)) }()
	s, err := h.session(ctx, toStay)
	if err != nil {
		return h.notCopied(what, err)
	}
	over, last := make(chan error, 1), new(turn)
	if !h.pool.crew.run(func() {
		defer h.abandon(s)
		over <- h.bySFTP(s, func(c *sftp.Client) error { return work(c, last) })
	}) {
		h.abandon(s)
		return h.notCopied(what, errClosed)
	}
	select {
	case err = <-over:
	case <-ctx.Done():
		err = h.cutShort(ctx, s, over, last)
	}
	if err != nil {
		return h.notCopied(what, err)
	}
	return nil
}

// cutShort says what is known of a copy that nobody waits for any more: unless it was about to be moved to its place, it never will be.
func (h *Host) cutShort(ctx context.Context, s *session, over <-chan error, last *turn) error {
	select {
	case err := <-over: // both at once: an answer is worth more
		return err
	default:
	}
	h.pool.crew.run(func() {
		late := time.NewTimer(h.pool.pace.grace)
		defer late.Stop()
		select {
		case err := <-over:
			_ = err // nobody is there to hear it
		case <-late.C:
		case <-h.pool.ctx.Done():
		}
		_ = s.Close()
	})
	if last.first() {
		return ctx.Err()
	}
	return errors.Join(remote.ErrUnknown, ctx.Err())
}

func (h *Host) bySFTP(s *session, work func(*sftp.Client) error) error {
	in, err := s.StdinPipe()
	if err != nil {
		return err
	}
	out, err := s.StdoutPipe()
	if err != nil {
		return err
	}
	if err = s.RequestSubsystem("sftp"); err != nil {
		return fmt.Errorf("the host offers no sftp: %w", err)
	}
	c, err := sftp.NewClientPipe(out, in, sftp.UseConcurrentWrites(true)) // what is left of a failed one is removed
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return work(c)
}

func (h *Host) notCopied(what string, err error) error {
	err = h.plainly(err) // the host words its refusals, and names may hold anything
	f := &fault.Error{What: h.plain(what), On: h.name, Next: "try again; nothing was put in its place, at most a .part file is left beside it"}
	if errors.Is(err, remote.ErrUnknown) {
		f.Next, f.Code = "look at the file on the host before doing it again", fault.Unknown
	}
	var inner *fault.Error
	if errors.As(err, &inner) {
		f.Why, f.Next = h.plain(inner.What), h.plain(inner.Next)
		if inner.Why != "" {
			f.Why += ": " + h.plain(inner.Why)
		}
	}
	return f.Because(err)
}

// upload asks may just before the move.
func upload(ctx context.Context, c *sftp.Client, local, there string, progress Progress, may func() error) (err error) {
	from, err := os.Open(local) // #nosec G304 -- the operator names it
	if err != nil {
		return unfit(local, err, "name a file that is there and may be read; nothing was copied")
	}
	defer func() { _ = from.Close() }()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notAFile(local)
	}
	if at, err := c.Stat(there); err == nil && at.IsDir() {
		return &fault.Error{What: there + " is a directory", Next: "end it with / to copy into it"}
	}
	part := partOf(path.Split(there))
	to, err := c.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return unfit(path.Dir(there)+" on the host", err, "name a folder that is there and may be written to; nothing was copied")
	}
	defer func() {
		_ = to.Close()
		if err != nil && !errors.Is(err, remote.ErrUnknown) {
			_ = c.Remove(part)
		}
	}()
	if err = to.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err = pour[io.Reader](info.Size(), to.ReadFrom, &meter{ctx: ctx, from: from, of: info.Size(), tell: progress}); err != nil {
		return err
	}
	if _, sync := c.HasExtension("fsync@openssh.com"); sync {
		if err = to.Sync(); err != nil {
			return err
		}
	}
	if err = to.Close(); err != nil {
		return err
	}
	if err = may(); err != nil {
		return err
	}
	return moved(c.PosixRename(part, there))
}

func notAFile(name string) error {
	return &fault.Error{What: name + " is not a file", Next: "name one file; nothing was copied"}
}

// unfit is a name that leads nowhere, or where nothing may be done: to try again helps nobody. Any other error stays as it is.
func unfit(name string, err error, next string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &fault.Error{What: "there is no " + name, Next: next, Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &fault.Error{What: name + " is not ours to use", Next: next, Err: err}
	}
	return err
}

// moved tells a refusal, which is an answer, from a connection that went before there was one.
func moved(err error) error {
	var said *sftp.StatusError
	if err == nil || errors.As(err, &said) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.Join(remote.ErrUnknown, err)
}

// download asks may just before the move.
func download(ctx context.Context, c *sftp.Client, there, local string, progress Progress, may func() error) (err error) {
	from, err := c.Open(there)
	if err != nil {
		return unfit(there+" on the host", err, "name a file that is there and may be read; nothing was copied")
	}
	defer func() { _ = from.Close() }()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notAFile(there)
	}
	part := partOf(filepath.Split(local))
	to, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the operator names it
	if err != nil {
		return unfit(filepath.Dir(local), err, "name a folder that is there and may be written to; nothing was copied")
	}
	defer func() {
		_ = to.Close()
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	if err = pour[io.Writer](info.Size(), from.WriteTo, &meter{ctx: ctx, to: to, of: info.Size(), tell: progress}); err != nil {
		return err
	}
	if err = to.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err = errors.Join(to.Sync(), to.Close()); err != nil {
		return err
	}
	if err = may(); err != nil {
		return err
	}
	return os.Rename(part, local)
}

// partOf is the name of a copy that is not whole yet.
func partOf(dir, name string) string { return dir + "." + name + "." + rand.Text()[:8] + ".part" }

// pour copies all of a file through a meter, and notices one that became shorter or longer meanwhile.
func pour[T any](size int64, through func(T) (int64, error), m T) error {
	done, err := through(m)
	if err == nil && done != size {
		err = fmt.Errorf("it had %d bytes, and %d were copied: somebody writes to it", size, done)
	}
	return err
}

// meter counts what goes through, and ends it with the context.
type meter struct {
	ctx      context.Context
	from     io.Reader
	to       io.Writer
	done, of int64
	tell     Progress
}

// Size lets sftp send many pieces at once.
func (m *meter) Size() int64 { return m.of }

// Read counts.
func (m *meter) Read(p []byte) (int, error) { return m.count(p, m.from.Read) }

// Write counts.
func (m *meter) Write(p []byte) (int, error) { return m.count(p, m.to.Write) }

func (m *meter) count(p []byte, do func([]byte) (int, error)) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := do(p)
	if m.done += int64(n); n > 0 && m.tell != nil {
		m.tell(m.done, m.of)
	}
	return n, err
}
