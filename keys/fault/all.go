package fault

// All are the faults that an error joins, one for each thing that went wrong.
func All(err error) []*Error {
	if err == nil {
		return nil
	}
	if f, ok := err.(*Error); ok { //nolint:errorlint // a fault's own cause is in its text already
		return []*Error{f}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // as above: only what was joined at the top
		var all []*Error
		for _, e := range joined.Unwrap() {
			all = append(all, All(e)...)
		}
		return all
	}
	return []*Error{Of(err)}
}
