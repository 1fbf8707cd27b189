package screen

import "slices"

// order is how the rows of a list are sorted: by a column's head, one way or the other. The zero order is the list's own.
type order struct {
	by     string
	turned bool // the other way than the column's own
}

// column chooses a column; choosing it again turns the order round.
func (o *order) column(head string) {
	if o.by == head {
		o.turned = !o.turned
		return
	}
	*o = order{by: head}
}

// next chooses the column behind the present one, and behind the last the list's own order.
func (o *order) next(heads []string) {
	i := slices.Index(heads, o.by) + 1
	*o = order{}
	if i < len(heads) {
		o.by = heads[i]
	}
}
