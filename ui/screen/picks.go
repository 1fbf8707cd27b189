package screen

import "slices"

// picks are the rows an operator has marked, by id and never by row: rows may move, go and come back. They are kept in the order of marking.
type picks struct{ ids []string }

// has reports that a row is marked.
func (p *picks) has(id string) bool { return slices.Contains(p.ids, id) }

// turn marks a row, or takes its mark off.
func (p *picks) turn(id string) {
	if id == "" {
		return
	}
	if p.has(id) {
		p.drop(id)
		return
	}
	p.ids = append(p.ids, id)
}

// drop takes a row's mark off.
func (p *picks) drop(id string) {
	p.ids = slices.DeleteFunc(slices.Clone(p.ids), func(x string) bool { return x == id })
}

// all marks every one of these rows; where all are marked already, it takes their marks off.
func (p *picks) all(ids []string) {
	every := !slices.ContainsFunc(ids, func(id string) bool { return !p.has(id) })
	for _, id := range ids {
		if p.has(id) == every {
			p.turn(id)
		}
	}
}

// clear takes every mark off, and reports whether there was one.
func (p *picks) clear() bool {
	had := len(p.ids) > 0
	p.ids = nil
	return had
}

// among are the marked ids in the order of these rows, and behind them those that are not among the rows.
func (p *picks) among(ids []string) []string {
	var out, hidden []string
	for _, id := range ids {
		if p.has(id) {
			out = append(out, id)
		}
	}
	for _, id := range p.ids {
		if !slices.Contains(ids, id) {
			hidden = append(hidden, id)
		}
	}
	return append(out, hidden...)
}
