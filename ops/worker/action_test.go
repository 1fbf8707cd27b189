package worker

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/remote"
	"github.com/vmtui/vmtui/remote/digitalocean"
)

// Only a completed action is done. An errored one stops the walk; what nobody knows is waited for and never believed.
func TestOnlyACompletedActionIsDone(t *testing.T) {
	for status, x := range map[string]struct {
		done, stops bool
		says        string
	}{
		"completed":   {done: true, says: "completed"},
		"errored":     {stops: true},
		"in-progress": {says: "in progress"},
		"":            {says: "neither in progress nor completed nor errored"},
		"suspended":   {says: `the provider calls it "suspended"`},
	} {
		p, err := sample(t).follow(digitalocean.Action{ID: 9, Status: status}, "look")
		var v verdict
		if p.Done != x.done || errors.As(err, &v) != x.stops || !strings.Contains(p.For+p.Detail, x.says) || !x.done && p.Again <= 0 {
			t.Errorf("%q: %+v, %v", status, p, err)
		}
	}
}

// What passes by itself is asked again, at growing distances and with its reason; a refusal and an unknown outcome are not.
func TestWhatPassesIsAskedAgain(t *testing.T) {
	for name, x := range map[string]struct {
		err   error
		tries int
		took  time.Duration
	}{
		"busy":    {fmt.Errorf("x: %w", digitalocean.ErrBusy), 4, 35 * time.Second}, // 5 + 10 + 20
		"pending": {fmt.Errorf("x: %w", digitalocean.ErrPending), 4, 35 * time.Second},
		"limited": {fmt.Errorf("x: %w", digitalocean.ErrLimited), 4, 15 * time.Second}, // says nothing of how long
		"refused": {fmt.Errorf("x: %w", digitalocean.ErrRefused), 1, 0},
		"unknown": {fmt.Errorf("x: %w", remote.ErrUnknown), 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries, began := 0, time.Now()
				err := sample(t).repeated(t.Context(), &run.Walk{}, func() error {
					if tries++; tries == 4 {
						return nil
					}
					return x.err
				})
				if tries != x.tries || time.Since(began) != x.took || (err == nil) != (x.tries == 4) {
					t.Errorf("%d tries in %s: %v", tries, time.Since(began), err)
				}
			})
		})
	}
}

// A rebuild that turned up since is no reason to send another.
func TestANewerRebuildIsNotRepeated(t *testing.T) {
	c := sample(t)
	for name, x := range map[string]struct {
		actions []digitalocean.Action
		since   int
		sends   bool
	}{
		"first":               {[]digitalocean.Action{{ID: 7, Type: "rebuild", Status: "completed"}}, 0, true},
		"a snapshot since":    {[]digitalocean.Action{{ID: 9, Type: "snapshot", Status: "completed"}, {ID: 7}}, 7, true},
		"a rebuild since":     {[]digitalocean.Action{{ID: 9, Type: "rebuild", Status: "completed"}, {ID: 7}}, 7, false},
		"a rebuild under way": {[]digitalocean.Action{{ID: 9, Type: "rebuild", Status: "in-progress"}}, 0, false},
	} {
		c.Cloud = acting{actions: x.actions}
		w := &run.Walk{}
		newest, err := c.rememberBefore(t.Context(), w, x.since)
		if (err == nil) != x.sends || x.sends && (newest != x.actions[0].ID || w.Fact(factBefore) != fmt.Sprint(newest)) {
			t.Errorf("%s: %d, %v", name, newest, err)
		}
	}
}
