package screen

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vmtui/vmtui/ops/desk"
	"github.com/vmtui/vmtui/ops/run"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

func TestTheShelfSaysWhatEachDoesOnWhatAndItsPlan(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	b := booksOf(env(ctx, stage.New(nil)))
	f := b.Draw(200, 58)
	for _, want := range []string{"worker-drain", "▲ destroys", "usually 9m40s", "Everything on its disk is gone", "○ run 01J9ZQ7K3M holds worker-2", "touch /var/lib/vmtui/lame-duck", "seen 0s ago"} {
		if !strings.Contains(f.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, f.String())
		}
	}
}

// A plan that comes for what is not selected any more is not shown as if it were.
func TestAPlanOfAnotherRunbookIsNotShown(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	b := booksOf(env(ctx, stage.New(nil)))
	if _, cmd := b.press("up"); cmd == nil || b.book().ID != "worker-drain" {
		t.Fatalf("no plan is asked for: %s", b.book().ID)
	}
	if got := drawn(b); !strings.Contains(got, "looking at the world") {
		t.Errorf("an old plan is shown:\n%s", got)
	}
	b.answered(shelved{of: "worker-drain " + b.worker(), err: &desk.Fault{What: "no plan", Why: "the host does not answer", Next: "try later"}})
	if f := b.Draw(120, 34); !strings.Contains(f.String(), "the host does not answer") || !strings.Contains(f.String(), "try later") {
		t.Errorf("it does not say why:\n%s", f.String())
	}
	heard(b.Post)
	if b.look() == nil {
		t.Error("what could not be found is not looked for again")
	}
}

func TestTheShelfOpensThePlanAndStartsNothing(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	d := stage.New(nil)
	b := booksOf(env(ctx, d))
	action, _ := b.press("open")
	if push, ok := action.(Push); !ok || push.Screen.Crumb() != "Plan reimage worker-1" {
		t.Errorf("%#v", action)
	}
	b.answered(gotBooks{err: errors.New("disk I/O error")})
	if f := b.Draw(80, 22); !strings.Contains(f.String(), "disk I/O error") {
		t.Errorf("it does not say why:\n%s", f.String())
	}
	if len(d.Calls()) > 0 {
		t.Errorf("%v", d.Calls())
	}
}

// Runbooks of the instance's own stand beside the built-in ones: what they take, whom they are done to, and what is wrong with their file.
func TestTheShelfShowsRunbooksOfOnesOwn(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	b := booksOf(env(ctx, stage.New(nil)))
	for _, x := range []struct {
		book  desk.Book
		asked bool
		says  []string
	}{
		{desk.Book{ID: "clean-media", Title: "Clean", From: "/c/runbooks/clean-media.yaml", Inputs: []run.Input{{Name: "days", Type: "int", Default: "14"}}}, true,
			[]string{"no target", "days (int, 14 unless said)", "/c/runbooks/clean-media.yaml", "Plan of clean-media", "looking at the world"}},
		{desk.Book{ID: "after-deploy", Title: "Purge", From: "/c/x.yaml", Inputs: []run.Input{{Name: "version", Type: "string", Needed: true}}}, false,
			[]string{"version has to be said before", "version (needed)"}},
		{desk.Book{ID: "one-exec", Title: "Exec", Targets: "exec", From: "/c/x.yaml"}, true, []string{"exec", "Plan for exec"}},
		{desk.Book{ID: "to-mend", Title: "to-mend", From: "/c/x.yaml", Off: "/c/x.yaml:4: there is no step “lok”"}, false, []string{"its file has a mistake", "/c/x.yaml:4"}},
	} {
		b.rows.at.id, b.plan, b.wanted, b.on.id = "", shelved{}, "", ""
		cmd := b.answered(gotBooks{books: []desk.Book{x.book}})
		if (cmd != nil) != x.asked {
			t.Errorf("%s: a plan is asked for: %v", x.book.ID, cmd != nil)
		}
		for _, want := range x.says {
			if f := b.Draw(120, 34); !strings.Contains(f.String(), want) {
				t.Errorf("%s: it does not say %q:\n%s", x.book.ID, want, f.String())
			}
		}
	}
}

// A plan that is long in coming says since when it is looked for and what that waits for.
func TestAPlanThatIsLongInComingSaysWhy(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	d := stage.New(nil)
	d.Snapshot.Services[0].State.Wait = "waiting 48s to read the load balancer: rate limit"
	e := env(ctx, d)
	p, b := NewPlan(e, "worker-drain", "worker-1"), NewBooks(e, "")
	p.Init()
	b.answered(gotBooks{books: stage.Books()})
	e.World.Now = e.World.Now.Add(12 * time.Second)
	for _, s := range []Screen{p, b} {
		f := s.Draw(200, 58)
		for _, want := range []string{"looking at the world", "for 12s", "load balancer: waiting 48s to read the load balancer: rate limit"} {
			if !strings.Contains(f.String(), want) {
				t.Errorf("%T does not say %q:\n%s", s, want, f.String())
			}
		}
	}
}
