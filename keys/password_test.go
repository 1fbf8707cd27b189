package keys

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/vmtui/vmtui/keys/fault"
)

func TestPasswordIsAskedOnceForAll(t *testing.T) {
	asker, redact := &script{answers: []Answer{{Text: "open sesame"}}}, NewRedactor()
	p := NewPasswords(asker, redact.Add)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			s, err := p.For(t.Context(), "mike", fmt.Sprintf("worker-%d", i), Secret{})
			if err != nil || s.Reveal() != "open sesame" {
				t.Errorf("%v %v", s.Reveal(), err)
			}
		})
	}
	wg.Wait()
	if len(asker.asked) != 1 || !asker.asked[0].Secret || asker.asked[0].Kind != AskSudo {
		t.Errorf("%+v", asker.asked)
	}
	if got := redact.Redact("it was open sesame"); strings.Contains(got, "sesame") {
		t.Error(got)
	}
}

func TestWrongPasswordIsAskedAgainOnceForAll(t *testing.T) {
	asker := &script{answers: []Answer{{Text: "typo"}, {Text: "right"}, {Text: "other"}}}
	p := NewPasswords(asker, nil)
	say := func(host, wrong string) string {
		s, err := p.For(t.Context(), "mike", host, Secret{wrong})
		if err != nil {
			t.Error(err)
		}
		return s.Reveal()
	}
	if a, b := say("a", ""), say("b", ""); a != "typo" || b != "typo" {
		t.Error(a, b)
	}
	if a, b := say("a", "typo"), say("b", "typo"); a != "right" || b != "right" {
		t.Error(a, b)
	}
	p.Took("mike", Secret{"right"})
	if c, again, a := say("c", "right"), say("c", ""), say("a", ""); c != "other" || again != "other" || a != "right" {
		t.Errorf("one host has another password: %s %s %s", c, again, a)
	}
	if len(asker.asked) != 3 {
		t.Errorf("asked %d times", len(asker.asked))
	}
}

func TestNoPasswordStandsForAWhile(t *testing.T) {
	asker := &script{answers: []Answer{{}}}
	p := NewPasswords(asker, nil)
	for range 3 {
		if _, err := p.For(t.Context(), "mike", "a", Secret{}); fault.CodeOf(err) != fault.Refused {
			t.Errorf("%v", err)
		}
	}
	if len(asker.asked) != 1 {
		t.Errorf("asked %d times", len(asker.asked))
	}
	if _, err := NewPasswords(nil, nil).For(t.Context(), "mike", "a", Secret{}); fault.CodeOf(err) != fault.Refused {
		t.Errorf("unattended: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.For(ctx, "mike", "b", Secret{}); !errors.Is(err, context.Canceled) && fault.CodeOf(err) != fault.Refused {
		t.Errorf("%v", err)
	}
}
