// Package fault is the one shape of an error that reaches an operator: what failed, on what, why, and the next thing to do.
//
// It lives in the lowest room because every room above reports with it.
package fault

import (
	"errors"
	"strings"
)

// Code is the process's exit code for a fault.
type Code int

// The exit codes, as documented in the operator's guide.
const (
	Failed      Code = 1
	Usage       Code = 2
	Refused     Code = 3
	Unknown     Code = 4
	Interrupted Code = 130
)

// Error says what failed, on what, why, and what to do next. Only What is required.
type Error struct {
	What string `json:"what"`
	On   string `json:"on"`
	Why  string `json:"why"`
	Next string `json:"next"`

	// Code is how the process ends when nothing handles the error; zero means Failed.
	Code Code `json:"-"`
	// Err is the cause; its text is already in Why.
	Err error `json:"-"`
}

// Error joins the four parts into one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.What)
	if e.On != "" {
		b.WriteString(" on " + e.On)
	}
	if e.Why != "" {
		b.WriteString(": " + e.Why)
	}
	if e.Next != "" {
		b.WriteString(" (next: " + e.Next + ")")
	}
	return b.String()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// Because fills Why and Err from a cause, unless Why says more already.
func (e *Error) Because(err error) *Error {
	e.Err = err
	if e.Why == "" && err != nil {
		e.Why = e.whyOf(err)
	}
	if e.Code == 0 {
		e.Code = CodeOf(err)
	}
	return e
}

// whyOf is a cause's text. What the cause says to do next is this error's own, where that says nothing or the same, and stands in the text no more.
func (e *Error) whyOf(err error) string {
	var cause *Error
	if !errors.As(err, &cause) || cause.Next == "" || e.Next != "" && e.Next != cause.Next {
		return err.Error()
	}
	e.Next = cause.Next
	return strings.Replace(err.Error(), " (next: "+cause.Next+")", "", 1)
}

// Of turns any error into a fault, keeping one that is a fault already.
func Of(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{What: err.Error(), Code: Failed, Err: err}
}

// CodeOf is the exit code for err: Failed unless a fault inside says otherwise, 0 for nil.
func CodeOf(err error) Code {
	if err == nil {
		return 0
	}
	var f *Error
	if errors.As(err, &f) && f.Code != 0 {
		return f.Code
	}
	return Failed
}
