package tootctl

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Progress is a bar, understood.
type Progress struct {
	Title string // "Importing StatusesIndex", "" for most
	At    int
	Of    int           // 0: nobody knows
	Left  time.Duration // below 0: nobody knows
	Done  bool
	Took  time.Duration // when it is done
}

// barShape is a bar on a terminal, without what a terminal obeys.
var barShape = regexp.MustCompile(`^(?:(\D*?) ?)?(\d+)/(\d+|\?\?) \|[=\-\s]*\|\s+(ETA|Time): ([\d?]+):([\d?]{2}):([\d?]{2})`)

// ReadProgress understands a clean line; ok is false for one that is no bar.
func ReadProgress(line string) (p Progress, ok bool) {
	m := barShape.FindStringSubmatch(line)
	if m == nil {
		return Progress{}, false
	}
	p.Title = strings.TrimSpace(m[1])
	p.At, _ = strconv.Atoi(m[2])
	p.Of, _ = strconv.Atoi(m[3]) // ?? is 0
	p.Left = clock(m[5:8])
	if p.Done = m[4] == "Time"; p.Done {
		p.Took, p.Left = p.Left, 0
	}
	return p, true
}

// clock is hours, minutes and seconds, below 0 for question marks.
func clock(parts []string) time.Duration {
	total := 0
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return -1
		}
		total = total*60 + n
	}
	return time.Duration(total) * time.Second
}

// Percent is how far it is, below 0 when nobody knows.
func (p Progress) Percent() int {
	switch {
	case p.Of > 0:
		return min(100*p.At/p.Of, 100)
	case p.Done:
		return 100
	}
	return -1
}

// Rate is how many a second it did between two looks, 0 when that cannot be said.
func Rate(from, to Progress, between time.Duration) float64 {
	if between <= 0 || to.At < from.At || from.Title != to.Title {
		return 0
	}
	return float64(to.At-from.At) / between.Seconds()
}

// Reading is what has been understood of a job's output so far. Take gives it a line.
type Reading struct {
	Bar      Progress
	Barred   bool     // there has been one
	Errors   []string // of single items, the first errorsKept of them
	Count    int      // of all
	Closing  string   // the line that says that it is done
	Lines    int
	closing  *regexp.Regexp
	complain string // the last line that was none of these, for a failure's reason
}

const errorsKept = 100

// NewReading reads the output of a command.
func NewReading(c *Command) *Reading {
	r := &Reading{}
	if first, _, _ := strings.Cut(c.Success, " then "); first != "" {
		r.closing, _ = regexp.Compile(first) // a test reads them all
	}
	return r
}

// itemError is a line about one item that failed, while the others go on.
var itemError = regexp.MustCompile(`^(Error processing .*?:|Error fetching list of files:|Error while importing|Unrecognized file found:)`)

// countedFailures is what a closing line says of items that failed: "Added 1, skipped 0, failed 2".
var countedFailures = regexp.MustCompile(`, failed(?: to import)? (\d+)$`)

// Take reads a clean line; bar reports that it was a bar, which is shown in place and not kept.
func (r *Reading) Take(line string) (bar bool) {
	if p, ok := ReadProgress(line); ok {
		r.Bar, r.Barred = p, true
		return true
	}
	if strings.TrimSpace(line) == "" {
		return false
	}
	r.Lines++
	switch {
	case itemError.MatchString(line):
		r.Count++
		if len(r.Errors) < errorsKept {
			r.Errors = append(r.Errors, line)
		}
	case r.closing != nil && r.closing.MatchString(line):
		r.Closing = line
		if m := countedFailures.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1]) // what is too long for an int is no count
			r.Count += n
		}
	default:
		r.complain = line
	}
	return false
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

// Result weighs an exit status of a job that ended by itself, and says why.
func (r *Reading) Result(code int) (Result, string) {
	switch {
	case code == 137: // nobody asks for that: Cancel is known by its own mark
		return Failure, "killed (exit status 137): by the kernel for want of memory, or with its container"
	case code == 130 || code == 143 || code == 129:
		return Cancelled, fmt.Sprintf("ended by a signal (exit status %d)", code)
	case code != 0 && r.complain != "":
		return Failure, fmt.Sprintf("exit status %d: %s", code, r.complain)
	case code != 0:
		return Failure, fmt.Sprintf("exit status %d", code)
	case r.Count > 0:
		return Partly, fmt.Sprintf("%d failed; %s", r.Count, r.Closing)
	case r.closing != nil && r.Closing == "":
		return Unsure, "exit status 0, and the line that says so is missing: " + r.complain
	}
	return Success, r.Closing
}
