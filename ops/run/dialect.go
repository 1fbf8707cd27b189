package run

import (
	"database/sql"
	"strconv"
	"strings"
)

// dialect is how the tables are spoken of in one kind of SQL. The statements are written once: "~" stands before a table's name, "?" for an argument.
type dialect struct {
	schema   string             // that the tables lie in
	numbered bool               // arguments are $1, $2, …
	guard    []string           // run first in a migration, so that one console migrates at a time
	lock     string             // put behind a SELECT of a row that is about to be changed
	moment   sql.IsolationLevel // in which several reads see one moment
	taken    func(error) bool   // the error says that such a row exists
	steps    [][]string         // the schema, a version each: run once, in order, and never changed after a release
}

// say puts a statement into the dialect.
func (d *dialect) say(statement string) string {
	var b strings.Builder
	n := 0
	for _, r := range statement {
		switch {
		case r == '~':
			b.WriteString(d.schema + ".")
		case r == '?' && d.numbered:
			n++
			b.WriteString("$" + strconv.Itoa(n))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// rows are the placeholders of n rows of that many values.
func rows(n, values int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", values), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", n), ",")
}
