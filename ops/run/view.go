package run

import (
	"time"
)

// View is a run as a renderer sees it: the fold of its events. Apply them in order.
type View struct {
	ID      string
	Header  Header
	State   State
	Leg     int
	Walker  Leg    // who walks it, or walked it last
	Last    uint64 // Seq of the newest event applied
	Steps   []StepView
	Current int // index into Steps, -1 before the first
	Gate    *Gate
	GateSeq uint64
	Wait    *Wait
	Undoing bool
	Moved   *Place // where it goes on, when it went on elsewhere
	Facts   map[string]string
	Detail  string // of the result
	Started time.Time
	Updated time.Time
	Lines   []Line // the transcript, bounded; Cut counts what was dropped
	Cut     int
	Spent   Spent

	open  bool // a leg is open: whether the run lives, only its process tells
	alive bool // and it told so, when it was asked

	answered *Answer // the last one that closed a gate
	decided  time.Time
}

// Walked reports that some process walked the run when it was looked at. One that waits at a gate may be nobody's any more.
func (v *View) Walked() bool { return v.alive }

// StepView is one step's state.
type StepView struct {
	StepInfo
	State  StepState
	Detail string
	Plan   []string
	Run    string // the newest run that this step is, where it is one
	Began  time.Time
	Ended  time.Time
}

// Line is one line of the transcript.
type Line struct {
	Time time.Time
	Step string
	Mark string // "›" plan, "→" intent, "✓" done, "✗" failed, "?" unknown, " " output, "·" note
	Text string
}
