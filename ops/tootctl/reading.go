package tootctl

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/vmtui/vmtui/ops/spelling"
)

// Reading is what has been understood of a job's output so far. Take gives it a line.
type Reading struct {
	Bar      Progress
	Barred   bool     // there has been one
	Errors   []string // of single items, the first errorsKept of them
	Count    int      // of all
	Closing  string   // the line that says that it is done
	Lines    int
	title    string // of a bar that has none
	asks     bool   // its command does
	open     bool   // the last line is a question without its answer: the next is what was typed, and no word of tootctl's
	closing  *regexp.Regexp
	complain string // the last line that was none of these and says something, for a failure's reason
	reason   string // the last line that can be nothing but a reason
}

const errorsKept = 100

// itemErrors are lines about one item that failed, while the others go on; bars are lines that only a terminal wants. Reasons are how Ruby, Rails and Thor say what
// ended a program; asides are lines that stand around a reason and say nothing by themselves: where in the program it was, how it is called, and a table. Two
// blanks behind a colon make none: PostgreSQL writes its errors so. grep -E reads them all as well.
const (
	itemErrors = `^(Error processing .*:|Account failed:|Error fetching list of files:|Error while importing|Unrecognized file found:)`
	bars       = `\|[-= ]*\| +(ETA|Time): `
	reasons    = "^[^[:space:]]+:[0-9]+:in [`'][^']*': |" + `^([A-Z][A-Za-z0-9]*::)+[A-Z][A-Za-z0-9]*: |^[A-Z][A-Za-z0-9]*Error: |^ERROR: `
	asides     = `^[[:space:]]+([0-9]+: )?from |^/[^[:space:]]+:[0-9]+:in [^:]*$|^Usage: |^Did you mean|^Caused by:|^Tasks: TOP|^\(See full trace|^Traceback |` + columns
	columns    = `[^:.[:space:]][[:space:]][[:space:]]+[^[:space:]]|^[^A-Za-z0-9]*$`
)

var (
	itemError = regexp.MustCompile(itemErrors)
	reason    = regexp.MustCompile(reasons)
	aside     = regexp.MustCompile(asides)
	column    = regexp.MustCompile(columns)
)

// NewReading reads the output of a command.
func NewReading(c *Command) *Reading {
	r := &Reading{title: c.Name(), asks: c.Interactive}
	if closing := c.closing(); closing != "" {
		r.closing, _ = regexp.Compile(closing) // a test reads them all
	}
	return r
}

// closing is what the line looks like that says that the command is done, "" for one that says nothing. It is written for grep -E as well.
func (c *Command) closing() string {
	first, _, _ := strings.Cut(c.Success, " then ")
	return strings.NewReplacer(`[\d.]`, `[0-9.]`, `\d`, `[0-9]`, `\s`, `[[:space:]]`).Replace(first)
}

// Signs are what tells how a command ended, for whoever reads its output without knowing commands, as expressions of grep -E.
type Signs struct {
	Errors  string // the lines about an item that failed
	Closing string // the line that says that it is done, "" where none does
	Noise   string // the lines that say nothing
	Reasons string // the lines that say why a program has ended before its end
}

// Signs are a command's.
func (c *Command) Signs() Signs {
	return Signs{itemErrors, c.closing(), bars + `|^[[:space:]]*$|` + asides, reasons}
}

// Digest is what was found by a command's signs.
type Digest struct {
	Errors  int
	Closing string // the last such line
	Last    string // the last line of all that says something, before all others one that says why
}

// Digested is what a digest tells: all of it but the items that failed.
func (c *Command) Digested(d Digest) *Reading {
	r := NewReading(c)
	r.Count = d.Errors
	if d.Closing != "" {
		r.Take(d.Closing)
	}
	if d.Last != d.Closing {
		r.complain = d.Last
	}
	return r
}

// countedFailures is what a closing line says of items that failed: "Added 1, skipped 0, failed 2".
var countedFailures = regexp.MustCompile(`, failed(?: to import)? (\d+)$`)

// failuresIn is how many failed by a closing line.
func failuresIn(closing string) int {
	m := countedFailures.FindStringSubmatch(closing)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // what is too long for an int is no count
	return n
}

// Take reads a clean line; bar reports that it was a bar, which is shown in place and not kept.
func (r *Reading) Take(line string) (bar bool) {
	if p, ok := ReadProgress(line); ok {
		p.Title = cmp.Or(p.Title, r.title)
		r.Bar, r.Barred = p, true
		return true
	}
	if strings.TrimSpace(line) == "" {
		return false
	}
	r.Lines++
	typed := r.open
	if r.open = false; r.asks {
		if _, _, answer, known := asked(line); known {
			r.open, typed = answer == "", false
		}
	}
	switch {
	case typed:
		r.complain += line
	case itemError.MatchString(line):
		r.Count++
		if len(r.Errors) < errorsKept {
			r.Errors = append(r.Errors, line)
		}
	case r.closing != nil && r.closing.MatchString(line):
		r.Closing = line
		r.Count += failuresIn(line)
	case reason.MatchString(line):
		r.reason = line
	case !aside.MatchString(line):
		r.complain = line
	}
	return false
}

// said is the line that says most of why it did not end well, "" where nothing does. Where that is a question with the answer to it, it is the answer that ended it.
func (r *Reading) said() string {
	said := cmp.Or(r.reason, r.complain)
	if !r.asks {
		return said
	}
	if why, is := endedAt(said); is {
		return why
	}
	return said
}

// summed is the closing line where it sums up what was done: the head of a table only shows that there is one.
func (r *Reading) summed() string {
	if column.MatchString(r.Closing) {
		return ""
	}
	return r.Closing
}

// Result is how a job ended, by everything that is known and not by its exit status alone.
type Result string

// The results.
const (
	Success   Result = "success"
	Partly    Result = "success with errors"
	Failure   Result = "failed"
	Cancelled Result = "cancelled"
	Unsure    Result = "unknown"
)

// Words are a result in words, with the number of items that failed.
func (r Result) Words(failed int) string {
	switch {
	case r != Partly || failed == 0:
		return string(r)
	case failed == 1:
		return "success with 1 error"
	}
	return fmt.Sprintf("success with %s", spelling.Count(failed, "error", "errors"))
}

// Result weighs an exit status of a job that ended by itself, and says why.
func (r *Reading) Result(code int) (Result, string) {
	switch {
	case code == 137: // nobody asks for that: Cancel is known by its own mark
		return Failure, "killed (exit status 137): by the kernel for want of memory, or with its container"
	case code == 130 || code == 143 || code == 129:
		return Cancelled, fmt.Sprintf("ended by a signal (exit status %d)", code)
	case code != 0:
		return Failure, fmt.Sprintf("exit status %d: %s", code, cmp.Or(r.said(), "nothing that it printed says why"))
	case r.Count > 0 && r.closing != nil && r.Closing == "": // a listing that breaks off says how to go on
		return Partly, strings.TrimSuffix(fmt.Sprintf("%d failed, and it did not come to its end: %s", r.Count, r.said()), ": ")
	case r.Count > 0:
		return Partly, strings.TrimSuffix(fmt.Sprintf("%d failed; %s", r.Count, r.summed()), "; ")
	case r.closing != nil && r.Closing == "":
		return Unsure, strings.TrimSuffix("exit status 0, and the line that says so is missing: "+r.said(), ": ")
	}
	return Success, r.summed()
}
