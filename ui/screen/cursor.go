package screen

import "slices"

// cursor is a selection by id, never by row: when rows move, it stays with its thing; when its thing goes, it takes the nearest.
type cursor struct {
	id  string
	row int
}

// settle finds the selected row among ids.
func (c *cursor) settle(ids []string) int {
	if i := slices.Index(ids, c.id); i >= 0 {
		c.row = i
		return i
	}
	if len(ids) == 0 {
		c.id, c.row = "", 0
		return -1
	}
	c.row = min(max(c.row, 0), len(ids)-1)
	c.id = ids[c.row]
	return c.row
}

// move handles a binding that moves; page is how many rows half a page is. It reports whether it was one.
func (c *cursor) move(binding string, ids []string, page int) bool {
	at := c.settle(ids)
	switch binding {
	case "up":
		at--
	case "down":
		at++
	case "half-up":
		at -= max(page, 1)
	case "half-down":
		at += max(page, 1)
	case "page-up":
		at -= max(2*page, 1)
	case "page-down":
		at += max(2*page, 1)
	case "top", "head":
		at = 0
	case "bottom":
		at = len(ids) - 1
	default:
		return false
	}
	if len(ids) > 0 {
		c.row = min(max(at, 0), len(ids)-1)
		c.id = ids[c.row]
	}
	return true
}

// window is the first of n rows to show so that row at is seen, with one row of what is around it where there is room.
func window(at, n, rows int) int {
	if n <= rows {
		return 0
	}
	return min(max(at-rows/2, 0), n-rows)
}
