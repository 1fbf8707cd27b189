package screen

import (
	"strings"
	"testing"

	"github.com/vmtui/vmtui/ui/binding"
	"github.com/vmtui/vmtui/ui/internal/stage"
)

// The filter thins out what a screen lists, in the same way wherever there is a list: the answers of a command, the records of the zone, the arguments of
// a job and the keys of the help.
func TestTheFilterThinsOutWhatAScreenLists(t *testing.T) {
	e := env(t.Context(), stage.New(nil))
	for name, x := range map[string]struct {
		screen              Screen
		filter, shows, none string // none: a word that only what is filtered out has
		rest                string // what the same filter turned round shows instead
		empty               string // what is said where nothing matches
	}{
		"answers": {answersOf(e, true), "not found", "✗ exec", "worker-3", "worker-3", "no answer matches the filter"},
		"records": {zoneOf(e), "cdn", "CNAME cdn.vmst", "203.0.113.12, through", "203.0.113.12, through", "no record matches the filter"},
		"payload": {payloadOf(e, false), "slow", "slow.example/inbox", "109302939", "109302939", "slow.example/inbox"},
		"help":    {NewHelp(e, NewFleet(e)), "drain|worker out", "take the worker out", "Sidekiq live", "Sidekiq live", "no key matches the filter"},
	} {
		t.Run(name, func(t *testing.T) {
			if b, ok := binding.Named(x.screen.Bindings(), "filter"); !ok || b.Why != "" {
				t.Errorf("the filter has no key here: %+v", b)
			}
			says := func(filter string) string {
				x.screen.Update(Filter{Text: filter})
				f := x.screen.Draw(160, 60)
				return strings.Join(strings.Fields(f.String()), " ")
			}
			if all := says(""); !strings.Contains(all, x.shows) || !strings.Contains(all, x.none) {
				t.Fatalf("without a filter: %s", all)
			}
			if some := says(x.filter); !strings.Contains(some, x.shows) || strings.Contains(some, x.none) || !strings.Contains(some, "/"+x.filter) {
				t.Errorf("filtered: %s", some)
			}
			if others := says("!" + x.filter); !strings.Contains(others, x.rest) || strings.Contains(others, x.shows) {
				t.Errorf("turned round: %s", others)
			}
			if nothing := says("no such thing"); name != "payload" && !strings.Contains(nothing, x.empty) {
				t.Errorf("nothing matches: %s", nothing)
			}
		})
	}
}
