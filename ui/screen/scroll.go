package screen

// scroll is how far a pane of text is scrolled. Drawing tells it how much there is and how much of it is seen.
type scroll struct{ from, lines, rows int }

// show is the first line to draw, of so many lines in so many rows.
func (s *scroll) show(lines, rows int) int {
	s.lines, s.rows = lines, max(rows, 1)
	s.by(0)
	return s.from
}

// by moves so many lines, no further than there is something.
func (s *scroll) by(n int) { s.from = max(min(s.from+n, s.lines-s.rows), 0) }

// move handles a binding that moves, and reports whether it was one.
func (s *scroll) move(binding string) bool {
	switch binding {
	case "up":
		s.by(-1)
	case "down":
		s.by(1)
	case "half-up":
		s.by(-max(s.rows/2, 1))
	case "half-down":
		s.by(max(s.rows/2, 1))
	case "page-up":
		s.by(-max(s.rows-1, 1))
	case "page-down":
		s.by(max(s.rows-1, 1))
	case "top", "head":
		s.from = 0
	case "bottom":
		s.by(s.lines)
	default:
		return false
	}
	return true
}

// wheel moves as a mouse's wheel does.
func (s *scroll) wheel(down bool) {
	if down {
		s.by(3)
		return
	}
	s.by(-3)
}
