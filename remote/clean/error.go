package clean

// plainError is an error whose text may be shown.
type plainError struct {
	error

	text string
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.error }

// Error is an error as it may be shown: a server words its refusals, its certificate's names and its goodbye itself, and libraries repeat
// them. What the error is stays. Secrets may be nil.
func Error(err error, secrets Secrets) error {
	text := Line(err.Error())
	if secrets != nil {
		text = secrets.Redact(text)
	}
	if text == err.Error() {
		return err
	}
	return &plainError{err, text}
}
