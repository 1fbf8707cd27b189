package keys

import (
	"context"
	"errors"
)

// changeTries is how often a change begins anew when another program, which does not know of our lock, was faster.
const changeTries = 5

// change lets one process of ours at a time change the files, from what they say now.
func (t *Trust) change(ctx context.Context, host string, do func(*known) error) error {
	unlock, err := t.lock(ctx)
	if err != nil {
		return notPinned(host, t.files[0], err)
	}
	defer unlock()
	defer t.forget()
	for try := 1; ; try++ {
		k, err := readAllKnown(t.files)
		if err != nil {
			return err
		}
		if err = do(k); !errors.Is(err, errOvertaken) || try == changeTries {
			return err
		}
	}
}

// lock holds every directory that a file of ours is in, in one order, so that two processes cannot wait for each other.
func (t *Trust) lock(ctx context.Context) (unlock func(), err error) {
	var held []func()
	unlock = func() {
		for _, u := range held {
			u()
		}
	}
	for _, dir := range dirsOf(t.files) {
		u, err := lockDir(ctx, dir)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, u)
	}
	return unlock, nil
}
