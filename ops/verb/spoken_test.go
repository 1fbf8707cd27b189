package verb

import "testing"

func TestARecordIsSaidAsTheOperatorSaysIt(t *testing.T) {
	for recorded, want := range map[string]string{
		"cache/purge": "purge", "tootctl/run": "tootctl", "exec/command": "exec", "sidekiq/park": "sidekiq park", "sidekiq/put back": "sidekiq put-back",
		"hold/clear": "hold clear", "worker-reimage": "worker-reimage",
	} {
		if got := Spoken(recorded); got != want {
			t.Errorf("%s is said as %q, want %q", recorded, got, want)
		}
	}
}

func TestASingleActHasNoStepOfItsOwn(t *testing.T) {
	for _, x := range []struct{ recorded, step, said, place string }{
		{"cache/development", "development", "dev", "zone dev"},
		{"sidekiq/put back", "put back", "put-back", "sidekiq put-back"},
		{"exec/command", "command", "exec", "exec"},
		{"exec/command", "", "", "exec"},
		{"worker-reimage", "rebuild", "rebuild", "worker-reimage rebuild"},
		{"worker-reimage", "", "", "worker-reimage"},
	} {
		if said, place := Step(x.recorded, x.step), Place(x.recorded, x.step); said != x.said || place != x.place {
			t.Errorf("%s, %s: %q and %q", x.recorded, x.step, said, place)
		}
	}
}
