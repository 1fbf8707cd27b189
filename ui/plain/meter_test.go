package plain

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmtui/vmtui/ops/tootctl"
)

// On a terminal the bar is drawn in place, not more often than an eye sees, and what came too soon is drawn all the same.
func TestTheMeterOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		m := &Meter{Out: &out, Width: func() int { return 80 }}
		drawn := func() string {
			m.mu.Lock() // a timer draws too
			defer m.mu.Unlock()
			return out.String()
		}
		for i := range 51 {
			if err := m.Take(tootctl.Progress{Title: "Importing StatusesIndex", At: i, Of: 100, Left: time.Minute}, 0); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(drawn(), "\r\x1b[K"); got != 1 {
			t.Errorf("drawn %d times: %q", got, drawn())
		}
		time.Sleep(meterBeat)
		synctest.Wait()
		if want := "Importing StatusesIndex ███████████████░░░░░░░░░░░░░░░  50% 50 of 100 · 1m left\r"; !strings.HasSuffix(drawn(), want) {
			t.Errorf("%q", drawn())
		}
		_ = m.Take(tootctl.Progress{At: 1}, 1)
		if err := m.Away(); err != nil || !strings.HasSuffix(drawn(), "\r\x1b[K") {
			t.Errorf("%q, %v", drawn(), err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !strings.HasSuffix(drawn(), "\r\x1b[K") {
			t.Errorf("drawn after it was taken away: %q", drawn())
		}
	})
}

// Where there is no terminal it is a line now and then: for each title, every ten seconds, and at the end.
func TestTheMeterElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		m := &Meter{Out: &out}
		for i := range 201 {
			_ = m.Take(tootctl.Progress{Title: "Importing X", At: i, Of: 201, Left: -1}, i/100)
			time.Sleep(time.Second / 10)
		}
		_ = m.Take(tootctl.Progress{Title: "Importing X", At: 201, Of: 201, Done: true, Took: 20 * time.Second}, 2)
		_ = m.Away()
		want := "Importing X: 0%, 0 of 201\nImporting X: 49%, 100 of 201, 10.0 a second, 10s left, 1 failed\nImporting X: 99%, 200 of 201, 10.0 a second, 2 failed\nImporting X: 100%, 201 of 201, took 20s, 2 failed\n"
		if out.String() != want {
			t.Errorf("%s", out.String())
		}
	})
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestTheMeterThatNobodyReads(t *testing.T) {
	m := &Meter{Out: closed{}}
	if err := m.Take(tootctl.Progress{At: 1}, 0); err == nil {
		t.Error("no error")
	}
}
