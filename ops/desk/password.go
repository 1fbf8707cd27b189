package desk

// hand takes a password that a run was given: for whoever asks for it once, or for whoever hears it at once. False: nobody has it.
func (d *Desk) hand(run, password string) bool {
	if d.Heard != nil {
		return d.Heard(run, password)
	}
	d.mu.Lock()
	d.spoken[run] = password
	d.mu.Unlock()
	d.stir()
	return true
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
