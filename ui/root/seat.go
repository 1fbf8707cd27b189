package root

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/vmtui/vmtui/ui/canvas"
	"github.com/vmtui/vmtui/ui/screen"
)

// How soon a frame follows. What the hand does is seen at once, and while it goes on as often as an eye can follow. What the world does comes
// in bunches, and one frame shows a bunch.
const (
	handGap  = time.Second / 60
	worldGap = time.Second / 20
)

// seat is the console on a terminal: after a message it draws, but not more often than anybody can see.
type seat struct {
	*Root
	canvas *canvas.Canvas
	drawn  time.Time // when the last frame was
	due    time.Time // when the next one is; zero when none is
}

// frameDue comes when the gap after the last frame is over.
type frameDue struct{}

// crash makes a panic the process's end at once. Unwinding would first wait for runs to reach a step boundary, with the terminal in nobody's hands; the
// monitor gives it back and keeps the report.
func crash() {
	if p := recover(); p != nil {
		report := fmt.Sprintf("%v\n\n%s", p, debug.Stack())
		go panic(report)
		select {}
	}
}

// Update implements tea.Model.
func (s *seat) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer crash()
	switch msg := msg.(type) {
	case frameDue:
		if !s.due.IsZero() { // else it was drawn meanwhile
			s.draw()
		}
		return s, nil
	case suspend:
		return s, s.aside(stopHere, func(err error) tea.Msg { return resumed{err} })
	case resumed:
		if msg.err != nil {
			s.say("cannot be put into the background: "+msg.err.Error(), true)
		}
		_ = s.measure() // it may have been resized meanwhile; the old size is good enough otherwise
	case edit:
		return s, s.edit()
	case enter:
		return s, s.enter(msg.node)
	case left:
		_ = s.measure() // as above
	case tea.RawMsg:
		s.canvas.Say(fmt.Sprint(msg.Msg))
		return s, nil
	case tea.ModeReportMsg:
		s.canvas.Reported(msg.Mode, msg.Value)
	case tea.ColorProfileMsg:
		s.canvas.Colors(msg.Profile)
	}
	_, cmd := s.Root.Update(msg)
	return s, tea.Batch(cmd, s.frame(byHand(msg) || byClock(msg)))
}

// byHand reports that somebody did something to the terminal, and looks at it.
func byHand(msg tea.Msg) bool {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.MouseMsg, tea.PasteMsg, tea.WindowSizeMsg, tea.BackgroundColorMsg:
		return true
	}
	return false
}

// byClock reports that a second is over. Nothing comes in a bunch with that, so that nothing is gained by waking once more for the frame.
func byClock(msg tea.Msg) bool {
	a, _ := msg.(screen.Answer)
	_, is := a.Msg.(ticked)
	return is
}

// frame draws now, or sees to it that it is drawn.
func (s *seat) frame(now bool) tea.Cmd {
	if now && time.Since(s.drawn) >= handGap {
		s.draw()
		return nil
	}
	wait := worldGap
	if now {
		wait = handGap - time.Since(s.drawn)
	}
	due := time.Now().Add(wait)
	if !s.due.IsZero() && !due.Before(s.due) {
		return nil
	}
	s.due = due
	return tea.Tick(wait, func(time.Time) tea.Msg { return frameDue{} })
}

func (s *seat) draw() {
	s.canvas.Show(s.picture())
	s.drawn, s.due = time.Now(), time.Time{}
}

// measure asks the terminal for its size.
func (s *seat) measure() error {
	w, h, err := s.canvas.Size()
	if err != nil {
		return fmt.Errorf("the terminal does not say how large it is: %w", err)
	}
	s.Root.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return nil
}

// followSize tells when the terminal changes its size, until the function it returns is called.
func (s *seat) followSize(ctx context.Context, send func(tea.Msg)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGWINCH)
	var following sync.WaitGroup
	following.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changes:
				if w, h, err := s.canvas.Size(); err == nil {
					send(tea.WindowSizeMsg{Width: w, Height: h})
				}
			}
		}
	})
	return func() {
		signal.Stop(changes)
		cancel()
		following.Wait()
	}
}
