package keys

import (
	"context"
	"sync"
	"time"

	"github.com/vmtui/vmtui/keys/fault"
)

// Passwords are what sudo asks for. One is asked of the operator once for every login name, kept in memory until the process ends, and hidden from every
// text from then on. It is safe for concurrent use.
type Passwords struct {
	asker Asker
	hide  func(Secret)
	turn  chan struct{} // one question at a time, and one answer for all who wait
	mu    sync.Mutex
	users map[string]*password
}

// password is one login name's.
type password struct {
	value   Secret
	taken   bool              // some host took it
	hosts   map[string]Secret // where another one is right
	refused error             // the operator's no, which stands for a while
	until   time.Time
}

// NewPasswords knows none yet. A nil asker refuses; hide is told every password before it is used.
func NewPasswords(asker Asker, hide func(Secret)) *Passwords {
	if asker == nil {
		asker = Refuser{}
	}
	return &Passwords{asker: asker, hide: hide, turn: make(chan struct{}, 1), users: map[string]*password{}}
}

// For gives user's password on host. Wrong is the one that host has just not taken; empty at first.
func (p *Passwords) For(ctx context.Context, user, host string, wrong Secret) (Secret, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return Secret{}, ctx.Err()
	}
	p.mu.Lock()
	v := p.users[user]
	if v == nil {
		v = &password{hosts: map[string]Secret{}}
		p.users[user] = v
	}
	known, refused, until := v.on(host), v.refused, v.until
	p.mu.Unlock()
	switch {
	case !known.Empty() && known != wrong:
		return known, nil
	case time.Now().Before(until):
		return Secret{}, refused
	}
	return p.ask(ctx, v, user, host, wrong)
}

func (v *password) on(host string) Secret {
	if s, own := v.hosts[host]; own {
		return s
	}
	return v.value
}

func (p *Passwords) ask(ctx context.Context, v *password, user, host string, wrong Secret) (Secret, error) {
	q := Question{Kind: AskSudo, Subject: host, Secret: true, Text: "sudo on " + host + " asks for " + user + "'s password. It is kept in memory only, and used on every host where " +
		user + " is asked"}
	if !wrong.Empty() {
		q.Text = "sudo on " + host + " did not take that password of " + user + ". Once more"
	}
	a, err := p.asker.Ask(ctx, q)
	if err == nil && a.Text == "" {
		err = &fault.Error{What: "sudo gets no password", On: host, Why: "none was given", Next: "try again, or allow it without one in sudoers", Code: fault.Refused}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			v.refused, v.until = err, time.Now().Add(refusalHolds)
		}
		return Secret{}, err
	}
	s := Secret{a.Text}
	if p.hide != nil {
		p.hide(s)
	}
	if v.value == wrong && !v.taken {
		v.value = s
	} else {
		v.hosts[host] = s
	}
	return s, nil
}

// Took says that a host took the password.
func (p *Passwords) Took(user string, s Secret) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v := p.users[user]; v != nil && v.value == s {
		v.taken = true
	}
}
