package desk

// hand takes a password that a run was given: for whoever asks for it once, or for whoever hears it at once.
func (d *Desk) hand(run, password string) {
	if d.Heard != nil {
		d.Heard(run, password)
		return
	}
	d.mu.Lock()
	d.spoken[run] = password
	d.mu.Unlock()
	d.stir()
}

// Password is one that a run was given here and that nobody has copied yet, "" for none. It is kept in memory only.
func (d *Desk) Password(run string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spoken[run]
}

// ForgetPassword forgets it.
func (d *Desk) ForgetPassword(run string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.spoken, run)
}
