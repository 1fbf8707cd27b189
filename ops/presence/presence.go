// Package presence lets the operators of an instance see who else has a console open. A console is a process on the exec node that does nothing and
// ends with the connection, however that ends: there is no record to go stale, nothing is written, and `ps` shows it to everybody.
package presence

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vmtui/vmtui/remote/clean"
	"github.com/vmtui/vmtui/remote/ssh"
)

// Script lists the consoles, one a line: seconds since each was opened, and its command line, in which the host's shell stands first.
const Script = `ps -ww -eo etimes=,args= | grep ' vmtui console [0-9]'`

// stay is what a console is on exec. Its arguments say whose it is.
const stay = `while sleep 60; do :; done`

// How long it takes to sit down again after the connection was lost.
const (
	firstPause   = 5 * time.Second
	longestPause = time.Minute
)

// Console is one that is open.
type Console struct {
	Who      string        `json:"who"`      // "mike@laptop"
	PID      int           `json:"pid"`      // on the operator's own machine
	ReadOnly bool          `json:"readonly"` // it can change nothing
	Open     time.Duration `json:"open"`     // for how long, by exec's clock
}

// Host is the exec node.
type Host interface {
	Stream(ctx context.Context, c ssh.Command, line func(string)) ssh.Result
}

// Sit shows a console to the others until ctx ends. A host that is not reached, or does not allow it, is asked again after a while.
func Sit(ctx context.Context, exec Host, me Console) {
	pause := firstPause
	for {
		res := exec.Stream(ctx, me.command(), func(string) {})
		if res.Took > longestPause {
			pause = firstPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, longestPause)
	}
}

// command is what shows the console: the last word is free text, and nothing comes behind it.
func (c Console) command() ssh.Command {
	mode := "rw"
	if c.ReadOnly {
		mode = "ro"
	}
	return ssh.Command{For: "show the others that this console is open", Script: stay, Tether: true, Args: []string{"console", strconv.Itoa(c.PID), mode, clean.Line(c.Who)}}
}

// Parse reads what Script printed. A line that is none of ours is passed over: anybody may call a process anything.
func Parse(out string) []Console {
	var all []Console
	for line := range strings.Lines(out) {
		before, after, found := strings.Cut(line, " vmtui console ")
		fields := strings.SplitN(strings.TrimSpace(after), " ", 3)
		if !found || len(fields) != 3 || !strings.Contains(before, "-c "+stay) {
			continue
		}
		seconds, err := strconv.Atoi(strings.Fields(before)[0])
		pid, err2 := strconv.Atoi(fields[0])
		if err != nil || err2 != nil {
			continue
		}
		all = merge(all, Console{Who: clean.Short(clean.Line(fields[2]), 100), PID: pid, ReadOnly: fields[1] == "ro", Open: time.Duration(seconds) * time.Second})
	}
	return all
}

// merge adds a console that is not there yet: one that is being opened may be two processes for a moment.
func merge(all []Console, c Console) []Console {
	for i, other := range all {
		if other.Who == c.Who && other.PID == c.PID {
			all[i].Open = max(other.Open, c.Open)
			return all
		}
	}
	return append(all, c)
}

// Others are all but that one.
func Others(all []Console, me Console) []Console {
	var out []Console
	for _, c := range all {
		if c.Who != me.Who || c.PID != me.PID {
			out = append(out, c)
		}
	}
	return out
}

// String is a console in words.
func (c Console) String() string {
	if c.ReadOnly {
		return fmt.Sprintf("%s, read-only", c.Who)
	}
	return c.Who
}
