package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/vmtui/vmtui/remote"
)

func plain(s string) string { return s }

func TestEntryFollowsItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(plain)
		ended := l.Witness(remote.Call{Wire: "ssh", On: "worker-2", What: "docker  ps\n-a", Changes: true})
		v, err := l.View(t.Context(), 0)
		if e := v.Entries[0]; err != nil || e.Verdict != Open || e.What != "docker ps -a" || !e.Changes || e.N != 1 {
			t.Fatalf("under way: %+v, %v", e, err)
		}
		time.Sleep(3 * time.Second)
		ended(remote.Ending{Verdict: remote.Unknown, Says: "no exit status came back"})
		ended(remote.Ending{Verdict: remote.OK, Says: "told twice"})
		v, err = l.View(t.Context(), v.Version)
		if e := v.Entries[0]; err != nil || e.Verdict != Unknown || e.Took != 3*time.Second || e.Says != "no exit status came back" {
			t.Fatalf("ended: %+v, %v", e, err)
		}
	})
}

func TestViewWaitsForNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(plain)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.View(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("nothing happened, and the view says %v", err)
		}
		var reading sync.WaitGroup
		var v View
		reading.Go(func() { v, _ = l.View(t.Context(), 0) })
		synctest.Wait()
		l.Witness(remote.Call{What: "GET /v2/account"})
		reading.Wait()
		if len(v.Entries) != 1 || v.Entries[0].What != "GET /v2/account" {
			t.Fatalf("view: %+v", v)
		}
	})
}

// What is sent again and again is kept once: most of a console's calls are its looks at the hosts, each with a script of four kilobytes.
func TestWhatIsSentAgainIsKeptOnce(t *testing.T) {
	l := New(strings.Clone)
	for _, sent := range []string{"df -P", "uptime", "df -P"} {
		l.Witness(remote.Call{What: "look", Sent: sent})
	}
	v, err := l.View(t.Context(), 0)
	if err != nil || len(v.Entries) != 3 || v.Entries[0].Sent != "df -P" || v.Entries[1].Sent != "uptime" {
		t.Fatalf("%+v, %v", v, err)
	}
	if unsafe.StringData(v.Entries[0].Sent) != unsafe.StringData(v.Entries[2].Sent) {
		t.Error("the same text takes its room twice")
	}
}

func TestOldEntriesAreDroppedAndCounted(t *testing.T) {
	l := New(plain)
	first := l.Witness(remote.Call{What: "call 1"})
	for i := range Kept + 9 {
		l.Witness(remote.Call{What: fmt.Sprint("call ", i+2)})(remote.Ending{Verdict: remote.OK})
	}
	first(remote.Ending{Verdict: remote.Failed, Says: "late"}) // its place is another's now
	v, err := l.View(t.Context(), 0)
	if err != nil || len(v.Entries) != Kept || v.Dropped != 10 {
		t.Fatalf("%d kept, %d dropped, %v", len(v.Entries), v.Dropped, err)
	}
	for i, e := range v.Entries {
		if e.N != uint64(Kept+10-i) || e.Verdict != OK {
			t.Fatalf("entry %d is %+v", i, e)
		}
	}
}

func TestNothingHostileOrSecretIsKept(t *testing.T) {
	l := New(func(s string) string { return strings.ReplaceAll(s, "hunter2", "•••") })
	long := strings.Repeat("x", sentKept-3) + "hunter2"
	l.Witness(remote.Call{On: "a\x1b[31m", What: "echo hunter2 \x1b]52;c;aGk=\a", Sent: long})(remote.Ending{Verdict: remote.Failed, Says: "hunter2\u202e\r\nno"})
	v, _ := l.View(t.Context(), 0)
	e := v.Entries[0]
	for _, s := range []string{e.On, e.What, e.Sent, e.Says} {
		if strings.Contains(s, "hunter") || strings.ContainsAny(s, "\x1b\a\r\u202e") {
			t.Errorf("kept: %q", s)
		}
	}
}
