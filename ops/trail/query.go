package trail

import (
	"regexp"
	"strings"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ops/verb"
)

// Query says which entries are wanted; its zero value wants all.
type Query struct {
	Since, Until time.Time
	By, On, Run  string         // exactly; On is a node, a balancer, a store
	Outcome      string         // done, failed, unknown, or a run's state
	Kind         Kind           //
	Text         *regexp.Regexp // in anything that the entry says
	Most         int            // how many at the most, the newest; 0 is no bound
}

// mayHave leaves out runs that certainly have nothing.
func (q Query) mayHave(s run.Summary) bool {
	return (q.Run == "" || q.Run == s.ID) && !s.Updated.Before(q.Since) && (q.Until.IsZero() || !s.Started.After(q.Until))
}

func (q Query) wants(e Entry) bool {
	for _, x := range [][2]string{{q.By, e.By}, {q.On, e.On}, {q.Outcome, e.Outcome}, {string(q.Kind), string(e.Kind)}} {
		if x[0] != "" && x[0] != x[1] {
			return false
		}
	}
	if e.Time.Before(q.Since) || !q.Until.IsZero() && e.Time.After(q.Until) {
		return false
	}
	return q.Text == nil || q.Text.MatchString(e.Text())
}

// Text is everything that an entry says, for searching.
func (e Entry) Text() string {
	head := strings.Join([]string{e.Run, e.Runbook, verb.Spoken(e.Runbook), e.Step, e.By, e.Host, e.On, e.What, e.Outcome, e.Detail}, " ")
	return head + "\n" + strings.Join(e.Output, "\n")
}
